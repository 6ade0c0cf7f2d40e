"""A thousand clients lose a real Mosquitto in one moment and come back, each after a pause of its own."""

from __future__ import annotations

import asyncio
import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from broker.acl import password_line
from broker.patience import SPREAD, pause
from tests.servers import Mosquitto, real_mosquitto

CLIENTS, SHORTEST_S, LONGEST_S = 1000, 0.5, 10.0
PATIENCE_S = 100.0


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def connect(client: str) -> bytes:
    """An MQTT 5 CONNECT with a password, keep-alive 120 s."""
    body = text("MQTT") + b"\x05\xc2" + struct.pack(">H", 120) + b"\x00" + text(client) + text("box") + text("right")
    return b"\x10" + bytes([len(body)]) + body


@dataclass
class Crowd:
    """Bare clients: they connect, wait to be cut off, pause as a link does, and come again."""

    port: int
    connected: int = 0
    refused: int = 0
    tries: list[float] = field(default_factory=list)

    async def live(self, number: int, hello: asyncio.Semaphore) -> None:
        attempt = 0
        while True:
            async with hello:
                writer = await self._try(number, attempt == 0)
            if writer is not None:
                attempt = 0
                await self._stay(*writer)
            attempt += 1
            await asyncio.sleep(pause(attempt, SHORTEST_S, LONGEST_S))

    async def _try(self, number: int, first: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        if not first:
            self.tries.append(time.monotonic())
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return None
        try:
            writer.write(connect(f"box-{number}"))
            head = await asyncio.wait_for(reader.readexactly(4), 20)
            if head[0] == 0x20 and head[3] == 0:
                return reader, writer
            self.refused += 1
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass
        writer.close()
        return None

    async def _stay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        try:
            while await reader.read(4096):
                pass
        except OSError:
            pass
        finally:
            self.connected -= 1
            writer.close()


async def storm(server: Mosquitto) -> Crowd:
    crowd, hello = Crowd(server.port), asyncio.Semaphore(100)
    tasks = [asyncio.create_task(crowd.live(number, hello)) for number in range(CLIENTS)]
    try:
        await until(lambda: crowd.connected == CLIENTS, "everybody is in")
        server.stop()
        await until(lambda: crowd.connected == 0, "everybody is out")
        server.start()
        crowd.tries.clear()
        await until(lambda: crowd.connected == CLIENTS, "everybody is back")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return crowd


async def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


@pytest.mark.real
@pytest.mark.slow
def test_a_thousand_clients_come_back_after_the_broker_died_and_not_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "passwords").write_text(password_line("box", "right") + "\n")
    conf = f"allow_anonymous false\nuser root\npassword_file {tmp_path}/passwords\nmax_connections 5000"
    with real_mosquitto(tmp_path / "run", conf) as server:
        crowd = asyncio.run(storm(server))
    begin = min(crowd.tries)
    tenths = Counter(int((at - begin) * 10) for at in crowd.tries)
    spread = max(crowd.tries) - begin
    print(f"{len(crowd.tries)} tries over {spread:.1f} s, at most {max(tenths.values())} in a tenth of a second")
    assert crowd.refused == 0
    assert len(crowd.tries) >= CLIENTS
    assert spread > SHORTEST_S * SPREAD / 2, "they came in one wave"
