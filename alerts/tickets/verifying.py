"""What a person says about work that was reported done: it is clean, it is not, or the camera is wrong. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.shown import Judge
from alerts.tickets import checking, same_hour
from alerts.tickets.copies import ended
from alerts.tickets.doing import Doing, Refused
from alerts.tickets.moves import moved, noted, proof
from alerts.values import Clock, Decision, Stage, Status, Ticket
from county.snapshot import County


def verify_ok(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """Close what a person has seen clean; where policy asks for the hour of the offence, once more at that hour."""
    hour = same_hour.is_at_hour(ticket, county, doing.now)
    ready = replace(ticket, shown=replace(ticket.shown, hour=ticket.shown.hour or hour))
    rule = same_hour.asked_for(ready, county)
    span = same_hour.window(ready, rule, county, doing.now) if rule else None
    if span is not None:
        return [replace(_come_again(ready, doing, span, county), photos=doing.photos)]
    there = "(同一时段)" if hour else ""
    change = doing.because(f"{doing.actor.name}现场核查通过{there}{doing.said}")
    end = ended(ready, county, change, status=Status.CLOSED)
    return [replace(end[0], photos=doing.photos), *end[1:]]


def verify_bad(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """Send it back; where the camera had seen it clean somebody a rung above the verifier decides between the two."""
    reason = doing.reason("请写明还有什么没有处理")
    words = f"{doing.actor.name}核查不通过:{reason}"
    judge = checking.other_person(ticket, county, doing.now, doing.actor)
    if ticket.shown.judge is Judge.SAMPLE and judge is not None:
        ready = replace(ticket, shown=replace(ticket.shown, judge=Judge.SPLIT, split_by=doing.actor.id))
        change = doing.because(f"{words},与镜头看到的不一致,请{judge.name}裁定")
        return [replace(checking.verified_by(ready, judge, county, change), photos=doing.photos)]
    return [replace(checking.rework(ticket, county, doing.now, words), photos=doing.photos)]


def dispute(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """Who did the work says that the camera is wrong: it looks again, and the next time a person decides."""
    reason = doing.reason("请写明镜头看错了什么")
    if not doing.data.photos:
        raise Refused("请拍一张现场照片,证明已经处理干净")
    shown = replace(ticket.shown, disputes=ticket.shown.disputes + 1)
    change = doing.because(f"{doing.actor.name}对复核有异议(第{shown.disputes}次):{reason}")
    reported = moved(
        ticket, change, status=Status.TO_CHECK, stage=Stage.REPORTED, handler=doing.actor, done_at=doing.now,
        arrived_at=ticket.arrived_at or doing.now, calling=False, shown=shown,
    )  # fmt: skip
    assert reported.ticket is not None
    return [replace(reported, photos=doing.photos), _after_dispute(reported.ticket, county, doing.now)]


def _after_dispute(ticket: Ticket, county: County, now: datetime) -> Decision:
    if ticket.shown.disputes < proof(ticket, county).disputes:
        return checking.start_check(ticket, county, now, "处理人有异议")
    return checking.ask_person(ticket, county, now, "处理人与镜头说法不一", Judge.DISPUTE)


def _come_again(ticket: Ticket, doing: Doing, span: tuple[datetime, datetime], county: County) -> Decision:
    """Keep the check with its person until the hour of the offence; nobody is late before that."""
    begin, end = (moment.astimezone(ZoneInfo(county.calendar.zone)) for moment in span)
    hour = f"{begin:%m月%d日 %H:%M}至{end:%H:%M}"
    words = f"{doing.actor.name}核查时已干净{doing.said},请在发现问题的同一时段({hour})再看一次"
    return noted(ticket, doing.because(words), calling=False, due_at=span[1], due_clock=Clock.VERIFY,
                 next_at=span[0])  # fmt: skip
