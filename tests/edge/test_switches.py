"""A camera that is switched, taught a new view, or whose clock is set back, while the box runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.downward import Switch
from broker.messages import ClockSource, Kind
from broker.parse import dump
from edge.darkroom import Exposure
from edge.switches import Switches
from tests.detect.conftest import a_place, with_things
from tests.edge.letters import NOW
from tests.edge.test_camera import BAG, PILE, TEXTURE, VILLAGER, Scene
from tests.edge.test_commands import command

ELSEWHERE = a_place(2, 640, 360)
TEXTURE_WITH_PILE = with_things(TEXTURE, [PILE])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path / "outbox.db")
    yield made
    made.outbox.close()


def order(scene: Scene, name: str = "switch", **switch: Any) -> str:
    """Send the camera a command; what was answered once the next tick has passed."""
    changed = {"switch": Switch(**switch)} if switch else {}
    asked = command(name=name, expires_at=NOW + timedelta(days=3), **changed)
    scene.book.receive(dump(asked), scene.now, {"gate"}, set())
    scene.camera.ask(asked)
    scene.camera.ask(asked)
    scene.camera.tick(scene.now, 20.0)
    (reason,) = [one.reason for one in scene.answers() if one.command_id == asked.command_id]
    return reason


def told(scene: Scene) -> list[tuple[str, str, str]]:
    return [(one.what.value, one.phase.value, one.state.value) for one in scene.events()]


def test_detection_that_is_off_finds_nothing_shows_nothing_and_reads_unknown_never_clean(scene: Scene) -> None:
    scene.look(times=5)
    assert scene.camera.states()["gate"] == "clean"
    assert order(scene, detection=False) == "检测已关闭"
    looks = scene.camera.looks
    scene.look(PILE, times=10)
    assert told(scene) == []
    assert scene.camera.states()["gate"] == "unknown"
    assert scene.camera.looks > looks
    assert scene.camera.covered["gate"].reason == "检测已关闭"
    assert scene.camera.covered["gate"].unknown_s >= 9
    assert order(scene, detection=True) == "全部打开"
    scene.look(PILE, times=5)
    assert told(scene) == [("garbage", "new", "dirty")]


def test_what_is_open_when_detection_goes_off_is_told_as_unknown_and_goes_on_under_its_id(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(PILE, times=5)
    order(scene, detection=False)
    scene.look(PILE, times=5)
    assert told(scene)[1:] == [("garbage", "update", "unknown")]
    assert len(scene.pictured()) == 1
    assert "检测已关闭" in scene.events()[1].reason
    order(scene, detection=True)
    scene.look(PILE, times=5)
    assert told(scene)[2:] == [("garbage", "update", "dirty")]
    assert len({one.event_id for one in scene.events()}) == 1
    scene.look(times=10)
    assert told(scene)[3:] == [("garbage", "end", "clean")]


def test_dumping_may_be_off_while_garbage_is_looked_for(scene: Scene) -> None:
    scene.look(times=5)
    assert order(scene, kinds_off=(Kind.DUMPED,)) == "已关闭检测：乱倾倒"
    scene.look(VILLAGER, times=2)
    scene.look(VILLAGER, BAG, times=2)
    scene.look(BAG, times=12)
    assert {one.what for one in scene.events()} == {Kind.GARBAGE}
    assert scene.camera.states()["gate"] == "dirty"


def test_a_spot_with_a_kind_off_is_not_called_clean_unless_another_kind_sees_the_same(scene: Scene) -> None:
    order(scene, kinds_off=(Kind.DUMPED,))
    scene.look(times=5)
    assert scene.camera.states()["gate"] == "clean"
    order(scene, kinds_off=(Kind.OVERFLOW,))
    scene.look(times=5)
    assert scene.camera.states()["gate"] == "unknown"


def test_a_provisional_dumping_is_taken_back_when_dumping_goes_off(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(VILLAGER, times=2)
    scene.look(VILLAGER, BAG, times=2)
    scene.look(BAG, times=3)
    assert ("dumped", "new", "unknown") in told(scene)
    order(scene, kinds_off=(Kind.DUMPED,))
    scene.look(BAG, times=3)
    assert ("dumped", "end", "unknown") in told(scene)
    assert ("dumped", "update", "dirty") not in told(scene)


def test_a_recheck_while_detection_is_off_is_answered_unknown_at_once(scene: Scene) -> None:
    scene.look(times=5)
    order(scene, detection=False)
    asked = command(expires_at=NOW + timedelta(hours=1))
    scene.book.receive(dump(asked), scene.now, {"gate"}, set())
    scene.camera.ask(asked)
    scene.look(times=2)
    (event,) = [one for one in scene.events() if one.command_id == asked.command_id]
    assert (event.state, "检测已关闭" in event.reason) == ("unknown", True)


def test_pictures_may_be_off_while_events_are_told(scene: Scene) -> None:
    assert order(scene, pictures=False) == "不发图片"
    scene.look(times=5)
    scene.look(PILE, times=5)
    (event,) = scene.events()
    assert (event.what, scene.pictured()) == (Kind.GARBAGE, [])
    assert {one.kind for one in scene.rows()} == {"event", "answer"}


def test_a_picture_that_waits_while_pictures_are_switched_off_does_not_leave(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[Exposure] = []
    monkeypatch.setattr(scene.darkroom, "develop", waiting.append)
    scene.look(times=5)
    scene.look(PILE, times=5)
    monkeypatch.undo()
    (exposure,) = waiting
    order(scene, pictures=False)
    assert scene.darkroom.develop(exposure) == 0
    assert {one.kind for one in scene.rows()} == {"event", "answer"}
    order(scene, pictures=True)
    assert scene.darkroom.develop(exposure) == 1
    assert len(scene.pictured()) == 1


def test_a_least_score_leaves_weak_boxes_out_and_stands_in_the_configuration_of_the_event(scene: Scene) -> None:
    order(scene, min_score=0.9)
    scene.look(times=5)
    scene.look(PILE, times=5)
    assert told(scene) == []
    order(scene, min_score=0.5)
    scene.look(PILE, times=5)
    assert scene.events()[0].config.endswith("+0.5")


def test_switches_outlive_a_restart(scene: Scene) -> None:
    order(scene, detection=False, min_score=0.4)
    scene.restart()
    assert scene.camera.switches == Switches(detection=False, min_score=0.4)
    scene.look(PILE, times=6)
    assert told(scene) == []


@pytest.mark.parametrize("kept", ["", "{", "3", '{"min_score": 7}', '{"kinds_off": ["cows"]}'])
def test_switches_that_cannot_be_read_send_no_picture_and_stop_nothing(kept: str, scene: Scene) -> None:
    scene.outbox.put(remember={"switches/qx-cam-01": kept})
    scene.restart()
    assert scene.camera.switches == Switches(pictures=False)
    scene.look(times=5)
    scene.look(PILE, times=5)
    assert told(scene) == [("garbage", "new", "dirty")]
    assert scene.pictured() == []


def test_an_order_that_cannot_be_stored_is_not_done_and_is_done_at_the_next_tick(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = command(name="switch", switch=Switch(detection=False), expires_at=NOW + timedelta(hours=1))
    scene.book.receive(dump(asked), scene.now, {"gate"}, set())
    scene.camera.ask(asked)
    full = sqlite3.OperationalError("database or disk is full")
    with monkeypatch.context() as disk:
        disk.setattr(scene.outbox, "put", lambda *_a, **_k: (_ for _ in ()).throw(full))
        with pytest.raises(sqlite3.OperationalError):
            scene.camera.tick(scene.now, 20.0)
    assert scene.camera.switches == Switches()
    scene.camera.tick(scene.now, 20.0)
    assert scene.camera.switches == Switches(detection=False)
    assert [one.outcome for one in scene.answers()] == ["done"]


def test_an_order_that_has_expired_meanwhile_is_not_done(scene: Scene) -> None:
    asked = command(name="switch", switch=Switch(detection=False), expires_at=NOW + timedelta(minutes=1))
    scene.book.receive(dump(asked), scene.now, {"gate"}, set())
    scene.book.sweep(NOW + timedelta(minutes=2))
    scene.camera.ask(asked)
    scene.camera.tick(NOW + timedelta(minutes=2), 20.0)
    assert scene.camera.switches == Switches()
    assert [one.outcome for one in scene.answers()] == ["expired"]


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        (Switch(detection=False, pictures=False), "检测已关闭"),
        (Switch(kinds_off=(Kind.DUMPED, Kind.STRAW_PILE)), "已关闭检测：乱倾倒、柴草乱堆"),
        (Switch(pictures=False, min_score=0.25), "不发图片，最低分 0.25"),
        (Switch(detection=True, kinds_off=(), pictures=True, min_score=0), ""),
    ],
)
def test_how_a_camera_is_switched_is_told_in_words(switch: Switch, words: str) -> None:
    assert Switches().after(switch).words == words


def test_what_an_order_leaves_open_stays(scene: Scene) -> None:
    before = Switches(detection=False, kinds_off=(Kind.DUMPED,), min_score=0.3)
    assert before.after(Switch(pictures=False)) == before.model_copy(update={"pictures": False})
    assert before.after(Switch(kinds_off=())).kinds_off == ()


def test_a_moved_camera_is_unknown_until_its_view_is_learnt_and_its_spots_are_confirmed(scene: Scene) -> None:
    scene.look(times=40)
    scene.look(times=10, image=ELSEWHERE.copy())
    assert [one[1:] for one in told(scene)] == [("new", "unknown")]
    assert "点位待确认" in order(scene, "relearn")
    scene.look(times=20, image=ELSEWHERE.copy())
    assert scene.camera.states()["gate"] == "unknown"
    assert scene.camera.covered["gate"].reason == "机位已变，点位待确认"
    scene.restart()
    scene.look(times=10, image=ELSEWHERE.copy())
    assert scene.camera.states()["gate"] == "unknown"
    assert order(scene, "confirm") == "点位已确认"
    scene.look(times=10, image=ELSEWHERE.copy())
    assert scene.camera.states()["gate"] == "clean"
    scene.look(times=10)
    assert scene.camera.states()["gate"] == "unknown", "the old view is the strange one now"


def test_spots_that_were_drawn_anew_need_no_confirming(scene: Scene) -> None:
    scene.look(times=5)
    order(scene, "relearn")
    scene.polygon = [[0, 0.1], [1, 0.1], [1, 1], [0, 1]]
    scene.restart()
    scene.look(times=6, image=ELSEWHERE.copy())
    assert scene.camera.states()["gate"] == "clean"


def test_a_clock_set_back_by_a_day_silences_no_look_and_its_events_stay_in_order(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(PILE, times=5)
    scene.now -= timedelta(days=1)
    scene.look(PILE, times=3)
    scene.look(times=10)
    scene.look(PILE, times=6)
    assert told(scene) == [
        ("garbage", "new", "dirty"), ("garbage", "end", "clean"), ("garbage", "new", "dirty")
    ]  # fmt: skip
    times = [one.at for one in scene.events()]
    assert times == sorted(times)
    assert [one.clock for one in scene.events()] == [ClockSource.NTP, ClockSource.MAPPED, ClockSource.MAPPED]
    assert timedelta(seconds=5) < times[2] - times[1] < timedelta(seconds=15), "a second stays a second"


def test_a_restart_with_a_clock_of_last_year_goes_on_after_the_last_time_told(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(PILE, times=5)
    scene.now -= timedelta(days=365)
    scene.restart()
    scene.look(times=10)
    new, end = scene.events()
    assert (end.phase, end.event_id) == ("end", new.event_id)
    assert new.at < end.at < new.at + timedelta(minutes=1)


def test_a_camera_that_falls_silent_after_its_clock_was_set_back_is_noticed(scene: Scene) -> None:
    scene.look(times=5)
    scene.now -= timedelta(days=1)
    for _ in range(100):
        scene.now += timedelta(seconds=1)
        scene.camera.tick(scene.now, 20.0)
    assert scene.camera.states()["gate"] == "unknown"


def test_a_clock_that_a_time_service_sets_back_is_believed(scene: Scene) -> None:
    scene.look(times=5)
    scene.synchronised = True
    scene.restart()
    scene.now -= timedelta(days=1)
    scene.look(PILE, times=6)
    (event,) = scene.events()
    assert (event.at.date(), event.clock) == (scene.now.date(), ClockSource.NTP)


def test_a_still_pile_is_one_event_through_evening_night_and_morning(scene: Scene) -> None:
    def lit(gain: float) -> Any:
        return (TEXTURE_WITH_PILE * gain).astype("uint8")

    scene.look(times=5)
    scene.look(PILE, times=5)
    for gain in (0.8, 0.6, 0.5):
        scene.look(times=10, image=lit(gain))  # the detector loses it, the picture does not
    scene.look(times=10, image=lit(0.02))
    for gain in (0.5, 0.7):
        scene.look(times=10, image=lit(gain))
    scene.look(PILE, times=5)
    assert told(scene) == [
        ("garbage", "new", "dirty"), ("garbage", "update", "unknown"), ("garbage", "update", "dirty")
    ]  # fmt: skip
    scene.look(times=6)
    assert told(scene)[3:] == [("garbage", "end", "clean")]
