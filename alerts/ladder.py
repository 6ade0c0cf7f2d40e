"""Time: when a step is due, who is written to again, how a ticket climbs, and how often a spot is looked at. Pure.

``overdue_step`` is all that the sweep asks: given a ticket whose ``next_at`` has come, what happens now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.moves import (
    Change,
    above,
    camera_of,
    category,
    desk,
    due,
    first_person,
    moved,
    noted,
    notices,
    recheck,
)
from alerts.values import Check, Clock, Decision, Purpose, Stage, Status, Ticket, Who
from broker.messages import OF_BINS, Kind
from county.policy import Stage as LimitStage
from county.snapshot import County

OF_CAMERAS = frozenset(Kind) - OF_BINS


def dispatched(ticket: Ticket, county: County, now: datetime, why: str, by: str = "系统") -> Decision:
    """Send a ticket to its person: the accept clock starts and the first notices go out."""
    return _call(ticket, county, Change(now, why, by), (Purpose.DISPATCH, Clock.ACCEPT, Status.DISPATCHED),
                 stage=Stage.DISPATCHED)  # fmt: skip


def overdue_step(ticket: Ticket, county: County, now: datetime) -> list[Decision]:
    """What the passing of time does to a ticket; nothing before its ``next_at``."""
    if not ticket.is_open or ticket.next_at is None or ticket.next_at > now:
        return []
    if ticket.status in (Status.ACCEPTED, Status.ON_SITE):
        return [_handling_overdue(ticket, county, now)]
    if ticket.status is Status.TO_CHECK and ticket.check is not Check.PERSON:
        return [check_again(ticket, county, now, "到时没有结果")]
    late = ticket.due_at is not None and ticket.due_at <= now
    return [_climb(ticket, county, now) if late else _remind(ticket, county, now, ticket.overdue)]


def climb_to(ticket: Ticket, who: Who, county: County, change: Change) -> Decision:
    """Hand a waiting ticket to somebody higher up: new person, new clock, new notices."""
    clock = ticket.due_clock or Clock.ACCEPT
    return _call(ticket, county, change, (_purpose(ticket, Purpose.CLIMB), clock, ticket.status),
                 person=who, level=who.level, stage=ticket.stage)  # fmt: skip


def start_check(ticket: Ticket, county: County, now: datetime) -> Decision:
    """Find out whether the spot is clean: by its camera, by the bin's own sensor, else by another person."""
    if set(ticket.kinds) <= OF_CAMERAS and camera_of(ticket, county) is not None:
        fresh = replace(ticket, check=Check.CAMERA, tries=0)
        return check_again(fresh, county, now, "处理人已提交")
    if OF_BINS.issuperset(ticket.kinds):
        wait = timedelta(seconds=county.policy.recheck.retry_s * county.policy.recheck.tries)
        words = "等待传感器读到已清空" if Kind.BIN_FULL in ticket.kinds else "等待传感器再次上报,读数正常即可结案"
        return moved(ticket, Change(now, words), status=Status.TO_CHECK, stage=Stage.CHECKING,
                     check=Check.READING, command=None, due_at=now + wait, due_clock=Clock.RECHECK,
                     next_at=now + wait)  # fmt: skip
    return ask_person(ticket, county, now, "没有镜头能看到这里")


