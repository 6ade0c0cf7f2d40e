"""The event figures judge what they say: a clip shows its drop when and where it is said to lie, and only then."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bench.composed import AFTER_S, BEFORE_S, Composed
from bench.scoring import Moment, iou
from bench.staged import Staged, distractors, drop_of, dumpings, still
from bench.watching import Once, Watched, watch, watch_gated
from detect.boxes import Found
from detect.spots import WHOLE
from edge.scenes.play import Scene, compose, load_scene, scene_names
from edge.scenes.scene import HOME
from tests.detect.conftest import a_place, noisy

NAMES = scene_names()
HERE = (0.2, 0.2, 0.4, 0.4)


@cache
def scene(name: str) -> Scene:
    return load_scene(Path(HOME) / name)


def shown(clip: Staged, at: float) -> npt.NDArray[np.int16]:
    """The clip at a second in daylight, without noise to speak of."""
    return compose(clip.scene, clip.view(clip.scene, at), 1).astype(np.int16)


def changed(clip: Staged, before: float, after: float) -> float:
    return float((np.abs(shown(clip, after) - shown(clip, before)).max(axis=2) > 40).mean())


@pytest.mark.parametrize("name", NAMES)
def test_a_dumping_leaves_something_and_only_where_it_says(name: str) -> None:
    clip = dumpings(scene(name), "day")
    (drop,) = clip.drops
    last = np.abs(shown(clip, clip.seconds - 0.1) - shown(clip, 0.0)).max(axis=2) > 40
    x1, y1, x2, y2 = drop.box
    inside = last[round(y1 * 360) : round(y2 * 360), round(x1 * 640) : round(x2 * 640)]
    assert inside.sum() > 0.8 * last.sum()
    view = [clip.view(clip.scene, drop.at + shift).state for shift in (-0.1, 0.1)]
    assert view == ["clean", "bags"]
    assert clip.seconds > drop.at + 12


@pytest.mark.parametrize("name", NAMES)
def test_a_distractor_has_no_drop_and_leaves_nothing_that_somebody_brought(name: str) -> None:
    clips = [*distractors(scene(name)), *still(scene(name))]
    assert len({clip.what for clip in clips}) == len(clips)
    for clip in clips:
        assert clip.drops == ()
        start, end = clip.view(clip.scene, 0.0), clip.view(clip.scene, clip.seconds - 0.1)
        assert end.walker is None, clip.what
        assert end.state == start.state or clip.what == "pile appears, nobody there"


def test_the_bags_that_are_taken_away_again_were_there() -> None:
    clip = next(one for one in distractors(scene("lane")) if one.what == "puts down, takes away")
    down = drop_of(clip.scene).at
    assert [clip.view(clip.scene, at).state for at in (down - 0.2, down + 1, clip.seconds - 1)] == [
        "clean", "bags", "clean",
    ]  # fmt: skip
    assert changed(clip, 0.0, clip.seconds - 1) < 0.001


def test_frames_come_at_the_rate_that_was_asked_for() -> None:
    times = [at for at, _ in dumpings(scene("lane"), "day").frames(1.0)]
    assert times == [float(second) for second in range(28)]


@pytest.mark.parametrize(
    ("what", "seen"),
    [("drop", (False, True, True)), ("lay there", (True, True, True)), ("taken away", (False, True, False))],
)
def test_a_composed_clip_shows_its_crop_when_it_should(what: str, seen: tuple[bool, ...]) -> None:
    clip = Composed(what, "a.avi", 0.0, Path("b.jpg"), (0, 0, 9, 9))
    moments = (BEFORE_S - 0.1, BEFORE_S + 0.1, BEFORE_S + AFTER_S)
    assert tuple(clip.shows(at) for at in moments) == seen


def test_with_a_short_tail_a_late_alarm_is_none() -> None:
    early, late = Moment(9.0, HERE), Moment(13.0, HERE)
    one = Watched((early,), (late,), (Moment(7.0, HERE),), 20.0, 40, 40)
    assert one.clip(early=True, tail=5.0).alarms == (early,)
    assert one.clip(early=False, tail=5.0).alarms == ()
    assert one.clip(early=False).alarms == (late,)


class Villager:
    """Sees a villager from the fourth look on, with a bag from the sixth, and only the bag from the eighth."""

    def __init__(self, stays: int) -> None:
        self.looks, self.stays = 0, stays

    def find(self, picture: npt.NDArray[np.uint8]) -> list[Found]:
        self.looks += 1
        person = [Found("person", 0.9, 60, 20, 80, 90)] if 4 < self.looks <= 8 else []
        bag = [Found("garbage", 0.8, 75, 70, 95, 90)] if 6 < self.looks <= self.stays else []
        return person + bag


@pytest.mark.parametrize(("stays", "sure"), [(40, 1), (11, 0)])
def test_what_is_told_provisionally_and_what_is_certain_are_taken_down_apart(stays: int, sure: int) -> None:
    frames = []
    for second in range(30):
        picture = noisy(a_place(1, 200, 100), second)
        if 6 <= second < stays:
            picture[70:90, 75:95] = np.random.default_rng(1).integers(0, 255, (20, 20, 3), dtype=np.uint8)
        frames.append((float(second), picture))
    seen = watch(Villager(stays), WHOLE, frames)
    assert (len(seen.early), len(seen.sure)) == (1, sure)
    assert iou(seen.early[0].box, (0.375, 0.7, 0.475, 0.9)) > 0.5


def test_a_finder_is_asked_once_for_a_picture_that_two_eyes_look_at() -> None:
    villager = Villager(40)
    once = Once(villager)
    picture = a_place(1)
    assert once.find(picture) is once.find(picture)
    once.find(a_place(2))
    assert villager.looks == 2


def test_a_quiet_clip_is_hardly_looked_at_and_tells_the_same() -> None:
    frames = [(second / 2, noisy(a_place(1), second)) for second in range(80)]
    seen = watch(Villager(0), WHOLE, frames)
    assert seen.passed < 0.5 * seen.frames
    assert seen.same
    hours = watch_gated(Villager(0), WHOLE, frames)
    assert (hours.passed, hours.seconds, hours.sure) == (seen.passed, 39.5, ())
