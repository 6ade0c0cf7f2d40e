"""What a person may do with a ticket from the phone. Pure: ticket, person and words in, decisions out.

An act that is not possible raises ``Refused`` with Chinese words for the person who tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from alerts.tickets import arriving, checking, photos, triage, verifying
from alerts.tickets.calls import climb_to
from alerts.tickets.copies import ended
from alerts.tickets.doing import Data, Doing, Refused
from alerts.tickets.entitled import is_helper, must_not_only_help
from alerts.tickets.moves import Change, above, due, first_person, moved, noted
from alerts.tickets.taking import kept_from
from alerts.values import Check, Clock, Decision, Stage, Status, Ticket, Who
from county.snapshot import County

__all__ = ["NAMES", "Data", "Doing", "Refused", "allowed", "do"]

NAMES = {
    "accept": "接单", "not_mine": "不归我管", "not_true": "情况不属实", "arrive": "到场", "done": "提交办结",
    "confirm_true": "核实属实", "confirm_false": "核实不属实", "confirm_unclear": "看不清", "verify_ok": "核查通过",
    "verify_bad": "核查不通过", "dispute": "对复核有异议", "still": "在处理",
}  # fmt: skip


_GOES_ON = frozenset({"still", "arrive", "done"})


def allowed(ticket: Ticket, actor: Who, county: County, now: datetime) -> tuple[str, ...]:
    """The acts that this person may do now, the most likely first."""
    mine = ticket.person.id == actor.id
    if ticket.status is Status.DISPATCHED and not mine:
        return () if kept_from(ticket, actor, county, now) else ("accept",)
    if ticket.status is Status.DISPATCHED:
        return ("accept", "not_mine", "not_true")
    asked = ("still",) if mine and ticket.status is Status.ACCEPTED and ticket.pulse.asked_at is not None else ()
    if not mine or _barred(ticket, actor):
        return ()
    return {
        Status.ACCEPTED: (*asked, "arrive", "done", "not_true"),
        Status.ON_SITE: ("done", "dispute", "not_true") if ticket.shown.refuted else ("done", "not_true"),
        Status.TO_CONFIRM: ("confirm_true", "confirm_false", "confirm_unclear"),
        Status.TO_CHECK: ("verify_ok", "verify_bad") if ticket.check is Check.PERSON else (),
    }.get(ticket.status, ())


def do(ticket: Ticket, act: str, doing: Doing, county: County) -> list[Decision]:
    """Do one act, or raise ``Refused``."""
    if act not in NAMES:
        raise Refused(f"没有“{act}”这个操作")
    if not ticket.is_open:
        raise Refused(f"工单{ticket.status.words},不能再{NAMES[act]}")
    _ = doing.photos  # refused before anything else is said
    must_not_only_help(county, act, doing.actor)
    if act in _GOES_ON and _lapsed_on(ticket, doing.actor):
        return _went_on(ticket, act, doing, county)
    waits = act == "accept" and ticket.status is Status.DISPATCHED  # who may not accept it is told why there
    may = waits or act in allowed(ticket, doing.actor, county, doing.now)
    if not may and not _helps(ticket, act, doing, county):
        raise Refused(_too_late(ticket, act, doing.actor))
    return photos.examined(_ACTS[act](ticket, doing, county), ticket, act, county, doing.skew)


def _too_late(ticket: Ticket, act: str, actor: Who) -> str:
    """What stands in the way; often the same person was there before, by another phone or a link opened twice."""
    if ticket.person.id == actor.id and act in {"accept", "arrive", "done"}:
        if ticket.status is Status.DISPATCHED:
            return f"请先接单,再{NAMES[act]}"
        return f"工单已经是“{ticket.status.words}”,不用再{NAMES[act]}"
    return f"工单{ticket.status.words},由{ticket.person.name}负责,您现在不能{NAMES[act]}"


def _helps(ticket: Ticket, act: str, doing: Doing, county: County) -> bool:
    """A helper on the spot may say that it is true, whoever was asked."""
    doubted = ticket.status is Status.TO_CONFIRM and ticket.denied_by != doing.actor.id
    return act == "confirm_true" and doubted and is_helper(county, doing.actor.id)


def _lapsed_on(ticket: Ticket, actor: Who) -> bool:
    """Whether their acceptance lapsed and nobody has the ticket yet: they may have been without signal all the time."""
    waits = ticket.status is Status.DISPATCHED and ticket.pulse.lapsed_at is not None
    return waits and ticket.handler is not None and ticket.handler.id == actor.id


def _went_on(ticket: Ticket, act: str, doing: Doing, county: County) -> list[Decision]:
    """What they did in the meantime counts, and with it they have the ticket again."""
    (again,) = _accept(ticket, doing, county)
    assert again.ticket is not None
    if act == "still":
        return [again]
    return [again, *photos.examined(_ACTS[act](again.ticket, doing, county), again.ticket, act, county, doing.skew)]


def _still(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    pulse = replace(ticket.pulse, kept=ticket.pulse.kept + 1)
    change = doing.because(f"{doing.actor.name}回复还在处理{doing.said}")
    return [replace(noted(ticket, change, pulse=pulse, calling=False), photos=doing.photos)]


def _accept(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    actor, now = doing.actor, doing.now
    why = kept_from(ticket, actor, county, now)
    if why:
        raise Refused(f"您{why},不能接单,工单由{ticket.person.name}负责")
    runs_on = ticket.due_clock is Clock.HANDLE and ticket.due_at is not None and ticket.due_at > now
    until = ticket.due_at if runs_on and ticket.due_at else due(county, "handle", ticket, actor.level, now)
    return [
        moved(
            ticket, doing.because(f"{actor.name}接单"), status=Status.ACCEPTED, stage=Stage.HANDLING, person=actor,
            handler=actor, accepted_at=now, calling=False, due_at=until, due_clock=Clock.HANDLE, next_at=until,
            meant=None,
        )
    ]  # fmt: skip


def _not_mine(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    reason = doing.reason("请写明为什么不归您管")
    area = ticket.area
    who = first_person(county, area, above(county, ticket.level), doing.now, frozenset({doing.actor.id}))
    if who is None:
        raise Refused("已经是最高一级,没有可以转交的人")
    change = doing.because(f"{doing.actor.name}退回:{reason},转给{who.name}")
    return [climb_to(ticket, who, county, change)]


def _arrive(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    change = doing.because(arriving.arrived(ticket, doing, county))
    return [replace(moved(ticket, change, status=Status.ON_SITE, arrived_at=doing.now), photos=doing.photos)]


def _done(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    if not doing.data.photos:
        raise Refused("请先拍一张处理后的照片")
    change = doing.because(f"{doing.actor.name}提交办结{doing.said}")
    reported = moved(
        ticket, change, status=Status.TO_CHECK, stage=Stage.REPORTED, handler=doing.actor, done_at=doing.now,
        arrived_at=ticket.arrived_at or doing.now, calling=False,
    )  # fmt: skip
    assert reported.ticket is not None
    return [replace(reported, photos=doing.photos), *_after_done(reported.ticket, doing, county)]


def _after_done(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    check = checking.start_check(ticket, county, doing.now)
    if check.ticket is not None and check.ticket.check is Check.READING and not ticket.dirty:
        if ticket.shown.cleared:
            return [checking.ask_person(ticket, county, doing.now, "告警是人工清除的,没有读数证明")]
        return ended(ticket, county, Change(doing.now, "传感器或设备此前已报正常,核查通过"), status=Status.CLOSED)
    return [check]


def _barred(ticket: Ticket, actor: Who) -> bool:
    """Nobody judges his own word: not the report of "not true", not his own work."""
    if ticket.status is Status.TO_CONFIRM:
        return actor.id == ticket.denied_by
    return ticket.status is Status.TO_CHECK and ticket.handler is not None and ticket.handler.id == actor.id


_Act = Callable[[Ticket, Doing, County], list[Decision]]
_ACTS: dict[str, _Act] = {
    "accept": _accept, "still": _still, "not_mine": _not_mine, "arrive": _arrive, "done": _done,
    "not_true": triage.not_true, "confirm_true": triage.confirm_true, "confirm_false": triage.confirm_false,
    "confirm_unclear": triage.confirm_unclear, "verify_ok": verifying.verify_ok, "verify_bad": verifying.verify_bad,
    "dispute": verifying.dispute,
}  # fmt: skip
