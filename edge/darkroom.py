"""The darkroom: makes the pictures of looks fit to leave, after the events of those looks have left.

Searching a picture for everybody whom it shows takes far longer than a look, so no event waits for it: the event is
told at once and names no picture; when the picture is ready the event is told again with it (``edge.telling``). What is
not ready lies in memory alone, so that a kill leaves the event as it stands, without a picture, and nothing unblurred
on a disk. One thread does it for all cameras; a camera that brings more than ``WAITING`` pictures waits before its next
look, its events do not. Glimpses (``edge.glimpse``) are developed when no exposure waits: of each camera only the
newest frame is kept, and after each the thread rests as long as it took, so that looking always has its turn.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.messages import Event
from broker.topics import Address
from detect.blur import encode
from detect.boxes import Found, Point
from detect.errors import DetectError
from detect.finder import Finder
from detect.frames import Picture
from detect.privacy import FindsFaces, Privacy
from edge.glimpse import Glimpse, fitted, labelled
from edge.outbox import Outbox
from edge.telling import Shown, picture_rows

log = logging.getLogger(__name__)

WAITING = 2  # pictures in memory besides the one under way: 6 MB each at full HD


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """A look that led to events: its picture as the camera gave it, which must not leave, and what was found in it.

    ``wanted`` says whether pictures may leave now: somebody may switch them off while this one waits.
    """

    camera: str
    image: Picture
    found: Sequence[Found]
    masks: Sequence[Sequence[Point]]
    events: Sequence[Event]
    wanted: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Developed:
    """A glimpse as it may leave: a small JPEG, and how many things are unreadable in it."""

    spot: str
    at: datetime
    asked: UUID | None
    jpeg: bytes
    blurred: int
    rendered: bool


class InTurn:
    """The finder that the cameras share, for one thread more: each search waits for its turn, and gives it back."""

    def __init__(self, finder: Finder, turn: threading.Lock) -> None:
        self._finder = finder
        self._turn = turn

    @property
    def names(self) -> Sequence[str]:
        return self._finder.names

    def find(self, picture: Picture) -> list[Found]:
        with self._turn:
            return self._finder.find(picture)


class Darkroom:
    """Takes exposures from any thread; ``run`` develops them, oldest first. ``told`` hears how many events it put,
    ``shown`` every glimpse that may leave.
    """

    def __init__(
        self, address: Address, outbox: Outbox, finder: InTurn, faces: FindsFaces | None, told: Callable[[int], None]
    ) -> None:
        self._address = address
        self._outbox = outbox
        self._privacy = Privacy(finder, faces)
        self._told = told
        self._waiting: queue.Queue[Exposure] = queue.Queue(WAITING)
        self._glimpses: dict[str, Glimpse] = {}
        self._guard = threading.Lock()  # of the glimpses
        self._work = threading.Semaphore(0)
        self._urgent = threading.Event()  # an exposure waits
        self.shown: Callable[[Developed], None] = lambda _glimpse: None

    @property
    def weakness(self) -> str:
        """What is not looked for before a picture leaves, '' when nothing (``detect.privacy``)."""
        return self._privacy.weakness

    def take(self, exposure: Exposure) -> None:
        """Take a picture to be developed; waits while there is no room for it."""
        self._waiting.put(exposure)
        self._urgent.set()
        self._work.release()

    def glimpse(self, glimpse: Glimpse) -> None:
        """Take a frame for a still or a live picture; an older one of the same camera is dropped."""
        with self._guard:
            known = glimpse.camera in self._glimpses
            self._glimpses[glimpse.camera] = glimpse
        if not known:
            self._work.release()

    def run(self) -> None:
        """Develop for ever: for a daemon thread."""
        while True:
            self._work.acquire()
            taken = self._next()
            try:
                if isinstance(taken, Exposure):
                    self.develop(taken)
                elif taken is not None:
                    began = time.monotonic()
                    self.show(taken)
                    self._urgent.wait(time.monotonic() - began)
            except Exception:  # the door of this thread: one picture that fails must not stop the next
                log.exception("%s: a picture could not be made; its events stand without it", taken and taken.camera)

    def show(self, glimpse: Glimpse) -> None:
        """Make a glimpse fit to leave and hand it on; it lies on no disk. One that cannot be searched is dropped."""
        try:
            image, covered = self._privacy.hide(glimpse.image, glimpse.masks)
        except DetectError as problem:
            log.warning("%s: no glimpse: %s", glimpse.camera, problem)
            return
        if glimpse.wanted():
            image = labelled(image) if glimpse.rendered else image
            made = Developed(glimpse.spot, glimpse.at, glimpse.asked, fitted(image), covered, glimpse.rendered)
            self.shown(made)

    def _next(self) -> Exposure | Glimpse | None:
        self._urgent.clear()
        try:
            return self._waiting.get_nowait()
        except queue.Empty:
            with self._guard:
                return self._glimpses.pop(next(iter(self._glimpses)), None) if self._glimpses else None

    def develop(self, exposure: Exposure) -> int:
        """Make a picture and store it with its events told again, in one transaction; returns how many events.

        0 when it could not be searched or stored, or is not wanted any more: better no picture than an open one,
        and the events stand.
        """
        try:
            image, covered = self._privacy.hide(exposure.image, exposure.masks, exposure.found)
            if not exposure.wanted():
                return 0
            self._outbox.put(picture_rows(self._address, exposure.events, Shown(encode(image), covered)))
        except (DetectError, sqlite3.Error) as problem:
            log.error("%s: told without a picture: %s", exposure.camera, problem)
            return 0
        self._told(len(exposure.events))
        return len(exposure.events)
