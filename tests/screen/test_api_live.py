"""The mailboxes behind the stream: bounded, newest first to go out, closed with the session."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ingest.store import StoreAway
from screen.wall import live
from screen.wall.live import Broadcast, Crowded, Mailbox
from tests.servers import wait_until


async def taken(page: Mailbox, still: Callable[[], bool] = lambda: True) -> list[bytes]:
    return [one async for one in page.frames(still)]


def test_a_slow_page_gets_the_newest_wall_and_the_newest_alarms() -> None:
    async def scene() -> list[bytes]:
        page = Mailbox()
        for number in range(200):
            page.put(b"wall %d" % number, [b"alarm %d" % number])
        reading = page.frames(lambda: True)
        frames = [await anext(reading) for _ in range(51)]
        await reading.aclose()
        return frames

    frames = asyncio.run(scene())
    assert frames[:50] == [b"alarm %d" % number for number in range(150, 200)]
    assert frames[50] == b"wall 199"


def test_silence_is_filled_with_pings_until_the_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_S", 0.02)
    answers = iter([True, True, False])

    async def scene() -> list[bytes]:
        return await taken(Mailbox(), lambda: next(answers))

    assert asyncio.run(scene()) == [b"event: ping\ndata: {}\n\n"] * 2


def test_a_busy_stream_ends_with_the_session_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)

    async def scene() -> list[bytes]:
        page = Mailbox()
        stop = threading.Event()

        def talk() -> None:
            while not stop.wait(0.005):
                page.put(b"wall", [])

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            return await asyncio.wait_for(taken(page, lambda: False), 20)
        finally:
            stop.set()
            talker.join()

    assert b"wall" in asyncio.run(scene())


def test_what_came_while_nobody_looked_is_no_news_flash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SHORTEST_S", 0.0)
    rows: list[dict[str, Any]] = [{"ticket": "old", "severity": "major"}]
    number = [1]
    broadcast = Broadcast(lambda: {"live": list(rows)}, lambda: number[0])

    async def scene() -> list[bytes]:
        broadcast.wall()
        rows.append({"ticket": "meanwhile", "severity": "major"})
        number[0] += 1
        page = broadcast.listen()
        broadcast.wall()
        rows.insert(0, {"ticket": "new", "severity": "major"})
        number[0] += 1
        broadcast.wall()
        reading = page.frames(lambda: True)
        frames = [await anext(reading) for _ in range(2)]
        await reading.aclose()
        broadcast.leave(page)
        return frames

    first, second = asyncio.run(scene())
    assert (b'"new"' in first, first.startswith(b"event: alarm")) == (True, True)
    assert second.startswith(b"event: wall")
    assert broadcast.pages == 0


def test_a_ticket_whose_severity_rises_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SHORTEST_S", 0.0)
    row: dict[str, Any] = {"ticket": "one", "severity": "major"}
    number = [1]
    broadcast = Broadcast(lambda: {"live": [dict(row)]}, lambda: number[0])

    async def scene() -> bytes:
        page = broadcast.listen()
        broadcast.wall()
        row["severity"] = "urgent"
        number[0] += 1
        broadcast.wall()
        reading = page.frames(lambda: True)
        first = await anext(reading)
        await reading.aclose()
        broadcast.leave(page)
        return first

    told = asyncio.run(scene())
    assert told.startswith(b"event: alarm")
    assert b'"urgent"' in told


def test_more_pages_than_served_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_PAGES", 1)
    broadcast = Broadcast(lambda: {"live": []}, lambda: 1)

    async def scene() -> None:
        broadcast.listen()
        with pytest.raises(Crowded):
            broadcast.listen()

    asyncio.run(scene())


def test_a_database_that_is_away_is_counted_and_the_stream_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.01)
    monkeypatch.setattr(live, "SHORTEST_S", 0.01)
    away = [True]

    def change() -> int:
        if away[0]:
            raise StoreAway("gone")
        return 1

    broadcast = Broadcast(lambda: {"live": []}, change)

    async def scene() -> bytes:
        page = broadcast.listen()
        broadcast.start()
        await asyncio.to_thread(wait_until, lambda: broadcast.faults > 0, "the fault is counted")
        away[0] = False
        reading = page.frames(lambda: True)
        found = await anext(reading)
        await reading.aclose()
        return found

    assert asyncio.run(scene()).startswith(b"event: wall")
    broadcast.stop()
