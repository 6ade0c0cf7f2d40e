"""The scorer of the blur: what is covered counts, what is half covered or still fine-grained does not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from bench.privacy import (
    Case,
    Tally,
    covered_pixels,
    is_covered,
    measured,
    plates_on_rendered,
    rendered_people,
    tracer,
)
from detect.boxes import Found
from detect.privacy import Picture as Image
from detect.privacy import Privacy

SHAPE = (240, 320, 3)
PLATE = Found("plate", 0.9, 100, 150, 180, 175)


@pytest.mark.parametrize(
    ("truth", "found", "covered"),
    [
        (PLATE, [PLATE], True),
        (PLATE, [], False),
        (PLATE, [Found("plate", 0.9, 100, 150, 140, 175)], False),  # half of it
        (PLATE, [Found("plate", 0.01, 100, 150, 180, 175)], False),  # below the score from which it is covered
        (PLATE, [Found("garbage", 0.9, 90, 140, 200, 200)], False),
        (PLATE, [Found("vehicle", 0.9, 0, 20, 319, 200)], True),  # two or three cells of the vehicle
        (PLATE, [Found("vehicle", 0.9, 95, 60, 185, 180)], False),  # a cut vehicle: nine cells can be told apart
        (Found("person", 0.9, 50, 50, 90, 200), [Found("person", 0.9, 50, 50, 90, 180)], True),
        (Found("person", 0.9, 50, 50, 90, 200), [Found("person", 0.9, 50, 50, 90, 120)], False),
        (Found("face", 0.9, 50, 50, 70, 75), [Found("person", 0.9, 40, 45, 80, 200)], True),
    ],
)
def test_a_thing_counts_as_covered_only_when_nearly_all_of_it_is_coarse(
    truth: Found, found: list[Found], covered: bool
) -> None:
    assert is_covered(tracer(SHAPE, found), truth) is covered


def test_the_tracer_differs_exactly_where_something_is_covered() -> None:
    left = tracer(SHAPE, [PLATE])
    assert covered_pixels(left, PLATE).all()
    assert not covered_pixels(left, Found("plate", 0.9, 0, 0, 80, 240)).any()


def test_a_truth_outside_the_picture_is_not_covered() -> None:
    assert not is_covered(tracer(SHAPE, [PLATE]), Found("plate", 0.9, 400, 300, 440, 320))


def test_small_things_are_counted_apart() -> None:
    tally = Tally()
    tally.count(PLATE, covered=True)
    tally.count(Found("plate", 0.9, 0, 0, 20, 8), covered=False)
    assert tally.figures() == {"n": 2, "covered": 0.5, "readable_n": 1, "readable_covered": 1.0}
    assert Tally().figures()["covered"] is None


@dataclass(frozen=True)
class Scripted:
    """Finds the same things in every picture."""

    found: tuple[Found, ...]
    names: tuple[str, ...] = ("person", "vehicle", "plate")

    def find(self, picture: Image) -> list[Found]:
        assert picture.shape[2] == 3
        return list(self.found)


@pytest.mark.parametrize(("found", "share"), [((PLATE,), 1.0), ((), 0.0)])
def test_a_group_s_figure_is_the_share_of_its_things(found: tuple[Found, ...], share: float) -> None:
    cases = [Case("plates", np.full(SHAPE, 90, np.uint8), (PLATE,))] * 3
    told = measured(Privacy(Scripted(found)), iter(cases))
    assert told["plates"] == {"n": 3, "covered": share, "readable_n": 3, "readable_covered": share}


@pytest.mark.parametrize("cases", [rendered_people, plates_on_rendered])
def test_the_exact_truth_lies_in_its_picture_and_is_the_same_again(cases: Callable[[], Iterator[Case]]) -> None:
    twice = [list(itertools.islice(cases(), 6)) for _ in range(2)]
    for one, other in zip(*twice, strict=True):
        assert np.array_equal(one.picture, other.picture)
        assert one.truth == other.truth
        height, width = one.picture.shape[:2]
        for box in one.truth:
            assert 4 < box.x2 - box.x1 < width
            assert 4 < box.y2 - box.y1 < height
            assert -5 < box.x1 < box.x2 < width + 5
            assert -5 < box.y1 < box.y2 < height + 5
