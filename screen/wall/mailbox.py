"""The stream's end of the live push: what waits for one page, bounded, and how frames look on the wire."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

Json = dict[str, Any]
PING_S = 15.0
PING = b"event: ping\ndata: {}\n\n"


class Mailbox:
    """What waits for one page. Filled by any thread, rung and read on the page's loop.

    ``wire``, where there is one, is the page's connection in the midst of a chunked answer: while nothing waits in it
    and the reader of ``frames`` idles, a ring writes there at once and wakes nobody.
    """

    wire: asyncio.WriteTransport | None = None

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._alarms: deque[bytes] = deque(maxlen=50)
        self._wall: bytes | None = None
        self._over, self._idle = False, False
        # The first time comes by chance: pages that were opened together must not ask together, which holds up alarms.
        self._asked = time.monotonic() - random.uniform(0, PING_S)

    def put(self, wall: bytes | None, alarms: list[bytes]) -> None:
        """Hand over new frames; the page reads them once it is rung. Without any it is for a ping."""
        self._alarms.extend(alarms)
        self._wall = wall if wall is not None else self._wall

    def end(self) -> None:
        """Let the page's stream end with the next ring."""
        self._over = True

    def over(self) -> None:
        """End it now; on the page's own loop only."""
        self.end()
        self.ring()

    def ring(self) -> None:
        """Send what came, or wake the page to do it; on its own loop only."""
        calm = self._idle and not (self._over or self._bell.is_set() or self._must_ask())
        if calm and self.wire is not None and self.wire.get_write_buffer_size() == 0:
            piece = self._taken()
            self.wire.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        else:
            self._bell.set()

    async def frames(self, still: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """Yield what came, in one piece for each ring; asks ``still()`` every ``PING_S`` and ends when it fails."""
        while True:
            self._idle = True
            await self._bell.wait()
            self._idle = False
            self._bell.clear()
            if self._over:
                return
            if self._must_ask():
                self._asked = time.monotonic()
                if not still():
                    return
            yield self._taken()

    def _must_ask(self) -> bool:
        return time.monotonic() - self._asked >= PING_S

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
