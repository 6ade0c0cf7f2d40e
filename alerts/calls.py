"""A step that somebody must be told about: a new round, a new clock, and its notices. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerts.moves import Change, due, moved, notices
from alerts.values import Clock, Decision, Purpose, Status, Ticket
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
    ready = replace(ticket, **changes)
    until = _limit(ready, county, call.clock, change.now)
    soon = change.now + timedelta(seconds=county.policy.reminder_s)
    wake = until if call.clock is Clock.HANDLE else min(until, soon)
    decision = moved(ready, change, status=call.status, round=ticket.round + 1, calling=True, due_at=until,
                     due_clock=call.clock, next_at=wake)  # fmt: skip
    assert decision.ticket is not None
    return replace(decision, notices=notices(decision.ticket, call.purpose, county))


def asked_for(ticket: Ticket, usual: Purpose) -> Purpose:
    """A waiting check or judgement is asked for as such, also by those higher up and in reminders."""
    return {Status.TO_CONFIRM: Purpose.CONFIRM, Status.TO_CHECK: Purpose.VERIFY}.get(ticket.status, usual)


def _limit(ticket: Ticket, county: County, clock: Clock, now: datetime) -> datetime:
    return due(county, _STAGES.get(clock, "verify"), ticket, ticket.level, now)
