"""Live push: one composer for all, each frame encoded once, one bounded mailbox per page.

A slow page loses old wall frames, never memory: only the newest wall waits for it, and the newest 50 alarms. An alarm's
row goes out as soon as it is seen; the whole wall, which costs more, follows at most once a second.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

log = logging.getLogger(__name__)

Json = dict[str, Any]
LOOK_S = 0.05  # how often the change number is asked while somebody listens
SHORTEST_S = 1.0  # between two wall frames
LONGEST_S = 10.0  # a wall ages without changes: waiting times, silent devices
PING_S = 15.0
MOST_PAGES = 200
PING = b"event: ping\ndata: {}\n\n"


class Crowded(RuntimeError):
    """As many pages listen as this server serves."""


class Mailbox:
    """What waits for one page. Filled by any thread, rung and read on the page's loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._alarms: deque[bytes] = deque(maxlen=50)
        self._wall: bytes | None = None
        self._over = False

    def put(self, wall: bytes | None, alarms: list[bytes]) -> None:
        """Hand over new frames; the page reads them once it is rung. Without any it is for a ping."""
        self._alarms.extend(alarms)
        self._wall = wall if wall is not None else self._wall

    def end(self) -> None:
        """Let the page's stream end with the next ring."""
        self._over = True

    def ring(self) -> None:
        """Wake the page; on its own loop only."""
        self._bell.set()

    async def frames(self, still: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """Yield what came, in one piece for each ring; asks ``still()`` every ``PING_S`` and ends when it fails."""
        asked = time.monotonic()
        while True:
            await self._bell.wait()
            self._bell.clear()
            if self._over:
                return
            if time.monotonic() - asked >= PING_S:
                asked = time.monotonic()
                if not still():
                    return
            yield self._taken()

    def _taken(self) -> bytes:
        pieces = [self._alarms.popleft() for _ in range(len(self._alarms))]
        wall, self._wall = self._wall, None
        return b"".join(pieces if wall is None else [*pieces, wall]) or PING


def ring(pages: Iterable[Mailbox]) -> None:
    """Wake these pages from any thread, with one call for each loop: two hundred would cost more than the rest."""
    loops: dict[asyncio.AbstractEventLoop, list[Mailbox]] = {}
    for page in pages:
        loops.setdefault(page.loop, []).append(page)
    for loop, its in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_ring_all, its)


def _ring_all(pages: list[Mailbox]) -> None:
    for page in pages:
        page.ring()


class Broadcast:
    """Composes the wall when the book changed (at most once a second) and hands it to every listening page.

    ``rows`` are the newest live rows, ``wall["live"]`` of the moment: cheap enough to be asked with every change.
    """

    def __init__(
        self, compose: Callable[[], Json], change: Callable[[], int], rows: Callable[[], list[Json]]
    ) -> None:  # fmt: skip
        self._compose, self._change, self._rows = compose, change, rows
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._composing = threading.Lock()
        self._pages: set[Mailbox] = set()
        self._known: set[tuple[str, str]] | None = None  # tickets with their severity: a risen one is news
        self._number, self._heard = -1, -1  # of the last wall, and of the last rows
        self._made, self._handed = float("-inf"), time.monotonic()
        self._wall = b""
        self._thread: threading.Thread | None = None
        self.faults = 0

    def start(self) -> None:
        """Begin to compose for who listens."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="wall", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End every stream and the composer."""
        self._stop.set()
        with self._lock:
            for page in self._pages:
                page.end()
            ring(self._pages)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wall(self) -> bytes:
        """Return the wall as JSON bytes, at most ``SHORTEST_S`` old or unchanged since."""
        with self._composing:
            if self._stale(self._change()):
                self._renew()
            return self._wall

    def listen(self) -> Mailbox:
        """Return a mailbox for one page; ``Crowded`` when there are too many. Give it back with ``leave``."""
        page = Mailbox()
        with self._lock:
            if len(self._pages) >= MOST_PAGES:
                raise Crowded
            if not self._pages:
                self._known = None  # what came while nobody looked is no news flash
            self._pages.add(page)
        return page

    def leave(self, page: Mailbox) -> None:
        """Forget a page that is gone."""
        with self._lock:
            self._pages.discard(page)

    @property
    def pages(self) -> int:
        """How many pages listen."""
        return len(self._pages)

    def _keep(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                if self._pages:
                    with self._composing:
                        self._look()
            except Exception:  # the door of this thread: a database that is away must not end the stream
                self.faults += 1
                log.exception("the wall could not be composed")
                self._stop.wait(SHORTEST_S)
            if self._pages and time.monotonic() - self._handed >= PING_S:
                self._hand_out(None, [])

    def _look(self) -> None:
        change = self._change()
        if change != self._heard:
            self._put(None, self._rows())
            self._heard = change
        if self._stale(change):
            self._renew()

    def _stale(self, change: int) -> bool:
        age = time.monotonic() - self._made
        stale = age >= (SHORTEST_S if change != self._number else LONGEST_S)
        if stale:
            self._number = change
        return stale

    def _renew(self) -> None:
        wall = self._compose()
        self._wall = encode(wall)
        self._made = time.monotonic()
        self._put(b"event: wall\ndata: " + self._wall + b"\n\n", wall["live"])

    def _put(self, wall: bytes | None, rows: list[Json]) -> None:
        """Hand every page the rows that it does not know, and a wall where there is a new one."""
        shown = {(row["ticket"], row["severity"]): row for row in rows}
        alarms = [] if self._known is None else [row for pair, row in shown.items() if pair not in self._known]
        self._known = set(shown) if self._known is None or len(self._known) > 5000 else self._known | set(shown)
        frames = [frame("alarm", row) for row in reversed(alarms)]
        if wall is not None or frames:
            self._hand_out(wall, frames)

    def _hand_out(self, wall: bytes | None, frames: list[bytes]) -> None:
        self._handed = time.monotonic()
        with self._lock:
            for page in self._pages:
                page.put(wall, frames)
            ring(self._pages)


def encode(value: Json) -> bytes:
    """Return JSON on one line, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def frame(name: str, value: Json) -> bytes:
    """Return one server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + encode(value) + b"\n\n"
