"""The seven stages of a case, each with a timer of its own, told from the rows of its history. Pure.

A stage may be gone through several times (rework); its time is the sum, its limit that of the last time, and it is
late when any of its times ran past the limit that was in force. Time on hold (挂账) is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.store.queries import HistoryLine
from alerts.tickets.moves import SYSTEM
from alerts.values import Clock, Stage, Ticket
from county.policy import Stage as LimitStage
from county.policy.limits import Limit, words_of
from county.snapshot import County

LIMITS: dict[Stage, LimitStage] = {
    Stage.COLLECTED: "triage", Stage.DISPATCHED: "accept", Stage.HANDLING: "handle", Stage.CHECKING: "verify",
    Stage.ASSESSED: "assess",
}  # fmt: skip
_CLOCKS: dict[Stage, tuple[Clock, ...]] = {
    Stage.COLLECTED: (Clock.TRIAGE,), Stage.FILED: (Clock.VERIFY,), Stage.DISPATCHED: (Clock.ACCEPT,),
    # How long the camera is waited for (RECHECK) is nobody's limit: who verifies has the county's.
    Stage.HANDLING: (Clock.HANDLE,), Stage.CHECKING: (Clock.VERIFY,),
}  # fmt: skip
NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class StageTime:
    """One stage of one ticket. ``began`` None: not reached; ``ended`` None: not reached, or it goes on.

    ``due_at`` is the limit of its last time, ``limit`` the county's rule in words (``2工作日``) or "".
    ``spent`` is without time on hold; ``times`` how often it was gone through.
    """

    stage: Stage
    began: datetime | None = None
    ended: datetime | None = None
    due_at: datetime | None = None
    limit: str = ""
    spent: timedelta = NONE
    times: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of time between two rows: what the first of them says held during it."""

    row: HistoryLine
    end: datetime
    by: str  # who ended it, "" while it goes on


def stage_times(rows: Sequence[HistoryLine], ticket: Ticket, county: County, now: datetime) -> tuple[StageTime, ...]:
    """The seven stages in their order. ``rows`` are the whole history, oldest first."""
    pieces = list(_pieces(rows, now if ticket.is_open else None))
    return tuple(_timed(stage, pieces, ticket, county) for stage in Stage)


def _pieces(rows: Sequence[HistoryLine], until: datetime | None) -> Iterator[_Piece]:
    for row, after in pairwise(rows):
        yield _Piece(row, after.at, after.by)
    if rows:
        last = rows[-1]
        yield _Piece(last, max(last.at, until) if until else last.at, "")


def _timed(stage: Stage, pieces: Sequence[_Piece], ticket: Ticket, county: County) -> StageTime:
    mine = [piece for piece in pieces if piece.row.stage == stage]
    if not mine:
        return StageTime(stage)
    starts = [piece for before, piece in zip([None, *pieces], pieces, strict=False)
              if piece.row.stage == stage and (before is None or before.row.stage != stage)]  # fmt: skip
    goes_on = ticket.is_open and pieces[-1].row.stage == stage
    last = mine[-1]
    due_at = _due(last.row) or _by_rule(stage, starts[-1].row, ticket, county)
    return StageTime(
        stage, mine[0].row.at, None if goes_on else last.end, due_at, _words(stage, last.row, ticket, county),
        sum((piece.end - piece.row.at for piece in mine if not _on_hold(piece)), NONE), len(starts),
        any(_is_late(piece, _due(piece.row) or due_at) for piece in mine),
    )  # fmt: skip


def _due(row: HistoryLine) -> datetime | None:
    """The limit that a row carries, unless it is still that of the stage before."""
    return row.due_at if row.clock in _CLOCKS.get(Stage(row.stage), ()) else None


def _on_hold(piece: _Piece) -> bool:
    return piece.row.clock is Clock.HOLD


def _is_late(piece: _Piece, due_at: datetime | None) -> bool:
    """Past the limit; a person who acts in its very moment is in time, the sweep that comes in it finds nobody."""
    if due_at is None or _on_hold(piece):
        return False
    return piece.end > due_at or (piece.end == due_at and piece.by == SYSTEM)


def _by_rule(stage: Stage, row: HistoryLine, ticket: Ticket, county: County) -> datetime | None:
    """The county's limit, for a stage whose clock no row carries."""
    limit = _limit(stage, row, ticket, county)
    return limit.due(row.at, county.calendar) if limit else None


def _words(stage: Stage, row: HistoryLine, ticket: Ticket, county: County) -> str:
    limit = _limit(stage, row, ticket, county)
    return words_of(limit) if limit else ""


def _limit(stage: Stage, row: HistoryLine, ticket: Ticket, county: County) -> Limit | None:
    of = LIMITS.get(stage)
    return county.limit(of, row.level, ticket.what, ticket.scene.zone, ticket.severity) if of else None
