"""What each side move does to a ticket, once it is granted or where nobody needs to grant it. Pure.

Whether somebody may is not asked here but in ``asking``; ``possible`` says in which states a move makes sense.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.asks.asks import Ask, Finding
from alerts.tickets import checking
from alerts.tickets.calls import Call, called
from alerts.tickets.copies import ended
from alerts.tickets.entitled import levels_over
from alerts.tickets.moves import Change, due, first_person, moved, noted, plain
from alerts.tickets.posts import gone
from alerts.values import Check, Clock, Decision, Purpose, Stage, Status, Ticket, Who
from county.policy import Move
from county.snapshot import County
from county.values import Level

_WORK = frozenset({Status.ACCEPTED, Status.ON_SITE})
_OPEN = frozenset(status for status in Status if status.is_open)
_BEFORE_CHECK = frozenset({Status.DISPATCHED, *_WORK})
POSSIBLE: dict[Move, frozenset[Status]] = {
    Move.VOID: frozenset({Status.TO_CONFIRM, Status.ON_HOLD, *_BEFORE_CHECK}), Move.RETURN: _BEFORE_CHECK,
    Move.TRANSFER: _BEFORE_CHECK | {Status.ON_HOLD}, Move.EXTEND: _WORK, Move.HOLD: _BEFORE_CHECK,
    Move.RESUME: frozenset({Status.ON_HOLD}), Move.REWORK: frozenset({Status.TO_CHECK}), Move.SUPERVISE: _OPEN,
    Move.APPEAL: frozenset(Status), Move.FORCE_CLOSE: _OPEN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Granted:
    """An ask that is carried out now: ``who`` is the decider, or the asker where nobody needs to decide."""

    ask: Ask
    who: Who
    now: datetime
    words: str = ""

    def because(self, county: County) -> Change:
        """Who did what on whose wish, and why, in one line."""
        ask = self.ask
        alone = self.who.id == ask.by.id
        head = self.who.name if alone else f"{self.who.name}同意{ask.by.name}"
        said = f";{plain(self.words)}" if self.words and not alone else ""
        return Change(self.now, f"{head}{what(ask, county)}:{ask.reason}{said}", self.who.name)


def possible(ticket: Ticket, move: Move, finding: Finding | None = None) -> bool:
    """Whether a move makes sense in the state of a ticket; an appeal, whether there is what it is against."""
    if move is not Move.APPEAL or finding is None:
        return ticket.status in POSSIBLE[move]
    there = {
        Finding.CASE: ticket.status in _BEFORE_CHECK, Finding.REWORK: ticket.reworks > 0,
        Finding.OVERDUE: ticket.overdue or ticket.in_time is False,
    }  # fmt: skip
    return there[finding]


def what(ask: Ask, county: County) -> str:
    """What exactly is asked for, at the county's clock."""
    return described(ask, ZoneInfo(county.calendar.zone))


def described(ask: Ask, zone: ZoneInfo) -> str:
    """The same at any clock: 延期到11月22日 10:00, 转办给何村官, 申诉(返工)."""
    wanted = ask.wanted
    if ask.move is Move.APPEAL and wanted.finding is not None:
        return f"申诉({wanted.finding.words})"
    if wanted.to is not None:
        return f"{ask.move.words}给{wanted.to.name}"
    if wanted.until is not None:
        return f"{ask.move.words}到{wanted.until.astimezone(zone):%m月%d日 %H:%M}"
    return ask.move.words


