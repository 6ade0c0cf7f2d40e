"""What exactly somebody wants of a side move: until when, to whom, against what; checked against the right. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.asks.asks import Case, Finding, Wanted
from alerts.tickets.doing import Doing, Refused, Unsaid
from alerts.tickets.entitled import covers, duties_today, is_helper, levels_over
from alerts.tickets.moves import rank
from alerts.values import Ticket, Who
from county.policy import Move, Right
from county.policy.limits import words_of
from county.policy.rights import AT_ONCE
from county.snapshot import County
from county.values import Level, Person

_CODE = {Level.VILLAGE: 12, Level.TOWNSHIP: 9}  # digits of the region code; a county's is 6


def wanted_by(case: Case, move: Move, doing: Doing, right: Right, county: County) -> Wanted:
    """What is asked for, or ``Refused`` with what is missing or too much."""
    ticket = case.ticket
    if move is Move.EXTEND:
        runs = ticket.due_at is not None and ticket.due_at >= doing.now
        start = ticket.due_at if runs and ticket.due_at is not None else doing.now
        return Wanted(until=_until(start, doing, right, county), in_time=runs)
    if move is Move.HOLD:
        if doing.data.until is None:
            raise Unsaid("请写明挂账到什么时候")  # nobody forgets a case for as long as the county allows at most
        return Wanted(until=_until(doing.now, doing, right, county))
    if move is Move.TRANSFER:
        return Wanted(to=_receiver(ticket, doing, right, county))
    if move is Move.APPEAL:
        finding = _finding(doing)
        return Wanted(finding=finding, against=case.reworked_by if finding is Finding.REWORK else "")
    return Wanted()


def _until(start: datetime, doing: Doing, right: Right, county: County) -> datetime:
    """The asked time; as long as it may be where none was asked."""
    latest = right.longest.due(start, county.calendar)
    until = doing.data.until
    if until is None:
        return latest
    zone = ZoneInfo(county.calendar.zone)
    if until <= start:
        raise Refused(f"时间要晚于{start.astimezone(zone):%m月%d日 %H:%M}")
    if until > latest:
        rule = words_of(right.longest)
        raise Refused(f"{right.move.words}最长{rule},不能晚于{latest.astimezone(zone):%Y年%m月%d日 %H:%M}")
    return until


def _finding(doing: Doing) -> Finding:
    try:
        return Finding(doing.data.finding)
    except ValueError:
        raise Refused("请选申诉什么:立案(case)、返工(rework)或超期(overdue)") from None


def _receiver(ticket: Ticket, doing: Doing, right: Right, county: County) -> Who:
    """Who shall get it: a person by id, or the first of a unit by its name; somebody who has a duty today."""
    named = doing.data.to.strip()
    if not named:
        raise Refused("请写明转给谁")
    people = [county.people[named]] if named in county.people else _of_unit(named, county)
    ready = [who for who in (as_receiver(one, ticket, county, doing.now) for one in people) if who is not None]
    if not ready:
        raise Refused(f"没有叫“{named[:40]}”的人或单位,或者今天没有登记职责,不能转给他")
    if ready[0].id == ticket.person.id:
        raise Refused(f"工单已经在{ready[0].name}手里")
    if not within_reach(ready[0], ticket, deciding_level(doing.actor, right, county), county, doing.now):
        raise Refused(f"{ready[0].name}不在本级管的范围里,请由上一级转办")
    return ready[0]


def _of_unit(named: str, county: County) -> list[Person]:
    """The people of a unit, by its name or its id in units.csv."""
    unit = county.units.get(named)
    name = unit.name if unit is not None else named
    return [person for person in county.people.values() if person.unit == name]


def as_receiver(person: Person, ticket: Ticket, county: County, now: datetime) -> Who | None:
    """A person with the level that counts: over the place, else of any duty of the day; None without one."""
    if is_helper(county, person.id):
        return None
    levels = levels_over(county, person.id, ticket, now)
    levels = levels or tuple(sorted((duty.level for duty in duties_today(county, person.id, now)), key=rank))
    return Who(person.id, person.name, person.phone, levels[-1]) if levels else None


def within_reach(to: Who, ticket: Ticket, level: Level, county: County, now: datetime) -> bool:
    """Whether somebody answers for the place anyhow, or in the part of the county that this level is about."""
    part = part_of(ticket, level)
    theirs = duties_today(county, to.id, now)
    return any(covers(duty, ticket, county) or duty.area.startswith(part) for duty in theirs)


def part_of(ticket: Ticket, level: Level) -> str:
    """The code of the part of the county that a level is about, at the place of a ticket."""
    return ticket.scene.region[: _CODE.get(level, 6)]


def deciding_level(who: Who, right: Right, county: County) -> Level:
    """The level that answers for a move: the asker's own where it is made at once, else the one that decides."""
    own = who.level
    if right.decided_by == AT_ONCE:
        return own
    higher = [level for level in county.policy.ladder if rank(level) > rank(own)]
    least = right.decided_by if isinstance(right.decided_by, Level) else own
    return max((higher[0] if higher else own, least), key=rank)
