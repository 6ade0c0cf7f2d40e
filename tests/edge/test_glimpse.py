"""Stills and live pictures: when one is wanted, how small it is, who is unreadable in it, and who goes first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest

from broker.downward import Command, Switch
from broker.messages import CHUNK_BYTES, ClockSource
from detect.boxes import Found
from detect.finder import Finder
from detect.frames import Picture, read_picture
from edge.camera import Bench, Camera
from edge.commands import CommandBook
from edge.darkroom import Darkroom, Developed, InTurn
from edge.glimpse import LONGEST, SIDE, Glimpse, Glimpses, fitted
from edge.outbox import Lane, Outbox
from edge.settings import CameraSettings
from edge.showing import Allowance
from edge.sources import Frame
from tests.edge.letters import BOX, NOW
from tests.edge.test_camera import PERSON, ScriptedFinder
from tests.edge.test_commands import command
from tests.edge.test_darkroom import exposure

SECOND = timedelta(seconds=1)
SOFT = np.asarray(
    cv2.resize(np.random.default_rng(7).integers(0, 255, (24, 40, 3), dtype=np.uint8), (640, 360)), np.uint8
)
SOFT[50:250, 400:460] = np.random.default_rng(9).integers(0, 255, (200, 60, 3), dtype=np.uint8)  # who stands there
NOISE = np.random.default_rng(3).integers(0, 255, (1080, 1920, 3), dtype=np.uint8)


def live(at: float = 0, lasts: float = 30) -> Command:
    now = NOW + at * SECOND
    return command(name="live", command_id=uuid4(), issued_at=now, expires_at=now + lasts * SECOND)


def asked(glimpses: Glimpses, seconds: range) -> list[UUID | None]:
    return [who for due, who in (glimpses.due(NOW + second * SECOND) for second in seconds) if due]


def test_a_still_comes_a_minute_after_the_start_and_then_every_so_many_minutes() -> None:
    glimpses = Glimpses(timedelta(minutes=10))
    due = [second for second in range(1300) if glimpses.due(NOW + second * SECOND) == (True, None)]
    assert due == [60, 660, 1260]


def test_zero_minutes_mean_no_still() -> None:
    assert asked(Glimpses(timedelta(0)), range(0, 86_400, 60)) == []


def test_live_pictures_end_by_themselves_and_go_on_while_asked_for() -> None:
    glimpses = Glimpses(timedelta(0))
    first, second = live(), live(20)
    glimpses.watch(first, NOW)
    assert asked(glimpses, range(20)) == [first.command_id] * 20
    glimpses.watch(second, NOW + 20 * SECOND)
    assert asked(glimpses, range(20, 100)) == [second.command_id] * 30


def test_no_command_lasts_longer_than_a_minute_and_no_camera_gives_more_than_five_a_second() -> None:
    glimpses = Glimpses(timedelta(0))
    glimpses.watch(live(lasts=86_400), NOW)
    frames = [NOW + timedelta(milliseconds=40 * number) for number in range(3_000)]
    given = [at for at in frames if glimpses.due(at)[0]]
    assert given[-1] < NOW + LONGEST
    assert len(given) <= 5 * LONGEST.total_seconds()


def test_a_clock_that_is_set_back_does_not_stop_the_stills() -> None:
    glimpses = Glimpses(timedelta(minutes=10))
    glimpses.due(NOW)
    past = NOW - timedelta(days=3)
    due = [second for second in range(700) if glimpses.due(past + second * SECOND)[0]]
    assert due == [60, 660]


def test_the_bytes_of_a_day_are_an_end_and_the_next_day_has_its_own() -> None:
    allowance = Allowance(100_000)
    assert [allowance.take(40_000, NOW) for _ in range(3)] == [True, True, False]
    assert allowance.take(20_000, NOW)
    assert allowance.take(40_000, NOW + timedelta(days=1))


def test_even_noise_fits_into_a_glimpse() -> None:
    data = fitted(NOISE)
    assert len(data) <= CHUNK_BYTES
    height, width = read_picture(data).shape[:2]
    assert max(height, width) <= SIDE


def alike(one: Picture, other: Picture, part: tuple[int, int, int, int]) -> float:
    """How much of a part (top, bottom, left, right) can be told from the other picture: 1 all, 0 nothing."""
    top, bottom, left, right = part
    cut = (one[top:bottom, left:right, 1].ravel(), other[top:bottom, left:right, 1].ravel())
    return float(np.corrcoef(*cut)[0, 1])


class Seen:
    """A camera and its darkroom; what left."""

    def __init__(self, path: Path) -> None:
        self.outbox = Outbox(path)
        self.finder = ScriptedFinder()
        self.finder.sees = (PERSON,)
        finder = cast(Finder, self.finder)
        bench = replace(Bench(BOX, self.outbox, finder, ClockSource.NTP, still_minutes=10), synchronised=lambda: True)
        self.left: list[Developed] = []
        self.darkroom = Darkroom(BOX, self.outbox, InTurn(finder, bench.turn), None, lambda _count: None)
        self.darkroom.shown = self.left.append
        self.camera = Camera(
            CameraSettings.model_validate({
                "name": "qx-cam-01", "source": {"type": "folder", "path": "x"}, "gate": False,
                "spots": [{"name": "gate", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
                "masks": [[[0, 0.5], [0.2, 0.5], [0.2, 1], [0, 1]]],
            }), bench, rendered=True,
        )  # fmt: skip
        self.book = CommandBook(self.outbox, BOX, ClockSource.NTP)

    def ask(self, one: Command) -> None:
        taken = self.book.receive(one.model_dump_json(by_alias=True).encode(), one.issued_at, {"gate"}, set())
        if taken is not None:
            self.camera.ask(one)

    def look(self, at: float) -> None:
        now = NOW + at * SECOND
        picture = SOFT.copy()
        picture[0, 0] = int(at) % 250
        self.camera.take(Frame(picture, now, ClockSource.NTP), now)
        self.camera.exposed()
        glimpse = self.camera.glimpsed()
        if glimpse is not None:
            self.darkroom.show(glimpse)


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    made = Seen(tmp_path / "outbox.db")
    yield made
    made.outbox.close()


def test_a_person_and_a_masked_area_are_unreadable_in_stills_and_in_live_pictures(seen: Seen) -> None:
    for at in range(62):
        seen.look(at)
    one = live(62)
    seen.ask(one)
    seen.look(62)
    still, watched = seen.left
    assert (still.asked, watched.asked) == (None, one.command_id)
    for made in (still, watched):
        image = read_picture(made.jpeg)
        assert made.blurred == 2
        assert made.rendered
        assert alike(image, SOFT, (90, 250, 405, 455)) < 0.2  # only the cells' own tones are left
        assert alike(image, SOFT, (20, 180, 100, 300)) > 0.5
        assert image[200:330, 5:120].max() < 20


def test_an_old_command_starts_nothing_and_a_flood_of_them_gives_no_more_pictures(seen: Seen) -> None:
    seen.ask(live(-100))
    seen.look(0)
    assert seen.left == []
    for _ in range(200):
        seen.ask(live(1, lasts=3))
    seen.ask(one := live(1, lasts=3))
    for at in range(1, 9):
        seen.look(at)
    assert len(seen.left) == 3
    seen.ask(one)
    seen.look(9)
    assert len(seen.left) == 3
    assert seen.book.counts.replayed == 1


def test_a_camera_whose_pictures_are_off_gives_none_and_says_so(seen: Seen) -> None:
    seen.ask(command(name="switch", switch=Switch(pictures=False), command_id=uuid4()))
    seen.look(0)
    seen.ask(live(1))
    for at in range(1, 70):
        seen.look(at)
    assert seen.left == []
    answers = [row.payload.decode() for row in seen.outbox.next(Lane.MAIN, 10) if row.kind == "answer"]
    assert "不传现场画面" in answers[-1]


def test_pictures_that_are_switched_off_meanwhile_do_not_leave(seen: Seen) -> None:
    wanted = [False]
    seen.darkroom.show(Glimpse("qx-cam-01", "gate", SOFT, (), NOW, None, wanted=lambda: wanted[0]))
    assert seen.left == []


class HeldFinder:
    """Waits in every search until it is let go; remembers how bright the pictures were."""

    names = ("person",)

    def __init__(self) -> None:
        self.searching, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def find(self, _picture: Picture) -> list[Found]:
        self.searching.release()
        assert self.go_on.acquire(timeout=60)
        return []


def test_only_the_newest_frame_waits_and_a_picture_of_an_event_goes_first(tmp_path: Path) -> None:
    order: list[str] = []
    third = threading.Semaphore(0)

    def shown(one: Developed) -> None:
        order.append(f"glimpse {(one.at - NOW).total_seconds():.0f}")
        third.release()

    outbox, finder = Outbox(tmp_path / "outbox.db"), HeldFinder()
    in_turn = InTurn(cast(Finder, finder), threading.Lock())
    darkroom = Darkroom(BOX, outbox, in_turn, None, lambda _count: order.append("event"))
    darkroom.shown = shown
    threading.Thread(target=darkroom.run, daemon=True).start()
    small = np.zeros((48, 64, 3), np.uint8)
    darkroom.glimpse(Glimpse("cam", "gate", small, (), NOW, None))
    assert finder.searching.acquire(timeout=60)
    for at in range(1, 6):
        darkroom.glimpse(Glimpse("cam", "gate", small, (), NOW + at * SECOND, None))
    darkroom.take(exposure("gate"))
    for _ in range(20):
        finder.go_on.release()
    assert third.acquire(timeout=60)
    assert third.acquire(timeout=60)
    assert order == ["glimpse 0", "event", "glimpse 5"]
    outbox.close()
