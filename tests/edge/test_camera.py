"""One camera with a scripted detector: events once, pictures blurred, memory and messages in one transaction."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from broker.messages import Answer, ClockSource, Event, Kind, Picture
from broker.parse import dump
from detect.boxes import Found
from detect.errors import BadPicture
from detect.finder import Finder
from detect.frames import Picture as Image
from detect.frames import read_picture
from edge.camera import OFFLINE, Bench, Camera
from edge.commands import CommandBook
from edge.darkroom import Darkroom, InTurn
from edge.outbox import Lane, Outbox, Row
from edge.settings import CameraSettings
from edge.sources import Frame
from tests.detect.conftest import with_things
from tests.edge.letters import BOX, NOW
from tests.edge.test_commands import command

PILE = Found("garbage", 0.8, 100, 100, 300, 200)
PERSON = Found("person", 0.9, 400, 50, 460, 250)
TEXTURE = np.random.default_rng(7).integers(0, 255, (360, 640, 3), dtype=np.uint8)


class ScriptedFinder:
    """Finds what it is told."""

    model_id = "scripted0000"

    def __init__(self) -> None:
        self.sees: Sequence[Found] = ()

    def find(self, picture: Image) -> list[Found]:
        assert picture.shape == (360, 640, 3)
        return list(self.sees)


class ScriptedFaces:
    """Sees one face, or cannot look at all."""

    def __init__(self, *, blind: bool) -> None:
        self.blind = blind

    def find(self, picture: Image) -> list[Found]:
        assert picture.shape == (360, 640, 3)
        if self.blind:
            raise BadPicture("the picture cannot be searched for faces")
        return [Found("face", 0.9, 500, 50, 540, 100)]


class Scene:
    """A camera at a spot called gate, with its own clock; ``restart`` is a kill -9 of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = NOW
        self.finder = ScriptedFinder()
        self.faces: ScriptedFaces | None = None
        self.develops = True  # False: the darkroom never gets to it, as before a kill
        self.number = 0
        self.polygon: list[list[float]] = [[0, 0], [1, 0], [1, 1], [0, 1]]
        self.masks: list[list[list[float]]] = [[[0, 0.9], [0.1, 0.9], [0.1, 1], [0, 1]]]
        self.synchronised = False
        self._open()

    def _open(self) -> None:
        self.outbox = Outbox(self.path)
        finder = cast(Finder, self.finder)
        bench = Bench(BOX, self.outbox, finder, ClockSource.NTP, config_version=7)
        bench = replace(bench, synchronised=lambda: self.synchronised)
        self.put: list[int] = []
        self.darkroom = Darkroom(BOX, self.outbox, InTurn(finder, bench.turn), self.faces, self.put.append)
        settings = CameraSettings.model_validate(
            {
                "name": "qx-cam-01",
                "source": {"type": "folder", "path": "x"},
                "spots": [{"name": "gate", "polygon": self.polygon}],
                "masks": self.masks,
                "gate": False,
            }
        )
        self.camera = Camera(settings, bench, rendered=False)
        self.camera.restore(self.now)
        self.book = CommandBook(self.outbox, BOX, ClockSource.NTP)

    def restart(self) -> None:
        self.outbox.close()
        self._open()

    def look(self, *sees: Found, times: int = 1, image: Image | None = None) -> int:
        self.finder.sees = sees
        put = 0
        for _ in range(times):
            self.now += timedelta(seconds=1)
            self.number += 1
            things = [one for one in sees if one.label not in ("person", "vehicle")]
            picture = image if image is not None else with_things(TEXTURE, things)
            picture[0, 0] = self.number % 250  # no two frames are equal: a frozen picture is another story
            put += self.camera.take(Frame(picture, self.now, ClockSource.NTP), self.now)
            for exposure in self.camera.exposed():
                if self.develops:
                    self.darkroom.develop(exposure)
        return put

    def rows(self) -> list[Row]:
        return self.outbox.next(Lane.MAIN, 1_000)

    def said(self) -> list[Event]:
        return [Event.model_validate_json(one.payload) for one in self.rows() if one.kind == "event"]

    def events(self) -> list[Event]:
        return [one for one in self.said() if not one.tells_again]

    def pictured(self) -> list[Event]:
        return [one for one in self.said() if one.tells_again]

    def chunks(self) -> list[Picture]:
        return [Picture.model_validate_json(one.payload) for one in self.outbox.next(Lane.BULK, 1_000)]

    def answers(self) -> list[Answer]:
        return [Answer.model_validate_json(one.payload) for one in self.rows() if one.kind == "answer"]

    def told(self) -> list[tuple[str, str, str, int]]:
        return [(one.what, one.phase, one.state, one.revision) for one in self.events()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path / "outbox.db")
    yield made
    made.outbox.close()


