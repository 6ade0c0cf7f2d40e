"""Is it true? 属实, 不属实 or 看不清: before anybody is sent, where policy asks it, and after somebody doubted it.

Pure. Nobody drops a case alone that is under way, and who doubted it never judges it. Before dispatch one person may,
unless policy asks for a second one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.tickets.calls import Call, asked_for, called, climb_to, dispatched
from alerts.tickets.copies import ended
from alerts.tickets.doing import Doing, Refused
from alerts.tickets.moves import (
    Change,
    above,
    camera_of,
    desk,
    first_person,
    local_day,
    meant_for,
    moved,
    noted,
    notices,
    people_at,
    recheck,
)
from alerts.values import Clock, Decision, Look, Purpose, Stage, Status, Ticket, Who
from county.policy.triage import Found
from county.snapshot import County

WITNESS = "@camera"  # in the place of the person whose "not true" is judged; stays, so that it is judged once


def asked(ticket: Ticket, score: float, county: County, now: datetime) -> Decision | None:
    """Let a person judge a new finding first; None where policy does not ask it, or nobody is there to judge."""
    local = ticket.seen_at.astimezone(ZoneInfo(county.calendar.zone))
    found = Found(ticket.what, ticket.scene.zone, ticket.source.value, score, local)
    who = _judge(ticket, county, now) if county.policy.triage.asks(found) else None
    if who is None:
        return None
    change = Change(now, f"派人处理之前,先请{who.name}核实是否属实")
    call = Call(Purpose.TRIAGE, Clock.TRIAGE, Status.TO_CONFIRM)
    return called(ticket, county, change, call, person=who, level=who.level)


def filed(ticket: Ticket, county: County, change: Change) -> list[Decision]:
    """File a case that is true and send it to the lowest rung with anybody on it."""
    severity = county.policy.severities.get(ticket.severity, "")
    area = ticket.area
    who = first_person(county, area, county.policy.ladder, change.now) or desk(county)
    why = replace(change, why=f"{change.why},{severity}级立案")
    row = moved(ticket, why, stage=Stage.FILED, person=who, level=who.level, meant=meant_for(who, county), denied_by="",
                command=None, tries=0)  # fmt: skip
    assert row.ticket is not None
    rung = county.policy.levels.rung(who.level)
    gap = "" if who.level == county.policy.ladder[0] else "(下级没有登记责任人)"
    return [row, dispatched(row.ticket, county, change.now, f"派给{rung}责任人{who.name}{gap}")]


def unfiled(ticket: Ticket) -> bool:
    """Whether a person still judges it before anybody is sent."""
    return ticket.status is Status.TO_CONFIRM and ticket.stage is Stage.COLLECTED


def sent_unjudged(ticket: Ticket, county: County) -> bool:
    """Whether a finding that nobody judged in time is taken for true; one that somebody doubted never is."""
    return unfiled(ticket) and county.policy.triage.late == "dispatch" and not ticket.denied_by


def contradicts(ticket: Ticket, clean: Look) -> bool:
    """Whether all that still stands was told by people about just what a device now sees clean; once for a ticket.

    Once somebody goes there (it is accepted), clean is what is hoped for and contradicts nobody.
    """
    left = set(ticket.dirty) - {clean.key}
    return ticket.status is Status.DISPATCHED and ticket.denied_by != WITNESS and bool(left) and left <= clean.told


def doubted(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Let a person judge between what people told and what a device sees."""
    area = ticket.area
    who = first_person(county, area, above(county, ticket.level), now, ticket.kept_from) or ticket.person
    ready = replace(ticket, denied_by=WITNESS)
    call = Call(Purpose.CONFIRM, Clock.VERIFY, Status.TO_CONFIRM)
    change = Change(now, f"{why},请{who.name}核实")
    return called(ready, county, change, call, person=who, level=who.level, stage=Stage.FILED)


