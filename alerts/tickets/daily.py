"""日产日清: what is seen one day and still there the next becomes graver and goes a rung up, once a day. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.alarms.grading import Grading, grave, limits_now
from alerts.tickets.calls import Call, called
from alerts.tickets.copies import copied
from alerts.tickets.moves import WORKING, Change, above, addressed, category, first_person, letter, noted, notices
from alerts.tickets.pauses import Pause, paused
from alerts.values import Alarm, Clock, Decision, Notice, Purpose, Status, Ticket, Who, Word
from county.policy.daily import Daily
from county.snapshot import County

WAITING = frozenset({Status.DISPATCHED, Status.TO_CONFIRM})


@dataclass(frozen=True, slots=True)
class There:
    """What is asked about: the open alarms of a ticket, and the pauses of its history.

    ``told``: whether anybody on the rung where the ticket stands was written to.
    """

    alarms: tuple[Alarm, ...]
    pauses: tuple[Pause, ...] = ()
    told: bool = True


@dataclass(frozen=True, slots=True)
class Left:
    """What one row of the policy finds still there: its alarms, the longest first, and how many of its moments each."""

    rule: Daily
    alarms: tuple[Alarm, ...]
    counts: Mapping[str, int]  # by the keys of the alarms
    rung: bool  # whether it may go up one now
    waited: timedelta  # how long the first of them was put off or waited for its proof

    @property
    def days(self) -> int:
        """For how many days the one that has been there longest is still there."""
        return self.counts[self.alarms[0].key]


def risen(ticket: Ticket, there: There, grading: Grading, county: County, now: datetime) -> list[Decision]:
    """What a ticket's open alarms that are still dirty do to it; nothing between two moments of a row.

    Each alarm counts every day that it was still there, also those on which nobody looked; the ticket goes up one rung
    in a round, and from none that was not told yet, for nobody is passed over who never heard of it. Work that was
    reported done waits for its proof and is not late; what is put off (挂账) is put off; neither time counts later.
    A limit that a person granted (延期) holds: it is graver and told, but not overdue before that.
    """
    if ticket.status not in WORKING | WAITING:
        return []
    found = [left for rule in county.policy.daily if (left := _left(ticket, rule, there, county, now))]
    decisions: list[Decision] = []
    begun_at = ticket.level
    for one in found:
        left = replace(one, rung=one.rung and ticket.level is begun_at)
        grading = replace(grading, days={**grading.days, **left.counts})
        rise = _rise(ticket, left, grading, county, now)
        assert rise.ticket is not None
        ticket = rise.ticket
        decisions += [rise, *_counted(left)]
    return decisions


def days_left(rule: Daily, alarm: Alarm, pauses: Sequence[Pause], county: County, now: datetime) -> int:
    """On how many days an alarm was still there, as if it had been seen so much later as its ticket was paused."""
    worked = alarm.since + paused(pauses, alarm.since, now)
    return rule.days(worked, now, ZoneInfo(county.calendar.zone))


def _left(ticket: Ticket, rule: Daily, there: There, county: County, now: datetime) -> Left | None:
    mine = [one for one in there.alarms if one.is_open and one.kind in rule.categories and one.key in ticket.dirty]
    days = {one.id: days_left(rule, one, there.pauses, county, now) for one in mine}
    late = sorted((one for one in mine if days[one.id] > one.days), key=lambda one: one.since)
    if not late:
        return None
    waited = paused(there.pauses, late[0].since, now)
    return Left(rule, tuple(late), {one.key: days[one.id] for one in late}, rule.rung and there.told, waited)


def _counted(left: Left) -> list[Decision]:
    return [
        Decision(Word.UPDATED, f"{left.rule.name}:已{days}天未清",
                 alarm=replace(one, days=days, version=one.version + 1))
        for one in left.alarms if (days := left.counts[one.key])
    ]  # fmt: skip


def _rise(ticket: Ticket, left: Left, grading: Grading, county: County, now: datetime) -> Decision:
    severity, what = grave(ticket, grading, county, now) or (ticket.severity, ticket.what)
    changed, late = severity != ticket.severity, ticket.overdue or not _extended(ticket, grading, now)
    ready = replace(ticket, severity=severity, what=what if changed else ticket.what, overdue=late)
    chief = _chief(ready, county, now) if left.rung else None
    change = Change(now, _words(ticket, ready, left, chief, county))
    if ticket.status in WAITING:
        who = chief or ticket.person
        call = Call(Purpose.DAILY, ticket.due_clock or Clock.ACCEPT, ticket.status)
        risen_to = chief.level if chief else ticket.level
        return copied(called(ready, county, change, call, person=who, level=risen_to), "overdue", county, now)
    level = chief.level if chief else ticket.level
    limits = limits_now(ready, grading.began, county, now) if changed else {}
    decision = noted(ready, change, level=level, round=ticket.round + 1, calling=True, **limits)
    assert decision.ticket is not None
    told = [who for who in (chief, ticket.person) if who is not None]
    letters = [notice for who in told for notice in _letters(decision.ticket, county, who)]
    rise = replace(decision, word=Word.MOVED, notices=tuple(letters))
    return copied(rise, "overdue", county, now) if late else rise


def _extended(ticket: Ticket, grading: Grading, now: datetime) -> bool:
    """Whether a person has moved the limit of the work (延期) to a moment that has not come: that holds."""
    runs = ticket.due_clock is Clock.HANDLE and ticket.due_at is not None and now < ticket.due_at
    return runs and grading.began is None


def _letters(ticket: Ticket, county: County, who: Who) -> tuple[Notice, ...]:
    if ticket.overdue:
        return notices(ticket, Purpose.DAILY, county, who)
    words = letter(ticket, "没有做到日产日清,延期还没到期,请于{due}前处理", county)
    return addressed(ticket, Purpose.DAILY, who, words, county.routes(ticket.level, who.id))


def _chief(ticket: Ticket, county: County, now: datetime) -> Who | None:
    """Who is a rung higher than the ticket stands; nobody who has it already, or whose word is judged."""
    barred = frozenset({ticket.person.id, ticket.denied_by} | ({ticket.handler.id} if ticket.handler else set()))
    return first_person(county, ticket.area, above(county, ticket.level), now, barred)


def _words(ticket: Ticket, ready: Ticket, left: Left, chief: Who | None, county: County) -> str:
    policy = county.policy
    since = left.alarms[0].since.astimezone(ZoneInfo(county.calendar.zone))
    names = "、".join(dict.fromkeys(category(county, one.kind)[0] for one in left.alarms))
    severity, late = ready.severity, "超期未清" if ready.overdue else "延期还没到期,不算超期"
    graver = f",升为{policy.severities.get(severity, severity)}" if severity != ticket.severity else ""
    higher = f",上报{policy.levels.rung(chief.level)}{chief.name}" if chief else f",再次催办{ticket.person.name}"
    without = "(挂账和等核查的时间不算)" if left.waited else ""
    return f"{left.rule.name}:{names}自{since:%m月%d日 %H:%M}起已{left.days}天未清{without}({late}){graver}{higher}"