def test_a_pile_opens_one_event_and_its_going_ends_it(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(PILE, times=20)
    scene.look(times=10)
    assert scene.told() == [("garbage", "new", "dirty", 0), ("garbage", "end", "clean", 2)]
    new, end = scene.events()
    assert new.event_id == end.event_id
    assert (new.spot, new.model, new.device) == ("gate", "scripted0000", BOX.device)
    assert re.fullmatch("7-[0-9a-f]{12}", new.config)
    assert end.config == new.config
    assert new.at < end.at <= scene.now
    box = new.boxes[0]
    assert box.label == "garbage"
    assert [box.x1, box.x2] == pytest.approx([100 / 640, 300 / 640], abs=1e-3)


def test_a_face_that_no_person_box_holds_is_covered_in_the_picture_that_leaves(scene: Scene) -> None:
    scene.faces = ScriptedFaces(blind=False)
    scene.restart()
    scene.look(times=5)
    scene.look(PILE, times=20)
    parts = scene.chunks()
    assert parts[0].blurred == 2  # the face and the mask
    image = cv2.imdecode(np.frombuffer(b"".join(part.data for part in parts), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image[60:90, 510:530].std(axis=(0, 1)).max() < 4


def test_a_picture_that_cannot_be_searched_stays_and_the_event_is_told_without_it(scene: Scene) -> None:
    scene.faces = ScriptedFaces(blind=True)
    scene.restart()
    scene.look(times=5)
    scene.look(PILE, times=20)
    assert scene.told() == [("garbage", "new", "dirty", 0)]
    assert scene.pictured() == []
    assert scene.chunks() == []


def test_an_event_is_stored_before_its_picture_is_made_and_told_again_with_it(scene: Scene) -> None:
    scene.develops = False
    scene.look(times=5)
    scene.look(PILE, times=4)
    (event,) = scene.said()
    assert (event.picture, event.looks) == (None, 3)
    assert scene.chunks() == []
    scene.develops = True
    scene.look(times=10)
    _, end = scene.events()
    (again,) = scene.pictured()
    assert again.message_id != end.message_id
    assert again == end.model_copy(
        update={"message_id": again.message_id, "revision": 3, "looks": 0, "picture": again.picture}
    )
    assert {one.sha256 for one in scene.chunks()} == {again.picture}
    assert {one.event_id for one in scene.chunks()} == {end.event_id}
    assert scene.put == [1]


def test_a_kill_between_an_event_and_its_picture_leaves_the_event_told_once_and_without(scene: Scene) -> None:
    scene.develops = False
    scene.look(times=5)
    scene.look(PILE, times=4)
    scene.restart()
    scene.develops = True
    scene.look(PILE, times=4)
    scene.look(times=10)
    assert scene.told() == [("garbage", "new", "dirty", 0), ("garbage", "end", "clean", 2)]
    assert [(one.phase, one.revision) for one in scene.pictured()] == [("end", 3)]


def test_a_picture_that_is_ready_after_its_event_has_gone_on_is_told_as_of_its_own_look(scene: Scene) -> None:
    scene.develops = False
    scene.look(times=5)
    scene.finder.sees = [PILE]
    while not (late := scene.camera.exposed()):
        scene.now += timedelta(seconds=1)
        frame = Frame(with_things(TEXTURE, [PILE]), scene.now, ClockSource.NTP)
        frame.image[0, 0] = scene.now.second
        scene.camera.take(frame, scene.now)
    scene.look(times=10)
    scene.darkroom.develop(late[0])
    new, end = scene.events()
    (again,) = scene.pictured()
    assert (again.at, again.state, again.phase, again.revision) == (new.at, "dirty", "update", 1)
    assert end.revision == 2


def test_a_picture_that_cannot_be_stored_stays_away_and_its_event_stands(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    monkeypatch.setattr("edge.darkroom.picture_rows", lambda *_a: (_ for _ in ()).throw(full))
    scene.look(times=5)
    scene.look(PILE, times=4)
    assert scene.told() == [("garbage", "new", "dirty", 0)]
    assert (scene.chunks(), scene.put) == ([], [])
    assert "told without a picture: database or disk is full" in caplog.text


def test_a_restart_at_any_look_neither_loses_nor_doubles(tmp_path: Path) -> None:
    for kill_at in (5, 6, 7, 8, 12, 13, 14, 15):
        scene = Scene(tmp_path / f"{kill_at}.db")
        for look in range(24):
            if look == kill_at:
                scene.restart()
            scene.look(*([PILE] if 4 <= look < 12 else []))
        assert scene.told() == [("garbage", "new", "dirty", 0), ("garbage", "end", "clean", 2)], kill_at
        assert len({one.event_id for one in scene.events()}) == 1
        scene.outbox.close()


def test_an_event_that_cannot_be_stored_is_told_at_the_next_look(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.look(times=5)
    full = sqlite3.OperationalError("database or disk is full")
    with monkeypatch.context() as disk:
        disk.setattr(scene.outbox, "put", lambda *_a, **_k: (_ for _ in ()).throw(full))
        for _ in range(6):
            try:
                scene.look(PILE)
            except sqlite3.OperationalError:
                continue
    assert scene.events() == []
    scene.look(PILE)
    assert scene.told() == [("garbage", "new", "dirty", 0)]


def test_the_picture_comes_in_whole_chunks_without_readable_people_or_masked_parts(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(PILE, PERSON, times=4, image=TEXTURE.copy())
    sha256 = scene.pictured()[0].picture
    parts = scene.chunks()
    parts = [one for one in parts if one.sha256 == sha256]
    jpeg = b"".join(one.data for one in parts)
    assert [one.index for one in parts] == list(range(parts[0].chunks))
    assert hashlib.sha256(jpeg).hexdigest() == sha256
    assert parts[0].blurred == 2
    assert len(jpeg) == parts[0].size > 22_000
    shown = read_picture(jpeg).astype(int)
    original = TEXTURE.astype(int)

    def rough(image: Image, rows: slice, columns: slice) -> float:
        return float(np.abs(np.diff(image[rows, columns].astype(int), axis=1)).mean())

    assert rough(shown, slice(60, 100), slice(410, 450)) < 0.1 * rough(original, slice(60, 100), slice(410, 450))
    assert shown[340:, :50].max() < 30
    assert rough(shown, slice(120, 180), slice(120, 280)) > 0.3 * rough(original, slice(120, 180), slice(120, 280))


def test_a_recheck_is_answered_once_by_an_event_with_its_command(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(PILE, times=4)
    asked = command(what=Kind.GARBAGE, expires_at=NOW + timedelta(hours=1))
    taken = scene.book.receive(dump(asked), scene.now, {"gate"}, set())
    assert taken is not None
    scene.camera.ask(asked)
    scene.camera.ask(asked)
    scene.look(times=10)
    answered = [one for one in scene.events() if one.command_id == asked.command_id]
    assert [(one.state, one.phase) for one in answered] == [("clean", "end")]
    (answer,) = scene.answers()
    assert (answer.command_id, answer.outcome) == (asked.command_id, "done")
    assert answer.reason.startswith("clean: ")
    assert scene.book.open() == []


VILLAGER = Found("person", 0.9, 250, 60, 310, 210)
BAG = Found("garbage", 0.8, 300, 170, 350, 210)


def test_a_dumping_is_one_event_provisional_then_certain_even_over_a_restart(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(VILLAGER, times=2)
    scene.look(VILLAGER, BAG, times=2)
    scene.look(BAG, times=3)
    scene.restart()
    scene.look(BAG, times=4)
    told = [one for one in scene.events() if one.what is Kind.DUMPED]
    assert [(one.phase, one.state, one.revision) for one in told] == [("new", "unknown", 0), ("update", "dirty", 2)]
    assert len({one.event_id for one in told}) == 1
    shown = [one for one in scene.pictured() if one.what is Kind.DUMPED]
    assert [(one.phase, one.state, one.revision) for one in shown] == [("update", "unknown", 1), ("update", "dirty", 3)]
    assert all(one.boxes for one in shown)


def test_a_dumping_that_was_none_is_taken_back_under_its_own_id(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(VILLAGER, times=2)
    scene.look(VILLAGER, BAG, times=2)
    scene.look(BAG, times=3)
    scene.look(times=8)
    told = [one for one in scene.events() if one.what is Kind.DUMPED]
    assert [(one.phase, one.state) for one in told] == [("new", "unknown"), ("end", "unknown")]
    assert told[0].event_id == told[1].event_id
    assert "撤回" in told[1].reason


def test_a_recheck_survives_a_restart_before_its_answer(scene: Scene) -> None:
    scene.look(times=5)
    asked = command(expires_at=NOW + timedelta(hours=1))
    scene.book.receive(dump(asked), scene.now, {"gate"}, set())
    scene.camera.ask(asked)
    scene.look()
    scene.restart()
    for one in scene.book.open():
        scene.camera.ask(one)
    scene.look(times=6)
    assert [one.command_id for one in scene.answers()] == [asked.command_id]
    assert [one.state for one in scene.events() if one.command_id] == ["clean"]


def test_two_rechecks_of_one_spot_are_answered_one_after_the_other(scene: Scene) -> None:
    scene.look(times=5)
    both = [command(what=kind, expires_at=NOW + timedelta(hours=1)) for kind in (Kind.GARBAGE, Kind.OVERFLOW)]
    for one in both:
        scene.book.receive(dump(one), scene.now, {"gate"}, set())
        scene.camera.ask(one)
    scene.look(times=12)
    assert {one.command_id for one in scene.answers()} == {one.command_id for one in both}
    assert len([one for one in scene.events() if one.command_id]) == 2


def test_a_silent_camera_becomes_unknown_and_is_not_covered(scene: Scene) -> None:
    scene.look(times=5)
    before = scene.camera.covered["gate"].observed_s
    for _ in range(200):
        scene.now += timedelta(seconds=1)
        scene.camera.tick(scene.now, 20.0)
    assert scene.told() == [("garbage", "new", "unknown", 0)]
    assert OFFLINE in scene.events()[0].reason
    assert scene.pictured() == []
    assert scene.camera.states()["gate"] == "unknown"
    covered = scene.camera.covered["gate"]
    assert covered.observed_s == before
    assert covered.unknown_s == pytest.approx(200, abs=2)
    scene.look(times=8)
    assert scene.told()[-1][:3] == ("garbage", "end", "clean")


def test_a_recheck_of_a_silent_camera_is_answered_unknown(scene: Scene) -> None:
    scene.look(times=5)
    asked = command(expires_at=NOW + timedelta(hours=1))
    scene.book.receive(dump(asked), scene.now, {"gate"}, set())
    scene.camera.ask(asked)
    for _ in range(120):
        scene.now += timedelta(seconds=1)
        scene.camera.tick(scene.now, 20.0)
    assert [(one.state, one.command_id) for one in scene.events()] == [("unknown", asked.command_id)]
    assert [one.command_id for one in scene.answers()] == [asked.command_id]


def test_a_camera_that_never_showed_anything_answers_unknown_too(scene: Scene) -> None:
    asked = command(expires_at=NOW + timedelta(hours=1))
    scene.book.receive(dump(asked), scene.now, {"gate"}, set())
    scene.camera.ask(asked)
    for _ in range(120):
        scene.now += timedelta(seconds=1)
        scene.camera.tick(scene.now, 20.0)
    assert {one.state for one in scene.events()} == {"unknown"}
    assert [one.command_id for one in scene.answers()] == [asked.command_id]


def test_a_dark_picture_is_unknown_never_clean(scene: Scene) -> None:
    scene.look(times=5)
    scene.look(PILE, times=5)
    dark = np.full_like(TEXTURE, 2)
    scene.look(times=10, image=dark)
    assert [one[1:3] for one in scene.told()] == [("new", "dirty"), ("update", "unknown")]
    covered = scene.camera.covered["gate"]
    assert covered.unknown_s == pytest.approx(10)
    assert "暗" in covered.reason


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"eye": 5, "events": {}}', '{"eye": {}, "events": {"a": 1}}', "null"])
def test_memory_that_cannot_be_read_is_learnt_anew(scene: Scene, kept: str) -> None:
    scene.outbox.put(remember={"camera/qx-cam-01": kept})
    scene.restart()
    scene.look(times=5)
    scene.look(PILE, times=5)
    assert scene.told()[0] == ("garbage", "new", "dirty", 0)


def test_the_gate_spares_the_detector_but_not_a_state_that_is_turning(scene: Scene) -> None:
    scene.camera._settings = scene.camera._settings.model_copy(update={"gate": True})
    scene.look(times=60)
    quiet = scene.camera.looks
    assert quiet < 30
    scene.look(PILE, times=14)  # nothing moves: found when the gate lets a look through, then looked at at once
    assert scene.told() == [("garbage", "new", "dirty", 0)]
    found = scene.camera.looks
    scene.look(PILE, times=60)
    assert scene.camera.looks < found + 30


def test_times_of_a_recording_stay_its_own(scene: Scene) -> None:
    then = datetime(2026, 1, 1, tzinfo=NOW.tzinfo)
    scene.finder.sees = [PILE]
    for second in range(6):
        picture = TEXTURE.copy()
        picture[0, 0] = second
        scene.camera.take(Frame(picture, then + timedelta(seconds=second), ClockSource.FILE), NOW)
    assert scene.camera.exposed()
    (event,) = scene.events()
    assert event.clock is ClockSource.FILE
    assert then < event.at < then + timedelta(seconds=6)
    for second in range(100):
        scene.camera.tick(NOW + timedelta(seconds=second), 20.0)
    assert len(scene.events()) == 1


def test_a_look_that_takes_long_does_not_hold_up_the_other_cameras(scene: Scene) -> None:
    scene.look(times=5)
    with scene.camera._lock:  # as a look under way holds it
        for _ in range(100):
            scene.now += timedelta(seconds=1)
            assert scene.camera.tick(scene.now, 20.0) == 0
    scene.look(times=3)
    assert scene.told() == []


def test_what_is_masked_is_black_before_anything_looks_at_it(scene: Scene) -> None:
    scene.develops = False
    looked: list[Image] = []
    found = scene.finder.find

    def find(picture: Image) -> list[Found]:
        looked.append(picture.copy())
        return found(picture)

    scene.finder.find = find  # type: ignore[method-assign]
    bright = np.full((360, 640, 3), 230, np.uint8)
    bright[20:300:9] = 90
    scene.look(PILE, times=6, image=bright)
    assert looked
    assert all(not picture[330:356, 4:60].any() for picture in looked), "the detector never saw it"
    assert all(picture[100:120, 300:320].any() for picture in looked), "the rest it did"
    assert bright[340, 10].tolist() == [230, 230, 230], "the source's own picture is not written to"


def test_under_other_masks_the_usual_view_is_learnt_anew_and_what_lay_there_is_still_known(scene: Scene) -> None:
    scene.look(PILE, times=6)
    before = len(scene.events())
    assert before == 1
    scene.masks = [[[0, 0], [0.6, 0], [0.6, 0.9], [0, 0.9]]]
    scene.restart()
    assert scene.camera._eye.sight.plate is None
    scene.look(PILE, times=3)
    assert len(scene.events()) == before, "the same pile is not told twice"
