"""The book: alarms, tickets, history, notices and what the door shall be told, one transaction per decision.

``with book.writing() as pen`` takes the county's write lock (SQLite has one writer, PostgreSQL an advisory lock), so
what the pen reads is still true when it writes: ``alerts/store/pen.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.schema import METADATA
from alerts.store.bin_shelf import Shelf
from alerts.store.holds import hold_of
from alerts.store.pen import AUDITED, CODE_LENGTH, Conflict, Pen, Unwritable, counter, hashed
from alerts.store.tables import ALARMS, LINKS, PHOTOS, RELAY, TICKETS, WATCH, who_of
from alerts.store.told import tell
from alerts.values import Who
from broker.downward import Command
from ingest.evidence.holds import Hold, Release
from ingest.lease import Lease, check_fence
from ingest.store import Store, micros, moment_of

__all__ = ["AUDITED", "CODE_LENGTH", "Book", "Conflict", "Link", "Pen", "Unwritable", "counter", "hashed"]


@dataclass(frozen=True, slots=True)
class Link:
    """What a desk code opens: one ticket for one person."""

    ticket: UUID
    person: Who
    digest: UUID | None = None  # it came in this digest, and opens the person's list


class Book:
    """The book of one county in one database."""

    def __init__(self, where: str | Store, county: str, zone: str = "Asia/Shanghai") -> None:
        """Open (and create) the book at a database address; ``zone`` gives the day in ticket numbers."""
        self.store = where if isinstance(where, Store) else Store(where, METADATA)
        self.county = county
        self.zone = ZoneInfo(zone)
        self._fence = sa.select(WATCH.c.fence).where(WATCH.c.county == county)
        self.shelf = Shelf()
        self.parsed: dict[str, tuple[str, Any]] = {}  # what a bin's text was last read as; good while the text is that
        self.fence: int | None = None  # the token of an engine's lease; people's acts need none

    @property
    def lease(self) -> Lease:
        """Who may be the county's alert engine; written under the same lock as everything else here."""
        return Lease(self.store, self.county, WATCH, "alerts")

    @contextmanager
    def writing(self) -> Iterator[Pen]:
        """One transaction under the county's lock; rolled back when the block raises.

        ``Fenced`` for an engine that slept through its lease: another one has taken over.
        """
        with self.store.write() as conn:
            self.store.lock(conn, f"alerts/{self.county}")
            if self.fence is not None:
                check_fence(self.county, self.fence, conn.execute(self._fence).scalar_one_or_none())
            pen = Pen(self, conn)
            yield pen
        for note in pen.committed:
            note()
        for decisions, caused_by in pen.applied:  # said once it is committed, never before
            tell(decisions, caused_by, pen.numbers)

    def cursor(self) -> int:
        """The number of the last inbox row that was decided."""
        with self.store.read() as conn:
            return counter(conn, self.county, "cursor")

    def due(self, now: datetime, limit: int = 200) -> list[UUID]:
        """The open tickets whose next moment has come, the latest overdue first."""
        late = TICKETS.c.is_open & (TICKETS.c.county == self.county) & (TICKETS.c.next_us <= micros(now))
        with self.store.read() as conn:
            return list(
                conn.execute(sa.select(TICKETS.c.id).where(late).order_by(TICKETS.c.next_us).limit(limit)).scalars()
            )

    def next_moment(self) -> datetime | None:
        """When the next open ticket is due for something; None where none waits."""
        waits = TICKETS.c.is_open & (TICKETS.c.county == self.county)
        with self.store.read() as conn:
            found = conn.execute(sa.select(sa.func.min(TICKETS.c.next_us)).where(waits)).scalar_one()
        return None if found is None else moment_of(found)

    def relay(self, limit: int = 100) -> list[tuple[UUID, Command]]:
        """The commands that the door has not been told yet, in order."""
        return [(row.id, Command.model_validate_json(row.payload)) for row in self._untold(("command",), limit)]

    def relay_holds(self, limit: int = 100) -> list[tuple[UUID, Hold | Release]]:
        """What the door shall hold or let go of and has not been told yet, in order."""
        shapes: dict[str, type[Hold] | type[Release]] = {"hold": Hold, "release": Release}
        return [(row.id, shapes[row.kind].model_validate_json(row.payload))
                for row in self._untold(tuple(shapes), limit)]  # fmt: skip

    def relayed(self, ids: Sequence[UUID]) -> None:
        """Mark what the door has taken."""
        with self.store.write() as conn:
            conn.execute(RELAY.update().where(RELAY.c.id.in_(ids)).values(done=True))

    def hold_open(self, now: datetime) -> None:
        """Ask for the holds of every open ticket: what was opened before there were holds has none yet."""
        alarm, ticket = ALARMS.c.ticket == TICKETS.c.id, TICKETS.c.is_open & (TICKETS.c.county == self.county)
        seen = (
            sa.select(TICKETS.c.id, ALARMS.c.picture).join(ALARMS, alarm).where(ticket, ALARMS.c.picture.is_not(None))
        )
        sent = sa.select(TICKETS.c.id, PHOTOS.c.sha256).join(PHOTOS, PHOTOS.c.ticket == TICKETS.c.id).where(ticket)
        with self.writing() as pen:
            pairs = [*pen.conn.execute(seen), *pen.conn.execute(sent)]
            pen.ask_for([hold_of(ticket_id, sha256, now) for ticket_id, sha256 in pairs])

    def _untold(self, kinds: tuple[str, ...], limit: int) -> Sequence[sa.Row[Any]]:
        waiting = ~RELAY.c.done & (RELAY.c.county == self.county) & RELAY.c.kind.in_(kinds)
        with self.store.read() as conn:
            return conn.execute(sa.select(RELAY).where(waiting).order_by(RELAY.c.n).limit(limit)).all()

    def link(self, code: str, now: datetime) -> Link | None:
        """What a code opens; None for an unknown or expired one."""
        query = sa.select(LINKS).where((LINKS.c.hash == hashed(code)) & (LINKS.c.expires_us > micros(now)))
        with self.store.read() as conn:
            row = conn.execute(query).one_or_none()
        return Link(row.ticket, who_of(row), row.digest) if row else None

    def close(self) -> None:
        """Close the database connections."""
        self.store.close()
