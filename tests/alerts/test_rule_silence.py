"""Rules on what a device says and on its silence, for one category: one alarm, which is over when all of them are."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.store.book import Book
from alerts.values import Status
from tests.alerts.rule_cases import accepted
from tests.alerts.test_rule_watch import BUSY, QUIET, Watched, county_with
from tests.county.small import BOX

Json = dict[str, Any]
HOT: Json = {**BUSY, "for_s": 0, "category": "quiet", "severity": "major", "areas": [BOX]}
MUTE: Json = {**QUIET, "areas": [BOX]}


def severities(room: Watched, *minutes: float) -> list[str]:
    """How grave the one ticket is at these minutes, in which nothing is heard."""
    found: list[str] = []
    for minute in minutes:
        room.look(minute)
        found.append(room.only().severity)
    return found


def test_what_a_device_said_stays_while_it_speaks_and_says_so(book: Book) -> None:
    room = Watched(book, county_with(HOT, MUTE))
    for minute in range(6):
        room.says(minute, cpu_percent=95)
    assert (room.only().status, room.only().flaps.changes) == (Status.DISPATCHED, 1)
    room.says(6, cpu_percent=60)
    assert room.only().status is Status.CLOSED_UNAIDED


def test_and_between_its_two_conditions_it_goes_on(book: Book) -> None:
    room = Watched(book, county_with(HOT, MUTE))
    room.says(0, cpu_percent=95)
    room.says(1, cpu_percent=80)
    assert room.only().is_open, "neither below 70 nor silent"
    room.says(2, cpu_percent=60)
    assert not room.only().is_open


def test_silence_is_over_with_the_first_word_that_is_no_trouble(book: Book) -> None:
    room = Watched(book, county_with(HOT, MUTE))
    room.says(0, cpu_percent=10)
    for minute in range(3, 24, 3):
        room.look(minute)
    assert (room.only().is_open, room.only().severity) == (True, "minor")
    room.says(25, cpu_percent=80)
    assert room.only().status is Status.CLOSED_UNAIDED, "what it says now begins nothing"


def test_a_first_word_that_is_trouble_keeps_the_ticket(book: Book) -> None:
    room = Watched(book, county_with(HOT, MUTE))
    room.says(0, cpu_percent=10)
    for minute in range(3, 24, 3):
        room.look(minute)
    room.says(25, cpu_percent=95)
    assert (room.only().is_open, room.only().severity) == (True, "major")
    room.says(26, cpu_percent=60)
    assert not room.only().is_open


def test_it_is_as_grave_as_the_gravest_of_both(book: Book) -> None:
    room = Watched(book, county_with(HOT, MUTE))
    room.says(0, cpu_percent=95)
    graves = severities(room, *range(3, 75, 3))
    assert (graves[0], graves[10], graves[-1]) == ("major", "major", "urgent")
    assert graves == sorted(graves), "it never falls while both hold"


def test_what_a_clear_time_ends_waits_for_a_device_that_is_silent_meanwhile(book: Book) -> None:
    room = Watched(book, county_with({**HOT, "clear": {"when": ["cpu_percent < 70"], "for_s": 1800}}, MUTE))
    room.says(0, cpu_percent=95)
    room.says(1, cpu_percent=10)
    for minute in range(3, 60, 3):
        room.look(minute)
    assert room.only().is_open, "it is silent now"
    room.says(61, cpu_percent=10)
    assert room.only().status is Status.CLOSED_UNAIDED
    assert any("同类的其他规则也已解除" in line.words for line in room.reader.history(room.only().id))


@pytest.mark.parametrize("rules", [(HOT,), (MUTE,)])
def test_alone_each_ends_as_before(book: Book, rules: tuple[Json, ...]) -> None:
    room = Watched(book, county_with(*rules))
    room.says(0, cpu_percent=95)
    for minute in range(3, 24, 3):
        room.look(minute)
    assert room.only().is_open
    accepted(room, 24)
    room.says(25, cpu_percent=10)
    assert (room.only().status, room.only().dirty) == (Status.ACCEPTED, ())
