"""A step that somebody must be told about: a new round, a new clock, and its notices. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.tickets.copies import copied
from alerts.tickets.moves import Change, due, moved, notices, reminder, runs_out, up_to
from alerts.values import Clock, Decision, Purpose, Stage, Status, Ticket, Who
from county.policy import Stage as LimitStage
from county.snapshot import County

_STAGES: dict[Clock, LimitStage] = {Clock.ACCEPT: "accept", Clock.HANDLE: "handle"}


@dataclass(frozen=True, slots=True)
class Call:
    """Why the person is written to, which clock starts, and what the ticket waits for from then on."""

    purpose: Purpose
    clock: Clock
    status: Status


def called(ticket: Ticket, county: County, change: Change, call: Call, **changes: Any) -> Decision:
    """Start a step: the ticket with ``changes``, a higher round, its limit, its notices."""
    ready = replace(ticket, **{"meant": None, "pulse": ticket.pulse.called(), **changes})
    until = limit_of(ready, county, call.clock, change.now)
    soon = change.now + reminder(ready, county)
    wake = until if call.clock is Clock.HANDLE else min(until, soon)
    decision = moved(ready, change, status=call.status, round=ticket.round + 1, calling=True, due_at=until,
                     due_clock=call.clock, next_at=wake)  # fmt: skip
    assert decision.ticket is not None
    return replace(decision, notices=notices(decision.ticket, call.purpose, county))


def dispatched(ticket: Ticket, county: County, now: datetime, why: str, by: str = "系统") -> Decision:
    """Send a ticket to its person: the accept clock starts and the first notices go out."""
    call = Call(Purpose.DISPATCH, Clock.ACCEPT, Status.DISPATCHED)
    change = Change(now, why, by)
    decision = called(ticket, county, change, call, stage=Stage.DISPATCHED, meant=ticket.meant)
    return copied(decision, "dispatch", county, now)


def climb_to(ticket: Ticket, who: Who, county: County, change: Change) -> Decision:
    """Hand a waiting ticket to somebody higher up: new person, new clock, new notices."""
    clock = Clock.ACCEPT if ticket.status is Status.DISPATCHED else ticket.due_clock or Clock.ACCEPT
    call = Call(asked_for(ticket, Purpose.CLIMB), clock, ticket.status)
    return called(ticket, county, change, call, person=who, level=who.level)


def asked_for(ticket: Ticket, usual: Purpose) -> Purpose:
    """A waiting check or judgement is asked for as such, also by those higher up and in reminders."""
    if ticket.status is Status.TO_CONFIRM:
        return Purpose.CONFIRM if ticket.denied_by else Purpose.TRIAGE
    return Purpose.VERIFY if ticket.status is Status.TO_CHECK else usual


def limit_of(ticket: Ticket, county: County, clock: Clock, now: datetime) -> datetime:
    """When a clock that starts now runs out for a ticket, by the county's rules."""
    told = _triage_limit(ticket, county, now) if clock is Clock.TRIAGE else None
    return told or due(county, _STAGES.get(clock, "verify"), ticket, ticket.level, now)


def _triage_limit(ticket: Ticket, county: County, now: datetime) -> datetime | None:
    """A rung without a limit of its own takes that of the rung below; None where no rung has one."""
    rungs = reversed(up_to(county, ticket.level))
    told = (runs_out(county, "triage", ticket, level, now) for level in rungs)
    return next((one for one in told if one is not None), None)
