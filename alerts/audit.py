"""The auditor: proves that an open ticket has a person and a next step that is not long past. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from alerts.moves import DESK
from alerts.values import Ticket

SWEEP_LATE = timedelta(minutes=5)  # a moment this long past means that the sweep does not run


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one open ticket, in words, with the cure."""

    ticket: UUID
    number: str
    words: str


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
