from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from detect.train.dataset import BadData, count, read_folder
from tests.detect.train.conftest import a_data_set

NAMES = ("garbage", "garbage_bin")
FIRST = "000000"


def label(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "labels" / f"{FIRST}.txt").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (label("0 0.5 0.5 1.2 0.2"), f"{FIRST}.txt line 1: the box is empty or leaves the picture"),
        (label("0 0.95 0.5 0.2 0.2"), "leaves the picture"),
        (label("0 0.5 0.5 0 0.2"), "the box is empty"),
        (label("0 nan 0.5 0.1 0.2"), "leaves the picture"),
        (label("0 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.2 0.2"), f"{FIRST}.txt line 2: class 2 is unknown (known are 0, 1)"),
        (label("-1 0.5 0.5 0.2 0.2"), "class -1 is unknown"),
        (label("0 0.5 0.5 0.2"), "4 columns, needed are 5"),
        (label("bin 0.5 0.5 0.2 0.2"), "are not 5 numbers"),
        (lambda folder: (folder / "labels" / f"{FIRST}.txt").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
        (lambda folder: (folder / "labels" / f"{FIRST}.txt").unlink(), f"{FIRST}.jpg has no label file"),
        (lambda folder: (folder / "images" / f"{FIRST}.jpg").unlink(), f"{FIRST}.txt has no picture"),
        (lambda folder: (folder / "images" / f"{FIRST}.jpg").write_bytes(b"no picture"), "not a JPEG, PNG or BMP"),
        (
            lambda folder: (folder / "images" / f"{FIRST}.jpg").write_bytes(
                (folder / "images" / "000030.jpg").read_bytes()[:400]
            ),
            "cut off",
        ),
        (lambda folder: (folder / "classes.txt").write_text("garbage\ncat\n"), "class cat is unknown"),
        (lambda folder: (folder / "images").rename(folder / "pictures"), "no such folder"),
    ],
)
def test_a_corrupt_data_set_is_refused_and_the_file_named(
    tmp_path: Path, damage: Callable[[Path], object], words: str
) -> None:
    folder = a_data_set(tmp_path / "set", 2)
    damage(folder)
    with pytest.raises(BadData) as refused:
        read_folder(folder, NAMES)
    assert words in str(refused.value)


def test_many_problems_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 9)
    for path in (folder / "labels").iterdir():
        path.write_text("7 0.5 0.5 0.1 0.1", encoding="utf-8")
    with pytest.raises(BadData, match=r"000150\.txt line 1.*; and 3 more; correct or remove"):
        read_folder(folder, NAMES)


def test_a_folder_without_pictures_says_what_a_data_set_holds(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    with pytest.raises(BadData, match="holds no images"):
        read_folder(tmp_path, NAMES)


def test_boxes_are_read_as_they_stand_and_an_empty_label_means_nothing_to_be_seen(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 3)
    label("")(folder)
    samples = read_folder(folder, NAMES)
    assert [sample.picture.stem for sample in samples] == ["000000", "000030", "000060"]
    assert samples[0].boxes == ()
    assert count(samples, NAMES) == {"garbage": 1, "garbage_bin": 1}
    x1, y1, x2, y2 = samples[1].boxes[0].corners
    assert (x2 - x1, y2 - y1) == pytest.approx((24 / 64, 24 / 64))


def test_a_folder_may_number_the_classes_in_its_own_order(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 2)
    (folder / "classes.txt").write_text("garbage_bin\ngarbage\n", encoding="utf-8")
    assert [sample.boxes[0].kind for sample in read_folder(folder, NAMES)] == [1, 0]
