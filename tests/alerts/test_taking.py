"""Who may accept a ticket that waits: nobody who holds an old link only, and nobody who answers for it is shut out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from alerts.asks.side_moves import back
from alerts.ladder import overdue_step
from alerts.store.book import Book
from alerts.tickets.acts import Refused, allowed, do
from alerts.tickets.entitled import NotEntitled
from alerts.tickets.moves import Change
from alerts.values import Status, Ticket, Who
from county.shifts import Shift
from county.snapshot import County
from county.staff import Leave, Unit, UnitKind
from county.values import Duty, Level, Person, PersonKind
from tests.alerts.cases import opened, ticket_of
from tests.alerts.loop import Room
from tests.alerts.makes import at, doing, event, last_ticket, person
from tests.county.small import DUTIES, PEOPLE, VILLAGE, small_county

CREW = (
    Person("x1", "周经理", "19900000011", "二泉公司"), Person("x2", "周队员", "19900000012", "二泉公司"),
    Person("h1", "小协管", "19900000013", "石门村村委会", kind=PersonKind.VOLUNTEER),
)  # fmt: skip
ROOM = small_county(
    people=(*PEOPLE, *CREW), units=(Unit("co", "二泉公司", UnitKind.CONTRACTOR),),
    duties=(*DUTIES, *(Duty(one, VILLAGE, Level.VILLAGE, "保洁", rank=2) for one in ("x1", "x2", "h1"))),
)  # fmt: skip


def may(ticket: Ticket, who: str, county: County = ROOM) -> bool:
    known = county.people[who]
    level = {"t": Level.TOWNSHIP, "c": Level.COUNTY}.get(who[0], Level.VILLAGE)
    return allowed(ticket, Who(known.id, known.name, known.phone, level), county, at(10))[:1] == ("accept",)


def may_accept(ticket: Ticket, county: County = ROOM) -> list[str]:
    return [who for who in sorted(county.people) if may(ticket, who, county)]


def given(ticket: Ticket, who: str) -> Ticket:
    """Given to somebody by name (转办)."""
    known = ROOM.people[who]
    return replace(ticket, person=Who(known.id, known.name, known.phone, Level.VILLAGE), given=who)


def test_everybody_who_answers_for_the_place_may_accept_and_nobody_else() -> None:
    ticket = ticket_of(opened(ROOM))
    assert may_accept(ticket) == ["c1", "t1", "v1", "v1b", "x1", "x2"], "not v2 of another village, nor a helper"
    climbed = last_ticket(overdue_step(ticket, ROOM, at(30)))
    assert (climbed.person.id, may_accept(climbed)) == ("t1", ["c1", "t1", "v1", "v1b", "x1", "x2"])


def test_what_somebody_was_given_by_name_is_theirs_their_crews_and_those_aboves() -> None:
    ticket = given(ticket_of(opened(ROOM)), "x1")
    assert may_accept(ticket) == ["c1", "t1", "x1", "x2"], "not the village that had it"
    assert may_accept(given(ticket, "v1b")) == ["c1", "t1", "v1b"], "a committee is no crew"
    with pytest.raises(Refused, match="您不是指定的经办人,不能接单,工单由周经理负责"):
        do(ticket, "accept", doing(person(ROOM, "v1"), 10), ROOM)
    climbed = last_ticket(overdue_step(ticket, ROOM, at(30)))
    assert "v1" in may_accept(climbed), "once it has left them, the place's own people may help out"


def test_who_has_left_or_is_away_may_look_but_is_offered_nothing() -> None:
    ticket = ticket_of(opened(ROOM))
    day = date(2026, 11, 1)
    moved_on = small_county(duties=tuple(replace(one, valid_to=day) if one.person == "v1b" else one for one in DUTIES))
    assert not may(ticket, "v1b", moved_on)
    assert not may(ticket, "v1b", small_county(leaves=(Leave("v1b", day, None),)))
    assert may(ticket, "v1", moved_on)


def test_who_stands_in_by_roster_may_accept_during_the_shift() -> None:
    county = small_county(shifts=(Shift("v2", VILLAGE, Level.VILLAGE),))
    assert may(ticket_of(opened(ROOM)), "v2", county)


def test_a_deputy_may_accept_what_came_back_from_a_hold_unless_it_was_given_by_name() -> None:
    held = replace(ticket_of(opened(ROOM)), status=Status.ON_HOLD)
    again = last_ticket([back(held, ROOM, Change(at(5), "挂账到期,恢复办理"))])
    assert (again.person.id, again.given, may(again, "v1b")) == ("v1", "", True)
    named = last_ticket([back(given(held, "v1"), ROOM, Change(at(5), "挂账到期,恢复办理"))])
    assert (named.given, may(named, "v1b")) == ("v1", False)


def test_the_link_of_a_former_holder_of_the_row_shows_the_ticket_and_does_nothing(book: Book) -> None:
    room = Room(book, small_county())
    room.feed(event(0))
    room.post.step()
    code = room.code()
    room.county = small_county(people=(replace(PEOPLE[0], phone="19900000099"), *PEOPLE[1:]))
    assert room.desk.open_code(code).acts[0] == "accept", "a new phone is still the same person"
    room.county = small_county(people=(Person("v1", "何新官", "19900000099", "石门村村委会"), *PEOPLE[1:]))
    view = room.desk.open_code(code)
    assert (view.ticket.status, view.acts, view.moves) == (Status.DISPATCHED, (), ())
    for act in ("accept", "not_true", "return"):
        with pytest.raises(NotEntitled, match="发给马村官的,这个岗位现在是何新官"):
            room.desk.act(code, act, doing(person(room.county, "v1"), 1, "原因").data, f"key-{act}")
