"""The history replayed: where a ticket must stand after its rows, and whether the rows hang together. Pure.

The ticket's own row in the book is only the newest state; its history is the truth that people are shown. The auditor
compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alerts.values import Ticket


@dataclass(frozen=True, slots=True)
class Standing:
    """What history knows of a ticket: state and stage in words, who must act and on which rung, severity, the limit."""

    state: str
    stage: str
    person: str
    level: str
    severity: str
    due_at: datetime | None
    clock: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a history: the state before it, and where the ticket stands after it."""

    before: str
    after: Standing


class BrokenChain(ValueError):
    """A row does not begin where the one before ended: a row was lost, or written twice."""


def replayed(steps: Iterable[Step]) -> Standing | None:
    """Where a ticket stands after these rows, oldest first; None without a row. ``BrokenChain`` names the break."""
    now: Standing | None = None
    for number, step in enumerate(steps, 1):
        expected = now.state if now is not None else ""
        if step.before != expected:
            raise BrokenChain(f"第 {number} 条从“{step.before}”开始,前一条到“{expected}”为止")
        now = step.after
    return now


def standing_of(ticket: Ticket) -> Standing:
    """Where the ticket itself says that it stands."""
    clock = ticket.due_clock.value if ticket.due_clock is not None else None
    return Standing(
        ticket.status.words, ticket.stage.value, ticket.person.name, ticket.level.value, ticket.severity,
        ticket.due_at, clock,
    )  # fmt: skip
