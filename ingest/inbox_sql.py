"""The two statements that the door runs for every batch, written out: putting them together costs more than they do.

Half of a small batch's time went into building and caching the same SQL again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa

from ingest.months import SPAN, Span
from ingest.store import Store, micros

if TYPE_CHECKING:
    from ingest.inbox import Incoming

COLUMNS = ("message_id", "county", "village", "device", "kind", "at_us", "received_us", "payload")
MOST = 500  # rows of one statement, 4,000 values: both databases take more
_HEAD = f"SELECT (SELECT fence FROM leases WHERE county = {{mark}}), {SPAN}"


class InboxSql:
    """The statements in one database's words."""

    def __init__(self, store: Store) -> None:
        self._mark = "%s" if store.postgres else "?"
        self._native = store.postgres  # PostgreSQL knows UUIDs; SQLite keeps their 32 digits
        self._head = _HEAD.format(mark=self._mark)

    def head(self, conn: sa.Connection, county: str) -> tuple[int | None, Span]:
        """Return the county's current fencing token and the months, both as this transaction sees them."""
        fence, first, last, closed = conn.exec_driver_sql(self._head, (county,)).one()
        return fence, Span(first or 0, last or 0, closed or 0)

    def insert(self, conn: sa.Connection, table: str, rows: Sequence[Incoming]) -> set[UUID]:
        """Store the rows that are new and return their ids."""
        fresh: set[UUID] = set()
        for start in range(0, len(rows), MOST):
            part = rows[start : start + MOST]
            ids = {row.message_id if self._native else row.message_id.hex: row.message_id for row in part}
            values = tuple(value for row in part for value in self._values(row))
            told = conn.exec_driver_sql(_insert(table, len(part), self._mark), values).scalars()
            fresh.update(ids[one] for one in told)
        return fresh

    def _values(self, row: Incoming) -> tuple[object, ...]:
        return (
            row.message_id if self._native else row.message_id.hex, row.county, row.village, row.device, row.kind,
            micros(row.at), micros(row.received_at), row.payload,
        )  # fmt: skip


@lru_cache(maxsize=2 * MOST)
def _insert(table: str, rows: int, mark: str) -> str:
    one = f"({', '.join([mark] * len(COLUMNS))})"
    return (
        f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES {', '.join([one] * rows)}"
        " ON CONFLICT DO NOTHING RETURNING message_id"
    )
