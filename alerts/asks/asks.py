"""What somebody asks for and somebody else decides: the nouns. Frozen; nothing here reads a clock.

A supervision (督办) is an ask too: its asker is who supervises, and what it waits for is the written reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from alerts.asks.fairness import Entry
from alerts.values import Decision, Ticket, Who
from county.policy import Move
from county.values import Level

MOST_TRIES = 10  # asks of one kind for one ticket, refused ones too: who asks on and on is not heard


class AskState(StrEnum):
    """How an ask stands; ``words`` is what people read."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    LAPSED = "lapsed"
    ANSWERED = "answered"  # of a supervision: the reply is there

    @property
    def words(self) -> str:
        """The Chinese name."""
        return _STATE_WORDS[self]


_STATE_WORDS = {
    AskState.WAITING: "待批", AskState.GRANTED: "同意", AskState.REFUSED: "不同意", AskState.LAPSED: "已失效",
    AskState.ANSWERED: "已回复",
}  # fmt: skip


class Finding(StrEnum):
    """What an appeal is against."""

    CASE = "case"
    REWORK = "rework"
    OVERDUE = "overdue"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return {"case": "立案", "rework": "返工", "overdue": "超期"}[self]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What exactly is asked for; which fields count depends on the move.

    ``until`` is the new limit or the end of the hold, ``to`` who shall get the ticket, ``against`` the id of the person
    whose finding is appealed against, ``in_time`` whether the limit still ran when it was asked.
    """

    until: datetime | None = None
    to: Who | None = None
    finding: Finding | None = None
    against: str = ""
    in_time: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """One ask. ``level`` must decide (it rises when nobody answers), ``decider`` is who was told so last.

    ``due_at`` is the ask's own limit, ``round`` rises with each letter about it, ``overdue`` says that a limit ran out.
    """

    id: UUID
    ticket: UUID
    move: Move
    by: Who
    at: datetime
    reason: str
    wanted: Wanted
    level: Level
    decider: Who
    due_at: datetime
    state: AskState = AskState.WAITING
    round: int = 1
    overdue: bool = False
    decided_by: Who | None = None
    decided_at: datetime | None = None
    words: str = ""

    @property
    def waits(self) -> bool:
        """Whether somebody still has to answer."""
        return self.state is AskState.WAITING


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket with all that was ever asked for it; ``reworked_by`` is who sent it back last (id, "" for a machine)."""

    ticket: Ticket
    asks: tuple[Ask, ...] = ()
    reworked_by: str = ""

    def waiting(self, move: Move) -> Ask | None:
        """The one ask for a move that is not decided yet."""
        return next((ask for ask in self.asks if ask.move is move and ask.waits), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What shall be written together: decisions about the ticket, asks in their new state, lines of the log."""

    decisions: tuple[Decision, ...] = ()
    asks: tuple[Ask, ...] = ()
    entries: tuple[Entry, ...] = ()
