"""同时段核查: a look at the hour at which the dirt was found, on one of the next days. Pure; times of day are local."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.tickets.moves import proof
from alerts.values import Ticket
from county.policy.checking import SameHour
from county.snapshot import County


def asked_for(ticket: Ticket, county: County) -> SameHour | None:
    """What the policy asks for this ticket; None where any hour will do, or one look was at the hour already."""
    return None if ticket.shown.hour else proof(ticket, county).hour_of(ticket.what)


def is_at_hour(ticket: Ticket, county: County, at: datetime) -> bool:
    """Whether a moment is at the hour of the offence on a later day; False where the policy asks for none."""
    rule = proof(ticket, county).hour_of(ticket.what)
    if rule is None:
        return False
    zone = ZoneInfo(county.calendar.zone)
    first = ticket.seen_at.astimezone(zone).date()
    day = at.astimezone(zone).date()
    near = (day + timedelta(days=shift) for shift in (-1, 0, 1))
    span = timedelta(minutes=rule.within_minutes)
    return any(one > first and abs(at - _hour(ticket, one, zone)) <= span for one in near)


def window(ticket: Ticket, rule: SameHour, county: County, now: datetime) -> tuple[datetime, datetime] | None:
    """The rest of the next span around that hour, as (begin, end); None when the days of the policy are over."""
    span = timedelta(minutes=rule.within_minutes)
    for hour in _hours(ticket, rule, county):
        if hour + span > now:
            return max(now, hour - span), hour + span
    return None


def _hours(ticket: Ticket, rule: SameHour, county: County) -> Iterator[datetime]:
    """The hour of the offence on each day that counts: after that of the offence, and not before the work was done."""
    zone = ZoneInfo(county.calendar.zone)
    first = ticket.seen_at.astimezone(zone).date()
    done = (ticket.done_at or ticket.seen_at).astimezone(zone).date()
    last = done + timedelta(days=rule.days)
    day = max(first + timedelta(days=1), done)
    while day <= last:
        yield _hour(ticket, day, zone)
        day += timedelta(days=1)


def _hour(ticket: Ticket, day: date, zone: ZoneInfo) -> datetime:
    local = ticket.seen_at.astimezone(zone)
    return datetime.combine(day, local.time(), zone).astimezone(UTC)
