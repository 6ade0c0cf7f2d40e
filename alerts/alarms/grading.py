"""How grave a ticket is: it rises with its alarms and while nobody solves it, and falls when its alarms do. Pure.

There is one account of it, ``grave``; alarms that begin or end, the days of 日产日清 and the county's [[rise]] all go
by it, so that the order in which they are looked at changes nothing.

Where severity or limits change, the limit that runs is reckoned anew from the start of its clock: neither a rule nor an
edit gives anybody the time twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.tickets.calls import limit_of
from alerts.tickets.moves import WORKING, Change, noted, notices, reminded_early, reminder
from alerts.values import Clock, Decision, Purpose, Status, Ticket
from county.policy import Severity
from county.policy.base import RANK
from county.snapshot import County

_BY_POLICY = frozenset({Clock.TRIAGE, Clock.ACCEPT, Clock.HANDLE, Clock.VERIFY})
AT_WORK = frozenset({Status.TO_CONFIRM, Status.DISPATCHED, Status.ACCEPTED, Status.ON_SITE})
Grades = Mapping[str, Severity]  # by the keys of ``Ticket.dirty``


@dataclass(frozen=True, slots=True)
class Grading:
    """What a ticket is graded by: the severity of each alarm that holds, and when the clock that runs was started.

    ``grades`` is what its rule or category says of an alarm, without its days. ``began`` None: nobody knows, or a
    person has moved its limit, which then stands.
    """

    grades: Grades
    began: datetime | None = None
    days: Mapping[str, int] = field(default_factory=dict)  # by key: on how many days it was still there (日产日清)


def regraded(ticket: Ticket, grading: Grading, county: County, change: Change) -> list[Decision]:
    """Give a ticket the severity that its open alarms now make it; nothing where it has that."""
    found = grave(ticket, grading, county, change.now)
    if found is None or found[0] == ticket.severity:
        return []
    return _graded(ticket, found[0], grading.began, county, change, what=found[1])


def grave(ticket: Ticket, grading: Grading, county: County, now: datetime) -> tuple[Severity, str] | None:
    """How grave a ticket is, and the category of its gravest alarm; None where none of its alarms holds.

    Each alarm is as grave as its rule or category says, at least as the ticket's floor (反弹), and one step more for
    each day on which it was still there (日产日清). The ticket is as grave as the gravest, at least as [[rise]] says.
    """
    held = {key: _of_alarm(ticket, key, grading, county) for key in ticket.dirty if key in grading.grades}
    if not held:
        return None
    key = max(held, key=lambda one: RANK[held[one]])
    return gravest(held[key], risen_to(ticket, county, now)), key.rpartition("/")[2]


def _of_alarm(ticket: Ticket, key: str, grading: Grading, county: County) -> Severity:
    least = gravest(grading.grades[key], ticket.floor)
    return after_days(least, key.rpartition("/")[2], grading.days.get(key, 0), county)


def risen(ticket: Ticket, began: datetime | None, county: County, now: datetime) -> list[Decision]:
    """What the passing of time does to the severity of a ticket that is not solved; nothing where it did that."""
    least = risen_to(ticket, county, now)
    if least is None or RANK[least] <= RANK[ticket.severity] or ticket.status not in AT_WORK or not ticket.dirty:
        return []
    hours = (now - ticket.opened_at) / timedelta(hours=1)
    return _graded(ticket, least, began, county, Change(now, f"立案{hours:.1f}小时仍未解决"))


def risen_to(ticket: Ticket, county: County, now: datetime) -> Severity | None:
    """The severity that time alone has given a ticket of these categories by now."""
    age = (now - ticket.opened_at).total_seconds()
    reached = [one.severity for one in county.policy.rises
               if one.category in ("", *ticket.kinds) and age >= one.after_s]  # fmt: skip
    return max(reached, key=RANK.__getitem__, default=None)


def gravest(*severities: Severity | None) -> Severity:
    """The gravest of several, of which one is told."""
    return max((one for one in severities if one is not None), key=RANK.__getitem__)


def graver(severity: Severity, steps: int = 1) -> Severity:
    """So many steps graver, as far as there are any."""
    order = sorted(RANK, key=RANK.__getitem__)
    return order[min(RANK[severity] + steps, len(order) - 1)]


def after_days(severity: Severity, what: str, days: int, county: County) -> Severity:
    """What 日产日清 has made of the severity of an alarm that was still there on so many days."""
    told = any(what in rule.categories and rule.severity for rule in county.policy.daily)
    return graver(severity, days) if told else severity


def relimited(ticket: Ticket, began: datetime | None, county: County, now: datetime) -> list[Decision]:
    """Reckon the limit that runs by the county's present rules; nothing where that gives the same."""
    limits = limits_now(ticket, began, county, now)
    if not limits or limits["due_at"] == ticket.due_at:
        return []
    words = f"第{county.revision}版规则:时限由{_local(ticket.due_at, county)}改为{_local(limits['due_at'], county)}"
    return [noted(ticket, Change(now, words), revision=county.revision, **limits)]


