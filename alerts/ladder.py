"""Time: when a step is due, who is written to again, and how a ticket climbs. Pure.

``overdue_step`` is all that the sweep asks: given a ticket whose ``next_at`` has come, what happens now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.alarms import flapping
from alerts.asks import side_moves
from alerts.devices import mended
from alerts.tickets import checking, triage
from alerts.tickets.calls import asked_for, climb_to, dispatched
from alerts.tickets.copies import copied
from alerts.tickets.moves import Change, above, addressed, category, due, first_person, noted, notices, reminder
from alerts.values import Check, Decision, Notice, Purpose, Status, Ticket, Who
from county.snapshot import County

__all__ = ["climb_to", "dispatched", "overdue_step"]


def overdue_step(ticket: Ticket, county: County, now: datetime) -> list[Decision]:
    """What the passing of time does to a ticket; nothing before its ``next_at``."""
    if not ticket.is_open or ticket.next_at is None or ticket.next_at > now:
        return []
    if ticket.status is Status.ON_HOLD:
        return [side_moves.back(ticket, county, Change(now, "挂账到期,恢复办理"))]
    if ticket.status in (Status.ACCEPTED, Status.ON_SITE):
        runs = ticket.due_at is not None and ticket.due_at > now
        return [_still_worse(ticket, county, now) if runs else _handling_overdue(ticket, county, now)]
    if ticket.status is Status.TO_CHECK and ticket.check is not Check.PERSON:
        return mended.time_is_up(ticket, county, now) or [checking.time_is_up(ticket, county, now)]
    late, clean = ticket.due_at is not None and ticket.due_at <= now, flapping.settled(ticket, county, now)
    if late and not clean and triage.sent_unjudged(ticket, county):
        return triage.filed(ticket, county, Change(now, f"{ticket.person.name}未按时核实,先按属实处理"))
    return clean or [_climb(ticket, county, now) if late else _remind(ticket, county, now, ticket.overdue)]


def _climb(ticket: Ticket, county: County, now: datetime) -> Decision:
    """One rung up, or a reminder where nobody is left above."""
    judged = {ticket.person.id, ticket.denied_by, ticket.shown.split_by}
    own = ticket.kept_from if ticket.status in (Status.TO_CONFIRM, Status.TO_CHECK) else frozenset()
    barred = own | judged | ({ticket.handler.id} if ticket.handler else set())
    area = ticket.area
    who = first_person(county, area, above(county, ticket.level), now, barred)
    if who is None:
        return _remind(ticket, county, now, late=True)
    names = county.policy.levels
    words = f"{names.rung(ticket.level)}{ticket.person.name}未按时{_duty(ticket)},上报{names.rung(who.level)}{who.name}"
    climbed = climb_to(replace(ticket, overdue=_blamed(ticket, late=True)), who, county, Change(now, words))
    return copied(climbed, "overdue", county, now) if ticket.status is Status.DISPATCHED else climbed


def _remind(ticket: Ticket, county: County, now: datetime, late: bool) -> Decision:
    soon = now + reminder(ticket, county)
    pending = ticket.due_at if ticket.due_at is not None and ticket.due_at > now else soon
    words = f"再次提醒{ticket.person.name}{'(已到最高一级,仍未处理)' if late and pending == soon else ''}"
    pulse = replace(ticket.pulse, letters=ticket.pulse.letters + 1)
    decision = noted(ticket, Change(now, words), round=ticket.round + 1, calling=True, overdue=_blamed(ticket, late),
                     next_at=min(soon, pending), pulse=pulse)  # fmt: skip
    assert decision.ticket is not None
    usual = notices(decision.ticket, asked_for(ticket, Purpose.REMIND), county)
    return replace(decision, notices=(*usual, *_further(decision.ticket, usual, county)))


def _still_worse(ticket: Ticket, county: County, now: datetime) -> Decision:
    """They were told that what they work on is worse (``grading.called_again``), and have not been heard since."""
    if not ticket.dirty:
        return noted(ticket, Change(now, "现场已看到干净,不再提醒情况变严重"), next_at=ticket.due_at)
    assert ticket.due_at is not None
    words, pulse = f"再次提醒{ticket.person.name}情况变严重", replace(ticket.pulse, letters=ticket.pulse.letters + 1)
    again = noted(ticket, Change(now, words), round=ticket.round + 1, calling=True, pulse=pulse,
                  next_at=min(now + reminder(ticket, county), ticket.due_at))  # fmt: skip
    assert again.ticket is not None
    usual = notices(again.ticket, Purpose.WORSE, county)
    return replace(again, notices=(*usual, *_further(again.ticket, usual, county)))


def _further(ticket: Ticket, usual: tuple[Notice, ...], county: County) -> tuple[Notice, ...]:
    """The same words by the ways that policy adds where letter upon letter stays without an answer."""
    if not usual:
        return ()
    told = {one.route for one in usual}
    routes = county.policy.remind.routes(ticket.severity, ticket.pulse.letters)
    one = usual[0]
    return addressed(ticket, one.purpose, one.person, one.words, tuple(route for route in routes if route not in told))


def _handling_overdue(ticket: Ticket, county: County, now: datetime) -> Decision:
    """Past the limit: look, if the spot was already seen clean; else tell the next rung, who supervises."""
    if not ticket.dirty:
        ready = replace(ticket, overdue=True, done_at=now)
        return checking.start_check(ready, county, now, "超期没有提交,镜头已看到干净")
    chief = _supervisor(ticket, county, now)
    level = chief.level if chief else ticket.level
    by = f"由{county.policy.levels.rung(level)}{chief.name}督办" if chief else f"再次催办{ticket.person.name}"
    words = f"{ticket.person.name}处置{category(county, ticket.what)[0]}超期,{by}"
    decision = noted(ticket, Change(now, words), level=level, overdue=True, round=ticket.round + 1, calling=True,
                     next_at=due(county, "handle", ticket, level, now))  # fmt: skip
    assert decision.ticket is not None
    told = [who for who in (chief, ticket.person if chief is None or chief.level is ticket.level else None) if who]
    letters = tuple(one for who in told for one in notices(decision.ticket, Purpose.OVERDUE, county, who))
    return copied(replace(decision, notices=letters), "overdue", county, now)


def _supervisor(ticket: Ticket, county: County, now: datetime) -> Who | None:
    """Who supervises work that is late: somebody a rung higher than the time before, at last the top one for ever."""
    area, own = ticket.area, frozenset({ticket.person.id})
    return first_person(county, area, (*above(county, ticket.level), ticket.level), now, own)


def _blamed(ticket: Ticket, late: bool) -> bool:
    """A judgement or a check that waits for another person makes no ticket overdue: its handler waits too."""
    return ticket.overdue or (late and ticket.status is Status.DISPATCHED)


def _duty(ticket: Ticket) -> str:
    return {Status.TO_CONFIRM: "核实", Status.TO_CHECK: "核查"}.get(ticket.status, "接单")
