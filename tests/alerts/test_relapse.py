"""反弹: what came back within the county's days is linked, counted, told as such, and may be graver with less time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.alarms.grading import Grading, graver, regraded
from alerts.store.book import Book
from alerts.tickets.acts import Data
from alerts.tickets.moves import Change
from alerts.values import Clock, Decision, Known, Status, Ticket
from county.policy.base import RANK
from county.snapshot import County
from screen.desk import show
from tests.alerts.cases import after, checking, decide
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, event, last_ticket
from tests.county.small import limits, small_county, small_policy

DAY = 24 * 60.0
SIX = 25 + 6 * DAY


def back(county: County, minute: float = SIX) -> list[Decision]:
    """Dealt with at minute 25, and seen again."""
    ticket = checking(county)
    old = last_ticket(decide(Known(ticket=ticket), event(25, "clean", command=ticket.command), county, at(25)))
    return decide(Known(earlier=(old,)), event(minute), county, at(minute))


def came_back(**policy: Any) -> Ticket:
    return last_ticket(back(small_county(relapse_days=7, **policy)))


def test_after_six_days_of_seven_it_is_a_relapse_with_a_clock_of_its_own_and_after_eight_it_is_new() -> None:
    county = small_county(relapse_days=7)
    again, new = last_ticket(back(county)), last_ticket(back(county, 25 + 8 * DAY))
    assert (again.relapse, new.relapse) == (1, 0)
    assert (again.opened_at, again.due_at, again.due_clock) == (at(SIX), at(SIX + 30), Clock.ACCEPT)
    assert (again.reworks, again.overdue, again.handler) == (0, False, None)


def test_every_notice_says_that_it_came_back() -> None:
    decisions = back(small_county())
    assert "发现暴露垃圾(反弹,第1次)。请于" in decisions[-1].notices[0].words
    assert "反弹" not in back(small_county(), 25 + 8 * DAY)[-1].notices[0].words


def test_policy_may_make_it_graver_and_give_it_less_time() -> None:
    usual, short = came_back(), came_back(relapse={"graver": True, "limit_share": 0.5})
    assert (usual.severity, usual.due_at) == ("major", at(SIX + 30))
    assert (short.severity, short.floor, short.due_at) == ("urgent", "urgent", at(SIX + 15))
    county = small_county(relapse_days=7, relapse={"limit_share": 0.5})
    taken = after(county, short, ("accept", "v1", SIX + 5))
    assert taken.due_at == at(SIX + 20), "every limit, also that of handling"


def test_a_share_of_working_time_is_working_time_too() -> None:
    county = small_county(relapse={"limit_share": 0.5}, limits=limits(8, "work_hour"))
    due = last_ticket(back(county, 25 + 5 * DAY)).due_at  # a Thursday at ten: four working hours later it is 16:25
    assert due is not None
    assert due - at(25 + 5 * DAY) == timedelta(hours=6), "with two hours of noon"


def test_what_came_back_does_not_fall_below_what_that_made_it() -> None:
    ticket = came_back(relapse={"graver": True})
    grading = Grading({ticket.dirty[0]: "minor"})
    assert regraded(ticket, grading, small_county(), Change(at(SIX + 1), "缓解")) == []
    assert last_ticket(regraded(replace(ticket, floor=None), grading, small_county(), Change(at(SIX + 1), "缓解")))


@pytest.mark.parametrize(("severity", "next_one"), [("minor", "major"), ("major", "urgent"), ("urgent", "urgent")])
def test_graver_is_one_step_and_ends_at_the_top(severity: Any, next_one: str) -> None:
    assert graver(severity) == next_one
    assert RANK[graver(severity)] >= RANK[severity]


@pytest.mark.parametrize("block", [{"limit_share": 0}, {"limit_share": 1.5}, {"graver": "perhaps"}, {"days": 7}])
def test_a_share_that_is_none_is_refused(block: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="relapse"):
        small_policy(relapse=block)


def test_the_phone_shows_which_ticket_it_came_back_after(book: Book) -> None:
    room = Room(book, small_county(relapse_days=7, relapse={"graver": True}))
    room.feed(event(0))
    code = room.desk.mint(room.tickets()[0].id)
    room.desk.act(code, "accept")
    room.minutes = 20
    command = room.desk.act(code, "done", Data("", (PHOTO,))).ticket.command
    room.feed(event(25, "clean", command=command))
    room.minutes = SIX
    room.feed(event(SIX))
    old, new = room.tickets()
    assert (old.status, new.relapse, new.earlier, new.floor) == (Status.CLOSED, 1, old.id, "urgent")
    view = room.desk.open_code(room.desk.mint(new.id))
    assert (view.ticket.relapse, view.earlier) == (1, old.number)
    shown = show.desk(view, at(SIX))
    assert (shown.relapse, shown.earlier) == (1, old.number)
    assert room.desk.open_code(room.desk.mint(old.id)).earlier == ""
