"""Garbage put down in other pictures: labelled where it shows, hiding nothing, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.boxes import Found, overlap
from detect.frames import read_picture
from detect.train.dataset import BadData, Box, Sample
from detect.train.pasted import HIDES, donors, outline, pasted_samples

NAMES = ("garbage", "garbage_bin")
HEAP, BIN = Box(0, 0.25, 0.7, 0.3, 0.3), Box(1, 0.75, 0.5, 0.3, 0.6)


def a_scene(folder: Path, boxes: tuple[Box, ...] = (HEAP, BIN), name: str = "000120_clean.jpg") -> Sample:
    """Grey ground, with something red and speckled in each garbage box."""
    dice = np.random.default_rng(5)
    image = np.full((320, 320, 3), 120, np.uint8)
    for box in boxes:
        x1, y1, x2, y2 = (int(side * 320) for side in box.corners)
        ink = (40, 40, 200) if box.kind == 0 else (60, 160, 60)
        cv2.ellipse(image, ((x1 + x2) // 2, (y1 + y2) // 2), ((x2 - x1) // 3, (y2 - y1) // 3), 0, 0, 360, ink, -1)
    noisy = np.clip(image + dice.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / name), noisy, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return Sample(folder / name, boxes)


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others(tmp_path: Path) -> None:
    sample = a_scene(tmp_path / "from")
    looks = [pasted_samples([sample], 3, seed, tmp_path / f"to{turn}", NAMES) for turn, seed in enumerate((7, 7, 8))]
    data = [[(one.picture.read_bytes(), one.boxes) for one in look] for look in looks]
    assert data[0] == data[1]
    assert data[0] != data[2]


def test_old_boxes_stay_and_what_is_put_down_is_labelled_where_it_shows(tmp_path: Path) -> None:
    plain = a_scene(tmp_path / "from", (BIN,), "000300_clean.jpg")
    made = pasted_samples([plain, a_scene(tmp_path / "from")], 16, 2, tmp_path / "to", NAMES)
    on_plain = [one for one in made if "000300" in one.picture.name]
    assert all(BIN in one.boxes for one in on_plain)
    added = [(one, box) for one in on_plain for box in one.boxes if box != BIN]
    assert added
    for sample, box in added:
        before, after = (read_picture(path).astype(int) for path in (plain.picture, sample.picture))
        x1, y1, x2, y2 = (round(side * 320) for side in box.corners)
        changed = np.abs(after - before).max(axis=2)[y1:y2, x1:x2]
        assert (changed > 25).mean() > 0.2  # something is to be seen in the new box


def test_no_labelled_thing_is_hidden(tmp_path: Path) -> None:
    for sample in pasted_samples([a_scene(tmp_path / "from")], 24, 3, tmp_path / "to", NAMES):
        for old in (HEAP, BIN):
            was = Found("", 1.0, *old.corners)
            for new in (box for box in sample.boxes if box not in (HEAP, BIN)):
                assert overlap(was, Found("", 1.0, *new.corners)) <= HIDES * was.area + 1e-6


def test_only_garbage_that_stands_for_itself_in_a_real_picture_is_cut_out(tmp_path: Path) -> None:
    covered = Box(1, 0.25, 0.7, 0.28, 0.28)
    real, mixed = a_scene(tmp_path, name="000001_a.jpg"), a_scene(tmp_path, (HEAP, covered), "000002_a.jpg")
    drawn = Sample(real.picture, (HEAP,), scene="lane")
    assert [(one.source, one.box) for one in donors([real, mixed, drawn], NAMES)] == [(real.picture, HEAP)]


def test_without_garbage_to_cut_out_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no picture shows 'garbage'"):
        pasted_samples([a_scene(tmp_path / "from", (BIN,))], 2, 1, tmp_path / "to", NAMES)


def test_an_outline_is_full_in_the_middle_and_empty_at_the_corners() -> None:
    dice = np.random.default_rng(1)
    picture = np.full((90, 120, 3), 110, np.uint8)
    cv2.ellipse(picture, (60, 45), (40, 28), 0, 0, 360, (30, 30, 210), -1)
    for _ in range(6):
        cover = outline(picture, dice)
        assert cover.shape == (90, 120)
        assert cover[45, 60] > 0.95
        assert max(cover[0, 0], cover[0, -1], cover[-1, 0], cover[-1, -1]) < 0.05
