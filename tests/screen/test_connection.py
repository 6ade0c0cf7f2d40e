"""Half-sent requests are given up, slow ones that go on coming are not, and nobody holds all connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from screen.connection import Connection, connection

GRACE_S = 0.15
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\n\r\n"
Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Hasty(Connection):
    grace_s = GRACE_S


async def echoes(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body, after a while."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await asyncio.sleep(GRACE_S * 2)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"%3d" % size})


@asynccontextmanager
async def served(kind: type[Connection]) -> AsyncIterator[Open]:
    server = uvicorn.Server(uvicorn.Config(echoes, port=0, http=kind, lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield lambda: asyncio.open_connection("127.0.0.1", port)
    server.should_exit = True
    await running


async def told(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server is done, nothing where it has closed."""
    try:
        return await asyncio.wait_for(reader.read(2000), 5)
    except ConnectionError:
        return b""


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\n", HEAD + b"x"], ids=["nothing", "half a head", "half a body"]
)
def test_a_request_that_stops_coming_is_given_up(sent: bytes) -> None:
    async def tried() -> None:
        async with served(Hasty) as opened:
            reader, writer = await opened()
            writer.write(sent)
            assert await told(reader) == b""
            writer.close()

    asyncio.run(tried())


def test_a_slow_body_that_goes_on_coming_and_a_slow_answer_are_waited_for() -> None:
    async def tried() -> None:
        async with served(Hasty) as opened:
            reader, writer = await opened()
            writer.write(HEAD)
            for _ in range(4):  # longer than the grace, at the least pace
                await asyncio.sleep(0.09)
                writer.write(b"x" * 100)
            answer = await told(reader)
            assert (answer[:15], answer[-3:]) == (b"HTTP/1.1 200 OK", b"400")
            writer.write(b"GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (await told(reader))[-3:] == b"  0", "and the connection is good for a further one"
            writer.close()

    asyncio.run(tried())


def test_one_address_holds_so_many_connections_and_no_more_but_for_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def held(proxies: tuple[str, ...]) -> int:
        kind = connection(proxies)
        kind.most_each = 3
        async with served(kind) as opened:
            pairs = [await opened() for _ in range(5)]
            await asyncio.sleep(0.05)
            closed = sum(reader.at_eof() or reader.exception() is not None for reader, _ in pairs)
            for _, writer in pairs:
                writer.close()
        return 5 - closed

    monkeypatch.setattr("uvicorn.protocols.http.h11_impl.get_remote_addr", lambda _: ("192.0.2.7", 4000))
    assert asyncio.run(held(())) == 3
    assert asyncio.run(held(("192.0.2.0/24",))) == 5
