"""The auditor: proves that an open ticket has a person and a next step, and that every step of the past ran. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from alerts.tickets.moves import DESK
from alerts.values import Ticket

PROOF = timedelta(days=1)  # how far back a program that starts proves the steps of the one before
SWEEP_LATE = timedelta(minutes=5)  # a moment this long past means that the sweep does not run


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one open ticket, in words, with the cure."""

    ticket: UUID
    number: str
    words: str


@dataclass(frozen=True, slots=True)
class Promise:
    """A limit that a row of the history set, and the row that came next: None where none has come."""

    ticket: UUID
    number: str
    due_at: datetime
    next_at: datetime | None


def kept(promise: Promise, now: datetime) -> Finding | None:
    """Whether something happened when a limit ended; else what did not, or how late it was."""
    late = (promise.next_at or now) - promise.due_at
    if late <= SWEEP_LATE:
        return None
    minutes = int(late.total_seconds() // 60)
    words = f"晚了 {minutes} 分钟才执行" if promise.next_at is not None else f"已过 {minutes} 分钟,一步也没有执行"
    return Finding(promise.ticket, promise.number, f"{promise.due_at:%Y-%m-%d %H:%M} UTC 到期的一步{words}")


def audit(ticket: Ticket, now: datetime, unreached: bool = False) -> list[Finding]:
    """What is wrong with an open ticket; empty when somebody must act and time will move it on."""
    words = []
    if not ticket.person.id or ticket.person.name == DESK:
        words.append("没有登记责任人,由县级值班室代管:请在 duties.csv 里补上")
    if ticket.next_at is None:
        words.append("没有下一步:请检查工单历史")
    elif ticket.next_at < now - SWEEP_LATE:
        late = int((now - ticket.next_at).total_seconds() // 60)
        words.append(f"下一步已过 {late} 分钟没有执行:告警程序可能没有运行")
    if unreached:
        words.append(f"本级通知全部发送失败,{ticket.person.name}可能不知情:请检查通知通道")
    return [Finding(ticket.id, ticket.number, text) for text in words]
