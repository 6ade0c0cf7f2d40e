"""Live push: one composer for all, each frame encoded once, one bounded mailbox per page.

A slow page loses old wall frames, never memory: only the newest wall waits for it, and the newest 50 alarms. An alarm's
row goes out as soon as it is seen; the whole wall, which costs more, follows at most every two seconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from screen.wall.mailbox import PING_S, Json, Mailbox, encode, frame, ring
from screen.wall.told import Told

log = logging.getLogger(__name__)

LOOK_S = 0.07  # how often the change number is asked for alarms while somebody listens; a look costs 0.7 ms
WALL_LOOK_S = 0.5  # and for the whole wall
SHORTEST_S = 2.0  # between two wall frames: reading and sending them each second took a fifth of the server's time
LONGEST_S = 10.0  # a wall ages without changes: waiting times, silent devices
MOST_PAGES = 200


class Crowded(RuntimeError):
    """As many pages listen as this server serves."""


class Broadcast:
    """Composes the wall when the book changed (at most every ``SHORTEST_S``) and hands it to every listening page.

    ``rows`` are the newest live rows, ``wall["live"]`` of the moment: cheap enough to be asked with every change.
    """

    def __init__(
        self, compose: Callable[[], Json], change: Callable[[], int], rows: Callable[[], list[Json]]
    ) -> None:  # fmt: skip
        self._compose, self._change, self._rows = compose, change, rows
        self._stop = threading.Event()
        self._composing = threading.Lock()
        self._telling = threading.Lock()  # of what the pages know, and of who they are
        self._pages: set[Mailbox] = set()
        self._known: set[tuple[str, str]] | None = None  # tickets with their severity: a risen one is news
        self._latest: list[Json] = []  # the rows at the change number ``_heard``
        self._number, self._heard = -1, -1
        self._made, self._handed = float("-inf"), time.monotonic()
        self._wall, self._pictures = b"", frozenset[str]()
        self._threads: list[threading.Thread] = []
        self._told = Told()
        self.faults = 0

    def start(self) -> None:
        """Begin to look for who listens: for alarms, and beside it for what the whole wall shows."""
        if not self._threads:
            for name, work, every in (("alarms", self._tell, LOOK_S), ("wall", self._renewed, WALL_LOOK_S)):
                self._threads.append(threading.Thread(target=self._keep, args=(work, every), name=name, daemon=True))
                self._threads[-1].start()

    def stop(self) -> None:
        """End every stream and both threads."""
        self._stop.set()
        with self._telling:
            for page in self._pages:
                page.end()
            ring(self._pages)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def wall(self) -> bytes:
        """Return the wall as JSON bytes, at most ``SHORTEST_S`` old or unchanged since."""
        return self._renewed()

    def shows(self, picture: str) -> bool:
        """Whether a picture (SHA-256 in hex) is on the wall of now, or was on what the pages got of late."""
        self._renewed()
        return picture in self._pictures or self._told.has(picture)

    def listen(self) -> Mailbox:
        """Return a mailbox for one page; ``Crowded`` when there are too many. Give it back with ``leave``."""
        page = Mailbox()
        with self._telling:
            if len(self._pages) >= MOST_PAGES:
                raise Crowded
            if not self._pages:
                self._known = None  # what came while nobody looked is no news flash
            self._pages.add(page)
        return page

    def leave(self, page: Mailbox) -> None:
        """Forget a page that is gone."""
        with self._telling:
            self._pages.discard(page)

    @property
    def pages(self) -> int:
        """How many pages listen."""
        return len(self._pages)

    def _keep(self, work: Callable[[], object], every: float) -> None:
        while not self._stop.wait(every):
            try:
                if self._pages:
                    work()
            except Exception:  # the door of this thread: a database that is away must not end the stream
                self.faults += 1
                log.exception("the wall could not be composed")
                self._stop.wait(SHORTEST_S)
            if self._pages and time.monotonic() - self._handed >= PING_S:
                with self._telling:
                    self._hand_out(None, [])

    def _tell(self) -> None:
        """Hand out the rows that are new; they do not wait until the whole wall has been composed."""
        change = self._change()
        if change == self._heard:
            return
        rows = self._rows()
        with self._telling:
            self._heard, self._latest = change, rows
            self._put(None, rows)

    def _renewed(self) -> bytes:
        with self._composing:
            change = self._change()
            if time.monotonic() - self._made >= (SHORTEST_S if change != self._number else LONGEST_S):
                self._renew(change)
            return self._wall

    def _renew(self, change: int) -> None:
        wall = self._compose()
        with self._telling:
            if self._heard > change:  # an alarm that was told meanwhile must not vanish again
                wall["live"] = self._latest
            self._wall, self._number, self._made = encode(wall), change, time.monotonic()
            self._pictures = self._told.note(self._wall)
            self._put(b"event: wall\ndata: " + self._wall + b"\n\n", wall["live"])

    def _put(self, wall: bytes | None, rows: list[Json]) -> None:
        """Hand every page the rows that it does not know, and a wall where there is a new one."""
        shown = {(row["ticket"], row["severity"]): row for row in rows}
        alarms = [] if self._known is None else [row for pair, row in shown.items() if pair not in self._known]
        self._known = set(shown) if self._known is None or len(self._known) > 5000 else self._known | set(shown)
        frames = [frame("alarm", row) for row in reversed(alarms)]
        for one in frames:
            self._told.note(one)
        if wall is not None or frames:
            self._hand_out(wall, frames)

    def _hand_out(self, wall: bytes | None, frames: list[bytes]) -> None:
        self._handed = time.monotonic()
        for page in self._pages:
            page.put(wall, frames)
        ring(self._pages)
