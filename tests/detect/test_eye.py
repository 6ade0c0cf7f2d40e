import json
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from detect.boxes import Found
from detect.eye import Eye
from detect.memory import Switched
from detect.spots import Spot
from tests.detect.conftest import Picture, a_place, noisy, with_things

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PLACE = a_place(1)
LEFT = Spot(name="left", polygon=((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
RIGHT = Spot(name="right", polygon=((0.5, 0), (1, 0), (1, 1), (0.5, 1)))
BAG = Found("garbage", 0.8, 20, 100, 80, 160)


class Scripted:
    """Finds what it is told to."""

    def __init__(self) -> None:
        self.found: list[Found] = []

    def find(self, picture: Picture) -> list[Found]:
        assert picture.ndim == 3
        return self.found


def looks(eye: Eye, count: int, begin: int, picture: Picture = PLACE, noise: float = 4.0) -> list[str]:
    told = []
    for number in range(begin, begin + count):
        shown = with_things(picture, getattr(eye.finder, "found", []))
        seen = eye.look(noisy(shown, number, noise), START + timedelta(seconds=number))
        told += [f"{spot} {change.what} {change.state} {change.phase}" for spot, change in seen.changes]
    return told


def test_each_spot_has_its_own_state() -> None:
    finder = Scripted()
    eye = Eye(finder, [LEFT, RIGHT])
    assert looks(eye, 4, 0) == []
    finder.found = [BAG]
    assert looks(eye, 4, 4) == ["left garbage dirty new"]
    finder.found = []
    assert looks(eye, 5, 8) == ["left garbage clean end"]


def test_a_camera_turned_away_from_a_dirty_spot_is_unknown_not_clean() -> None:
    finder = Scripted()
    eye = Eye(finder, [LEFT])
    finder.found = [BAG]
    assert looks(eye, 4, 0) == ["left garbage dirty new"]
    finder.found = []
    assert looks(eye, 20, 4, a_place(2)) == ["left garbage unknown update"]
    seen = eye.look(a_place(2), START + timedelta(seconds=30))
    assert seen.quality is not None
    assert looks(eye, 5, 40) == ["left garbage clean end"]


def test_a_restart_neither_opens_the_dirty_spot_again_nor_forgets_the_place() -> None:
    finder = Scripted()
    finder.found = [BAG]
    before = Eye(finder, [LEFT, RIGHT])
    looks(before, 4, 0)
    after = Eye(finder, [LEFT])
    after.restore(json.loads(json.dumps(before.state())), START)
    assert looks(after, 10, 4) == []
    finder.found = []
    assert looks(after, 3, 20, a_place(2)) == ["left garbage unknown update"]


def test_a_fresh_eye_has_nothing_to_remember() -> None:
    eye = Eye(Scripted(), [LEFT])
    eye.restore(eye.state(), START)
    assert looks(eye, 4, 0) == []


def test_a_recheck_is_answered_by_looks_or_by_patience() -> None:
    eye = Eye(Scripted(), [LEFT])
    looks(eye, 4, 0)
    eye.ask("left", "first", START + timedelta(seconds=4))
    answers = [
        change.recheck
        for number in range(4, 10)
        for _, change in eye.look(noisy(PLACE, number), START + timedelta(seconds=number)).changes
    ]
    assert answers == ["first"]
    eye.ask("left", "second", START + timedelta(seconds=10))
    assert eye.idle(START + timedelta(seconds=60)) == []
    ((spot, change),) = eye.idle(START + timedelta(seconds=131))
    assert (spot, change.state, change.recheck) == ("left", "unknown", "second")
    with pytest.raises(KeyError):
        eye.ask("nowhere", "third", START)


def test_the_ground_outlives_a_restart_and_goes_back_with_what_was_not_stored() -> None:
    eye = Eye(Scripted(), [LEFT])
    looks(eye, 8, 0)
    kept = eye.kept()
    looks(eye, 1, 8, a_place(2))
    eye.undo(kept)
    assert eye.ground is kept.ground
    after = Eye(Scripted(), [LEFT])
    after.restore(json.loads(json.dumps(eye.state())), START + timedelta(seconds=20))
    assert after.ground is not None
    assert after.ground.known.all()


def dark(image: Picture) -> Picture:
    return image // 20


def blurred(image: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 4.5), np.uint8)


def moved(image: Picture) -> Picture:
    return np.roll(image, 40, axis=1)


def blocked(image: Picture) -> Picture:
    changed = image.copy()
    changed[:, 60:] = (90, 80, 80)
    return changed


SPOILT = {"dark": dark, "blurred": blurred, "moved": moved, "blocked": blocked}


@pytest.mark.parametrize("first", SPOILT)
@pytest.mark.parametrize("second", SPOILT)
def test_what_cannot_be_judged_for_two_reasons_at_once_or_in_turn_is_unknown_never_clean(
    first: str, second: str
) -> None:
    finder = Scripted()
    eye = Eye(finder, [LEFT])
    finder.found = [BAG]
    assert looks(eye, 4, 0) == ["left garbage dirty new"]
    finder.found = []
    both = SPOILT[second](SPOILT[first](with_things(PLACE, [BAG])))
    told = looks(eye, 4, 10, both, 1.0)  # a camera has more pixels than this test: its noise is averaged away
    told += looks(eye, 4, 20, SPOILT[first](PLACE), 1.0) + looks(eye, 4, 30, SPOILT[second](PLACE), 1.0)
    assert told == ["left garbage unknown update"]
    assert eye.memories["left"].state() == "unknown"


def test_a_parked_car_a_dark_evening_and_a_frozen_picture_in_a_row_are_one_unknown() -> None:
    finder = Scripted()
    eye = Eye(finder, [LEFT])
    assert looks(eye, 4, 0) == []
    car = Found("vehicle", 0.9, 0, 0, 150, 240)
    finder.found = [car]
    told = looks(eye, 4, 10, with_things(PLACE, [car]))
    finder.found = []
    told += looks(eye, 4, 20, dark(PLACE))
    frozen = noisy(PLACE, 99)
    for number in range(4):
        seen = eye.look(frozen, START + timedelta(seconds=100 + 60 * number))
        told += [f"{spot} {change.what} {change.state} {change.phase}" for spot, change in seen.changes]
    assert told[0] == "left garbage unknown new"
    assert "静止" in (seen.quality or "")
    assert all("clean new" not in one and "dirty" not in one for one in told)


def test_what_an_eye_remembers_of_places_nights_and_a_new_view_outlives_a_restart() -> None:
    finder = Scripted()
    finder.found = [BAG]
    before = Eye(finder, [LEFT])
    looks(before, 4, 0)
    after = Eye(finder, [LEFT])
    after.restore(json.loads(json.dumps(before.state())), START)
    finder.found = []
    unchanged = with_things(PLACE, [BAG])
    assert looks(after, 10, 10, unchanged) == [], "the detector lost it, its place is as it was"
    assert looks(after, 4, 30) == ["left garbage clean end"]
    after.relearn()
    again = Eye(finder, [LEFT])
    again.restore(json.loads(json.dumps(after.state())), START)
    assert again.flagged is not None
    assert looks(again, 4, 50, a_place(2)) == ["left garbage unknown new"]
    again.confirm()
    assert looks(again, 4, 60, a_place(2)) == ["left garbage clean end"]
    redrawn = Eye(finder, [LEFT.model_copy(update={"polygon": RIGHT.polygon})])
    redrawn.restore(json.loads(json.dumps(after.state())), START)
    assert redrawn.flagged is None


def test_an_eye_that_looks_for_nothing_does_not_run_the_finder_and_says_so() -> None:
    class Never:
        def find(self, picture: Picture) -> list[Found]:
            raise AssertionError("nothing is to be looked for")

    eye = Eye(Never(), [LEFT])
    eye.switched = Switched(off=frozenset(LEFT.kinds))
    seen = eye.look(PLACE, START)
    assert (seen.found, seen.quality, seen.changes) == ((), "检测已关闭", ())
    assert eye.memories["left"].state() == "unknown"
