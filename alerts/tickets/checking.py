"""Who finds out whether a place is clean, and when the next look is: its camera, a sensor, or another person. Pure.

Who did the work never judges it. What a look that was asked for says, ``proving`` decides; what a person says,
``verifying``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.shown import Judge, Shown
from alerts.tickets import same_hour
from alerts.tickets.calls import Call, called
from alerts.tickets.moves import (
    Change,
    above,
    camera_of,
    desk,
    first_person,
    moved,
    noted,
    proof,
    rank,
    recheck,
    up_to,
)
from alerts.tickets.posts import gone
from alerts.values import Check, Clock, Decision, Purpose, Stage, Status, Ticket, Who
from broker.messages import OF_BINS, Kind
from county.policy.equipment import OF_EQUIPMENT
from county.snapshot import County

OF_CAMERAS = frozenset(Kind) - OF_BINS
TOLD_UNASKED = OF_BINS | OF_EQUIPMENT  # who speaks again says so by itself


def start_check(ticket: Ticket, county: County, now: datetime, why: str = "处理人已提交") -> Decision:
    """Find out whether the spot is clean: by its camera, by the bin's own sensor, else by another person."""
    fresh = replace(ticket, shown=ticket.shown.anew(), tries=0)
    if TOLD_UNASKED.issuperset(ticket.kinds):
        policy = proof(ticket, county)
        wait = timedelta(seconds=policy.retry_s * policy.tries)
        words = "等待传感器读到已清空" if Kind.BIN_FULL in ticket.kinds else "等待传感器再次上报,读数正常即可结案"
        return moved(fresh, Change(now, words), status=Status.TO_CHECK, stage=Stage.CHECKING,
                     check=Check.READING, command=None, due_at=now + wait, due_clock=Clock.RECHECK,
                     next_at=now + wait)  # fmt: skip
    if camera_of(ticket, county) is None:
        return ask_person(fresh, county, now, "没有镜头能看到这里")
    if not set(ticket.kinds) <= OF_CAMERAS:
        return ask_person(fresh, county, now, "镜头判断不了这一类问题")
    return check_again(replace(fresh, check=Check.CAMERA), county, now, why)


def time_is_up(ticket: Ticket, county: County, now: datetime) -> Decision:
    """Look (again): no answer has come, or the moment of the next look has."""
    waits = ticket.check is Check.CAMERA and ticket.command is None
    return check_again(ticket, county, now, "到了再看的时间" if waits else "到时没有结果")


def check_again(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Send the next look command; when the tries are used up (or there is no camera) a person verifies."""
    policy = proof(ticket, county)
    camera = camera_of(ticket, county) if ticket.check is Check.CAMERA else None
    if camera is None:
        return ask_person(ticket, county, now, why)
    if ticket.tries >= policy.tries:
        return _tried_enough(ticket, county, now, why)
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
    at = now + timedelta(seconds=proof(ticket, county).retry_s)
    words = f"{why},不算干净,稍后再看"
    return noted(ticket, Change(now, words), command=None, next_at=at, due_at=at)


def wait_for_next(ticket: Ticket, county: County, now: datetime, why: str, missed: bool = False) -> Decision:
    """Wait for the look that is still needed: after the pause, or at the hour of the offence. Nobody is late by it.

    ``missed``: the hour that is now has shown nothing; the next one is on the next day.
    """
    policy = proof(ticket, county)
    begin, hour = max(now, (ticket.shown.clean_at or now) + timedelta(seconds=policy.apart_s)), ""
    rule = same_hour.asked_for(ticket, county)
    if rule is not None and ticket.shown.clean >= policy.looks - 1:
        span = same_hour.window(ticket, rule, county, now)
        if missed and span is not None and span[0] <= now:
            span = same_hour.window(ticket, rule, county, span[1])
        if span is None:
            return ask_person(ticket, county, now, f"{why},没能在发现问题的同一时段看清楚")
        begin, hour = max(begin, span[0]), ",在发现问题的同一时段"
    zone = ZoneInfo(county.calendar.zone)
    words = f"{why},{begin.astimezone(zone):%m月%d日 %H:%M}{hour}再看"
    return noted(ticket, Change(now, words), command=None, tries=0, calling=False, next_at=begin, due_at=begin,
                 due_clock=Clock.RECHECK)  # fmt: skip


def ask_person(ticket: Ticket, county: County, now: datetime, why: str, judge: Judge = Judge.NONE) -> Decision:
    """Let somebody verify who did not do the work: a rung above who did it, then higher, then whoever else there is."""
    who = other_person(ticket, county, now)
    if who is None:
        who, why = desk(county), f"{why},这里除处理人外没有别的责任人"
    ready = replace(ticket, check=Check.PERSON, command=None, shown=replace(ticket.shown, judge=judge))
    return verified_by(ready, who, county, Change(now, f"{why},由{who.name}核查"))


def verified_by(ticket: Ticket, who: Who, county: County, change: Change) -> Decision:
    """Put the check to this person."""
    call = Call(Purpose.VERIFY, Clock.VERIFY, Status.TO_CHECK)
    return called(ticket, county, change, call, person=who, level=who.level, stage=Stage.CHECKING)


def other_person(ticket: Ticket, county: County, now: datetime, but: Who | None = None) -> Who | None:
    """Who may verify: from one rung above who did the work (or ``but``) upwards, none of them nor who reported it."""
    done_by = ticket.handler or ticket.person
    barred = ticket.kept_from | {who.id for who in (done_by, but) if who is not None}
    highest = max((who.level for who in (done_by, but) if who is not None), key=rank)
    rungs = (*above(county, highest), *reversed(up_to(county, highest)))
    return first_person(county, ticket.area, rungs, now, barred)


def rework(ticket: Ticket, county: County, now: datetime, why: str, by_camera: bool = False) -> Decision:
    """Send a ticket back to who dealt with it."""
    handler = _worker(ticket, county, now)
    shown = Shown(refuted=by_camera, disputes=ticket.shown.disputes, cleared=ticket.shown.cleared)
    ready = replace(ticket, check=Check.NONE, command=None, reworks=ticket.reworks + 1, tries=0, shown=shown)
    change = Change(now, f"{why},第{ready.reworks}次返工")
    call = Call(Purpose.REWORK, Clock.HANDLE, Status.ON_SITE)
    return called(ready, county, change, call, person=handler, level=handler.level, stage=Stage.HANDLING)


def _worker(ticket: Ticket, county: County, now: datetime) -> Who:
    """Who does it again: who did it, or where they have left whoever answers on their rung now."""
    before = ticket.handler or ticket.person
    if not gone(ticket, before, county, now):
        return before
    ladder = county.policy.ladder
    rungs = ladder[ladder.index(before.level) :] if before.level in ladder else ladder
    return first_person(county, ticket.area, rungs, now) or desk(county)


def _tried_enough(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """No look gave a result: where only the one at that hour is missing the next day comes, else a person goes."""
    if ticket.shown.clean and same_hour.asked_for(ticket, county) is not None:
        return wait_for_next(ticket, county, now, why, missed=True)
    return ask_person(ticket, county, now, why)
