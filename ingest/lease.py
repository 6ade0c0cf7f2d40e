"""A county's lease: one process works, a standby waits, and a fencing token tells them apart.

The door has one, and the alert engine one of its own in its book.

The token rises with every change of holder. Each batch checks it inside its own transaction, so a writer that slept
through its lease is refused even when it wakes up in the middle of a batch.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from ingest.store import BIG, METADATA, Store, micros, open_store

LENGTH = timedelta(seconds=15)


def lease_table(name: str, metadata: sa.MetaData) -> sa.Table:
    """The table of one kind of lease: a row a county."""
    return sa.Table(
        name, metadata,
        sa.Column("county", sa.String(6), primary_key=True), sa.Column("holder", sa.String(120), nullable=False),
        sa.Column("fence", BIG, nullable=False), sa.Column("until_us", BIG, nullable=False),
    )  # fmt: skip


LEASES = lease_table("leases", METADATA)


class Fenced(RuntimeError):
    """Another process holds the county's lease: stop writing and wait for it."""


class Lease:
    """The lease of one county."""

    def __init__(self, where: str | Store, county: str, table: sa.Table = LEASES, lock: str = "inbox") -> None:
        """Name the database, the county (6 digits), the kind of lease, and the lock under which it is written."""
        self._store = open_store(where)
        self.county = county
        self._table = table
        self._lock = f"{lock}/{county}"

    def take(self, holder: str, now: datetime, length: timedelta = LENGTH, *, restarted: bool = False) -> int | None:
        """Begin to hold the lease; returns a new fencing token, None while somebody holds it.

        A process that was ``restarted`` takes what its own name still holds, and so fences its former self.
        """
        table = self._table
        with self._store.write() as conn:
            self._store.lock(conn, self._lock)
            row = conn.execute(sa.select(table).where(table.c.county == self.county)).one_or_none()
            if row is not None and row.until_us > micros(now) and not (restarted and row.holder == holder):
                return None
            fence: int = 1 if row is None else row.fence + 1
            values = {"county": self.county, "holder": holder, "fence": fence, "until_us": micros(now + length)}
            if row is None:
                conn.execute(table.insert().values(values))
            else:
                conn.execute(table.update().where(table.c.county == self.county).values(values))
            return fence

    def renew(self, fence: int, now: datetime, length: timedelta = LENGTH) -> bool:
        """Go on holding the lease; False when another process has taken it."""
        return self._until(fence, micros(now + length))

    def release(self, fence: int) -> bool:
        """Let a standby in at once; False when another process has taken the lease already."""
        return self._until(fence, 0)

    def _until(self, fence: int, until: int) -> bool:
        with self._store.write() as conn:
            self._store.lock(conn, self._lock)
            mine = (self._table.c.county == self.county) & (self._table.c.fence == fence)
            return conn.execute(self._table.update().where(mine).values(until_us=until)).rowcount == 1


def lock_county(store: Store, conn: sa.Connection, county: str) -> None:
    """Let one writer of this county through at a time, so that rows commit in the order of their numbers."""
    store.lock(conn, f"inbox/{county}")


def check_fence(county: str, fence: int, current: int | None) -> None:
    """Raise ``Fenced`` unless the token is the ``current`` one, read inside the writing transaction."""
    if current != fence:
        raise Fenced(f"county {county}: token {fence} is not the current one ({current}); another process took over")
