"""The tickets (or alarms) behind a figure of the wall: what it counts, as a list whose length is the figure.

``Behind(book).of(Asked(...), now)`` reads by the conditions of ``counting``, by which ``figures`` counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from alerts.store import counting
from alerts.store.book import Book
from alerts.store.counting import Condition
from alerts.store.figures import Figures
from alerts.store.lines import Line, line_of, lines
from alerts.store.tables import ALARMS, TICKETS
from ingest.store import moment_of


class Figure(StrEnum):
    """A figure that can be opened. ``LATE`` is the part of ``DEALT`` that did not end in time."""

    TODAY = "today"
    WAITING = "waiting"
    HANDLING = "handling"
    CHECKING = "checking"
    CLOSED_TODAY = "closed_today"
    OVERDUE = "overdue"
    SILENT = "silent"
    DEALT = "dealt"
    LATE = "late"
    EVENTS = "events"
    ALARMS = "alarms"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    HANDLED = "handled"
    CLOSED = "closed"
    RANK_OPEN = "rank_open"
    RANK_ENDED = "rank_ended"
    RANK_OVERDUE = "rank_overdue"
    OPEN = "open"
    RUNG = "rung"
    HOUR_OPENED = "hour_opened"
    HOUR_CLOSED = "hour_closed"
    UPKEEP = "upkeep"
    UPKEEP_OVERDUE = "upkeep_overdue"


OF_ALARMS = frozenset({Figure.EVENTS, Figure.ALARMS})
OF_DEVICES = frozenset({Figure.UPKEEP, Figure.UPKEEP_OVERDUE})
_BY_CLOSING = frozenset({
    Figure.CLOSED_TODAY, Figure.DEALT, Figure.LATE, Figure.CLOSED, Figure.RANK_ENDED, Figure.HOUR_CLOSED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figure: of which place (6, 9 or 12 digits, "": the county), alarm kinds, hours, severity or rung.

    What a figure does not depend on is passed over, but the place counts for every one.
    """

    figure: Figure
    scope: str = ""
    kinds: tuple[str, ...] = ()
    hour: datetime | None = None
    hours: int = 1
    severity: str = ""
    rung: str = ""
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a ticket, for a figure of alarms with the alarm's own kind, first moment and number of looks."""

    line: Line
    in_time: bool | None
    closed_at: datetime | None
    kind: str = ""
    first_at: datetime | None = None
    looks: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """``total`` is the figure; ``rows`` how many entries there are in all (a figure of looks has more than rows)."""

    total: int
    rows: int
    entries: tuple[Entry, ...]


class Behind:
    """Reads what stands behind the figures of one county's book."""

    def __init__(self, book: Book) -> None:
        """Read through the book's own connections."""
        self._book = book
        self._figures = Figures(book)

    def of(self, asked: Asked, now: datetime) -> Listed:
        """The list behind a figure as it would be counted at ``now``."""
        return self._alarms(asked, now) if asked.figure in OF_ALARMS else self._tickets(asked, now)

    def _tickets(self, asked: Asked, now: datetime) -> Listed:
        apart = counting.of_devices(TICKETS)
        about = apart if asked.figure in OF_DEVICES else ~apart
        mine = (TICKETS.c.county == self._book.county) & about & counting.within(asked.scope)
        where = mine & self._condition(asked, now)
        query = lines(TICKETS.c.in_time).where(where).order_by(*_order(asked.figure))
        with self._book.store.read() as conn:
            total = int(conn.execute(sa.select(sa.func.count()).select_from(TICKETS).where(where)).scalar_one())
            rows = conn.execute(query.limit(asked.limit).offset(asked.offset)).all() if asked.limit else ()
        return Listed(total, total, tuple(_entry(row) for row in rows))

    def _alarms(self, asked: Asked, now: datetime) -> Listed:
        where = counting.alarms_since(self._book.county, now - counting.MONTH)
        if asked.kinds:
            where &= ALARMS.c.kind.in_(asked.kinds)
        joined = sa.join(ALARMS, TICKETS, TICKETS.c.id == ALARMS.c.ticket)
        placed = where & counting.within(asked.scope)
        counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(ALARMS.c.merged), 0)).select_from(joined)
        query = (
            lines(TICKETS.c.in_time, ALARMS.c.kind, ALARMS.c.first_us, ALARMS.c.merged)
            .select_from(joined).where(placed)
            .order_by(ALARMS.c.first_us.desc(), ALARMS.c.id)
        )  # fmt: skip
        with self._book.store.read() as conn:
            count, looks = conn.execute(counted.where(placed)).one()
            rows = conn.execute(query.limit(asked.limit).offset(asked.offset)).all() if asked.limit else ()
        total = int(looks) if asked.figure is Figure.EVENTS else int(count)
        return Listed(total, int(count), tuple(_alarm_entry(row) for row in rows))

    def _condition(self, asked: Asked, now: datetime) -> Condition:
        cards = counting.cards(self._figures.midnight(now), now)
        named: Mapping[str, Condition] = {
            **cards,
            **counting.steps(now - counting.MONTH),
            **{f"rank_{name}": one for name, one in counting.ranked(now - counting.MONTH).items()},
            Figure.LATE: cards["dealt"] & ~sa.func.coalesce(TICKETS.c.in_time, sa.false()),
            Figure.OPEN: TICKETS.c.is_open,
            Figure.RUNG: counting.rung(asked.rung),
            Figure.HOUR_OPENED: _hour(TICKETS.c.opened_us, asked, now),
            Figure.HOUR_CLOSED: _hour(TICKETS.c.closed_us, asked, now),
            Figure.UPKEEP: TICKETS.c.is_open,
            Figure.UPKEEP_OVERDUE: TICKETS.c.is_open & TICKETS.c.overdue,
        }
        return named[asked.figure.value]


def _hour(column: sa.Column[int], asked: Asked, now: datetime) -> Condition:
    condition = counting.in_hours(column, asked.hour or now, asked.hours)
    return condition & (TICKETS.c.severity == asked.severity) if asked.severity else condition


def _order(figure: Figure) -> tuple[sa.ColumnElement[Any], ...]:
    t = TICKETS.c
    if figure in _BY_CLOSING:
        return t.closed_us.desc(), t.id
    if figure in {Figure.OVERDUE, Figure.WAITING, Figure.UPKEEP_OVERDUE}:
        return sa.func.coalesce(t.due_us, t.opened_us), t.id  # the one that waits longest first
    return t.opened_us.desc(), t.id


def _entry(row: sa.Row[Any]) -> Entry:
    line = line_of(row)
    return Entry(line, row.in_time, line.closed_at)


def _alarm_entry(row: sa.Row[Any]) -> Entry:
    line = line_of(row)
    return Entry(line, row.in_time, line.closed_at, row.kind, moment_of(row.first_us), int(row.merged))
