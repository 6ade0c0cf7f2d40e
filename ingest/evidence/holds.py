"""Holds: while a ticket is open, nothing that it rests on is deleted. Alerts asks for them and lets go of them.

A hold names a file (SHA-256) or an event, whose pictures and clips may arrive later. Asked for twice it is kept once;
asked for again after its release it stays released, for a relay that was killed hands over again in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime

from broker.messages import Frozen, Sha256
from ingest.store import BIG, METADATA, Store, micros, open_store

HOLDS = sa.Table(
    "evidence_holds", METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("ticket", sa.Uuid(), nullable=False), sa.Column("sha256", sa.String(64)),
    sa.Column("event_id", sa.Uuid()), sa.Column("at_us", BIG, nullable=False), sa.Column("released_us", BIG),
    sa.Index("evidence_holds_ticket", "ticket"), sa.Index("evidence_holds_sha256", "sha256"),
    sa.Index("evidence_holds_event", "event_id"),
)  # fmt: skip


class Hold(Frozen):
    """Keep a file, or whatever belongs to an event, as long as this ticket is open."""

    id: UUID
    ticket: UUID
    at: AwareDatetime
    sha256: Sha256 | None = None
    event_id: UUID | None = None


class Release(Frozen):
    """A ticket is closed: nothing is held for it any more."""

    id: UUID
    ticket: UUID
    at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Holding:
    """How a file stands: held now or not, and when the last hold let go of it (None: never held, or held)."""

    now: bool
    released_at: datetime | None = None


class HoldBook:
    """The holds of one county."""

    def __init__(self, where: str | Store, county: str) -> None:
        """Open the table at a database address or in an open store."""
        self._store = open_store(where)
        self._county = county

    def hold(self, hold: Hold) -> bool:
        """Keep a hold; False when its id is known already (nothing changes then)."""
        row = {
            "id": hold.id, "county": self._county, "ticket": hold.ticket, "sha256": hold.sha256,
            "event_id": hold.event_id, "at_us": micros(hold.at),
        }  # fmt: skip
        with self._store.write() as conn:
            lock_evidence(self._store, conn, self._county)
            insert = self._store.insert(HOLDS).on_conflict_do_nothing().returning(HOLDS.c.id)
            return conn.execute(insert.values(row)).first() is not None

    def release(self, release: Release) -> int:
        """Let go of what was held for a ticket; returns how many holds ended."""
        mine = (HOLDS.c.county == self._county) & (HOLDS.c.ticket == release.ticket) & HOLDS.c.released_us.is_(None)
        with self._store.write() as conn:
            lock_evidence(self._store, conn, self._county)
            return conn.execute(HOLDS.update().where(mine).values(released_us=micros(release.at))).rowcount

    def open_count(self) -> int:
        """How many holds stand."""
        mine = (HOLDS.c.county == self._county) & HOLDS.c.released_us.is_(None)
        with self._store.read() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(HOLDS).where(mine)).scalar_one())

    def close(self) -> None:
        """Close the database connections."""
        self._store.close()


def lock_evidence(store: Store, conn: sa.Connection, county: str) -> None:
    """Let one writer of this county's evidence through at a time: a hold never passes a deletion halfway."""
    store.lock(conn, f"evidence/{county}")
