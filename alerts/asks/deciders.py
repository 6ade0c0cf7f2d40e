"""Who may ask for a side move, and who must decide it. Pure.

Nobody decides what they asked for themselves, nor an appeal against their own finding. Where nobody is left above, the
decider is another person of the top level; where there is none, the move cannot be made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.asks.asks import MOST_TRIES, Ask, AskState, Case, Finding
from alerts.asks.side_moves import possible
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled, acting_levels, levels_over, people_over
from alerts.tickets.moves import rank
from alerts.values import Ticket, Who
from county.policy import Move, Right
from county.policy.limits import words_of
from county.snapshot import County
from county.values import Level

HOLDER_ONLY = frozenset({Move.RETURN, Move.EXTEND})  # whoever has the ticket asks, nobody for them
OVER_WORKER = frozenset({Move.REWORK, Move.SUPERVISE})  # only somebody above whoever does the work
OWN_OR_OVER = frozenset({Move.TRANSFER, Move.HOLD, Move.RESUME})


def hindered(case: Case, move: Move, who: Who, county: County, now: datetime) -> Refused | None:
    """Why somebody may not ask for a move now, or None."""
    ticket = case.ticket
    if not ticket.is_open and move is not Move.APPEAL:
        return Refused(f"工单{ticket.status.words},不能再{move.words}")
    right = right_of(case.ticket, move, who, county, now)
    if right is None:
        return NotEntitled(f"{who.name}({county.policy.levels.rung(who.level)})没有{move.words}这张工单的权限")
    findings: tuple[Finding | None, ...] = tuple(Finding) if move is Move.APPEAL else (None,)
    if not any(possible(ticket, move, finding) for finding in findings):
        return impossible(ticket, move)
    if ticket.closed_at is not None and now > right.longest.due(ticket.closed_at, county.calendar):
        return Refused(f"结案已超过{words_of(right.longest)},不能再{move.words}")
    return _too_often(case, move, right)


def _too_often(case: Case, move: Move, right: Right) -> Refused | None:
    waiting = case.waiting(move)
    if waiting is not None:
        return Refused(f"已经有一件{move.words}在等{waiting.decider.name}答复,不能再提")
    mine = [ask for ask in case.asks if ask.move is move]
    made = sum(ask.state in (AskState.GRANTED, AskState.ANSWERED) for ask in mine)
    if made >= right.most or len(mine) >= max(MOST_TRIES, right.most):
        return Refused(f"这张工单最多{move.words}{right.most}次,不能再提")
    return None


def impossible(ticket: Ticket, move: Move, finding: Finding | None = None) -> Refused:
    """Say that a move makes no sense in the state of a ticket."""
    about = f"({finding.words})" if finding else ""
    return Refused(f"工单{ticket.status.words},现在不能{move.words}{about}")


def right_of(ticket: Ticket, move: Move, who: Who, county: County, now: datetime) -> Right | None:
    """By which right somebody may ask: as who has the ticket, or as somebody over its place; None: they may not."""
    levels = acting_levels(county, who, ticket, now)
    if not levels or not _concerned(ticket, move, who, levels[-1]):
        return None
    rights = (county.policy.right(move, level) for level in reversed(levels))
    return next((right for right in rights if right is not None), None)


def _concerned(ticket: Ticket, move: Move, who: Who, level: Level) -> bool:
    """Whether a move is this person's to ask for: of their own ticket, or of one below them."""
    holds = ticket.person.id == who.id
    worker = ticket.person if move is Move.SUPERVISE else ticket.handler or ticket.person
    over_worker = rank(level) > rank(worker.level) and worker.id != who.id
    if move in HOLDER_ONLY:
        return holds
    if move is Move.APPEAL:
        return holds or worker.id == who.id
    if move in OVER_WORKER:
        return over_worker
    return holds or over_worker if move in OWN_OR_OVER else True


def decider(ticket: Ticket, asker: Who, right: Right, against: str, at: tuple[County, datetime]) -> Who | None:
    """Who must decide: on the level of the right, or above where that is no higher than the asker; None: nobody can.

    An appeal is decided above whoever it is ``against`` (id of a person, "" for nobody's finding).
    """
    county, now = at
    lowest = [rank(asker.level) + 1]
    if isinstance(right.decided_by, Level):
        lowest.append(rank(right.decided_by))
    if against:
        lowest += [rank(level) + 1 for level in levels_over(county, against, ticket, now)]
    upward = [level for level in county.policy.ladder if rank(level) >= max(lowest)]
    return _first((*upward, county.policy.ladder[-1]), ticket, {asker.id, against}, at)


def next_decider(ticket: Ticket, ask: Ask, at: tuple[County, datetime]) -> Who | None:
    """Who decides when nobody on the level of an ask has; None at the top."""
    county, _ = at
    upward = [level for level in county.policy.ladder if rank(level) > rank(ask.level)]
    return _first(upward, ticket, {ask.by.id, ask.wanted.against, ask.decider.id}, at)


def must_be_decider(ticket: Ticket, ask: Ask, who: Who, county: County, now: datetime) -> None:
    """Refuse whoever may not decide an ask."""
    if who.id == ask.by.id:
        raise NotEntitled(f"自己提的{ask.move.words}申请不能自己批")
    if who.id == ask.wanted.against:
        raise NotEntitled("申诉针对您作出的认定,由上一级处理")
    levels = levels_over(county, who.id, ticket, now)
    if not levels or rank(levels[-1]) < rank(ask.level):
        rung = county.policy.levels.rung(ask.level)
        raise NotEntitled(f"这件{ask.move.words}申请由{rung}{ask.decider.name}批,您没有权限")


def _first(levels: Sequence[Level], ticket: Ticket, barred: set[str], at: tuple[County, datetime]) -> Who | None:
    county, now = at
    return next((one for one in people_over(county, ticket, levels, now) if one.id not in barred), None)
