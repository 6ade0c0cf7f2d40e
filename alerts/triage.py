"""Is it true? 属实, 不属实 or 看不清, said by somebody other than who doubts it. Pure."""

from __future__ import annotations

from dataclasses import replace

from alerts import ladder
from alerts.calls import Call, called
from alerts.doing import Doing, Refused
from alerts.moves import Change, above, closed, first_person
from alerts.values import Clock, Decision, Purpose, Stage, Status, Ticket, Who
from county.snapshot import County


def confirm_by(ticket: Ticket, who: Who, county: County, change: Change) -> Decision:
    """Let somebody else judge a report of "not true"."""
    ready = replace(ticket, denied_by=ticket.person.id)
    call = Call(Purpose.CONFIRM, Clock.VERIFY, Status.TO_CONFIRM)
    return called(ready, county, change, call, person=who, level=who.level, stage=Stage.FILED)


def not_true(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """Nobody drops a case alone: a person above (or beside) must confirm that there is nothing."""
    reason = doing.reason("请写明看到了什么")
    area = (ticket.scene.region, ticket.scene.spot)
    rungs = (*above(county, doing.actor.level), *county.policy.ladder)
    who = first_person(county, area, rungs, doing.now, frozenset({doing.actor.id}))
    if who is None:
        raise Refused("没有第二个人可以核实,不能不予立案")
    change = doing.because(f"{doing.actor.name}反映不属实:{reason},请{who.name}核实")
    ready = replace(ticket, person=doing.actor)
    return [replace(confirm_by(ready, who, county, change), photos=doing.photos)]


def confirm_true(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """It was true after all: back to the lowest rung, the clock starts again."""
    area = (ticket.scene.region, ticket.scene.spot)
    who = first_person(county, area, county.policy.ladder, doing.now) or doing.actor
    ready = replace(ticket, person=who, level=who.level, handler=None)
    words = f"{doing.actor.name}核实属实{doing.said},重新派给{who.name}"
    return [ladder.dispatched(ready, county, doing.now, words, doing.actor.name)]


def confirm_false(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    change = doing.because(f"{doing.actor.name}核实不属实{doing.said},不予立案")
    return closed(ticket, change, status=Status.NOT_FILED)


def confirm_unclear(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    """Who cannot tell passes the judgement on upwards; it ends nothing. At the top somebody must go and look."""
    area = (ticket.scene.region, ticket.scene.spot)
    barred = frozenset({doing.actor.id, ticket.denied_by})
    who = first_person(county, area, above(county, ticket.level), doing.now, barred)
    if who is None:
        raise Refused("已经是最高一级,请派人到现场看清楚,再答复属实或不属实")
    change = doing.because(f"{doing.actor.name}看不清{doing.said},请{who.name}核实")
    return [ladder.climb_to(ticket, who, county, change)]