def not_true(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """Nobody drops a case alone: a person above (or beside) must confirm that there is nothing."""
    reason = doing.reason("请写明看到了什么")
    who = _second(ticket, doing, county)
    change = doing.because(f"{doing.actor.name}反映不属实:{reason},请{who.name}核实")
    return [_doubted(replace(ticket, stage=Stage.FILED), who, doing, county, change)]


def confirm_true(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """File what is true; what was under way goes back to the lowest rung and its clock starts again."""
    if unfiled(ticket):
        return filed(ticket, county, doing.because(f"{doing.actor.name}核实属实{doing.said}"))
    area = ticket.area
    who = first_person(county, area, county.policy.ladder, doing.now) or doing.actor
    settled = WITNESS if ticket.denied_by == WITNESS else ""
    ready = replace(ticket, person=who, level=who.level, meant=meant_for(who, county), handler=None, denied_by=settled)
    words = f"{doing.actor.name}核实属实{doing.said},重新派给{who.name}"
    return [dispatched(ready, county, doing.now, words, doing.actor.name)]


def confirm_false(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """End what is not true, with its reason; before dispatch policy may ask for a second pair of eyes."""
    reason = doing.reason("请写明为什么不属实")
    if unfiled(ticket) and not ticket.denied_by and ticket.severity in county.policy.triage.second:
        who = _second(ticket, doing, county)
        change = doing.because(f"{doing.actor.name}核实不属实:{reason},按规定再请{who.name}核实")
        return [_doubted(ticket, who, doing, county, change)]
    change = doing.because(f"{doing.actor.name}核实不属实:{reason},不予立案")
    end = ended(ticket, county, change, status=Status.NOT_FILED)
    return [replace(end[0], photos=doing.photos), *end[1:]]


def confirm_unclear(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """Who cannot tell ends nothing: the camera looks again first where policy says so, else somebody higher judges.

    At the top somebody must go and look.
    """
    if unfiled(ticket) and county.policy.triage.unclear == "look" and ticket.tries == 0:
        camera = camera_of(ticket, county)
        if camera is not None:
            ask = recheck(ticket, camera, county, doing.now)
            change = doing.because(f"{doing.actor.name}看不清{doing.said},先请镜头再看一次")
            return [replace(noted(ticket, change, command=ask.command_id, tries=1), recheck=ask)]
    area = ticket.area
    barred = ticket.kept_from | {doing.actor.id, ticket.denied_by}
    who = first_person(county, area, above(county, ticket.level), doing.now, barred)
    if who is None:
        raise Refused("已经是最高一级,请派人到现场看清楚,再答复属实或不属实")
    change = doing.because(f"{doing.actor.name}看不清{doing.said},请{who.name}核实")
    return [climb_to(ticket, who, county, change)]


def shown_again(ticket: Ticket, county: County, now: datetime) -> Decision:
    """Tell who judges that the camera has looked again; the limit stays."""
    change = Change(now, f"镜头已再看一次,请{ticket.person.name}核实")
    again = noted(ticket, change, command=None, round=ticket.round + 1, calling=True)
    assert again.ticket is not None
    return replace(again, notices=notices(again.ticket, asked_for(again.ticket, Purpose.TRIAGE), county))


def _doubted(ticket: Ticket, who: Who, doing: Doing, county: County, change: Change) -> Decision:
    """Let somebody else judge a doubt."""
    clock = Clock.TRIAGE if unfiled(ticket) else Clock.VERIFY
    call = Call(Purpose.CONFIRM, clock, Status.TO_CONFIRM)
    decision = called(ticket, county, change, call, person=who, level=who.level, denied_by=doing.actor.id)
    return replace(decision, photos=doing.photos)


def _second(ticket: Ticket, doing: Doing, county: County) -> Who:
    area = ticket.area
    rungs = (*above(county, doing.actor.level), *county.policy.ladder)
    who = first_person(county, area, rungs, doing.now, ticket.kept_from | {doing.actor.id})
    if who is None:
        raise Refused("没有第二个人可以核实,不能不予立案")
    return who


def _judge(ticket: Ticket, county: County, now: datetime) -> Who | None:
    """Who judges: on the rung of the policy who has its role, else who answers there, else somebody above."""
    policy, day = county.policy.triage, local_day(county, now)
    duties = county.content.duties if policy.role else ()
    holders = {duty.person for duty in duties if duty.role == policy.role and duty.holds(day)}
    named = (who for who in people_at(county, ticket.area, policy.level, now) if who.id in holders - ticket.kept_from)
    rungs = (policy.level, *above(county, policy.level))
    return next(named, None) or first_person(county, ticket.area, rungs, now, ticket.kept_from)
