"""Tickets in every state, and the words that every side move needs, for the tests of the side moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.asks import asking
from alerts.asks.asks import Ask, Case, Outcome
from alerts.tickets.acts import Data, Doing
from alerts.tickets.moves import Change, closed, moved
from alerts.values import Clock, Status, Ticket, Who
from county.policy import Move
from county.snapshot import County
from county.values import Duty, Level, Person, PersonKind
from tests.alerts.cases import accepted, after, checking, opened, ticket_of
from tests.alerts.makes import at, last_ticket, person
from tests.county.small import DUTIES, PEOPLE, TOWNSHIP, VILLAGE, small_county

HELPER = Person("h1", "于协管", "19900000009", kind=PersonKind.VOLUNTEER)
SECOND = Person("c2", "郝副手", "19900000008", "青峦县住建局")
MORE_PEOPLE = (*PEOPLE, SECOND, HELPER)
MORE_DUTIES = (
    *DUTIES, Duty("c2", TOWNSHIP, Level.COUNTY, "包乡副手", rank=1),
    Duty("h1", VILLAGE, Level.VILLAGE, "协管员", rank=2),
)  # fmt: skip


def full_county(**policy: Any) -> County:
    """The small county with a second person at the top and a helper (协管员) in the village."""
    return small_county(people=MORE_PEOPLE, duties=MORE_DUTIES, **policy)


def in_status(county: County, status: Status) -> Ticket:
    """A ticket that v1 has (t1 where somebody must confirm), in this state."""
    return _MAKERS[status](county)


def _on_hold(county: County) -> Ticket:
    ticket = accepted(county)
    return last_ticket([moved(ticket, Change(at(10), "挂账"), status=Status.ON_HOLD, due_at=at(5000),
                              due_clock=Clock.HOLD, next_at=at(5000))])  # fmt: skip


def _ended(status: Status) -> Callable[[County], Ticket]:
    return lambda county: last_ticket(closed(accepted(county), Change(at(10), "完"), status=status))


_MAKERS: dict[Status, Callable[[County], Ticket]] = {
    Status.TO_CONFIRM: lambda county: after(county, ticket_of(opened(county)), ("not_true", "v1", 2)),
    Status.DISPATCHED: lambda county: ticket_of(opened(county)),
    Status.ACCEPTED: accepted,
    Status.ON_SITE: lambda county: after(county, accepted(county), ("arrive", "v1", 6)),
    Status.TO_CHECK: checking,
    Status.ON_HOLD: _on_hold,
    **{status: _ended(status) for status in Status if not status.is_open},
}


def wish(move: Move, who: Who, minute: float, **data: Any) -> Doing:
    """Ask for a move with everything that it needs."""
    usual: dict[str, Any] = {"words": "要等铲车"}
    if move is Move.TRANSFER:
        usual["to"] = "v1b" if who.id != "v1b" else "v1"
    if move is Move.HOLD:
        usual["until"] = at(minute + 600)
    if move is Move.APPEAL:
        usual["finding"] = "case"
    return Doing(who, at(minute), Data(**{**usual, **data}))


def put(county: County, ticket: Ticket, move: Move, who: str, minute: float = 20, **data: Any) -> Outcome:
    return asking.put(Case(ticket), move, wish(move, someone(county, who), minute, **data), county)


def asked(county: County, ticket: Ticket, move: Move, who: str, minute: float = 20, **data: Any) -> tuple[Case, Ask]:
    """A case with one ask that waits."""
    outcome = put(county, ticket, move, who, minute, **data)
    (ask,) = outcome.asks
    assert ask.waits
    return Case(last_ticket(list(outcome.decisions)), (ask,)), ask


def decided(  # noqa: PLR0917
    county: County, case: Case, who: str, minute: float = 30, grant: bool = True, words: str = "行"
) -> Outcome:
    (ask,) = case.asks
    return asking.decide(case, ask, grant, Doing(someone(county, who), at(minute), Data(words)), county)


def someone(county: County, who: str) -> Who:
    return person(county, who) if who != "h1" else Who("h1", "于协管", "", Level.VILLAGE)


def after_all(outcome: Outcome) -> Ticket:
    """The ticket as it stands after an outcome."""
    return last_ticket(list(outcome.decisions))


def later(ticket: Ticket, minute: float) -> Ticket:
    return replace(ticket, due_at=at(minute), next_at=at(minute))


def moment(minute: float) -> datetime:
    return at(minute)
