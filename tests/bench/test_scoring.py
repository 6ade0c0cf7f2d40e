"""The scores by which the detector is judged: known answers, and no way to score by luck."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bench.scoring import (
    Clip,
    Moment,
    Seen,
    average_precision,
    interval,
    iou,
    judged,
    precision_at,
    recall_curve,
    reliability,
    score_events,
)

HERE = (0.2, 0.2, 0.4, 0.4)
NEAR = (0.25, 0.2, 0.45, 0.4)
THERE = (0.7, 0.7, 0.9, 0.9)


def test_iou_of_known_boxes() -> None:
    assert iou(HERE, HERE) == pytest.approx(1)
    assert iou(HERE, NEAR) == pytest.approx(0.6)
    assert iou(HERE, THERE) == 0


def test_perfect_boxes_have_precision_one_and_a_missing_half_has_half() -> None:
    truth = {"a": [HERE], "b": [THERE]}
    assert average_precision([Seen("a", 0.9, HERE), Seen("b", 0.8, THERE)], truth) == pytest.approx(1)
    assert average_precision([Seen("a", 0.9, HERE)], truth) == pytest.approx(51 / 101)
    assert average_precision([], truth) == 0
    assert average_precision([Seen("a", 0.9, HERE)], {}) is None


def test_a_second_box_on_the_same_thing_is_a_false_one() -> None:
    twice = [Seen("a", 0.9, HERE), Seen("a", 0.8, HERE), Seen("b", 0.7, THERE)]
    once = [Seen("a", 0.9, HERE), Seen("b", 0.7, THERE)]
    truth = {"a": [HERE], "b": [THERE]}
    worse, better = average_precision(twice, truth), average_precision(once, truth)
    assert worse is not None
    assert better is not None
    assert worse < better


@pytest.mark.parametrize(
    ("alarms", "drops", "expected"),
    [
        ([Moment(12, HERE)], [Moment(7, HERE)], (1, 0, 0)),
        ([Moment(4.1, HERE)], [Moment(7, HERE)], (1, 0, 0)),
        ([Moment(3.9, HERE)], [Moment(7, HERE)], (0, 1, 1)),  # too early: false, and missed
        ([Moment(17.5, HERE)], [Moment(7, HERE)], (0, 1, 1)),  # too late
        ([Moment(8, THERE)], [Moment(7, HERE)], (0, 1, 1)),  # right time, other place
        ([Moment(8, NEAR), Moment(9, HERE)], [Moment(7, HERE)], (1, 1, 0)),  # one drop takes one alarm
        ([Moment(8, HERE)], [], (0, 1, 0)),  # a clean clip
        ([], [Moment(7, HERE)], (0, 0, 1)),
        ([], [], (0, 0, 0)),
    ],
)
def test_an_alarm_hits_only_in_time_and_in_place(
    alarms: list[Moment], drops: list[Moment], expected: tuple[int, int, int]
) -> None:
    score = score_events([Clip(tuple(alarms), tuple(drops))])
    assert (score.hits, score.false, score.missed) == expected


def test_figures_of_several_clips_together() -> None:
    score = score_events([
        Clip((Moment(9, HERE),), (Moment(7, HERE),)),
        Clip((Moment(9, THERE),), ()),
        Clip((), (Moment(7, HERE),)),
    ])  # fmt: skip
    assert score.precision == score.recall == score.f1 == pytest.approx(0.5)
    assert score.delay == 2
    assert score_events([]).f1 is None


def test_a_second_box_on_a_thing_is_judged_wrong_and_the_curve_falls() -> None:
    seen = [Seen("a", 0.9, HERE), Seen("a", 0.8, HERE), Seen("b", 0.7, THERE)]
    truth = {"a": [HERE], "b": [THERE]}
    assert judged(seen, truth) == [(0.9, True), (0.8, False), (0.7, True)]
    curve = recall_curve(seen, truth)
    assert curve is not None
    assert precision_at(curve, 0.5) == 1
    assert precision_at(curve, 0.9) == pytest.approx(2 / 3)
    assert precision_at(curve[:1], 0.9) == 0
    assert recall_curve(seen, {}) is None


def test_scores_that_say_how_often_they_are_right_have_no_calibration_error() -> None:
    honest = [(0.75, number % 4 > 0) for number in range(40)]
    rows, error = reliability(honest)
    assert rows == [(0.75, 0.75, 40)]
    assert error == 0
    assert reliability([(0.9, False)] * 10)[1] == pytest.approx(0.9)
    assert reliability([]) == ([], 0)


def test_an_interval_holds_the_figure_is_the_same_again_and_narrows_with_more_clips() -> None:
    hit, miss = Clip((Moment(8, HERE),), (Moment(7, HERE),)), Clip((), (Moment(7, HERE),))
    few, many = [hit, hit, miss] * 3, [hit, hit, miss] * 40

    def recall(clips: Sequence[Clip]) -> float | None:
        return score_events(clips).recall

    narrow, wide = interval(many, recall), interval(few, recall)
    assert narrow is not None
    assert wide is not None
    assert wide == interval(few, recall)
    assert wide[0] < narrow[0] < 2 / 3 < narrow[1] < wide[1]
    assert interval([Clip((), ())], recall) is None