def carried_out(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    """What a move does to its ticket; the move must be possible, and a supervision does nothing to it."""
    return _EFFECTS[granted.ask.move](ticket, granted, county)


def back(ticket: Ticket, county: County, change: Change) -> Decision:
    """Bring a ticket back from its hold: to be checked where it was seen clean, else to who answers for it now."""
    if not ticket.dirty:
        return checking.start_check(replace(ticket, done_at=change.now), county, change.now)
    who = _still_there(ticket, county, change.now)
    return _sent_to(ticket, who, county, change, given=_by_name(ticket, who, county, change.now))


def _still_there(ticket: Ticket, county: County, now: datetime) -> Who:
    """Its person, or after a long hold whoever has the duty now."""
    person = ticket.person
    if levels_over(county, person.id, ticket, now):
        return person
    ladder = county.policy.ladder
    rungs = ladder[ladder.index(person.level) :] if person.level in ladder else ladder
    return first_person(county, ticket.area, rungs, now) or person


def _by_name(ticket: Ticket, who: Who, county: County, now: datetime) -> str:
    """Whether they have it by name and not by their duty: then its end does not take it from them."""
    by_duty = not gone(replace(ticket, given=""), replace(who, level=_rung(county, who.level)), county, now)
    return "" if by_duty and ticket.given != who.id else who.id


def _sent_to(ticket: Ticket, who: Who, county: County, change: Change, given: str | None = None) -> Decision:
    """Send a ticket to somebody, by name where nothing else is ``given``; they must accept it first."""
    call = Call(Purpose.DISPATCH, Clock.ACCEPT, Status.DISPATCHED)
    rung = _rung(county, who.level)
    fresh: dict[str, Any] = {
        "person": replace(who, level=rung), "given": who.id if given is None else given, "level": rung,
        "stage": Stage.DISPATCHED, "handler": None, "accepted_at": None, "arrived_at": None, "check": Check.NONE,
        "command": None, "tries": 0,
    }  # fmt: skip
    return called(ticket, county, change, call, **fresh)


def _rung(county: County, level: Level) -> Level:
    """A level of the ladder: whoever stands beside it counts as its top."""
    ladder = county.policy.ladder
    return level if level in ladder else ladder[-1]


def _voided(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    return ended(ticket, county, granted.because(county), status=Status.NOT_FILED)


def _forced(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    return ended(ticket, county, granted.because(county), status=Status.FORCED)


def _returned(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    """Whoever takes it back has it now, and may hand it on."""
    taker = granted.who if granted.who.id != granted.ask.by.id else granted.ask.decider
    return [_sent_to(ticket, taker, county, granted.because(county))]


def _transferred(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    to = granted.ask.wanted.to
    assert to is not None
    return [_sent_to(ticket, to, county, granted.because(county))]


def _extended(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    """A later limit. Who asked in time is not late because the answer came late; who asked too late stays so."""
    wanted = granted.ask.wanted
    late = ticket.overdue and not wanted.in_time
    return [noted(ticket, granted.because(county), due_at=wanted.until, next_at=wanted.until, overdue=late,
                  calling=False)]  # fmt: skip


def _held(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    until = granted.ask.wanted.until
    return [moved(ticket, granted.because(county), status=Status.ON_HOLD, due_at=until, due_clock=Clock.HOLD,
                  next_at=until, calling=False, command=None)]  # fmt: skip


def _resumed(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    return [back(ticket, county, granted.because(county))]


def _reworked(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    return [signed(checking.rework(ticket, county, granted.now, granted.because(county).why), granted.who)]


def _appealed(ticket: Ticket, granted: Granted, county: County) -> list[Decision]:
    change = granted.because(county)
    finding = granted.ask.wanted.finding
    if finding is Finding.CASE:
        return ended(ticket, county, change, status=Status.NOT_FILED)
    if finding is Finding.REWORK:
        return _without_rework(ticket, granted, county, change)
    return [noted(ticket, change, **_not_late(ticket, county, granted.now))]


def _without_rework(ticket: Ticket, granted: Granted, county: County, change: Change) -> list[Decision]:
    """The finding no longer counts; what is being done again because of it is looked at by another person instead."""
    row = noted(ticket, change, reworks=max(0, ticket.reworks - 1))
    asker = granted.ask.by.id
    if ticket.status is not Status.ON_SITE or ticket.handler is None or ticket.handler.id != asker:
        return [row]
    assert row.ticket is not None
    ready = replace(row.ticket, done_at=granted.now)
    return [row, checking.ask_person(ready, county, granted.now, "返工申诉成立")]


def _not_late(ticket: Ticket, county: County, now: datetime) -> dict[str, Any]:
    """In time after all; where work goes on past its limit, the limit begins anew."""
    if not ticket.is_open:
        return {"overdue": False, "in_time": True}
    if ticket.status not in _WORK or ticket.due_at is None or ticket.due_at > now:
        return {"overdue": False}
    until = due(county, "handle", ticket, ticket.person.level, now)
    return {"overdue": False, "due_at": until, "next_at": until}


def signed(decision: Decision, who: Who) -> Decision:
    """The same decision, by a person instead of the machine."""
    row = decision.history
    return replace(decision, history=replace(row, by=who.name)) if row is not None else decision


_Effect = Callable[[Ticket, Granted, County], list[Decision]]
_EFFECTS: dict[Move, _Effect] = {
    Move.VOID: _voided, Move.RETURN: _returned, Move.TRANSFER: _transferred, Move.EXTEND: _extended,
    Move.HOLD: _held, Move.RESUME: _resumed, Move.REWORK: _reworked,
    Move.APPEAL: _appealed, Move.FORCE_CLOSE: _forced,
}  # fmt: skip
