"""A person ends an alarm by their word (人工清除): with a reason, and never the one who had to deal with it. Pure.

What still holds is not silenced: the next message that meets the rule begins a new alarm.
"""

from __future__ import annotations

from dataclasses import replace

from alerts.alarms.grading import Grading, regraded
from alerts.tickets.doing import Doing, Refused
from alerts.tickets.entitled import NotEntitled
from alerts.tickets.moves import Change, category, closed, noted, rank
from alerts.values import Alarm, Decision, Status, Ticket
from broker.messages import State
from county.snapshot import County

OWN = "谁负责、谁处理,谁不能清除自己的告警"


def cleared(ticket: Ticket, alarm: Alarm, doing: Doing, grading: Grading, county: County) -> list[Decision]:
    """End one alarm of a ticket; a ticket that nobody took up ends with its last.

    ``Refused`` without a reason, or where the alarm no longer holds; ``NotEntitled`` for the lowest rung and for who
    deals with it.
    """
    reason = doing.reason("请写明为什么人工清除这条告警")
    _may(ticket, alarm, doing, county)
    name = category(county, alarm.kind)[0]
    left = tuple(key for key in ticket.dirty if key != alarm.key)
    at_work = ticket.handler is not None or ticket.status not in (Status.DISPATCHED, Status.TO_CONFIRM)
    waits = ",等待处理人提交或复核" if at_work and not left else ""
    words = f"{doing.actor.name}人工清除告警“{name}”:{reason}{waits}"
    ended = replace(alarm, state=State.CLEAN, is_open=False, last_at=max(alarm.last_at, doing.now),
                    version=alarm.version + 1)  # fmt: skip
    ready = replace(ticket, dirty=left, shown=replace(ticket.shown, cleared=True))
    note = replace(noted(ready, doing.because(words)), alarm=ended)
    assert note.ticket is not None
    if left:
        return [note, *regraded(note.ticket, grading, county, Change(doing.now, f"{name}已清除"))]
    if at_work:
        return [note]
    return [note, *closed(note.ticket, doing.because("告警已人工清除,没有其他问题"), status=Status.CLOSED_UNAIDED)]


def _may(ticket: Ticket, alarm: Alarm, doing: Doing, county: County) -> None:
    if not ticket.is_open or not alarm.is_open or alarm.ticket != ticket.id or alarm.key not in ticket.dirty:
        raise Refused("这条告警已经不在了")
    if rank(doing.actor.level) <= rank(county.policy.ladder[0]):
        raise NotEntitled("人工清除告警要由上一级决定")
    mine = {ticket.person.id, *({ticket.handler.id} if ticket.handler is not None else ())}
    if doing.actor.id in mine:
        raise NotEntitled(OWN)
