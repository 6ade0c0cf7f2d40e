"""A data set made here: one coloured square a picture, red is garbage and green a bin; numbers 30 apart are places."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from detect.train.dataset import Sample


def a_data_set(folder: Path, count: int = 12, side: int = 64) -> Path:
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    for number in range(count):
        dice = np.random.default_rng(number)
        image = dice.integers(90, 150, (side, side, 3), np.uint8)
        x, y = (int(value) for value in dice.integers(4, side - 30, 2))
        cv2.rectangle(image, (x, y), (x + 24, y + 24), ((0, 0, 255), (0, 255, 0))[number % 2], -1)
        cv2.imwrite(str(folder / "images" / f"{number * 30:06d}.jpg"), image)
        line = f"{number % 2} {(x + 12) / side} {(y + 12) / side} {24 / side} {24 / side}\n"
        (folder / "labels" / f"{number * 30:06d}.txt").write_text(line, encoding="utf-8")
    return folder


def numbered(*numbers: int) -> list[Sample]:
    return [Sample(Path(f"{number:06d}_clean.jpg"), ()) for number in numbers]
