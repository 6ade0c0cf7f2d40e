"""What happened, told to who looks on: one line for a message, one for each decision about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.values import Decision, Word
from broker.messages import Answer, Event, Message, Reading, State
from ingest.inbox import Row

_STATES = {State.CLEAN: "干净", State.DIRTY: "脏", State.UNKNOWN: "未知"}
_NEWS = {Word.OPENED, Word.ATTACHED, Word.MOVED}


def lines(row: Row, decisions: Sequence[Decision], now: datetime) -> list[str]:
    """The lines of one message; none for a reading or answer that changed nothing, nor for what only brings a picture.

    ``now`` is aware local time.
    """
    message = row.message()
    if isinstance(message, Event) and message.tells_again:
        return []  # the same once more, with its picture
    news = [one for one in decisions if one.word in _NEWS]
    if not news and not isinstance(message, Event):
        return []
    delay = (now - row.at).total_seconds()
    told = [f"{now:%H:%M:%S}  {row.device} 说  {_said(message)}（{delay:.1f} 秒前）"]
    told += [f"          判断  {_number(one)}{one.reason}" for one in news]
    if not news:
        told += [f"          判断  {one.reason}，不动工单" for one in decisions[:1]]
    return told


def _said(message: Message) -> str:
    match message:
        case Event():
            return f"{message.spot} {_STATES[message.state]}：{message.reason}"
        case Reading():
            return f"{message.spot} 满溢度 {message.fill_percent:.0f}%" if message.fill_percent is not None else ""
        case Answer():
            return f"命令 {message.outcome}：{message.reason}"
    return message.kind


def _number(decision: Decision) -> str:
    ticket = decision.ticket
    return f"{ticket.number} {ticket.scene.place_name}  " if ticket and ticket.number else ""