def check_again(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Send the next look command; when the tries are used up (or there is no camera) a person verifies."""
    policy = county.policy.recheck
    camera = camera_of(ticket, county) if ticket.check is Check.CAMERA else None
    if camera is None or ticket.tries >= policy.tries:
        return ask_person(ticket, county, now, why)
    attempt = ticket.tries + 1
    ask = recheck(ticket, camera, county, now)
    until = ask.expires_at + timedelta(seconds=policy.retry_s)
    words = f"{why},请镜头复核(第{attempt}次,共{policy.tries}次)"
    decision = moved(
        ticket, Change(now, words), status=Status.TO_CHECK, stage=Stage.CHECKING, command=ask.command_id,
        tries=attempt, calling=False, due_at=until, due_clock=Clock.RECHECK, next_at=until,
    )  # fmt: skip
    return replace(decision, recheck=ask)


def check_later(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Keep a look that decided nothing as a note; the sweep looks again after the pause."""
    at = now + timedelta(seconds=county.policy.recheck.retry_s)
    words = f"{why},不算干净,稍后再看"
    return noted(ticket, Change(now, words), command=None, next_at=at, due_at=at)


def ask_person(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Let somebody verify who did not do the work: township first, then county, then whoever else there is."""
    barred = frozenset({ticket.handler.id} if ticket.handler else ())
    area = (ticket.scene.region, ticket.scene.spot)
    ladder = county.policy.ladder
    who = first_person(county, area, (*ladder[1:], ladder[0]), now, barred) or desk(county)
    ready = replace(ticket, check=Check.PERSON, command=None)
    change = Change(now, f"{why},由{who.name}核查")
    return _call(ready, county, change, (Purpose.VERIFY, Clock.VERIFY, Status.TO_CHECK),
                 person=who, level=who.level, stage=Stage.CHECKING)  # fmt: skip


def confirm_by(ticket: Ticket, who: Who, county: County, change: Change) -> Decision:
    """Let somebody else judge a report of "not true"."""
    ready = replace(ticket, denied_by=ticket.person.id)
    return _call(ready, county, change, (Purpose.CONFIRM, Clock.VERIFY, Status.TO_CONFIRM),
                 person=who, level=who.level, stage=Stage.FILED)  # fmt: skip


def rework(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Send a ticket back to who dealt with it."""
    handler = ticket.handler or ticket.person
    ready = replace(ticket, check=Check.NONE, command=None, reworks=ticket.reworks + 1, tries=0)
    change = Change(now, f"{why},第{ready.reworks}次返工")
    return _call(ready, county, change, (Purpose.REWORK, Clock.HANDLE, Status.ON_SITE),
                 person=handler, level=handler.level, stage=Stage.HANDLING)  # fmt: skip


def _call(
    ticket: Ticket, county: County, change: Change, call: tuple[Purpose, Clock, Status], **changes: Any
) -> Decision:
    """Start a step that somebody must be told about: new round, new clock, its notices."""
    purpose, clock, status = call
    ready = replace(ticket, **changes)
    until = _limit(ready, county, clock, change.now)
    soon = change.now + timedelta(seconds=county.policy.reminder_s)
    wake = until if clock is Clock.HANDLE else min(until, soon)
    decision = moved(ready, change, status=status, round=ticket.round + 1, calling=True, due_at=until,
                     due_clock=clock, next_at=wake)  # fmt: skip
    assert decision.ticket is not None
    return replace(decision, notices=notices(decision.ticket, purpose, county))


def _limit(ticket: Ticket, county: County, clock: Clock, now: datetime) -> datetime:
    stages: dict[Clock, LimitStage] = {Clock.ACCEPT: "accept", Clock.HANDLE: "handle"}
    return due(county, stages.get(clock, "verify"), ticket, ticket.level, now)


def _climb(ticket: Ticket, county: County, now: datetime) -> Decision:
    """One rung up, or a reminder where nobody is left above."""
    barred = frozenset({ticket.person.id, ticket.denied_by} | ({ticket.handler.id} if ticket.handler else set()))
    area = (ticket.scene.region, ticket.scene.spot)
    who = first_person(county, area, above(county, ticket.level), now, barred)
    if who is None:
        return _remind(ticket, county, now, late=True)
    names = county.policy.levels
    words = f"{names.of(ticket.level)}级{ticket.person.name}未按时{_duty(ticket)},上报{names.of(who.level)}级{who.name}"
    return climb_to(replace(ticket, overdue=True), who, county, Change(now, words))


def _remind(ticket: Ticket, county: County, now: datetime, late: bool) -> Decision:
    soon = now + timedelta(seconds=county.policy.reminder_s)
    pending = ticket.due_at if ticket.due_at is not None and ticket.due_at > now else soon
    words = f"再次提醒{ticket.person.name}{'(已到最高一级,仍未处理)' if late and pending == soon else ''}"
    decision = noted(ticket, Change(now, words), round=ticket.round + 1, calling=True, overdue=late,
                     next_at=min(soon, pending))  # fmt: skip
    assert decision.ticket is not None
    return replace(decision, notices=notices(decision.ticket, _purpose(ticket, Purpose.REMIND), county))


def _handling_overdue(ticket: Ticket, county: County, now: datetime) -> Decision:
    """Past the limit: look, if the spot was already seen clean; else tell the next rung, who supervises."""
    if not ticket.dirty:
        ready = replace(ticket, overdue=True, done_at=now)
        return start_check(ready, county, now)
    names = county.policy.levels
    area = (ticket.scene.region, ticket.scene.spot)
    chief = first_person(county, area, above(county, ticket.level), now, frozenset({ticket.person.id}))
    level = chief.level if chief else ticket.level
    told = chief or ticket.person
    words = f"{ticket.person.name}处置{category(county, ticket.what)[0]}超期,由{names.of(level)}级{told.name}督办"
    decision = noted(ticket, Change(now, words), level=level, overdue=True, round=ticket.round + 1, calling=True,
                     next_at=due(county, "handle", ticket, level, now))  # fmt: skip
    assert decision.ticket is not None
    return replace(decision, notices=notices(decision.ticket, Purpose.OVERDUE, county, told))


def _purpose(ticket: Ticket, usual: Purpose) -> Purpose:
    """A waiting check or judgement is asked for as such, also by those higher up and in reminders."""
    return {Status.TO_CONFIRM: Purpose.CONFIRM, Status.TO_CHECK: Purpose.VERIFY}.get(ticket.status, usual)


def _duty(ticket: Ticket) -> str:
    return {Status.TO_CONFIRM: "核实", Status.TO_CHECK: "核查"}.get(ticket.status, "接单")
