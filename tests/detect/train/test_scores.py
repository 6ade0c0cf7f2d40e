"""Average precision, precision and recall: by hand on small cases, and laws on any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring import Seen, average_precision
from detect.boxes import Found
from detect.train.scores import Tally, matched

A, B = (Found("garbage", 1.0, x, 0.0, x + 10, 10.0) for x in (0.0, 50.0))


def seen(score: float, x: float, label: str = "garbage") -> Found:
    return Found(label, score, x, 0.0, x + 10, 10.0)


def test_each_label_is_hit_once_by_the_surest_box() -> None:
    assert matched([seen(0.5, 1), seen(0.9, 2), seen(0.7, 30)], [A, B]) == [(0.9, True), (0.7, False), (0.5, False)]
    assert matched([seen(0.5, 6)], [A]) == [(0.5, False)], "half a box beside it is not it"
    assert matched([], [A]) == []


def test_figures_of_a_small_set() -> None:
    tally = Tally(("garbage", "overflow"))
    tally.add([seen(0.9, 0), seen(0.2, 90), seen(0.8, 0, "person")], [A, B])
    tally.add([seen(0.6, 50)], [B])
    fit = tally.fit(0.5)
    assert (fit.pictures, fit.boxes, fit.precision) == (2, 3, 1.0)
    assert fit.recall == pytest.approx(2 / 3)
    assert fit.classes == {"garbage": pytest.approx(67 / 101)}
    assert fit.map50 == fit.classes["garbage"]
    assert tally.fit(0.1).precision == pytest.approx(2 / 3)


def test_without_labels_or_boxes_nothing_is_claimed() -> None:
    empty = Tally(("garbage",))
    assert (empty.fit(0.3).map50, empty.fit(0.3).precision, empty.fit(0.3).recall) == (None, None, None)
    empty.add([], [])
    assert empty.fit(0.3).map50 is None
    empty.add([], [A])
    assert (empty.fit(0.3).map50, empty.fit(0.3).precision, empty.fit(0.3).recall) == (0.0, None, 0.0)


PLACES = st.lists(st.integers(0, 20).map(lambda place: place * 7.0), max_size=6)
BOXES = st.lists(st.tuples(st.floats(0.01, 1), st.integers(0, 20).map(lambda place: place * 7.0)), max_size=8)


@given(st.lists(st.tuples(PLACES, BOXES), min_size=1, max_size=5))
def test_it_is_the_average_precision_of_the_benchmark(
    pictures: list[tuple[list[float], list[tuple[float, float]]]],
) -> None:
    tally = Tally(("garbage",))
    told, truth = list[Seen](), dict[str, list[tuple[float, float, float, float]]]()
    for number, (labels, found) in enumerate(pictures):
        boxes = [seen(round(score, 3) + number / 1e6 + place / 1e9, x) for place, (score, x) in enumerate(found)]
        tally.add(boxes, [seen(1.0, x) for x in labels])
        told += [Seen(str(number), one.score, (one.x1, one.y1, one.x2, one.y2)) for one in boxes]
        truth[str(number)] = [(x, 0.0, x + 10, 10.0) for x in labels]
    fit = tally.fit(0.3)
    expected = average_precision(told, truth)
    assert fit.map50 == (expected if expected is None else pytest.approx(expected))
    assert fit.recall is None or 0 <= fit.recall <= 1


@given(BOXES, PLACES)
def test_a_perfect_model_reaches_one(found: list[tuple[float, float]], labels: list[float]) -> None:
    tally = Tally(("garbage",))
    unique = sorted(set(labels))[::2]  # far enough apart not to be taken for each other
    tally.add([seen(0.9, x) for x in unique], [seen(1.0, x) for x in unique])
    assert tally.fit(0.3).map50 == (1.0 if unique else None)
    assert len(matched([seen(*one) for one in found], [])) == len(found)
