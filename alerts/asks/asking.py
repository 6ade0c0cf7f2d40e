"""Asking for a side move, deciding it, and what happens when nobody decides. Pure.

An ask that waits changes nothing about the ticket: its clock runs on. Silence never grants: an ask climbs when its own
time is over, and at the top it lapses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts.asks import fairness, supervising
from alerts.asks.ask_letters import answered, asked
from alerts.asks.asks import Ask, AskState, Case, Finding, Outcome
from alerts.asks.deciders import (
    HOLDER_ONLY,
    decider,
    hindered,
    impossible,
    must_be_decider,
    next_decider,
    right_of,
)
from alerts.asks.fairness import Deed, Entry
from alerts.asks.side_moves import Granted, carried_out, possible, what
from alerts.asks.wanting import wanted_by
from alerts.tickets.doing import Doing, Refused
from alerts.tickets.entitled import NotEntitled, must_not_only_help
from alerts.tickets.moves import Change, identity, noted, plain
from alerts.values import Decision, Ticket, Who
from county.policy import Move
from county.policy.rights import AT_ONCE
from county.snapshot import County

_DEEDS = {Move.EXTEND: Deed.EXTENDED, Move.APPEAL: Deed.CORRECTED}


def offered(case: Case, who: Who, county: County, now: datetime) -> tuple[Move, ...]:
    """The moves that somebody may make or ask for now, in the order of the policy's list."""
    return tuple(move for move in Move if hindered(case, move, who, county, now) is None)


def put(case: Case, move: Move, doing: Doing, county: County) -> Outcome:
    """Ask for a move, or make it where nobody needs to decide. ``Refused`` (``NotEntitled``) says why not."""
    ticket, who, now = case.ticket, doing.actor, doing.now
    must_not_only_help(county, move.value, who)
    refusal = hindered(case, move, who, county, now)
    right = right_of(ticket, move, who, county, now)
    if refusal is not None or right is None:
        raise refusal or impossible(ticket, move)
    reason = doing.reason(f"请写明{move.words}的原因")
    wanted = wanted_by(case, move, doing, right, county)
    if not possible(ticket, move, wanted.finding):
        raise impossible(ticket, move, wanted.finding)
    if move is Move.SUPERVISE:
        return supervising.ordered(case, doing, reason, county)
    other = decider(ticket, who, right, wanted.against, (county, now))
    if other is None and (right.decided_by != AT_ONCE or move is Move.RETURN):
        raise Refused(f"没有第二个人可以批准{move.words},请联系县级值班室")
    ask = Ask(
        identity("ask", ticket.id, move, len(case.asks), ticket.version), ticket.id, move, who, now, reason, wanted,
        (other or who).level, other or who, right.within.due(now, county.calendar),
    )  # fmt: skip
    if right.decided_by == AT_ONCE:
        return _made(ticket, Granted(ask, who, now), doing, county)
    change = Change(now, f"{who.name}申请{what(ask, county)}:{reason},请{ask.decider.name}批准", who.name)
    row = replace(noted(ticket, change), notices=asked(ask, ticket, county), photos=doing.photos)
    return Outcome((row,), (ask,))


def decide(case: Case, ask: Ask, grant: bool, doing: Doing, county: County) -> Outcome:
    """Grant or refuse what somebody asked for. A refusal needs words; a second decision is refused."""
    who, now = doing.actor, doing.now
    must_not_only_help(county, "decide", who)
    if ask.move is Move.SUPERVISE:
        raise Refused("督办要书面回复,不用批")
    must_be_decider(case.ticket, ask, who, county, now)
    if not ask.waits:
        by = ask.decided_by.name if ask.decided_by else "系统"
        raise Refused(f"这件{ask.move.words}申请{ask.state.words}({by}),不能再批")
    if not grant:
        return _refused(case.ticket, ask, doing, county)
    if _outlived(case.ticket, ask):
        raise impossible(case.ticket, ask.move, ask.wanted.finding)
    return _made(case.ticket, Granted(ask, who, now, plain(doing.data.words)), doing, county)


def may_decide(case: Case, ask: Ask, who: Who, county: County, now: datetime) -> bool:
    """Whether somebody may grant or refuse an ask that waits."""
    try:
        must_be_decider(case.ticket, ask, who, county, now)
    except Refused:
        return False
    return ask.waits and ask.move is not Move.SUPERVISE


