"""Two hundred walls in a process of their own: each holds one stream and writes down when each alarm's row arrived.

``python -m bench.viewers PORT HOW_MANY SECONDS``: says ``ready`` once every stream has had its first frame, then after
that many seconds one JSON line ``{"alarms": {ticket: [time …]}, "walls": N, "bytes": N}``; times are Unix seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

ASK = b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n\r\n"
AT_ONCE = 20  # that connect together


@dataclass(slots=True)
class Taken:
    """What all of them took."""

    alarms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    walls: int = 0
    bytes: int = 0


async def watch(port: int, how_many: int, seconds: float) -> Taken:
    """Open the streams, say so, and read them for so long; ``ConnectionError`` when the server sends one away."""
    taken, gate = Taken(), asyncio.Semaphore(AT_ONCE)
    first = [asyncio.Event() for _ in range(how_many)]
    readers = [asyncio.create_task(_page(port, gate, taken, one)) for one in first]
    begun = asyncio.gather(*(one.wait() for one in first))
    try:
        waited: set[asyncio.Future[Any]] = {begun, *readers}
        done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        for one in done - {begun}:
            await one
        print("ready", flush=True)
        await asyncio.sleep(seconds)
    finally:
        begun.cancel()
        for reader in readers:
            reader.cancel()
        await asyncio.gather(begun, *readers, return_exceptions=True)
    return taken


async def _page(port: int, gate: asyncio.Semaphore, taken: Taken, first: asyncio.Event) -> None:
    async with gate:
        stream, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(ASK % port)
    try:
        status = await stream.readline()
        if b" 200 " not in status:
            raise ConnectionError(status.decode(errors="replace").strip())
        kind = b""
        while line := await stream.readline():
            taken.bytes += len(line)
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            elif line.startswith(b"data: "):
                _take(taken, kind, line)
            first.set()
    finally:
        writer.close()


def _take(taken: Taken, kind: bytes, line: bytes) -> None:
    if kind == b"alarm":
        now = time.time()
        taken.alarms[json.loads(line[6:])["ticket"]].append(now)
    elif kind == b"wall":
        taken.walls += 1


def main() -> None:
    port, how_many, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    taken = asyncio.run(watch(port, how_many, seconds))
    print(json.dumps({"alarms": taken.alarms, "walls": taken.walls, "bytes": taken.bytes}), flush=True)


if __name__ == "__main__":
    main()
