"""The answers that are kept by key, in the book's database: claimed before the deed, answered after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from ingest.store import Store, micros

KEPT = timedelta(hours=48)  # how long a key is known at least
LOST = timedelta(minutes=5)  # a deed that has not ended by then died with its server
METADATA = sa.MetaData()
ANSWERS = sa.Table(
    "kept_answers", METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("request", sa.String(64), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("status", sa.Integer),
    sa.Column("media", sa.String(100)),
    sa.Column("body", sa.LargeBinary),
)  # fmt: skip


class State(StrEnum):
    """What is known of a key: nothing so far, its deed runs, it was answered, or it stood over another request."""

    NEW = "new"
    RUNS = "runs"
    DONE = "done"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. ``body`` is None where it is shown once only, or is too long to be kept."""

    status: int
    media: str = ""
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a key; ``said`` with ``State.DONE`` only."""

    state: State
    said: Said | None = None


class KeptAnswers:
    """Keys and their answers; usable from several threads and by several servers on one database."""

    def __init__(self, store: Store) -> None:
        """Make the table where it is missing; ``StoreAway`` when the database cannot be reached."""
        self._store = store
        with store.write() as conn:
            store.lock(conn, "schema")
            METADATA.create_all(conn)

    def claim(self, key: str, request: str, now: datetime) -> Known:
        """Take a key for a request (both as SHA-256 in hex), or tell what became of it before; one caller gets NEW."""
        self._forget(key, now)
        row = {"key": key, "request": request, "at_us": micros(now)}
        taken = self._store.insert(ANSWERS).values(**row).on_conflict_do_nothing().returning(ANSWERS.c.key)
        with self._store.write() as conn:
            if conn.execute(taken).first() is not None:
                return Known(State.NEW)
            return _known(conn, key, request)

    def answered(self, key: str, said: Said) -> None:
        """Keep what the deed of a claimed key was answered with."""
        found = ANSWERS.c.key == key
        with self._store.write() as conn:
            conn.execute(ANSWERS.update().where(found).values(status=said.status, media=said.media, body=said.body))

    def released(self, key: str) -> None:
        """Nothing was done: the key is free again."""
        with self._store.write() as conn:
            conn.execute(ANSWERS.delete().where(ANSWERS.c.key == key, ANSWERS.c.status.is_(None)))

    def _forget(self, key: str, now: datetime) -> None:
        of = ANSWERS.c
        lost = sa.and_(of.key == key, of.status.is_(None), of.at_us < micros(now - LOST))
        with self._store.write() as conn:
            conn.execute(ANSWERS.delete().where(sa.or_(of.at_us < micros(now - KEPT), lost)))


def _known(conn: sa.Connection, key: str, request: str) -> Known:
    row = conn.execute(sa.select(ANSWERS).where(ANSWERS.c.key == key)).one_or_none()
    if row is None:  # released at this moment
        return Known(State.RUNS)
    if row.request != request:
        return Known(State.OTHER)
    if row.status is None:
        return Known(State.RUNS)
    return Known(State.DONE, Said(row.status, row.media or "", row.body))
