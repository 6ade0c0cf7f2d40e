"""The walls of the fan-out's bench: each row is written down for each of them, and a server that refuses is named."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from bench.viewers import Taken, watch

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nretry: 3000\n\n"


def _row(ticket: str) -> bytes:
    return b"event: alarm\ndata: " + json.dumps({"ticket": ticket}).encode() + b"\n\n"


async def _served(answer: bytes, viewers: int) -> Taken:
    over = asyncio.Event()

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await asyncio.sleep(0.05)
        writer.write(_row("a") + b'event: wall\ndata: {"live": []}\n\n' + _row("b"))
        await over.wait()
        writer.close()

    server = await asyncio.start_server(page, "127.0.0.1", 0)
    try:
        return await watch(server.sockets[0].getsockname()[1], viewers, 1.0)
    finally:
        over.set()
        await asyncio.sleep(0.1)
        server.close()
        await server.wait_closed()


def test_every_wall_takes_every_row_at_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    begin = time.time()
    taken = asyncio.run(_served(HEAD, 7))
    assert capsys.readouterr().out == "ready\n"
    assert {ticket: len(times) for ticket, times in taken.alarms.items()} == {"a": 7, "b": 7}
    assert all(begin <= at <= time.time() for times in taken.alarms.values() for at in times)
    assert taken.walls == 7


def test_a_wall_that_is_sent_away_is_an_error() -> None:
    with pytest.raises(ConnectionError, match="503"):
        asyncio.run(_served(b"HTTP/1.1 503 Service Unavailable\r\n\r\n", 3))
