"""The county's lease: one ingest process writes, a standby waits, and a fencing token tells them apart.

The token rises with every change of holder. Each batch checks it inside its own transaction, so a writer that slept
through its lease is refused even when it wakes up in the middle of a batch.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from ingest.store import BIG, METADATA, Store, micros, open_store

LEASES = sa.Table(
    "leases",
    METADATA,
    sa.Column("county", sa.String(6), primary_key=True),
    sa.Column("holder", sa.String(120), nullable=False),
    sa.Column("fence", BIG, nullable=False),
    sa.Column("until_us", BIG, nullable=False),
)


class Fenced(RuntimeError):
    """Another process holds the county's lease: stop writing and wait for it."""


class Lease:
    """The lease of one county."""

    def __init__(self, where: str | Store, county: str) -> None:
        """Name the database and the county (6 digits)."""
        self._store = open_store(where)
        self.county = county

    def take(self, holder: str, now: datetime, length: timedelta = timedelta(seconds=15)) -> int | None:
        """Take or keep the lease; returns the fencing token, None while somebody else holds it."""
        until = micros(now + length)
        with self._store.write() as conn:
            lock_county(self._store, conn, self.county)
            row = conn.execute(sa.select(LEASES).where(LEASES.c.county == self.county)).one_or_none()
            if row is None:
                conn.execute(LEASES.insert().values(county=self.county, holder=holder, fence=1, until_us=until))
                return 1
            if row.holder != holder and row.until_us > micros(now):
                return None
            fence: int = row.fence + (row.holder != holder)
            conn.execute(
                LEASES.update().where(LEASES.c.county == self.county).values(holder=holder, fence=fence, until_us=until)
            )
            return fence

    def release(self, holder: str) -> None:
        """Let a standby in at once; nothing happens when somebody else holds the lease."""
        with self._store.write() as conn:
            lock_county(self._store, conn, self.county)
            mine = (LEASES.c.county == self.county) & (LEASES.c.holder == holder)
            conn.execute(LEASES.update().where(mine).values(until_us=0))


def lock_county(store: Store, conn: sa.Connection, county: str) -> None:
    """Let one writer of this county through at a time, so that rows commit in the order of their numbers."""
    store.lock(conn, f"inbox/{county}")


def check_fence(conn: sa.Connection, county: str, fence: int) -> None:
    """Raise ``Fenced`` unless the token is the county's current one; call it inside the writing transaction."""
    current = conn.execute(sa.select(LEASES.c.fence).where(LEASES.c.county == county)).scalar_one_or_none()
    if current != fence:
        raise Fenced(f"county {county}: token {fence} is not the current one ({current}); another ingest took over")
