"""Hand-over: no open ticket stays with who has left. The old name stays in its history, and the limit runs on. Pure.

A gap that is filled takes a ticket back down while nobody has accepted it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.tickets.calls import Call, called
from alerts.tickets.moves import (
    DESK_ID,
    WORKING,
    Change,
    addressed,
    desk,
    first_person,
    letter,
    moved,
    rank,
    reminder,
    up_to,
)
from alerts.tickets.posts import gone
from alerts.values import Check, Clock, Decision, Notice, Purpose, Stage, Status, Ticket, Who
from county.snapshot import County
from county.values import Level


def handed_over(ticket: Ticket, county: County, now: datetime) -> list[Decision]:
    """What becomes of a ticket on this day, under this revision of the county; nothing while its person is there."""
    if not ticket.is_open:
        return []
    at_desk = ticket.person.id == DESK_ID
    why = gone(ticket, ticket.person, county, now)
    if at_desk or why:
        return _passed_on(ticket, why, county, now)
    if ticket.meant is not None and ticket.status is Status.DISPATCHED:
        return _back_down(ticket, ticket.meant, county, now)
    return []


def _passed_on(ticket: Ticket, why: str, county: County, now: datetime) -> list[Decision]:
    at_desk = ticket.person.id == DESK_ID
    who = first_person(county, ticket.area, _rungs(ticket, county), now, _barred(ticket))
    if who is None and at_desk:
        return []
    heir = who or desk(county)
    names = county.policy.levels
    if heir.id == ticket.person.id and not at_desk:
        return [_on_another_rung(ticket, heir, county, now)]
    gap = "" if heir.level is ticket.person.level or at_desk else f"({names.rung(ticket.person.level)}没有人接替)"
    words = f"{ticket.person.name}{why}{gap},工单移交给{names.rung(heir.level)}{heir.name}"
    change = Change(now, f"已有责任人,由{names.rung(heir.level)}{heir.name}接手" if at_desk else words)
    decision = _to(ticket, heir, change, county)
    assert decision.ticket is not None
    ask = "原由" + _braced(ticket.person.name) + "负责的工单移交给您,请于{due}前处理"
    letters = addressed(decision.ticket, Purpose.HANDOVER, heir, letter(decision.ticket, ask, county),
                        county.routes(heir.level, heir.id))  # fmt: skip
    return [replace(decision, notices=(*letters, *_farewell(decision.ticket, ticket.person, county)))]


def _on_another_rung(ticket: Ticket, heir: Who, county: County, now: datetime) -> Decision:
    """Their duty on one rung has ended and they are the next on another: they go on as far as they have come."""
    rung = county.policy.levels.rung(heir.level)
    words = f"{heir.name}已不是{county.policy.levels.rung(ticket.person.level)}责任人,由其作为{rung}责任人继续负责"
    level = {} if _stands_still(ticket) else {"level": heir.level}
    decision = moved(ticket, Change(now, words), person=heir, meant=_meant(ticket, heir, county), calling=True,
                     round=ticket.round + 1, **level)  # fmt: skip
    assert decision.ticket is not None
    ask = f"这件工单由您作为{_braced(rung)}责任人继续负责,请于{{due}}前处理"
    letters = addressed(decision.ticket, Purpose.HANDOVER, heir, letter(decision.ticket, ask, county),
                        county.routes(heir.level, heir.id))  # fmt: skip
    return replace(decision, notices=letters)


def _to(ticket: Ticket, heir: Who, change: Change, county: County) -> Decision:
    """Give the ticket to its heir as far as it has come; whoever is to work on it must accept it first."""
    who: dict[str, Any] = {"person": heir, "meant": _meant(ticket, heir, county)}
    if _stands_still(ticket):
        return moved(ticket, change, **who, round=ticket.round + 1, calling=True)
    who["level"] = heir.level
    working = ticket.status in WORKING
    runs_on = ticket.due_at is not None and ticket.due_at > change.now
    if not runs_on or (working and county.policy.handover.restart_accept):
        status = Status.DISPATCHED if working else ticket.status
        clock = Clock.ACCEPT if status is Status.DISPATCHED else ticket.due_clock or Clock.ACCEPT
        stage = Stage.DISPATCHED if working else ticket.stage
        return called(ticket, county, change, Call(Purpose.HANDOVER, clock, status), stage=stage, **who)
    soon = change.now + reminder(ticket, county)
    assert ticket.due_at is not None
    status = Status.DISPATCHED if working else ticket.status
    return moved(ticket, change, **who, status=status, round=ticket.round + 1, calling=True,
                 next_at=min(soon, ticket.due_at))  # fmt: skip


def _stands_still(ticket: Ticket) -> bool:
    """Whether nobody has to act on it now: it is on hold, or devices find out whether the work is done."""
    return ticket.status is Status.ON_HOLD or (ticket.status is Status.TO_CHECK and ticket.check is not Check.PERSON)


def _back_down(ticket: Ticket, meant: Level, county: County, now: datetime) -> list[Decision]:
    """The rung that it was meant for has somebody again, or one nearer to it has."""
    rungs = tuple(rung for rung in up_to(county, ticket.level) if rank(meant) <= rank(rung) < rank(ticket.level))
    who = first_person(county, ticket.area, rungs, now, _barred(ticket) | {ticket.person.id})
    if who is None:
        return []
    rung = county.policy.levels.rung(who.level)
    change = Change(now, f"{rung}已有责任人,尚未接单的工单从{ticket.person.name}转回{who.name}")
    call = Call(Purpose.DISPATCH, Clock.ACCEPT, Status.DISPATCHED)
    still = None if who.level is meant else meant
    decision = called(ticket, county, change, call, person=who, level=who.level, stage=Stage.DISPATCHED, meant=still)
    assert decision.ticket is not None
    return [replace(decision, notices=(*decision.notices, *_farewell(decision.ticket, ticket.person, county)))]


def _rungs(ticket: Ticket, county: County) -> tuple[Level, ...]:
    """Where to look for an heir: on the rung of who has left, then above it, at last the nearest below.

    What nobody has accepted is looked for from the rung that it was meant for.
    """
    ladder = county.policy.ladder
    back = ticket.person.id == DESK_ID or (ticket.meant is not None and ticket.status is Status.DISPATCHED)
    start = ticket.meant if back else ticket.person.level
    at = ladder.index(start) if start in ladder else 0
    return (*ladder[at:], *reversed(ladder[:at]))


def _barred(ticket: Ticket) -> frozenset[str]:
    """Who may not have it: nobody judges his own word, report or work."""
    if ticket.status is Status.TO_CONFIRM:
        return ticket.kept_from | {ticket.denied_by}
    if ticket.status is Status.TO_CHECK and ticket.check is Check.PERSON and ticket.handler is not None:
        return ticket.kept_from | {ticket.handler.id, ticket.shown.split_by}
    return frozenset()


def _meant(ticket: Ticket, heir: Who, county: County) -> Level | None:
    """The rung to which it goes back when somebody is there again; None where it has arrived."""
    if ticket.status not in WORKING | {Status.DISPATCHED}:
        return None
    ladder = county.policy.ladder
    meant = ticket.meant or ticket.person.level
    higher = meant in ladder and heir.level in ladder and ladder.index(heir.level) > ladder.index(meant)
    return meant if higher or heir.id == DESK_ID else None


def _farewell(ticket: Ticket, old: Who, county: County) -> tuple[Notice, ...]:
    """Tell who had it that it is not theirs any more."""
    if old.id == DESK_ID:
        return ()
    words = letter(ticket, "这件工单已从您移交给{person},不再需要您处理", county)
    return addressed(ticket, Purpose.COPY, old, words, county.routes(old.level, old.id))


def _braced(name: str) -> str:
    return name.replace("{", "{{").replace("}", "}}")
