"""Pictures and videos made here: a textured place, and the one finder that all tests share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detect.boxes import Found
from detect.finder import Finder, default_model

Picture = npt.NDArray[np.uint8]


def a_place(seed: int = 1, width: int = 320, height: int = 240) -> Picture:
    """A picture with structure at every size, different for every seed."""
    rng = np.random.default_rng(seed)
    image = np.zeros((height, width, 3), np.float32)
    for cells in (4, 9, 20, 60):
        coarse = rng.uniform(0, 255, (cells, cells, 3)).astype(np.float32)
        image += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / 4
    return np.asarray(np.clip((image - 128) * 1.8 + 128, 0, 255), np.uint8)


def noisy(image: Picture, seed: int, strength: float = 4.0) -> Picture:
    noise = np.random.default_rng(seed).normal(0, strength, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def with_things(image: Picture, found: Sequence[Found]) -> Picture:
    """A copy of a picture in which something lies in each of the boxes (pixels), the same in the same box."""
    changed = image.copy()
    for one in found:
        x1, y1, x2, y2 = (round(side) for side in (one.x1, one.y1, one.x2, one.y2))
        changed[y1:y2, x1:x2] = a_place(9, x2 - x1, y2 - y1)
    return changed


def a_video(path: Path, frames: int = 20, fps: float = 10.0, size: tuple[int, int] = (320, 240)) -> Path:
    """Motion JPEG whose n-th frame has the grey level 10 + 10 n (not above 250)."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
    assert writer.isOpened()
    for number in range(frames):
        writer.write(np.full((size[1], size[0], 3), min(250, 10 + 10 * number), np.uint8))
    writer.release()
    return path


@pytest.fixture(scope="session")
def finder() -> Finder:
    return Finder(default_model(), threads=1)
