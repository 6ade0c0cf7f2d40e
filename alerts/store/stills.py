"""What each camera or bin last showed and what is open there: its newest picture, its open tickets, by device id.

The pictures are those of alarms: a box sends none without a reason, so the newest may well be old, and whoever shows it
must say how old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from alerts.store import counting
from alerts.store.book import Book
from alerts.store.queries import Shot
from alerts.store.tables import ALARMS, TICKETS, boxes_of
from county.policy import Severity
from ingest.store import micros, moment_of


@dataclass(frozen=True, slots=True)
class Still:
    """The newest picture of a device, and whether it is a rendered one."""

    shot: Shot
    rendered: bool


@dataclass(frozen=True, slots=True)
class Open:
    """The open tickets of one device or region: how many, and the gravest severity among them."""

    count: int
    worst: Severity


@dataclass(frozen=True, slots=True)
class TicketAt:
    """An open ticket at a device, about dirt there or about the device itself."""

    id: UUID
    number: str
    what: str
    spot: str
    spot_name: str
    severity: Severity
    opened_at: datetime


class Stills:
    """Reads pictures and open tickets of one county's book, by place."""

    def __init__(self, book: Book) -> None:
        """Read through the book's own connections."""
        self._book = book

    def newest(self, since: datetime, device: str = "") -> Mapping[str, Still]:
        """The newest picture since a moment of each device that has one, or of one device."""
        a = ALARMS.c
        mine = (a.county == self._book.county) & a.picture.is_not(None) & (a.last_us >= micros(since))
        mine = mine & (a.place == device) if device else mine
        last = sa.select(a.place, sa.func.max(a.last_us).label("last_us")).where(mine).group_by(a.place).subquery()
        query = (
            sa.select(ALARMS, TICKETS.c.rendered)
            .join(last, (last.c.place == a.place) & (last.c.last_us == a.last_us))
            .join(TICKETS, TICKETS.c.id == a.ticket).where(mine).order_by(a.id)
        )  # fmt: skip
        with self._book.store.read() as conn:
            return {row.place: _still(row) for row in conn.execute(query)}

    def open_at(self, device: str = "") -> Mapping[str, Open]:
        """The open tickets about dirt by the device that sees it, or of one device."""
        return self._open(TICKETS.c.place, device)

    def tickets_at(self, device: str) -> list[TicketAt]:
        """The open tickets of one device, oldest first."""
        t = TICKETS.c
        mine = (t.county == self._book.county) & t.is_open & (t.place == device)
        columns = (t.id, t.number, t.what, t.spot, t.spot_name, t.severity, t.opened_us)
        query = sa.select(*columns).where(mine).order_by(t.opened_us, t.id)
        with self._book.store.read() as conn:
            return [TicketAt(*row[:-1], moment_of(row.opened_us)) for row in conn.execute(query)]

    def open_in_villages(self) -> Mapping[str, Open]:
        """The same by village (12 digits)."""
        return self._open(TICKETS.c.village)

    def _open(self, column: sa.Column[str], only: str = "") -> Mapping[str, Open]:
        severity = TICKETS.c.severity
        mine = (TICKETS.c.county == self._book.county) & TICKETS.c.is_open & ~counting.of_devices(TICKETS)
        query = (
            sa.select(column.label("of"), severity, sa.func.count().label("n"))
            .where(mine & (column == only) if only else mine)
            .group_by(column, severity)
        )  # fmt: skip
        counted: dict[str, dict[str, int]] = {}
        with self._book.store.read() as conn:
            for row in conn.execute(query):
                counted.setdefault(row.of, {})[row.severity] = int(row.n)
        return {of: Open(sum(many.values()), _worst(many)) for of, many in counted.items()}


def _worst(many: Mapping[str, int]) -> Severity:
    return "urgent" if "urgent" in many else "major" if "major" in many else "minor"


def _still(row: sa.Row[tuple[object, ...]]) -> Still:
    shot = Shot(row.ticket, row.picture, moment_of(row.last_us), row.place, row.kind, boxes_of(row.boxes))
    return Still(shot, bool(row.rendered))
