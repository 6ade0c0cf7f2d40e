"""The hard clips and the days are what they say: who comes, what lies there, and what nobody brought."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bench.days import BEGINS, MORNING, begins, frames, rate, upper_bound
from bench.eyes import main, summary
from bench.hard import CARS, hard_negatives, layer_at, more_dumpings
from bench.scoring import Moment, iou
from bench.staged import COMES
from bench.watching import Watched
from edge.scenes.day import CONDITIONS, HOUR, day
from edge.scenes.play import Scene, load_scene, scene_names
from edge.scenes.scene import HOME

NAMES = scene_names()


@cache
def scene(name: str) -> Scene:
    return load_scene(Path(HOME) / name)


@pytest.mark.parametrize("name", NAMES)
def test_hard_negatives_drop_nothing_and_every_actor_leaves_or_lies_there(name: str) -> None:
    clips = hard_negatives(scene(name))
    assert len({clip.what for clip in clips}) == len(clips)
    for clip in clips:
        assert clip.drops == ()
        end = clip.view(clip.scene, clip.seconds - 0.1)
        assert end.walker is None, clip.what
        assert not end.moving or clip.what == "dog lies down"
        views = [clip.view(clip.scene, at) for at in np.arange(0, clip.seconds, 0.5)]
        assert len({view.state for view in views}) == 1 or "collects" in clip.what
    actors = {move for move in scene(name).moves if move in CARS | {"dog", "truck", "resident"}}
    assert len(clips) == 12 + 2 * len(actors)


@pytest.mark.parametrize("name", NAMES)
def test_a_second_heap_lies_beside_the_first_a_minute_later(name: str) -> None:
    twice = more_dumpings(scene(name))[0]
    first, again = twice.drops
    assert again.at - first.at == pytest.approx(60)
    assert iou(first.box, again.box) < 0.1
    before, after = (twice.picture(again.at + shift).astype(np.int16) for shift in (-0.01, 0.01))
    x1, y1, x2, y2 = (round(side * size) for side, size in zip(again.box, (640, 360, 640, 360), strict=True))
    changed = np.abs(after - before).max(axis=2) > 40
    assert changed[y1:y2, x1:x2].mean() > 0.2


def test_a_tricycle_stands_there_when_the_bags_come_down_and_is_gone_later() -> None:
    clip = next(one for one in more_dumpings(scene("lane")) if one.what == "tricycle, day")
    (drop,) = clip.drops
    assert [clip.view(clip.scene, drop.at + shift).state for shift in (-0.1, 0.1)] == ["clean", "bags"]
    assert clip.view(clip.scene, drop.at).moving
    assert not clip.view(clip.scene, drop.at + 5).moving


def test_a_mover_shows_its_layers_one_after_the_other() -> None:
    parts = [layer_at(scene("lane"), "dog", at, 8.0) for at in (-0.1, 0.0, 1.0, 5.0, 60.0)]
    assert parts == [None, ("in", 0), ("in", 1), ("stand", 3), None]
    assert COMES > 0


def test_a_day_is_looked_at_seldom_at_rest_and_often_when_somebody_comes() -> None:
    timeline = day(scene("lane"), 1)
    times = [at for at, _ in frames(timeline, 8 * HOUR, 0.15)]
    steps = set(np.diff(times).round(3))
    assert times[0] == 8 * HOUR
    assert steps <= {1.0, 5.0}
    assert 5.0 in steps


@pytest.mark.parametrize("condition", CONDITIONS)
def test_watching_begins_with_the_weather_it_is_about(condition: str) -> None:
    timeline = day(scene("shop"), 5, condition)
    begin = begins(timeline, 0.5)
    if condition in {"rain", "snow", "wind"}:
        assert any(one.start == begin for one in timeline.spells)
    else:
        assert begin == BEGINS.get(condition, MORNING) * HOUR
    assert timeline.drops == ()
    assert begins(timeline, 24) == 0


@pytest.mark.parametrize(("count", "bound"), [(0, 2.996), (1, 4.744), (3, 7.754)])
def test_a_zero_is_worth_three_events_in_the_time_watched(count: int, bound: float) -> None:
    assert upper_bound(count) == pytest.approx(bound, abs=0.01)


def test_a_rate_is_per_day_and_its_hours_stand_beside_it() -> None:
    alarm = Moment(5.0, (0.1, 0.1, 0.2, 0.2))
    seen = Watched((alarm,), (alarm,), (), 3600.0, 720, 72)
    told = rate(seen)
    assert told["hours"] == 1
    assert told["spared"] == 0.9
    assert told["dumping"] == {"alarms": 1, "per_camera_day": 24, "upper_95": pytest.approx(113.85, abs=0.3)}
    assert told["state"]["alarms"] == 0


def test_a_part_that_does_not_exist_is_refused_and_the_summary_names_the_worst_condition(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "nonsense"])
    assert ended.value.code == 2
    assert "nonsense" in capsys.readouterr().err
    days = {
        name: {"hours": 12.0, "dumping": {"alarms": count, "per_camera_day": 2.0 * count}}
        for name, count in (("rain", 0), ("fog", 1))
    }
    short = summary({"days": days})
    assert short["false_alarms_worst"] == {"fog": 2.0}
    assert short["false_alarms"] == {"camera_days": 1.0, "alarms": 1, "per_camera_day": 1.0, "upper_95": 4.74}
