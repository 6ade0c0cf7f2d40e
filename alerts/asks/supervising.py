"""督办: somebody above wants a written reply by a deadline; without one it climbs, and is shown until it came. Pure.

It ends with the reply or with the ticket, never by time. Overdue tickets and key cases are supervised by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts.asks.ask_letters import answered, asked
from alerts.asks.asks import Ask, AskState, Case, Outcome, Wanted
from alerts.tickets.doing import Doing, Refused
from alerts.tickets.entitled import NotEntitled, levels_over, must_not_only_help, people_over
from alerts.tickets.moves import SYSTEM, Change, identity, noted, rank
from alerts.values import Status, Ticket, Who
from county.policy import Move
from county.snapshot import County
from county.values import Level


def ordered(case: Case, doing: Doing, reason: str, county: County) -> Outcome:
    """Supervise a ticket: whoever has it owes a reply."""
    return _begun(case, doing.actor, Change(doing.now, reason, doing.actor.name), county)


def by_itself(case: Case, county: County, now: datetime) -> Outcome:
    """Supervise what has been overdue up to the policy's level, and key cases; once a ticket, in a superior's name."""
    ticket, policy = case.ticket, county.policy.supervision
    if not ticket.is_open or any(ask.move is Move.SUPERVISE for ask in case.asks):
        return Outcome()
    why, level = _reason(ticket, county), policy.by
    if not why:
        return Outcome()
    if isinstance(policy.overdue_at, Level) and ticket.overdue:
        level = max(policy.overdue_at, ticket.level, key=rank)
    chief = _chief(ticket, level, county, now)
    return _begun(case, chief, Change(now, why, SYSTEM), county) if chief is not None else Outcome()


def overdue_levels(county: County) -> tuple[Level, ...]:
    """Where an overdue ticket must have climbed to, to be supervised by itself; none where policy never does."""
    least = county.policy.supervision.overdue_at
    return tuple(level for level in Level if rank(level) >= rank(least)) if isinstance(least, Level) else ()


def reply(case: Case, ask: Ask, doing: Doing, county: County) -> Outcome:
    """The written reply of whoever owes it, or of somebody between them and the supervisor."""
    who, now = doing.actor, doing.now
    must_not_only_help(county, "reply", who)
    if ask.move is not Move.SUPERVISE:
        raise Refused(f"{ask.move.words}申请要批同意或不同意,不是回复")
    if who.id == ask.by.id:
        raise NotEntitled("督办由被督办的人回复,督办人自己不能回复")
    if not _owes(case.ticket, ask, who, county, now):
        raise NotEntitled("您不负责这张工单,不能回复督办")
    if not ask.waits:
        raise Refused(f"这件督办{ask.state.words},不用再回复")
    words = doing.reason("请写明办理情况")
    done = replace(ask, state=AskState.ANSWERED, decided_by=who, decided_at=now, words=words)
    row = noted(case.ticket, Change(now, f"{who.name}回复{ask.by.name}的督办:{words}", who.name))
    return Outcome((replace(row, notices=answered(done, case.ticket, county), photos=doing.photos),), (done,))


def may_reply(ticket: Ticket, ask: Ask, who: Who, county: County, now: datetime) -> bool:
    """Whether a supervision waits for this person's reply."""
    return ask.waits and who.id != ask.by.id and _owes(ticket, ask, who, county, now)


def pass_time(case: Case, ask: Ask, county: County, now: datetime) -> Outcome:
    """Without a reply in time it climbs one rung; at the top it is asked for again and again."""
    ticket = case.ticket
    if not ticket.is_open:
        ended = replace(ask, state=AskState.LAPSED, decided_at=now, words=f"工单{ticket.status.words}")
        return Outcome(asks=(ended,))
    if ask.due_at > now:
        return Outcome()
    higher = [level for level in county.policy.ladder if rank(level) > rank(ask.level)]
    next_one = _first(ticket, higher, {ask.by.id, ask.decider.id}, county, now)
    decider = next_one or ask.decider
    again = replace(ask, level=decider.level, decider=decider, round=ask.round + 1, overdue=True,
                    due_at=county.policy.supervision.reply.due(now, county.calendar))  # fmt: skip
    climbs = f",上报{county.policy.levels.rung(decider.level)}{decider.name}" if next_one else ",再次催办"
    row = noted(ticket, Change(now, f"{ask.decider.name}未按时书面回复督办{climbs}"))
    return Outcome((replace(row, notices=asked(again, ticket, county)),), (again,))


def _begun(case: Case, chief: Who, change: Change, county: County) -> Outcome:
    ticket = case.ticket
    owes, until = ticket.person, county.policy.supervision.reply.due(change.now, county.calendar)
    ask = Ask(
        identity("ask", ticket.id, Move.SUPERVISE, len(case.asks), ticket.version), ticket.id, Move.SUPERVISE, chief,
        change.now, change.why, Wanted(), owes.level, owes, until,
    )  # fmt: skip
    row = noted(ticket, replace(change, why=f"{chief.name}督办:{change.why},请{owes.name}书面回复"))
    return Outcome((replace(row, notices=asked(ask, ticket, county)),), (ask,))


def _reason(ticket: Ticket, county: County) -> str:
    policy = county.policy.supervision
    if ticket.status in (Status.ON_HOLD, Status.TO_CONFIRM):
        return ""
    if ticket.overdue and ticket.level in overdue_levels(county):
        return "超期未办结,自动督办"
    if ticket.severity in policy.severities or any(kind in policy.categories for kind in ticket.kinds):
        return "重点案件,自动督办"
    return ""


def _chief(ticket: Ticket, level: Level, county: County, now: datetime) -> Who | None:
    """In whose name: the first on this level or above who does not have the ticket."""
    rungs = [one for one in county.policy.ladder if rank(one) >= rank(level)]
    return _first(ticket, rungs, {ticket.person.id}, county, now)


def _first(ticket: Ticket, levels: Sequence[Level], barred: set[str], county: County, now: datetime) -> Who | None:
    return next((one for one in people_over(county, ticket, levels, now) if one.id not in barred), None)


def _owes(ticket: Ticket, ask: Ask, who: Who, county: County, now: datetime) -> bool:
    return who.id in (ask.decider.id, ticket.person.id) or bool(levels_over(county, who.id, ticket, now))
