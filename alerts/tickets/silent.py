"""Somebody accepted, and nothing is heard: a question, then the acceptance lapses, the next time it climbs. Pure.

No limit begins anew by silence. Nobody is asked who is at the place, whose place was seen clean, whose limit has passed
(that is told above already), or whom letters do not ring at this hour.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.tickets.moves import (
    Change,
    above,
    addressed,
    due,
    first_person,
    letter,
    limit_at,
    moved,
    noted,
    notices,
    reminder,
)
from alerts.values import Clock, Decision, Purpose, Status, Ticket, Who
from county.policy.acknowledging import Silence, Wait, span_of
from county.snapshot import County

_LAPSED = "您接单后一直没有消息,接单已失效,期限照旧,请于{due}前处理,请重新接单"


def fallen_silent(ticket: Ticket, county: County, now: datetime) -> list[Decision]:
    """What becomes of a ticket whose person says nothing; one step at a time, and nothing before its moment."""
    if ticket.due_clock is not Clock.HANDLE or ticket.due_at is None or ticket.due_at <= now:
        return []
    zone = ZoneInfo(county.calendar.zone)
    if county.policy.quiet.until(now, zone, ticket.severity) is not None:
        return []
    if ticket.status is Status.DISPATCHED:
        return _not_taken_again(ticket, county, now)
    silence = county.policy.silence_after_accept.of(ticket.severity)
    if ticket.status is not Status.ACCEPTED or not ticket.dirty or silence is None:
        return []
    return _silent(ticket, silence, county, now)


def lapses_at(ticket: Ticket, county: County) -> datetime | None:
    """When the acceptance of a ticket ends whose person was asked; None where nobody was."""
    silence, asked_at = county.policy.silence_after_accept.of(ticket.severity), ticket.pulse.asked_at
    return _ends(ticket, silence.lapse, asked_at, county) if silence is not None and asked_at is not None else None


def _silent(ticket: Ticket, silence: Silence, county: County, now: datetime) -> list[Decision]:
    pulse = ticket.pulse
    if pulse.asked_at is not None:
        return [_lapse(ticket, county, now)] if _ends(ticket, silence.lapse, pulse.asked_at, county) <= now else []
    heard_at = pulse.heard_at or ticket.accepted_at or ticket.opened_at
    if _ends(ticket, silence.ask, heard_at, county) > now:
        return []
    if pulse.lapses:
        return [_up(ticket, county, now) or _lapse(ticket, county, now)]
    return [_asked(ticket, silence, county, now)]


def _asked(ticket: Ticket, silence: Silence, county: County, now: datetime) -> Decision:
    until = _ends(ticket, silence.lapse, now, county).astimezone(ZoneInfo(county.calendar.zone))
    words = f"{ticket.person.name}接单后没有消息,询问是否还在处理"
    pulse = replace(ticket.pulse, asked_at=now)
    decision = noted(ticket, Change(now, words), round=ticket.round + 1, calling=True, pulse=pulse)
    assert decision.ticket is not None
    ask = f"您已接单,还在处理吗?请打开点“在处理”,{until:%m月%d日 %H:%M}前没有消息,接单失效"
    return _written_to(decision, Purpose.STILL, ask, county)


def _lapse(ticket: Ticket, county: County, now: datetime) -> Decision:
    words = f"{ticket.person.name}接单后没有消息,接单失效,重新提醒接单,处置期限不变"
    decision = _open_again(ticket, ticket.person, Change(now, words), county)
    return _written_to(decision, Purpose.REMIND, _LAPSED, county)


def _not_taken_again(ticket: Ticket, county: County, now: datetime) -> list[Decision]:
    """Nobody accepted within the time for accepting after it lapsed."""
    lapsed_at = ticket.pulse.lapsed_at
    if lapsed_at is None or due(county, "accept", ticket, ticket.level, lapsed_at) > now:
        return []
    higher = _up(ticket, county, now)
    return [higher] if higher is not None else []


def _up(ticket: Ticket, county: County, now: datetime) -> Decision | None:
    """To whoever stands above, who must accept it within the limit that runs; None where nobody does."""
    barred = frozenset({ticket.person.id, *({ticket.handler.id} if ticket.handler else ())})
    who = first_person(county, ticket.area, above(county, ticket.level), now, barred)
    if who is None:
        return None
    rung = county.policy.levels.rung(who.level)
    words = f"{ticket.person.name}接单后又没有消息,上报{rung}{who.name},处置期限不变"
    decision = _open_again(replace(ticket, level=who.level), who, Change(now, words), county)
    assert decision.ticket is not None
    return replace(decision, notices=notices(decision.ticket, Purpose.CLIMB, county))


def _open_again(ticket: Ticket, who: Who, change: Change, county: County) -> Decision:
    """Nobody has accepted it any more; who had may still go on (their phone may have had no signal)."""
    pulse, due_at = ticket.pulse, ticket.due_at
    assert due_at is not None
    lapsed = ticket.status is Status.ACCEPTED
    open_again = replace(pulse, asked_at=None, lapsed_at=change.now, lapses=pulse.lapses + lapsed, letters=1)
    return moved(
        ticket, change, status=Status.DISPATCHED, person=who, accepted_at=None, round=ticket.round + 1, calling=True,
        next_at=min(change.now + reminder(ticket, county), due_at), meant=None, pulse=open_again,
    )  # fmt: skip


def _written_to(decision: Decision, purpose: Purpose, ask: str, county: County) -> Decision:
    ticket = decision.ticket
    assert ticket is not None
    who = ticket.person
    letters = addressed(ticket, purpose, who, letter(ticket, ask, county), county.routes(ticket.level, who.id))
    return replace(decision, notices=letters)


def _ends(ticket: Ticket, wait: Wait, since: datetime, county: County) -> datetime:
    """When a wait that began at ``since`` is over."""
    span = span_of(wait, limit_at(county, "handle", ticket, ticket.person.level))
    return span.due(since, county.calendar) if span is not None else ticket.due_at or since
