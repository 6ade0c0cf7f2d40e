"""The pass before a picture leaves: tiles cover it, small things are found, what is lacking is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.boxes import Found
from detect.privacy import OVERLAP, Privacy, tiles, toned
from tests.detect.conftest import a_place

Picture = npt.NDArray[np.uint8]
ALL = ("garbage", "person", "vehicle", "plate")
MARK = (250, 5, 250)  # no rounded colour


@dataclass
class Marked:
    """Finds pixels of one colour as a thing of ``label`` if it is ``least`` px wide at its own 640 px."""

    label: str
    least: float = 1.0
    names: Sequence[str] = ALL
    score: float = 0.5
    looked: list[tuple[int, ...]] = field(default_factory=list)

    def find(self, picture: Picture) -> list[Found]:
        self.looked.append(picture.shape)
        rows, columns = np.nonzero((picture == MARK).all(2))
        if not len(rows):
            return []
        x1, x2, y1, y2 = int(columns.min()), int(columns.max()) + 1, int(rows.min()), int(rows.max()) + 1
        scale = min(1.0, 640 / max(picture.shape))
        return [Found(self.label, self.score, x1, y1, x2, y2)] if (x2 - x1) * scale >= self.least else []


def marked(width: int, height: int, at: tuple[int, int], size: int) -> Picture:
    image = a_place(3, width, height)
    image[at[1] : at[1] + size, at[0] : at[0] + size] = MARK
    return image


@given(width=st.integers(1, 5000), height=st.integers(1, 5000))
def test_tiles_cover_every_pixel_and_overlap(width: int, height: int) -> None:
    found = tiles(width, height)
    if max(width, height) <= 800:
        assert found == []
        return
    assert min(one[0] for one in found) == min(one[1] for one in found) == 0
    assert max(one[2] for one in found) == width
    assert max(one[3] for one in found) == height
    for first, last, length in ((0, 2, width), (1, 3, height)):
        spans = sorted({(one[first], one[last]) for one in found})
        for (start, end), (following, _) in pairwise(spans):
            assert end - following >= OVERLAP * (end - start) - 1
        assert all(0 <= start < end <= length for start, end in spans)


@pytest.mark.parametrize(
    ("size", "many"), [((640, 360), 0), ((800, 600), 0), ((1280, 720), 2), ((1920, 1080), 2), ((1920, 1440), 4)]
)
def test_a_camera_s_picture_is_seen_in_few_tiles(size: tuple[int, int], many: int) -> None:
    assert len(tiles(*size)) == many


@pytest.mark.parametrize("place", [(3, 3), (900, 500), (1060, 560), (1880, 1040)])
def test_a_plate_too_small_for_the_whole_picture_is_found_in_a_tile(place: tuple[int, int]) -> None:
    image = marked(1920, 1080, place, 30)
    finder = Marked("plate", least=15)
    after, count = Privacy(finder).hide(image)
    assert finder.looked[0] == (1080, 1920, 3)
    assert count >= 1
    assert not (after == MARK).all(2).any()


def test_a_small_picture_is_looked_at_as_it_is_and_toned_and_not_again_when_it_was_seen() -> None:
    finder, image = Marked("person"), marked(640, 360, (100, 100), 40)
    Privacy(finder).hide(image)
    assert len(finder.looked) == 2
    seen = [Found("person", 0.5, 100, 100, 140, 140)]
    after, count = Privacy(finder).hide(image, (), seen)
    assert len(finder.looked) == 3
    assert count == 1
    assert not (after == MARK).all(2).any()


def test_a_face_without_a_person_is_covered() -> None:
    image = marked(640, 360, (200, 100), 30)
    after, count = Privacy(Marked("garbage"), Marked("face")).hide(image)
    assert count == 1
    assert not (after == MARK).all(2).any()


def test_garbage_and_the_hardly_seen_stay() -> None:
    image = marked(640, 360, (200, 100), 30)
    for finder in (Marked("garbage", score=0.9), Marked("person", score=0.02)):
        after, count = Privacy(finder).hide(image)
        assert count == 0
        assert np.array_equal(after, image)


def test_masks_are_black_and_counted() -> None:
    image = a_place(1, 640, 360)
    after, count = Privacy(Marked("person")).hide(image, [((0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5))])
    assert count == 1
    assert not after[:180, :320].any()


@pytest.mark.parametrize(
    ("names", "faces", "says"),
    [
        (ALL, True, ""),
        (ALL, False, "faces outside persons (install the extra privacy)"),
        (("garbage", "person", "vehicle"), True, "plates (the model lacks plate)"),
        (("garbage",), True, "persons (the model lacks person), vehicles"),
    ],
)
def test_what_cannot_be_looked_for_is_said_with_the_cure(names: tuple[str, ...], faces: bool, says: str) -> None:
    weakness = Privacy(Marked("x", names=names), Marked("face") if faces else None).weakness
    assert says in weakness
    assert bool(says) == bool(weakness)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 700, 3), (360, 640, 3)])
@pytest.mark.parametrize("grey", [0, 7, 255])
def test_any_picture_can_be_toned_and_keeps_its_size(shape: tuple[int, int, int], grey: int) -> None:
    after = toned(np.full(shape, grey, np.uint8))
    assert after.shape == shape
    assert after.dtype == np.uint8


def test_a_dark_picture_gets_its_contrast_back_and_the_original_stays() -> None:
    dark = (a_place(1, 640, 360) // 8 + 10).astype(np.uint8)
    before = dark.copy()
    assert toned(dark).std() > 3 * dark.std()
    assert np.array_equal(dark, before)
