"""A county's rules under a mute: what they raise is kept, ends when they say so, and is told when the mute ends."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.mutes.mute_office import MuteOffice, MuteSweep
from alerts.mutes.mutes import Hold, Scope
from alerts.store.book import Book
from alerts.values import Status
from tests.alerts.mute_cases import OF_CAMERA, Muted, wish
from tests.alerts.rule_cases import county_with, heat, reading, thrice
from tests.alerts.test_rule_watch import QUIET, Watched
from tests.alerts.test_rule_watch import county_with as watched_county
from tests.county.small import BIN, BOX

OF_BIN = Scope(BIN)


def muted(book: Book, scope: Scope, category: str, *rules: dict[str, Any]) -> Muted:
    room = Muted(book, county_with(*rules))
    room.at(0)
    mute = room.mutes.add(wish(hours=2, scope=scope, categories=(category,)), "t1")
    assert mute.hold is Hold.HELD
    return room


def warm(room: Muted, minutes: float, degrees: float) -> None:
    room.at(minutes)
    room.feed(reading(minutes, temperature_c=degrees))
    room.sweep.step()


def test_a_rule_counts_under_a_mute_and_what_it_raises_is_told_at_the_end(book: Book) -> None:
    room = muted(book, OF_CAMERA, "garbage", thrice())
    for minute in range(1, 3):
        room.sees(minute)
    assert room.kept() == [], "seen twice is not yet anything"
    room.sees(3)
    room.sees(4)
    assert room.kept() == [("garbage", 2, True)]
    assert room.tickets() == []
    room.at(2 * 60)
    (ticket,) = room.tickets()
    assert (ticket.what, ticket.status) == ("garbage", Status.DISPATCHED)
    assert room.kept() == [("garbage", 2, False)]
    room.sees(130)
    assert len(room.tickets()) == 1


def test_what_a_rule_ends_under_a_mute_opens_nothing(book: Book) -> None:
    room = muted(
        book, OF_BIN, "bin_tilted", heat(category="bin_tilted", for_s=600, clear={"when": ["temperature_c < 40"]})
    )
    warm(room, 0, 50)
    warm(room, 10, 50)
    warm(room, 11, 43)
    assert room.kept() == [("bin_tilted", 1, True)], "neither again nor over"
    warm(room, 12, 30)
    assert room.kept() == [("bin_tilted", 1, False)]
    room.at(2 * 60)
    assert room.tickets() == []


def test_the_ticket_after_a_mute_is_as_grave_as_the_rule_said_last(book: Book) -> None:
    levels = [
        {"severity": severity, "when": [f"battery_percent < {limit}"]}
        for severity, limit in (("minor", 60), ("urgent", 40))
    ]
    rule = {"name": "电", "on": "reading", "category": "bin_tilted", "level": levels}
    room = muted(book, OF_BIN, "bin_tilted", rule)
    for minute, battery in ((0, 55), (10, 35), (120, 35), (121, 55), (122, 90)):
        room.at(minute)
        room.feed(reading(minute, battery_percent=battery))
        found = [(ticket.severity, ticket.is_open) for ticket in room.tickets()]
        assert found == {120: [("urgent", True)], 121: [("minor", True)], 122: [("minor", False)]}.get(minute, [])


def test_a_rule_that_is_deleted_lets_go_of_what_a_mute_held_back(book: Book) -> None:
    room = muted(book, OF_BIN, "bin_tilted", heat(category="bin_tilted"))
    warm(room, 0, 50)
    assert room.kept() == [("bin_tilted", 1, True)]
    room.county = county_with(revision=2)
    room.sweep.step()
    assert room.kept() == [("bin_tilted", 1, False)]
    room.at(2 * 60)
    assert room.tickets() == []


@pytest.mark.parametrize(("minutes", "severity"), [(30, "minor"), (60, "urgent")])
def test_a_severity_that_time_alone_has_reached_under_a_mute_is_that_of_the_ticket(
    book: Book, minutes: float, severity: str
) -> None:
    levels = [
        {"severity": "minor", "when": ["temperature_c >= 45"]},
        {"severity": "urgent", "when": ["temperature_c >= 45"], "for_s": 3600},
    ]
    rule = heat(category="bin_tilted", level=levels, clear={"when": ["temperature_c < 35"]})
    del rule["when"]
    room = muted(book, OF_BIN, "bin_tilted", rule)
    warm(room, 1, 50)
    room.minutes = 1 + minutes
    room.sweep.step()
    assert room.kept() == [("bin_tilted", 1, True)], "no look came, only time"
    room.mutes.end(1, "t1", "完工")
    room.at(2 + minutes)
    (ticket,) = room.tickets()
    assert (ticket.severity, ticket.is_open) == (severity, True)


def test_silence_that_grows_graver_under_a_mute_is_told_so_at_its_end(book: Book) -> None:
    room = Watched(book, watched_county({**QUIET, "areas": [BOX]}))
    sweep = MuteSweep(book, room.world)
    assert (
        MuteOffice(book, room.world).add(wish(hours=2, scope=Scope(BOX), categories=("quiet",)), "t1").hold is Hold.HELD
    )
    room.says(0)
    for minute in range(3, 121, 3):
        room.look(minute)
        sweep.step()
    assert (room.only().severity, room.only().what) == ("urgent", "quiet")
