"""The proof before closing: the camera looks again, the bin's sensor reads, or another person goes and sees. Pure.

What was not seen never counts as clean; who did the work never judges it; where two witnesses disagree a person
decides.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.calls import Call, called
from alerts.doing import Doing
from alerts.moves import Change, camera_of, closed, desk, first_person, moved, noted, proof, recheck
from alerts.values import Check, Clock, Decision, Known, Look, Purpose, Stage, Status, Ticket
from broker.messages import OF_BINS, Kind, State
from county.snapshot import County

OF_CAMERAS = frozenset(Kind) - OF_BINS


def start_check(ticket: Ticket, county: County, now: datetime) -> Decision:
    """Find out whether the spot is clean: by its camera, by the bin's own sensor, else by another person."""
    if set(ticket.kinds) <= OF_CAMERAS and camera_of(ticket, county) is not None:
        fresh = replace(ticket, check=Check.CAMERA, tries=0)
        return check_again(fresh, county, now, "处理人已提交")
    if OF_BINS.issuperset(ticket.kinds):
        policy = proof(ticket, county)
        wait = timedelta(seconds=policy.retry_s * policy.tries)
        words = "等待传感器读到已清空" if Kind.BIN_FULL in ticket.kinds else "等待传感器再次上报,读数正常即可结案"
        return moved(ticket, Change(now, words), status=Status.TO_CHECK, stage=Stage.CHECKING,
                     check=Check.READING, command=None, due_at=now + wait, due_clock=Clock.RECHECK,
                     next_at=now + wait)  # fmt: skip
    return ask_person(ticket, county, now, "没有镜头能看到这里")


def check_again(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Send the next look command; when the tries are used up (or there is no camera) a person verifies."""
    policy = proof(ticket, county)
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
    at = now + timedelta(seconds=proof(ticket, county).retry_s)
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
    call = Call(Purpose.VERIFY, Clock.VERIFY, Status.TO_CHECK)
    return called(ready, county, change, call, person=who, level=who.level, stage=Stage.CHECKING)


def rework(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Send a ticket back to who dealt with it."""
    handler = ticket.handler or ticket.person
    ready = replace(ticket, check=Check.NONE, command=None, reworks=ticket.reworks + 1, tries=0)
    change = Change(now, f"{why},第{ready.reworks}次返工")
    call = Call(Purpose.REWORK, Clock.HANDLE, Status.ON_SITE)
    return called(ready, county, change, call, person=handler, level=handler.level, stage=Stage.HANDLING)


def looked_again(known: Known, look: Look, reason: str, county: County, now: datetime) -> list[Decision]:
    """Judge the answer to a look that the ticket asked for."""
    ticket = known.ticket
    assert ticket is not None
    if look.state is State.UNKNOWN:
        return [check_later(ticket, county, now, f"复核看不清({reason})")]
    if known.look is not None and look.order <= known.look.order:
        return [check_later(ticket, county, now, "复核画面不比已采用的观察新")]
    looks = tuple(replace(look, kind=kind) for kind in dict.fromkeys((look.kind, *ticket.kinds)))
    if look.state is State.CLEAN:
        return _proved(ticket, looks, reason, county, now)
    dirty = replace(ticket, dirty=tuple(dict.fromkeys((*ticket.dirty, look.key))))
    return [replace(rework(dirty, county, now, f"复核仍不干净:{reason}"), looks=(look,))]


def _proved(ticket: Ticket, looks: tuple[Look, ...], reason: str, county: County, now: datetime) -> list[Decision]:
    """Close what the camera saw clean, also what people told of it; what it cannot prove, a person decides."""
    here = {key for look in looks if look.kind in OF_CAMERAS for key in (look.key, *look.told)}
    left = tuple(key for key in ticket.dirty if key not in here)
    if left:
        words = f"镜头看到干净({reason}),但同一地点还有它不能证明已消除的问题"
        return [replace(ask_person(replace(ticket, dirty=left), county, now, words), looks=looks)]
    end = closed(replace(ticket, dirty=()), Change(now, f"复核干净,结案:{reason}"), status=Status.CLOSED)
    return [replace(end[0], looks=looks), *end[1:]]


def verify_ok(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    change = doing.because(f"{doing.actor.name}现场核查通过{doing.said}")
    end = closed(ticket, change, status=Status.CLOSED)
    return [replace(end[0], photos=doing.photos), *end[1:]]


def verify_bad(ticket: Ticket, doing: Doing, county: County) -> list[Decision]:
    reason = doing.reason("请写明还有什么没有处理")
    again = rework(ticket, county, doing.now, f"{doing.actor.name}核查不通过:{reason}")
    return [replace(again, photos=doing.photos)]
