"""What a look says about work that was reported done: clean counts, unknown never does, dirty sends it back. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.alarms import crossing
from alerts.shown import Judge
from alerts.tickets import checking, same_hour
from alerts.tickets.copies import ended
from alerts.tickets.moves import Change, noted, proof
from alerts.values import Check, Decision, Known, Look, Status, Ticket
from broker.messages import State
from county.snapshot import County

_WHOLE = float(2**32)


def looked_again(known: Known, look: Look, reason: str, county: County, now: datetime) -> list[Decision]:
    """Judge the answer to a look that the ticket asked for."""
    ticket = known.ticket
    assert ticket is not None
    if look.state is State.UNKNOWN:
        return [checking.check_later(ticket, county, now, f"复核看不清({reason})")]
    if outdated(known, ticket, look):
        return [checking.check_later(ticket, county, now, "复核画面不比已采用的观察新")]
    if look.state is State.CLEAN:
        return _answered_clean(known, look, reason, county, now)
    dirty = replace(ticket, dirty=tuple(dict.fromkeys((*ticket.dirty, look.key))))
    emptied = crossing.contradicts(known.fills, look, ticket.done_at)
    if emptied is not None:
        words = f"复核看到仍满溢({reason}),但{emptied.name}传感器读数 {emptied.percent:.0f}%,两者不一致"
        return [replace(checking.ask_person(dirty, county, now, words, Judge.DEVICES), looks=(look,))]
    back = checking.rework(dirty, county, now, f"复核仍不干净:{reason}", by_camera=True)
    alarm = known.alarm
    if alarm is not None:
        again = replace(alarm, state=State.DIRTY, last_at=max(alarm.last_at, look.at), version=alarm.version + 1)
        was_clean = look.key not in ticket.dirty
        back = replace(back, alarm=replace(again, since_at=look.at, days=0) if was_clean else again)
    return [replace(back, looks=(look,))]


def seen_clean(ticket: Ticket, at: datetime, reason: str, county: County, now: datetime) -> list[Decision]:
    """Count a clean look at a place with nothing dirty left, and end the ticket when enough is shown.

    While a person has to decide, it is only told.
    """
    policy = proof(ticket, county)
    hour = same_hour.is_at_hour(ticket, county, at)
    shown = ticket.shown.seen_clean(at, timedelta(seconds=policy.apart_s), hour)
    ready = replace(ticket, shown=shown)
    if ticket.shown.judge not in {Judge.NONE, Judge.DEVICES}:
        return [noted(ready, Change(now, f"看到干净({reason}),等{ticket.person.name}核查"))]
    if shown.clean >= policy.looks and same_hour.asked_for(ready, county) is None:
        return _enough(ready, reason, county, now)
    counted = f"第{shown.clean}次看到干净({reason}),共需{policy.looks}次"
    words = counted if shown.clean > ticket.shown.clean else f"又看到干净({reason}),离上一次太近,不另计数"
    if ticket.check is Check.PERSON:
        return [noted(ready, Change(now, words))]
    return [checking.wait_for_next(ready, county, now, words)]


def proved_at(ticket: Ticket) -> datetime | None:
    """Up to when what was seen of a ticket's categories at its site is dealt with; None where nothing was proved."""
    if ticket.status is not Status.CLOSED:
        return None
    if ticket.check is Check.PERSON:
        return ticket.closed_at
    seen = ticket.shown.clean_at if ticket.check is Check.CAMERA else None
    return seen or ticket.done_at


def is_sampled(ticket: Ticket, share: float) -> bool:
    """Whether a person checks this ticket beside the camera: always the same answer for one ticket."""
    return int.from_bytes(ticket.id.bytes[-4:], "big") / _WHOLE < share


def _answered_clean(known: Known, look: Look, reason: str, county: County, now: datetime) -> list[Decision]:
    """The camera saw everything at its spot clean, also what people told of it; the rest a person decides."""
    ticket = known.ticket
    assert ticket is not None
    kinds = dict.fromkeys(kind for kind in (look.kind, *ticket.kinds) if kind in checking.OF_CAMERAS)
    looks = tuple(replace(look, kind=kind) for kind in kinds)
    here = {key for one in looks for key in (one.key, *one.told)}
    left = tuple(key for key in ticket.dirty if key not in here)
    newer = {one.kind for one in known.beside if one.order >= look.order}
    ready = replace(ticket, dirty=left, command=None)
    if left:
        ready = replace(ready, shown=ticket.shown.seen_clean(look.at, timedelta(0), hour=False))
        words = f"镜头看到干净({reason}),但同一地点还有它不能证明已消除的问题"
        decisions = [checking.ask_person(ready, county, now, words, Judge.DEVICES)]
    else:
        decisions = seen_clean(ready, look.at, reason, county, now)
    kept = tuple(one for one in looks if one.kind not in newer)
    return [replace(decisions[0], looks=kept), *decisions[1:]]


def outdated(known: Known, ticket: Ticket, look: Look) -> bool:
    """Whether something newer than this answer is known: of its kind, or dirt of another kind of the ticket there."""
    if known.look is not None and look.order <= known.look.order:
        return True
    if ticket.done_at is not None and look.at <= ticket.done_at:
        return True  # taken before the work was reported done
    dirty = (one for one in known.beside if one.state is State.DIRTY and one.kind in ticket.kinds)
    return look.state is State.CLEAN and any(one.order >= look.order for one in dirty)


def _enough(ticket: Ticket, reason: str, county: County, now: datetime) -> list[Decision]:
    """The camera has shown enough; of some tickets a person sees for himself."""
    sampled = ticket.check is Check.CAMERA and is_sampled(ticket, proof(ticket, county).sample)
    if sampled and checking.other_person(ticket, county, now) is not None:
        return [checking.ask_person(ticket, county, now, f"镜头已看到干净({reason}),按规定抽查", Judge.SAMPLE)]
    times = f"{ticket.shown.clean}次" if ticket.shown.clean > 1 else ""
    hour = ",其中一次在发现问题的同一时段" if ticket.shown.hour else ""
    return ended(ticket, county, Change(now, f"复核{times}干净{hour},结案:{reason}"), status=Status.CLOSED)
