"""The darkroom: pictures one after the other, none lost while there is time, and never in the way of a look."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import uuid4

import numpy as np
import pytest

from broker.identity import new_id
from broker.messages import Event, Kind, Phase, State
from detect.boxes import Found
from detect.finder import Finder
from detect.frames import Picture as Image
from edge.darkroom import WAITING, Darkroom, Exposure, InTurn
from edge.outbox import Lane, Outbox
from tests.edge.letters import BOX, NOW

PATIENCE_S = 60.0


class SlowFinder:
    """Finds nothing, and takes as long over it as the test wants."""

    names = ("person",)

    def __init__(self) -> None:
        self.go_on = threading.Semaphore(0)
        self.searching = threading.Semaphore(0)
        self.searches = 0
        self.fails_at = 0

    def find(self, _picture: Image) -> list[Found]:
        self.searching.release()
        assert self.go_on.acquire(timeout=PATIENCE_S)
        self.searches += 1
        if self.searches == self.fails_at:
            raise ZeroDivisionError("a fault of ours")
        return []


class Room:
    """A darkroom at work, and how far it got."""

    def __init__(self, path: Path) -> None:
        self.outbox = Outbox(path)
        self.finder, self.turn = SlowFinder(), threading.Lock()
        self.done = threading.Semaphore(0)
        finder = InTurn(cast(Finder, self.finder), self.turn)
        self.darkroom = Darkroom(BOX, self.outbox, finder, None, lambda _count: self.done.release())
        threading.Thread(target=self.darkroom.run, daemon=True).start()

    def pictured(self) -> list[str]:
        rows = [one for one in self.outbox.next(Lane.MAIN, 100) if one.kind == "event"]
        return [Event.model_validate_json(one.payload).spot for one in rows]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "outbox.db")
    yield made
    made.outbox.close()


def exposure(spot: str) -> Exposure:
    event = Event(
        message_id=new_id(), device=BOX.device, at=NOW, event_id=uuid4(), revision=0, phase=Phase.NEW, spot=spot,
        what=Kind.GARBAGE, state=State.DIRTY, reason="three looks",
    )  # fmt: skip
    return Exposure("qx-cam-01", np.zeros((48, 64, 3), np.uint8), (), (), [event])


def test_pictures_come_in_their_order_and_one_that_fails_does_not_stop_the_next(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.finder.fails_at = 2
    for spot in ("a", "b", "c"):
        room.darkroom.take(exposure(spot))
        room.finder.go_on.release()
    assert all(room.done.acquire(timeout=PATIENCE_S) for _ in range(2))
    assert room.pictured() == ["a", "c"]
    assert "a picture could not be made; its events stand without it" in caplog.text


def test_a_camera_waits_while_too_many_pictures_wait_and_none_is_lost(room: Room) -> None:
    room.darkroom.take(exposure("0"))
    assert room.finder.searching.acquire(timeout=PATIENCE_S)
    for number in range(WAITING):
        room.darkroom.take(exposure(str(number + 1)))
    last = threading.Thread(target=lambda: room.darkroom.take(exposure("last")))
    last.start()
    last.join(0.2)
    assert last.is_alive()
    for _ in range(WAITING + 2):
        room.finder.go_on.release()
    last.join(PATIENCE_S)
    assert all(room.done.acquire(timeout=PATIENCE_S) for _ in range(WAITING + 2))
    assert room.pictured() == [*map(str, range(WAITING + 1)), "last"]


def test_the_finder_is_free_for_a_look_between_two_searches_of_a_picture(room: Room) -> None:
    with room.turn:
        room.darkroom.take(exposure("a"))
        assert not room.finder.searching.acquire(timeout=0.2)  # a look has its turn: the picture waits
    assert room.finder.searching.acquire(timeout=PATIENCE_S)
    assert not room.turn.acquire(blocking=False)
    room.finder.go_on.release()
    assert room.done.acquire(timeout=PATIENCE_S)
    assert room.turn.acquire(blocking=False)
