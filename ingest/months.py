"""The months of the inbox: a row lies in the month that its id names, so a late copy always meets the first one.

A month is closed, and its rows dropped, once it is older than what is kept and every reader has passed its rows. What
is closed stays written down: an id of a closed month may be the copy of a row that is gone, so it is kept apart and
never read. Ids of no month of ours (a clock that was wrong, no UUIDv7) are rows like any other; they are never dropped,
for nothing else would know their copies. PostgreSQL: one partition a month and a default one. SQLite: one table whose
closed months are deleted in small pieces (docs/decisions/0014-months.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID

import sqlalchemy as sa

from broker.identity import EARLIEST, time_of
from ingest.inbox_tables import LATE
from ingest.store import BIG, METADATA, Store, micros

KEEP = 6  # whole months before the running one: the duplicate horizon, and how far back the inbox can be read
AHEAD = timedelta(days=40)  # the next month stands open before the first clock reaches it
_EARLIEST_MONTH = EARLIEST.year * 100 + EARLIEST.month
_MARKS, _VERSION_7 = (0xF << 76) | (0b11 << 62), (0x7 << 76) | (0b10 << 62)  # version and variant of a UUID
PIECE = 5000  # rows that one deletion on SQLite takes: some 30 ms

MONTHS = sa.Table(
    "inbox_months",
    METADATA,
    sa.Column("month", sa.Integer, primary_key=True),  # 202611
    sa.Column("closed_us", BIG),
    sa.Column("emptied", sa.Boolean, nullable=False),
)
# In words, not built: the door asks for every batch (inbox_sql.py), and building them costs more than the answer.
SPAN = "min(month), max(month), max(CASE WHEN closed_us IS NOT NULL THEN month END) FROM inbox_months"
_SPAN = sa.text(f"SELECT {SPAN}")


class Standing(Enum):
    """Where an id belongs."""

    OPEN = "open"
    LATE = "late"  # its month is closed: the first copy may have come and gone
    UNTIMELY = "untimely"  # its month never was open: a wrong clock


@dataclass(frozen=True, slots=True)
class Span:
    """The months that are or were open, as numbers like 202611: first and last, and the newest closed one (0: none)."""

    first: int = 0
    last: int = 0
    closed: int = 0

    def standings(self, ids: Sequence[UUID]) -> list[Standing]:
        """Tell where each id belongs. Nearly all lie in an open month, which two comparisons of numbers show."""
        if not self.last:
            return [Standing.OPEN] * len(ids)
        low = first_id(max(self.first, later(self.closed, 1) if self.closed else 0, _EARLIEST_MONTH)).int
        high = first_id(later(self.last, 1)).int
        return [
            Standing.OPEN if low <= one.int < high and one.int & _MARKS == _VERSION_7 else self.standing(one)
            for one in ids
        ]

    def standing(self, message_id: UUID) -> Standing:
        """Tell where an id belongs; before the first month was opened every id is fine."""
        if not self.last:
            return Standing.OPEN
        moment = time_of(message_id)
        month = 0 if moment is None else month_of(moment)
        if not self.first <= month <= self.last:
            return Standing.UNTIMELY
        return Standing.LATE if month <= self.closed else Standing.OPEN


def month_of(moment: datetime) -> int:
    """Return the month of an aware time, counted in UTC: 202611."""
    there = moment.astimezone(UTC)
    return there.year * 100 + there.month


def later(month: int, by: int) -> int:
    """Return the month so many months later (or earlier)."""
    count = month // 100 * 12 + month % 100 - 1 + by
    return count // 12 * 100 + count % 12 + 1


def months(first: int, last: int) -> Iterator[int]:
    """Every month from the first to the last."""
    while first <= last:
        yield first
        first = later(first, 1)


def first_id(month: int) -> UUID:
    """Return the lowest UUID that a month can hold; that of the next month is the first one beyond it."""
    return UUID(int=(micros(begin(month)) // 1000) << 80)


def begin(month: int) -> datetime:
    """Return the first moment of a month, UTC."""
    return datetime(month // 100, month % 100, 1, tzinfo=UTC)


def span(conn: sa.Connection) -> Span:
    """Read which months there are."""
    first, last, closed = conn.execute(_SPAN).one()
    return Span(first or 0, last or 0, closed or 0)


class Months:
    """Opens, closes and empties the months of one database; the ingest that holds the lease calls ``tend``."""

    def __init__(self, store: Store, readers: tuple[str, ...], keep: int = KEEP) -> None:
        """``readers`` must all have passed a row before it may go; ``keep`` counts whole months."""
        self._store = store
        self._readers = readers
        self._keep = keep

    def tend(self, now: datetime) -> None:
        """Open what comes, close at most one month, and delete a piece of what is closed.

        ``StoreAway`` when the tables are busy: the next turn does it.
        """
        with self._store.read() as conn:
            known = span(conn)
        wanted = list(self._wanted(known, now))
        if wanted:
            self._open(wanted)
        oldest = later(month_of(now), -self._keep)
        if known.last and max(known.first, later(known.closed, 1) if known.closed else 0) < oldest:
            self._close(now)
        if not self._store.postgres:
            self._empty()
        self._forget_late(oldest)

    def _wanted(self, known: Span, now: datetime) -> Iterator[int]:
        """The months to open. One at or before the newest known one is never opened (again)."""
        first = later(known.last, 1) if known.last else later(month_of(now), -self._keep)
        return months(first, month_of(now + AHEAD))

    def _open(self, wanted: list[int]) -> None:
        with self._store.write() as conn:
            self._alone(conn)
            for month in wanted:
                row = {"month": month, "emptied": False}
                done = conn.execute(self._store.insert(MONTHS).on_conflict_do_nothing().values(row))
                if done.rowcount and self._store.postgres:
                    _add_partition(conn, month)

    def _close(self, now: datetime) -> None:
        """Close the oldest open month if it is old enough, its rows are read, and other clocks agree with ours."""
        with self._store.write() as conn:
            self._alone(conn)
            oldest = conn.scalar(sa.select(sa.func.min(MONTHS.c.month)).where(MONTHS.c.closed_us.is_(None)))
            if oldest is None or oldest >= later(month_of(now), -self._keep):
                return
            if not _spoken_since(conn, later(month_of(now), -1)) or self._unread(conn, oldest):
                return
            done = {"closed_us": micros(now), "emptied": self._store.postgres}
            conn.execute(MONTHS.update().where(MONTHS.c.month == oldest).values(done))
            if self._store.postgres:
                conn.execute(sa.text(f"DROP TABLE inbox_{oldest:06d}"))

    def _unread(self, conn: sa.Connection, month: int) -> bool:
        """Whether a reader of any county has not passed every row of the month."""
        beyond = "inbox_" + f"{month:06d}" if self._store.postgres else "inbox NOT INDEXED"
        query = sa.text(
            f"SELECT 1 FROM {beyond} WHERE county = :county AND seq > :passed"
            " AND message_id >= :low AND message_id < :high LIMIT 1"
        ).bindparams(sa.bindparam("low", type_=sa.Uuid()), sa.bindparam("high", type_=sa.Uuid()))
        ids = {"low": first_id(month), "high": first_id(later(month, 1))}
        return any(
            conn.execute(query, {"county": county, "passed": self._passed(conn, county), **ids}).first()
            for county in conn.execute(sa.text("SELECT county FROM leases")).scalars().all()
        )

    def _passed(self, conn: sa.Connection, county: str) -> int:
        """The number that the slowest reader of a county has passed; 0 while one of them never moved."""
        query = sa.text("SELECT name, seq FROM cursors WHERE county = :county")
        stands = {row.name: int(row.seq) for row in conn.execute(query, {"county": county})}
        return min(stands.get(name, 0) for name in self._readers)

    def _empty(self) -> None:
        """SQLite: delete one piece of a closed month."""
        query = sa.select(sa.func.min(MONTHS.c.month)).where(MONTHS.c.closed_us.is_not(None), ~MONTHS.c.emptied)
        with self._store.read() as conn:
            month = conn.scalar(query)
        if month is None:
            return
        piece = sa.text(
            "DELETE FROM inbox WHERE message_id IN (SELECT message_id FROM inbox"
            " WHERE message_id >= :low AND message_id < :high ORDER BY message_id LIMIT :piece)"
        ).bindparams(sa.bindparam("low", type_=sa.Uuid()), sa.bindparam("high", type_=sa.Uuid()))
        with self._store.write() as conn:
            ids = {"low": first_id(month), "high": first_id(later(month, 1)), "piece": PIECE}
            if conn.execute(piece, ids).rowcount < PIECE:
                conn.execute(MONTHS.update().where(MONTHS.c.month == month).values(emptied=True))

    def _forget_late(self, oldest: int) -> None:
        """What was kept apart goes when it has lain as long as any row; a further copy is late again."""
        old = LATE.c.received_us < micros(begin(oldest))
        with self._store.read() as conn:
            if conn.execute(sa.select(LATE.c.message_id).where(old).limit(1)).first() is None:
                return
        with self._store.write() as conn:
            conn.execute(LATE.delete().where(old))

    def _alone(self, conn: sa.Connection) -> None:
        """One at a time; and never queue long in front of the writers for a table that a reader holds."""
        if self._store.postgres:
            conn.execute(sa.text("SET LOCAL lock_timeout = '3s'"))
        self._store.lock(conn, "schema")


def _spoken_since(conn: sa.Connection, month: int) -> bool:
    """Whether any box minted an id in this month or later: a server whose clock alone is ahead drops nothing."""
    query = sa.text("SELECT 1 FROM inbox WHERE message_id >= :low LIMIT 1")
    ids = {"low": first_id(month)}
    return conn.execute(query.bindparams(sa.bindparam("low", type_=sa.Uuid())), ids).first() is not None


def _add_partition(conn: sa.Connection, month: int) -> None:
    """Give a month its own table; rows that came before it was open move in from the default one."""
    low, high = first_id(month), first_id(later(month, 1))
    inside = f"message_id >= '{low}' AND message_id < '{high}'"
    for words in (
        f"CREATE TEMPORARY TABLE moved ON COMMIT DROP AS SELECT * FROM inbox_stray WHERE {inside}",
        f"DELETE FROM inbox_stray WHERE {inside}",
        f"CREATE TABLE inbox_{month:06d} PARTITION OF inbox FOR VALUES FROM ('{low}') TO ('{high}')",
        "INSERT INTO inbox SELECT * FROM moved",
        "DROP TABLE moved",
    ):
        conn.execute(sa.text(words))