def called_again(ticket: Ticket, county: County, now: datetime) -> Decision:
    """Tell who has the ticket that it is worse than what they took on: a note alone rings no phone.

    Who works on it is reminded until they are heard, or their limit passes.
    """
    words = f"情况变严重,再次通知{ticket.person.name}"
    more: dict[str, Any] = {}
    if ticket.status in WORKING and ticket.due_at is not None and ticket.due_at > now:
        soon = min(ticket.due_at, now + reminder(ticket, county))
        more = {"next_at": soon, "pulse": replace(ticket.pulse, letters=1)}
    again = noted(ticket, Change(now, words), round=ticket.round + 1, calling=True, **more)
    assert again.ticket is not None
    return replace(again, notices=notices(again.ticket, Purpose.WORSE, county))


def _graded(
    ticket: Ticket, severity: Severity, began: datetime | None, county: County, change: Change, **more: Any
) -> list[Decision]:
    names = county.policy.severities
    worse = RANK[severity] > RANK[ticket.severity]
    verb = "升为" if worse else "降为"
    words = f"{change.why},由{names.get(ticket.severity, '')}{verb}{names.get(severity, '')}"
    ready = replace(ticket, severity=severity, **more)
    limits = limits_now(ready, began, county, change.now)
    if not worse and reminded_early(ticket):
        limits["next_at"] = limits.get("due_at", ticket.due_at)
    note = noted(ready, replace(change, why=words), **limits)
    assert note.ticket is not None
    calls = worse and ticket.status in AT_WORK
    return [note, called_again(note.ticket, county, change.now)] if calls else [note]


def limits_now(ticket: Ticket, began: datetime | None, county: County, now: datetime) -> dict[str, Any]:
    """The limit that runs, by the present rules and from the start of its clock, and when the sweep looks again."""
    if began is None or ticket.due_clock not in _BY_POLICY or ticket.due_clock is None:
        return {}
    due_at = limit_of(replace(ticket, level=ticket.person.level), county, ticket.due_clock, began)
    if ticket.overdue and due_at <= now:
        return {"due_at": due_at}  # whoever is above knows already
    soon = now + reminder(ticket, county)
    waits = ticket.next_at if ticket.next_at not in (None, ticket.due_at) else soon
    working = ticket.due_clock is Clock.HANDLE and ticket.status is not Status.DISPATCHED
    next_at = due_at if waits is None or (working and not reminded_early(ticket)) else min(due_at, waits)
    return {"due_at": due_at, "next_at": next_at}


def _local(moment: datetime | None, county: County) -> str:
    zone = ZoneInfo(county.calendar.zone)
    return f"{moment.astimezone(zone):%m月%d日 %H:%M}" if moment is not None else "无"
