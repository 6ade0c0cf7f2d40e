"""Several rules of one category at one spot: one alarm, and when people end it, it ends for all of them."""

from __future__ import annotations

import pytest

from alerts.store.book import Book
from alerts.values import Status
from tests.alerts.loop import Room
from tests.alerts.makes import doing, person
from tests.alerts.rule_cases import county_with, look, only, sweep, thrice

TWICE = thrice(name="连看两次", repeat=2)
LONG = thrice(name="持续半小时", repeat=1, for_s=1800)


def _ended_by_people(room: Room) -> None:
    room.post.step()
    code, village = room.code(), person(room.county, "v1")
    room.desk.act(code, "not_true", doing(village, 2, "没有").data, "k1")
    room.post.step()
    room.minutes = 3
    room.desk.act(room.code(), "confirm_false", doing(person(room.county, "t1"), 3, "看过了").data, "k2")
    assert only(room).status is Status.NOT_FILED


def test_what_people_ended_is_not_raised_again_by_a_rule_that_still_waited(
    book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(book, county_with(TWICE, LONG))
    look(room, 0)
    look(room, 1)
    _ended_by_people(room)
    sweep(room, 40)
    assert len(room.tickets()) == 1, "the look that people judged opens nothing again"
    assert "begins anew" not in caplog.text
    look(room, 41)
    sweep(room, 72)
    assert len(room.tickets()) == 2, "what is seen afterwards counts from there"


def test_the_slower_rule_feeds_the_alarm_of_the_quicker_one(book: Book) -> None:
    room = Room(book, county_with(TWICE, LONG))
    look(room, 0)
    look(room, 1)
    sweep(room, 40)
    look(room, 41)
    ticket = only(room)
    assert (ticket.status, ticket.is_open) == (Status.DISPATCHED, True)
