"""The stream's end of the live push: what waits for one page, bounded, and how frames look on the wire."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

Json = dict[str, Any]
PING_S = 15.0
PING = b"event: ping\ndata: {}\n\n"


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


def encode(value: Json) -> bytes:
    """Return JSON on one line, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def frame(name: str, value: Json) -> bytes:
    """Return one server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + encode(value) + b"\n\n"
