"""The JSON of what stands beside a ticket: its seven stages, and what was asked for it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from alerts.asks.asks import Ask
from alerts.asks.side_moves import described
from alerts.tickets.stages import StageTime


class StageShown(BaseModel):
    """One of the seven stages: when it began and ended, its limit as a time and in words, how long, how often, late.

    ``spent_s`` is in seconds, without time on hold; ``began`` is null where it was not reached.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    began: datetime | None
    ended: datetime | None
    due_at: datetime | None
    limit: str
    spent_s: float
    times: int
    late: bool


class AskShown(BaseModel):
    """What somebody asked for, or ordered (督办): by whom, what, why, who must answer until when, how it stands."""

    model_config = ConfigDict(frozen=True)

    id: str
    move: str
    move_name: str
    what: str
    by: str
    at: datetime
    reason: str
    decider: str
    level: str
    due_at: datetime
    overdue: bool
    state: str
    state_name: str
    decided_by: str | None
    decided_at: datetime | None
    words: str


def stage(told: StageTime) -> StageShown:
    """A stage as JSON."""
    return StageShown(
        name=told.stage.value, began=told.began, ended=told.ended, due_at=told.due_at, limit=told.limit,
        spent_s=told.spent.total_seconds(), times=told.times, late=told.late,
    )  # fmt: skip


def ask(told: Ask, zone: ZoneInfo) -> AskShown:
    """An ask as JSON; times within its words are those of the county's clock."""
    return AskShown(
        id=str(told.id), move=told.move.value, move_name=told.move.words, what=described(told, zone), by=told.by.name,
        at=told.at, reason=told.reason, decider=told.decider.name, level=told.level.value, due_at=told.due_at,
        overdue=told.overdue, state=told.state.value, state_name=told.state.words,
        decided_by=told.decided_by.name if told.decided_by else None, decided_at=told.decided_at, words=told.words,
    )  # fmt: skip