def withdraw(case: Case, ask: Ask, doing: Doing, county: County) -> Outcome:
    """Take back what one asked for, or a supervision that one ordered; with a reason, which the level above reads."""
    who, now, ticket = doing.actor, doing.now, case.ticket
    if who.id != ask.by.id:
        raise NotEntitled(f"这件{ask.move.words}是{ask.by.name}提的,只能由本人撤回")
    if not ask.waits:
        raise Refused(f"这件{ask.move.words}{ask.state.words},不能撤回")
    reason = doing.reason("请写明撤回的原因")
    done = replace(ask, state=AskState.LAPSED, decided_at=now, words=f"{who.name}撤回:{reason}")
    row = noted(ticket, Change(now, f"{who.name}撤回{what(ask, county)}:{reason}", who.name))
    entry = fairness.about(ticket, Deed.WITHDRAWN, who, (reason, what(ask, county)), now)
    return Outcome((row,), (done,), (entry,))


def pass_time(case: Case, ask: Ask, county: County, now: datetime) -> Outcome:
    """What the passing of time does to an ask that waits: it climbs, or lapses; nothing before its time."""
    if not ask.waits:
        return Outcome()
    if ask.move is Move.SUPERVISE:
        return supervising.pass_time(case, ask, county, now)
    gone = _outlived(case.ticket, ask)
    if gone:
        return _lapsed(case.ticket, ask, Change(now, gone), county)
    return _climbed(case.ticket, ask, county, now) if ask.due_at <= now else Outcome()


def _climbed(ticket: Ticket, ask: Ask, county: County, now: datetime) -> Outcome:
    right = county.policy.right(ask.move, ask.by.level)
    higher = next_decider(ticket, ask, (county, now))
    if higher is None or right is None:
        return _lapsed(ticket, ask, Change(now, "到最高一级仍没有批复,按未获批准处理"), county)
    risen = replace(ask, level=higher.level, decider=higher, round=ask.round + 1, overdue=True,
                    due_at=right.within.due(now, county.calendar))  # fmt: skip
    rung = county.policy.levels.rung(higher.level)
    words = f"{ask.decider.name}未按时批复{ask.by.name}的{ask.move.words}申请,上报{rung}{higher.name}"
    return Outcome((replace(noted(ticket, Change(now, words)), notices=asked(risen, ticket, county)),), (risen,))


def _made(ticket: Ticket, granted: Granted, doing: Doing, county: County) -> Outcome:
    """Carry a move out; whoever asked is told, unless they did it themselves."""
    ask, who = granted.ask, granted.who
    alone = who.id == ask.by.id
    done = replace(ask, state=AskState.GRANTED, decided_by=None if alone else who, decided_at=granted.now,
                   words=granted.words)  # fmt: skip
    decisions = carried_out(ticket, granted, county)
    last = decisions[-1]
    told = () if alone else answered(done, last.ticket or ticket, county)
    first = replace(decisions[0], photos=(*decisions[0].photos, *doing.photos))
    decisions = [first, *decisions[1:]]
    decisions[-1] = replace(decisions[-1], notices=(*last.notices, *told))
    return Outcome(tuple(decisions), (done,), tuple(_entries(ticket, decisions, granted, county)))


def _entries(ticket: Ticket, decisions: Sequence[Decision], granted: Granted, county: County) -> list[Entry]:
    """What of it must stand in the fairness log."""
    found = fairness.of_decisions(ticket, decisions, granted.who, granted.now)
    deed = _DEEDS.get(granted.ask.move)
    if deed is None or granted.ask.wanted.finding is Finding.CASE:
        return found
    said = (granted.because(county).why, what(granted.ask, county))
    return [*found, fairness.about(ticket, deed, granted.who, said, granted.now)]


def _refused(ticket: Ticket, ask: Ask, doing: Doing, county: County) -> Outcome:
    who, now = doing.actor, doing.now
    words = doing.reason("请写明不同意的原因")
    done = replace(ask, state=AskState.REFUSED, decided_by=who, decided_at=now, words=words)
    row = noted(ticket, Change(now, f"{who.name}不同意{ask.by.name}{what(ask, county)}:{words}", who.name))
    return Outcome((replace(row, notices=answered(done, ticket, county)),), (done,))


def _lapsed(ticket: Ticket, ask: Ask, change: Change, county: County) -> Outcome:
    done = replace(ask, state=AskState.LAPSED, decided_at=change.now, words=change.why)
    if not ticket.is_open:
        return Outcome(asks=(done,))
    row = noted(ticket, replace(change, why=f"{ask.by.name}的{ask.move.words}申请失效:{change.why}"))
    return Outcome((replace(row, notices=answered(done, ticket, county)),), (done,))


def _outlived(ticket: Ticket, ask: Ask) -> str:
    """Why an ask has no sense any more, "" while it has."""
    if not possible(ticket, ask.move, ask.wanted.finding):
        return f"工单{ticket.status.words}"
    if ask.move in HOLDER_ONLY and ticket.person.id != ask.by.id:
        return f"工单已由{ticket.person.name}负责"
    return ""
