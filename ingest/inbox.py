"""The inbox: every receipted message once, in commit order, read by cursors that move by compare-and-set.

Rows of one county commit in the order of their numbers (SQLite has one writer; on PostgreSQL an advisory lock is held
from before the first number is drawn until the commit), so a reader that has seen number n has seen all before it.
Rows are kept by the month of their id (ingest/months.py): a copy is known as a duplicate as long as its month is kept,
and one of a closed month is kept apart, told as stray and never read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from broker.downward import Outcome, ReceiptLine
from broker.messages import Message
from broker.schemas import read_up
from ingest.inbox_sql import InboxSql
from ingest.inbox_tables import CURSORS, INBOX, LATE, prepare
from ingest.lease import check_fence, lock_county
from ingest.months import Standing
from ingest.store import Store, moment_of, open_store

ANY_COUNTY = ""  # the cursor's county where the inbox holds a single county
_TOLD = {
    Standing.OPEN: "",
    Standing.LATE: "stray: the month of this id is closed; it is kept apart and decides nothing",
    Standing.UNTIMELY: "stray: this id names no month of ours; look at the clock of the device",
}


class NotAMessage(ValueError):
    """The row keeps no readable message: the bytes of a picture or clip lie in the evidence store."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One accepted message before it is stored; times are aware, village is 12 digits or ``-``."""

    message_id: UUID
    county: str
    village: str
    device: str
    kind: str
    at: datetime
    received_at: datetime
    payload: bytes


@dataclass(frozen=True, slots=True)
class Row(Incoming):
    """One stored message and its number."""

    seq: int

    def message(self) -> Message:
        """Parse the payload; ``NotAMessage`` for pictures and clips, whose rows keep the description only."""
        if self.kind in {"picture", "clip"}:
            raise NotAMessage(f"row {self.seq} describes a {self.kind}; ask the evidence store for its bytes")
        return read_up(self.kind, self.payload)


class Inbox:
    """The inbox of one database. Name the county where a database holds several."""

    def __init__(self, where: str | Store, county: str | None = None) -> None:
        """Open the inbox at an address (``sqlite:///…``, ``postgresql+psycopg://…``) or in an open store."""
        self._store = open_store(where)
        self._county = county
        prepare(self._store)
        self._sql = InboxSql(self._store)

    def append(self, rows: Sequence[Incoming], fence: int) -> list[ReceiptLine]:
        """Store what is new in one transaction and answer every row, in order, with stored or duplicate.

        All rows are of one county. ``Fenced`` when the token is stale, ``StoreAway`` when nothing was stored.
        """
        if not rows:
            return []
        county = rows[0].county
        if any(row.county != county for row in rows):
            raise ValueError("a batch holds rows of one county only; split it by county first")
        with self._store.write() as conn:
            lock_county(self._store, conn, county)
            current, known = self._sql.head(conn, county)
            check_fence(county, fence, current)
            stands = known.standings([row.message_id for row in rows])
            late = [row for row, stand in zip(rows, stands, strict=True) if stand is Standing.LATE]
            timely = [row for row, stand in zip(rows, stands, strict=True) if stand is not Standing.LATE]
            fresh = self._sql.insert(conn, "inbox_late", late) | self._sql.insert(conn, "inbox", timely)
        return _lines(rows, fresh, stands)

    def read(self, after: int, limit: int, kinds: Collection[str] | None = None) -> list[Row]:
        """Return up to ``limit`` rows with a number above ``after``, lowest first, of the given kinds only."""
        query = sa.select(INBOX).where(INBOX.c.seq > after).order_by(INBOX.c.seq).limit(limit)
        if self._county is not None:
            query = query.where(INBOX.c.county == self._county)
        if kinds is not None:
            query = query.where(INBOX.c.kind.in_(sorted(kinds)))
        with self._store.read() as conn:
            rows = [_row(found) for found in conn.execute(query)]
        if self._county is None and len({row.county for row in rows}) > 1:
            raise ValueError("this inbox holds several counties; open it as Inbox(address, county)")
        return rows

    def last(self) -> int:
        """Return the highest number stored, 0 when there is none."""
        query = sa.select(INBOX.c.seq).order_by(INBOX.c.seq.desc()).limit(1)  # max() would walk every row of a county
        if self._county is not None:
            query = query.where(INBOX.c.county == self._county)
        with self._store.read() as conn:
            return int(conn.execute(query).scalar_one_or_none() or 0)

    def count(self) -> int:
        """Return how many messages are stored."""
        query = sa.select(sa.func.count()).select_from(INBOX)
        if self._county is not None:
            query = query.where(INBOX.c.county == self._county)
        with self._store.read() as conn:
            return int(conn.execute(query).scalar_one())

    def late(self) -> int:
        """Return how many messages came after their month was closed; they are kept apart."""
        query = sa.select(sa.func.count()).select_from(LATE)
        if self._county is not None:
            query = query.where(LATE.c.county == self._county)
        with self._store.read() as conn:
            return int(conn.execute(query).scalar_one())

    def cursor(self, name: str) -> int:
        """Return the number up to which the named reader is done; 0 before its first step."""
        with self._store.read() as conn:
            found = conn.execute(sa.select(CURSORS.c.seq).where(self._mine(name))).scalar_one_or_none()
        return int(found or 0)

    def move(self, name: str, old: int, new: int) -> bool:
        """Move a cursor from ``old`` to ``new``; False when it no longer stands at ``old``."""
        with self._store.write() as conn:
            if old == 0:
                first = {"county": self._county or ANY_COUNTY, "name": name, "seq": 0}
                conn.execute(self._store.insert(CURSORS).on_conflict_do_nothing().values(first))
            moved = conn.execute(CURSORS.update().where(self._mine(name) & (CURSORS.c.seq == old)).values(seq=new))
            return moved.rowcount == 1

    def pass_by(self, name: str, kinds: Collection[str]) -> None:
        """Move a reader's cursor over what is none of its kinds, when nothing else is left for it to read.

        No month goes before every reader has passed it (ingest/months.py).
        """
        start, last = self.cursor(name), self.last()
        if last > start and not self.read(start, 1, kinds):
            self.move(name, start, last)

    def close(self) -> None:
        """Close the database connections."""
        self._store.close()

    def _mine(self, name: str) -> sa.ColumnElement[bool]:
        return (CURSORS.c.county == (self._county or ANY_COUNTY)) & (CURSORS.c.name == name)


def _row(found: sa.Row[Any]) -> Row:
    return Row(
        message_id=found.message_id,
        county=found.county,
        village=found.village,
        device=found.device,
        kind=found.kind,
        at=moment_of(found.at_us),
        received_at=moment_of(found.received_us),
        payload=bytes(found.payload),
        seq=found.seq,
    )


def _lines(rows: Sequence[Incoming], fresh: set[UUID], stands: Sequence[Standing]) -> list[ReceiptLine]:
    """Answer every row; of several copies in one batch the first is the stored one. A stray one is told so."""
    lines = []
    for row, stand in zip(rows, stands, strict=True):
        outcome = Outcome.STORED if row.message_id in fresh else Outcome.DUPLICATE
        fresh.discard(row.message_id)
        lines.append(ReceiptLine(message_id=row.message_id, outcome=outcome, reason=_TOLD[stand]))
    return lines
