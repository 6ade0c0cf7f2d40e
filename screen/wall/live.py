"""Live push: one composer for all, each frame encoded once, one bounded mailbox per page.

A slow page loses old wall frames, never memory: only the newest wall waits for it, and the newest 50 alarms.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any

log = logging.getLogger(__name__)

Json = dict[str, Any]
LOOK_S = 0.5  # how often the change number is asked
SHORTEST_S = 1.0  # between two wall frames
LONGEST_S = 10.0  # a wall ages without changes: waiting times, silent devices
PING_S = 15.0
MOST_PAGES = 200


class Crowded(RuntimeError):
    """As many pages listen as this server serves."""


class Mailbox:
    """What waits for one page."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._alarms: deque[bytes] = deque(maxlen=50)
        self._wall: bytes | None = None
        self._over = False

    def put(self, wall: bytes, alarms: list[bytes]) -> None:
        """Hand over new frames, from any thread."""
        self._alarms.extend(alarms)
        self._wall = wall
        self._ring()

    def end(self) -> None:
        """Let the page's stream end."""
        self._over = True
        self._ring()

    async def frames(self, still: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """Yield frames as they come, and pings in between; asks ``still()`` every ``PING_S`` and ends when it fails."""
        asked = time.monotonic()
        while not self._over:
            rung = await self._rung()
            if time.monotonic() - asked >= PING_S:
                asked = time.monotonic()
                if not still():
                    return
            if not rung:
                yield frame("ping", {})
                continue
            self._bell.clear()
            while self._alarms:
                yield self._alarms.popleft()
            wall, self._wall = self._wall, None
            if wall is not None:
                yield wall

    async def _rung(self) -> bool:
        try:
            await asyncio.wait_for(self._bell.wait(), PING_S)
        except TimeoutError:
            return False
        return True

    def _ring(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._bell.set)


class Broadcast:
    """Composes the wall when the book changed (at most once a second) and hands it to every listening page."""

    def __init__(self, compose: Callable[[], Json], change: Callable[[], int]) -> None:
        self._compose = compose
        self._change = change
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._composing = threading.Lock()
        self._pages: set[Mailbox] = set()
        self._known: set[tuple[str, str]] | None = None  # tickets with their severity: a risen one is news
        self._number = -1
        self._made = float("-inf")
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
                with self._composing:
                    if self._pages and self._stale(self._change()):
                        self._renew()
            except Exception:  # the door of this thread: a database that is away must not end the stream
                self.faults += 1
                log.exception("the wall could not be composed")
                self._stop.wait(SHORTEST_S)

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
        rows = wall["live"]
        shown = {(row["ticket"], row["severity"]): row for row in rows}
        alarms = [] if self._known is None else [row for pair, row in shown.items() if pair not in self._known]
        self._known = set(shown) if self._known is None or len(self._known) > 5000 else self._known | set(shown)
        frames = [frame("alarm", row) for row in reversed(alarms)]
        with self._lock:
            for page in self._pages:
                page.put(b"event: wall\ndata: " + self._wall + b"\n\n", frames)


def encode(value: Json) -> bytes:
    """Return JSON on one line, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def frame(name: str, value: Json) -> bytes:
    """Return one server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + encode(value) + b"\n\n"
