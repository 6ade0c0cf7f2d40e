"""A rule that still waits, and the proof that the work at its place was done: what was proved clean is no relapse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alerts.alarms import condition_book
from alerts.alarms.conditions import Run, Said, State, after
from alerts.reports.reports import Reports
from alerts.store.book import Book
from alerts.tickets.proving import proved_at
from alerts.values import Check, Status, Ticket
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, doing, event, person
from tests.alerts.rule_cases import accepted, county_with, look, only, sweep
from tests.alerts.said import SEAL, report, reporting_county
from tests.alerts.test_edits import revised
from tests.county.small import SPOT

Json = dict[str, Any]
LONG: Json = {"name": "持续一小时", "on": "event", "category": "garbage", "for_s": 3600}
ONE_LOOK = {"looks": 1, "tries": 1, "retry_s": 60, "expires_s": 60}


def act(room: Room, who: str, name: str, minutes: float) -> None:
    room.minutes = minutes
    room.post.step()
    room.desk.act(room.code(), name, doing(person(room.county, who), minutes, "看过了", (PHOTO,)).data, name)


def handled(book: Book, **policy: Any) -> Room:
    """A look for which the rule waits; the same is reported by a person, taken and reported done."""
    room = Room(book, reporting_county(rule=[LONG], recheck=ONE_LOOK, **policy))
    look(room, 0)
    room.minutes = 2
    Reports(book, room.world, SEAL).take(report(SPOT), "k1")
    act(room, "v1", "accept", 3)
    act(room, "v1", "done", 10)
    return room


def verified(book: Book) -> Room:
    """The same, where the camera gives no answer and a person has seen that it is clean."""
    room = handled(book)
    for minute in (12, 14, 16):
        sweep(room, minute)
    assert only(room).check is Check.PERSON
    act(room, "t1", "verify_ok", 25)
    assert only(room).status is Status.CLOSED
    return room


def test_a_rule_that_waits_hears_the_clean_look_that_proves_the_work(book: Book) -> None:
    room = handled(book)
    room.minutes = 12
    room.feed(event(12, "clean", command=only(room).command))
    assert only(room).status is Status.CLOSED
    assert condition_book.every(book) == [], "nothing waits any more"
    sweep(room, 61)
    assert len(room.tickets()) == 1


def test_a_look_for_another_category_of_the_ticket_is_heard_too(book: Book) -> None:
    room = Room(book, county_with(LONG, recheck={"looks": 1}))
    look(room, 0, what="overflow")
    look(room, 1)
    accepted(room, 2)
    act(room, "v1", "done", 5)
    command = only(room).command
    room.minutes = 6
    room.feed(event(6, "clean", command=command), event(6, "clean", what="overflow", command=command))
    sweep(room, 62)
    assert len(room.tickets()) == 1


def test_what_was_seen_before_a_person_saw_it_clean_is_no_relapse(book: Book) -> None:
    room = verified(book)
    sweep(room, 61)
    assert len(room.tickets()) == 1
    assert condition_book.every(book) == []


def test_nor_does_it_join_what_is_open_there_since(book: Book) -> None:
    room = verified(book)
    look(room, 30, what="overflow")
    sweep(room, 61)
    closed, other = room.tickets()
    assert (closed.status, other.kinds) == (Status.CLOSED, ("overflow",))


def test_nor_when_its_rule_is_deleted(book: Book) -> None:
    room = verified(book)
    revised(room, 40, reporting_county(revision=2, recheck=ONE_LOOK))
    assert len(room.tickets()) == 1


def test_what_is_seen_after_the_proof_counts_from_there(book: Book) -> None:
    room = verified(book)
    look(room, 30)
    sweep(room, 61)
    assert len(room.tickets()) == 1
    sweep(room, 90)
    _, again = room.tickets()
    assert (again.opened_at, again.seen_at, again.relapse) == (at(90), at(30), 1)


def test_what_nobody_judged_is_not_taken_for_proved(book: Book) -> None:
    """The ticket was about another category, and a person was asked about that one."""
    room = Room(book, county_with(LONG, recheck=ONE_LOOK))
    look(room, 0, what="overflow")
    look(room, 1)
    accepted(room, 2)
    act(room, "v1", "done", 5)
    for minute in (7, 9, 11):
        sweep(room, minute)
    act(room, "t1", "verify_ok", 15)
    sweep(room, 61)
    assert [one.what for one in room.tickets()] == ["overflow", "garbage"]


# While the work is checked


def test_while_another_category_is_checked_a_look_waits_for_its_own_rule(book: Book) -> None:
    room = Room(book, county_with(LONG))
    look(room, 0, what="overflow")
    accepted(room, 1)
    act(room, "v1", "done", 5)
    look(room, 6)
    assert (only(room).status, only(room).kinds) == (Status.TO_CHECK, ("overflow",))
    sweep(room, 66)
    assert only(room).kinds == ("overflow", "garbage"), "at its hour it joins"


def test_while_its_own_category_is_checked_one_look_still_sends_it_back(book: Book) -> None:
    room = handled(book)
    look(room, 11)
    assert any(key.startswith("cam-1/") for key in only(room).dirty)
    assert only(room).reworks + only(room).tries > 0


# Pure


def said(*minutes: float) -> tuple[Said, ...]:
    return tuple(Said(at(one), event(one).event_id, {"state": "dirty"}) for one in minutes)


def test_after_a_moment_only_what_was_said_later_is_left() -> None:
    words = said(1, 5, 9)
    state = State(said=words, received_at=at(9))
    assert after(state, at(0)) is state
    assert after(state, at(5)) == State(floor=words[1].order, said=words[2:], received_at=at(9))
    assert after(state, at(9)) == State(floor=words[2].order)


@pytest.mark.parametrize(("minute", "kept"), [(2, True), (3, False), (4, False)])
def test_a_run_from_before_a_moment_is_over(minute: float, kept: bool) -> None:
    state = State(said=said(9), received_at=at(9), before=(Run(at(3), 4), Run()))
    assert after(state, at(minute)).before[0] == (Run(at(3), 4) if kept else Run())


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.CLOSED])
def test_only_a_closed_ticket_proves_anything(book: Book, status: Status) -> None:
    room = Room(book, county_with())
    look(room, 0)
    assert proved_at(_as(only(room), status)) is None


def _as(ticket: Ticket, status: Status) -> Ticket:
    return replace(ticket, status=status, done_at=at(1), closed_at=at(2))
