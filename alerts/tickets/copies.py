"""抄送: who must know of a ticket without having to act on it, by severity: at dispatch, overdue and close. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.tickets.moves import Change, addressed, closed, letter, person_at
from alerts.values import Decision, Notice, Purpose, Ticket
from county.policy.telling import Moment, levels_told
from county.snapshot import County

_SAYS: dict[Moment, str] = {
    "dispatch": "抄送:已派给{person},请于{due}前接单",
    "overdue": "抄送:已超期,由{person}负责,请关注",
    "close": "抄送:工单{status}",
}


def copied(decision: Decision, moment: Moment, county: County, now: datetime) -> Decision:
    """Add a copy for everybody who must know; whoever is told already by this decision gets none."""
    ticket = decision.ticket
    assert ticket is not None
    told = {notice.person.id for notice in decision.notices} | {ticket.person.id}
    return replace(decision, notices=(*decision.notices, *_copies(ticket, moment, county, (now, told))))


def ended(ticket: Ticket, county: County, change: Change, **changes: Any) -> list[Decision]:
    """End a ticket, and tell whom policy tells of it: a round of its own, so that no earlier copy stands for it."""
    *before, last = closed(ticket, change, **changes)
    assert last.ticket is not None
    final = replace(last, ticket=replace(last.ticket, round=last.ticket.round + 1))
    return [*before, copied(final, "close", county, change.now)]


def _copies(ticket: Ticket, moment: Moment, county: County, known: tuple[datetime, set[str]]) -> Iterator[Notice]:
    now, told = known
    area = ticket.area
    words = letter(ticket, _SAYS[moment], county)
    for level in levels_told(county.policy.tell, ticket.severity, moment):
        who = person_at(county, area, level, now)
        if who is None or who.id in told:
            continue
        told.add(who.id)
        yield from addressed(ticket, Purpose.COPY, who, words, county.routes(level, who.id))
