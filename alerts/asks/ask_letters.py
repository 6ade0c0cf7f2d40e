"""What is written to whoever must decide an ask, and back to whoever asked. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from alerts.asks.asks import Ask, AskState
from alerts.asks.side_moves import what
from alerts.tickets.moves import identity
from alerts.values import Notice, Purpose, Ticket, Who
from county.policy import Move
from county.snapshot import County

_BECAME = {AskState.GRANTED: "已同意", AskState.REFUSED: "未同意", AskState.ANSWERED: "已回复"}


def asked(ask: Ask, ticket: Ticket, county: County) -> tuple[Notice, ...]:
    """To the decider: who wants what and why, and until when to answer."""
    due = f"{ask.due_at.astimezone(ZoneInfo(county.calendar.zone)):%m月%d日 %H:%M}"
    if ask.move is Move.SUPERVISE:
        words = f"{ask.by.name}督办:{ask.reason}。请于{due}前书面回复办理情况"
    else:
        words = f"{ask.by.name}申请{what(ask, county)}:{ask.reason}。请于{due}前批复"
    purpose = Purpose.SUPERVISE if ask.move is Move.SUPERVISE else Purpose.ASKED
    return _letters(ask, ticket, ask.decider, (purpose, words), county)


def answered(ask: Ask, ticket: Ticket, county: County) -> tuple[Notice, ...]:
    """To whoever asked: what became of it."""
    by = ask.decided_by.name if ask.decided_by else "系统"
    said = f":{ask.words}" if ask.words else ""
    state = _BECAME.get(ask.state, "已失效")
    subject = "督办" if ask.move is Move.SUPERVISE else f"{what(ask, county)}的申请"
    return _letters(ask, ticket, ask.by, (Purpose.ANSWERED, f"{subject}{state}({by}){said}"), county)


def _letters(
    ask: Ask, ticket: Ticket, to: Who, said: tuple[Purpose, str], county: County
) -> tuple[Notice, ...]:  # fmt: skip
    purpose, words = said
    scene = ticket.scene
    text = f"【净村】{scene.place_name} {scene.spot_name} 工单{ticket.number}:{words}。"
    return tuple(
        Notice(
            identity("ask", ask.id, ask.state, ask.round, to.id, channel), ticket.id, to.level, ask.round, to, channel,
            purpose, text, ask.id,
        )
        for channel in county.routes(to.level, to.id)
    )  # fmt: skip
