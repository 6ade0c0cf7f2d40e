"""Nothing closes on a look older than the work, on a clearing taken for a measurement, or by one person alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from alerts.office import Office
from alerts.store.book import Book
from alerts.tickets.doing import Data, Refused
from alerts.tickets.handover_round import HandoverRound
from alerts.values import Check, Status, Ticket
from broker.messages import Message
from county.snapshot import County
from county.staff import Leave
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, event, reading
from tests.alerts.test_equipment import Watched, act
from tests.county.small import BOX, COUNTY, small_county


class Case:
    """One ticket, and people who act on it in the office."""

    def __init__(self, *messages: Message, county: County | None = None) -> None:
        self.room = Room(Book("sqlite://", COUNTY), county or small_county())
        self.room.feed(*messages)

    @property
    def office(self) -> Office:
        return Office(self.room.book, self.room.world)

    @property
    def ticket(self) -> Ticket:
        return self.room.tickets()[0]

    def does(self, who: str, act: str, minute: float | None = None, **data: Any) -> None:
        if minute is not None:
            self.room.minutes = minute
        said = Data(words="说明", photos=(PHOTO,), **data)
        self.office.act(self.ticket.id, act, self.room.county.people[who], said)

    def clears(self, who: str) -> None:
        self.office.clear(self.ticket.id, self.ticket.dirty[0], self.room.county.people[who], Data("看错了"))


@pytest.mark.parametrize("state", ["clean", "dirty"])
def test_an_answer_taken_before_the_work_was_reported_done_proves_nothing(state: str) -> None:
    case = Case(event(0))
    case.does("v1", "accept", 5)
    case.does("v1", "done", 20)
    assert case.ticket.command is not None
    case.room.minutes = 21
    case.room.feed(event(10, state, command=case.ticket.command))
    assert (case.ticket.status, case.ticket.reworks) == (Status.TO_CHECK, 0)


def test_who_took_it_cannot_clear_it_after_passing_it_on() -> None:
    case = Case(event(0))
    case.does("t1", "accept")
    case.does("t1", "transfer", to="v1")
    with pytest.raises(Refused, match="不能清除"):
        case.clears("t1")
    assert case.ticket.is_open


def test_whose_ticket_it_is_cannot_clear_it() -> None:
    case = Case(event(0))
    case.room.minutes = 40
    case.room.sweep.step()
    assert case.ticket.person.id == "t1"
    with pytest.raises(Refused, match="不能清除"):
        case.clears("t1")
    assert case.ticket.is_open


def test_a_full_bin_that_was_cleared_by_word_is_checked_by_another_person() -> None:
    case = Case(reading(0, 95))
    case.does("v1", "accept")
    case.clears("t1")
    case.does("v1", "done", 3)
    assert (case.ticket.status, case.ticket.check) == (Status.TO_CHECK, Check.PERSON)
    assert case.ticket.person.id != "v1"


def test_a_box_that_was_cleared_by_word_is_not_mended_by_that() -> None:
    room = Watched(Book("sqlite://", COUNTY))
    room.rounds(range(2), BOX, "box-2")
    room.rounds(range(2, 9), "box-2")
    act(room, "v1", "accept", 9)
    ticket = room.only()
    Office(room.book, room.world).clear(ticket.id, ticket.dirty[0], room.county.people["t1"], Data("误报"))
    act(room, "v1", "done", 10)
    assert room.only().status is Status.TO_CHECK


def test_who_began_a_disagreement_with_the_camera_does_not_inherit_its_judgement() -> None:
    case = Case(event(0), county=small_county(recheck={"sample": 1}))
    case.does("v1", "accept", 5)
    case.does("v1", "done", 20)
    case.room.minutes = 21
    case.room.feed(event(21, "clean", command=case.ticket.command))
    case.does("t1", "verify_bad")
    assert case.ticket.person.id == "c1"
    away = Leave("c1", date(2026, 11, 1), date(2027, 1, 1), "学习")
    case.room.county = small_county(2, recheck={"sample": 1}, leaves=(away,))
    HandoverRound(case.room.book, case.room.world).step()
    assert case.ticket.person.id not in ("t1", "v1"), "t1 would judge between t1 and the camera"
