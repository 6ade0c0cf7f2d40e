"""The mailboxes behind the stream: bounded, newest first to go out, closed with the session."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ingest.store import StoreAway
from screen.wall import live, mailbox, told
from screen.wall.live import Broadcast, Crowded
from screen.wall.mailbox import Mailbox, ring
from tests.servers import wait_until


async def taken(page: Mailbox, still: Callable[[], bool] = lambda: True) -> list[bytes]:
    return [one async for one in page.frames(still)]


def test_a_slow_page_gets_the_newest_wall_and_the_newest_alarms() -> None:
    async def scene() -> list[bytes]:
        page = Mailbox()
        for number in range(200):
            page.put(b"wall %d\n" % number, [b"alarm %d\n" % number])
        page.ring()
        reading = page.frames(lambda: True)
        frames = (await anext(reading)).splitlines()
        await reading.aclose()
        return frames

    frames = asyncio.run(scene())
    assert frames[:50] == [b"alarm %d" % number for number in range(150, 200)]
    assert frames[50:] == [b"wall 199"]


def test_silence_is_filled_with_pings_until_the_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_S", 0.02)
    monkeypatch.setattr(mailbox, "PING_S", 0.02)
    monkeypatch.setattr(live, "LOOK_S", 0.005)
    monkeypatch.setattr(live, "SHORTEST_S", 0.005)

    def away() -> int:
        raise StoreAway("gone")

    broadcast = Broadcast(lambda: {"live": []}, away, list)
    answers = iter([True, True, False])

    async def scene() -> list[bytes]:
        page = broadcast.listen()
        broadcast.start()
        return await asyncio.wait_for(taken(page, lambda: next(answers)), 20)

    found = asyncio.run(scene())
    broadcast.stop()
    assert (set(found), len(found) >= 2) == ({b"event: ping\ndata: {}\n\n"}, True)


def test_a_busy_stream_ends_with_the_session_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "PING_S", 0.05)

    async def scene() -> list[bytes]:
        page = Mailbox()
        stop = threading.Event()

        def talk() -> None:
            while not stop.wait(0.005):
                page.put(b"wall", [])
                ring([page])

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            return await asyncio.wait_for(taken(page, lambda: False), 20)
        finally:
            stop.set()
            talker.join()

    assert set(asyncio.run(scene())) <= {b"wall"}, "whatever came before the session was asked for"


def test_what_came_while_nobody_looked_is_no_news_flash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SHORTEST_S", 0.0)
    rows: list[dict[str, Any]] = [{"ticket": "old", "severity": "major"}]
    number = [1]
    broadcast = Broadcast(lambda: {"live": list(rows)}, lambda: number[0], lambda: list(rows))

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
        frames = (await anext(reading)).split(b"\n\n")
        await reading.aclose()
        broadcast.leave(page)
        return frames

    first, second, rest = asyncio.run(scene())
    assert (b'"new"' in first, first.startswith(b"event: alarm"), rest) == (True, True, b"")
    assert second.startswith(b"event: wall")
    assert broadcast.pages == 0


def test_a_ticket_whose_severity_rises_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SHORTEST_S", 0.0)
    row: dict[str, Any] = {"ticket": "one", "severity": "major"}
    number = [1]
    broadcast = Broadcast(lambda: {"live": [dict(row)]}, lambda: number[0], lambda: [dict(row)])

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

    frame = asyncio.run(scene())
    assert frame.startswith(b"event: alarm")
    assert b'"urgent"' in frame


def test_an_alarm_does_not_wait_for_the_next_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.005)
    monkeypatch.setattr(live, "SHORTEST_S", 60.0)
    rows: list[dict[str, Any]] = []
    number, composed = [1], []

    def compose() -> dict[str, Any]:
        composed.append(number[0])
        return {"live": list(rows)}

    broadcast = Broadcast(compose, lambda: number[0], lambda: list(rows))

    async def scene() -> list[bytes]:
        page = broadcast.listen()
        broadcast.start()
        reading = page.frames(lambda: True)
        frames = [await anext(reading)]
        for name in ("one", "two"):
            rows.insert(0, {"ticket": name, "severity": "major"})
            number[0] += 1
            frames.append(await anext(reading))
        await reading.aclose()
        broadcast.leave(page)
        return frames

    wall, *alarms = asyncio.run(scene())
    broadcast.stop()
    assert wall.startswith(b"event: wall")
    assert [json.loads(one.split(b"data: ")[1])["ticket"] for one in alarms] == ["one", "two"]
    assert len(composed) == 1


def test_a_wall_that_was_begun_before_an_alarm_does_not_take_it_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.005)
    rows: list[dict[str, Any]] = [{"ticket": "old", "severity": "major"}]
    number, heard = [1], threading.Event()

    def compose() -> dict[str, Any]:
        wall = {"live": list(rows)}
        if number[0] == 1:
            rows.insert(0, {"ticket": "new", "severity": "urgent"})
            number[0] = 2
            assert heard.wait(20), "the alarm is told while the wall is composed"
        return wall

    broadcast = Broadcast(compose, lambda: number[0], lambda: list(rows))

    async def scene() -> list[bytes]:
        page = broadcast.listen()
        broadcast.start()
        reading, frames = page.frames(lambda: True), list[bytes]()
        while not any(one.startswith(b"event: wall") for one in frames):
            frames += (await asyncio.wait_for(anext(reading), 20)).split(b"\n\n")[:-1]
            if any(b'"new"' in one for one in frames):
                heard.set()
        await reading.aclose()
        broadcast.leave(page)
        return frames

    *_, wall = asyncio.run(scene())
    broadcast.stop()
    assert [row["ticket"] for row in json.loads(wall.split(b"data: ")[1])["live"]] == ["new", "old"]


def test_a_picture_is_shown_from_its_alarm_on_until_two_minutes_after_it_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SHORTEST_S", 0.0)
    first, second, urgent = (f"{n:064x}" for n in range(3))
    wall, rows, number = {"snapshot": {"sha256": first}}, list[dict[str, Any]](), [1]
    broadcast = Broadcast(lambda: {"live": list(rows), **wall}, lambda: number[0], lambda: list(rows))

    async def scene() -> list[bool]:
        broadcast.listen()
        found = [broadcast.shows(first), broadcast.shows(second)]
        wall["snapshot"] = {"sha256": second}
        number[0] += 1
        found += [broadcast.shows(second), broadcast.shows(first)]
        monkeypatch.setattr(live, "SHORTEST_S", 60.0)  # the alarm goes out long before the next wall
        rows.append({"ticket": "new", "severity": "urgent", "picture": urgent})
        number[0] += 1
        broadcast._tell()
        return [*found, broadcast.shows(urgent)]

    assert asyncio.run(scene()) == [True, False, True, True, True]
    monkeypatch.setattr(told, "LASTS_S", -1.0)
    assert [broadcast.shows(one) for one in (first, second, urgent)] == [False, True, False]


def test_words_that_look_like_the_address_of_a_picture_show_none(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "a" * 64
    words = {"place": f"石门村 {address}", "device": address, "what_name": f'"sha256":"{address}"'}
    broadcast = Broadcast(lambda: {"live": [], "map": [words], address: "", "picture": None}, lambda: 1, list)
    assert address.encode() in broadcast.wall()
    assert not broadcast.shows(address), "whoever wrote the words does not lift the reason that is asked for"


def test_more_pages_than_served_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_PAGES", 1)
    broadcast = Broadcast(lambda: {"live": []}, lambda: 1, list)

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

    broadcast = Broadcast(lambda: {"live": []}, change, list)

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
