"""Latest values: what each device last said about its health, status, coverage, configuration, and live picture.

Only the newest arrival counts: a last will is written when a box connects and is nevertheless the newest news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from broker.messages import Message
from broker.schemas import read_up
from ingest.glimpses import KEPT, STILL
from ingest.store import BIG, METADATA, Store, micros, moment_of, open_store

LATEST = sa.Table(
    "latest",
    METADATA,
    sa.Column("county", sa.String(6), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("village", sa.String(12), nullable=False),
    sa.Column("at_us", BIG, nullable=False),
    sa.Column("received_us", BIG, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class LatestValue:
    """The newest message of one device and kind; for the door itself kind is ``door``, device ``ingest``."""

    county: str
    village: str
    device: str
    kind: str
    at: datetime
    received_at: datetime
    payload: bytes

    def message(self) -> Message:
        """Parse the payload as the upward message it is."""
        return read_up("live" if self.kind == STILL else self.kind, self.payload)


class Latest:
    """The table of latest values."""

    def __init__(self, where: str | Store) -> None:
        """Open the table at a database address or in an open store."""
        self._store = open_store(where)

    def put(self, values: Sequence[LatestValue]) -> None:
        """Keep these values; of several for one device and kind the last of the sequence stays."""
        newest = {(value.county, value.device, value.kind): value for value in values}
        if not newest:
            return
        insert = self._store.insert(LATEST)
        changed = {name: insert.excluded[name] for name in ("village", "at_us", "received_us", "payload")}
        upsert = insert.on_conflict_do_update(index_elements=["county", "device", "kind"], set_=changed)
        with self._store.write() as conn:
            conn.execute(upsert, [_values(newest[key]) for key in sorted(newest)])

    def get(self, device: str, kind: str) -> LatestValue | None:
        """Return the newest value of one device and kind, None when it never said any."""
        found = self._select((LATEST.c.device == device) & (LATEST.c.kind == kind))
        return found[0] if found else None

    def arrived(self, kind: str, device: str = "") -> dict[str, tuple[datetime, datetime]]:
        """When each device's newest value of a kind, or that of one, was made and came in; without the values."""
        columns = (LATEST.c.device, LATEST.c.at_us, LATEST.c.received_us)
        asked = (LATEST.c.kind == kind) & (LATEST.c.device == device) if device else LATEST.c.kind == kind
        with self._store.read() as conn:
            rows = conn.execute(sa.select(*columns).where(asked)).all()
        return {row.device: (moment_of(row.at_us), moment_of(row.received_us)) for row in rows}

    def forget(self, now: datetime) -> int:
        """Delete the stills and live pictures whose time is over; returns how many."""
        with self._store.write() as conn:
            return sum(
                conn.execute(
                    LATEST.delete().where((LATEST.c.kind == kind) & (LATEST.c.received_us < micros(now - kept)))
                ).rowcount
                for kind, kept in KEPT.items()
            )

    def all(self, kind: str) -> list[LatestValue]:
        """Return the newest value of every device for one kind, by device id."""
        return self._select(LATEST.c.kind == kind)

    def close(self) -> None:
        """Close the database connections."""
        self._store.close()

    def _select(self, where: sa.ColumnElement[bool]) -> list[LatestValue]:
        with self._store.read() as conn:
            rows = conn.execute(sa.select(LATEST).where(where).order_by(LATEST.c.device)).all()
        return [
            LatestValue(
                row.county, row.village, row.device, row.kind, moment_of(row.at_us), moment_of(row.received_us),
                bytes(row.payload),
            )
            for row in rows
        ]  # fmt: skip


def _values(value: LatestValue) -> dict[str, object]:
    return {
        "county": value.county,
        "device": value.device,
        "kind": value.kind,
        "village": value.village,
        "at_us": micros(value.at),
        "received_us": micros(value.received_at),
        "payload": value.payload,
    }
