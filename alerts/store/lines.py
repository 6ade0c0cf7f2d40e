"""A ticket as a row of a list: the columns that are read for it, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.store.tables import TICKETS, moment
from alerts.values import Status
from ingest.store import moment_of

_T = TICKETS.c
LINE = (  # a third of all columns: reading the others took longer than reading these
    _T.id, _T.number, _T.seen_us, _T.severity, _T.what, _T.township, _T.village, _T.place_name, _T.spot_name,
    _T.status, _T.level, _T.person_name, _T.due_us, _T.closed_us, _T.overdue, _T.longitude, _T.latitude, _T.crs,
    _T.rendered, _T.lapses, _T.asked_us,
)  # fmt: skip
NEWEST = (_T.opened_us.desc(), _T.number.desc())


def lines(*more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Select tickets as ``line_of`` reads them, with more columns where somebody needs them."""
    return sa.select(*LINE, *more)


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket in a list. Coordinates in degrees in ``crs``; ``at`` is when it was first seen.

    ``lapses``: how often an acceptance lapsed; ``asked_at``: since when "还在处理吗?" waits for an answer.
    """

    id: UUID
    number: str
    at: datetime
    severity: str
    what: str
    township: str
    village: str
    place: str
    spot_name: str
    status: Status
    level: str
    person: str
    due_at: datetime | None
    closed_at: datetime | None
    overdue: bool
    longitude: float | None
    latitude: float | None
    crs: str
    rendered: bool
    lapses: int = 0
    asked_at: datetime | None = None

    @property
    def status_name(self) -> str:
        """The Chinese name of the state."""
        return self.status.words


def line_of(row: sa.Row[Any]) -> Line:
    """A row of tickets as a line of a list."""
    return Line(
        row.id, row.number, moment_of(row.seen_us), row.severity, row.what, row.township, row.village,
        row.place_name, row.spot_name, Status(row.status), row.level, row.person_name, moment(row.due_us),
        moment(row.closed_us), row.overdue, row.longitude, row.latitude, row.crs, row.rendered,
        row.lapses, moment(row.asked_us),
    )  # fmt: skip
