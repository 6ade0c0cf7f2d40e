"""The answers that are kept by key, in the book's database: claimed before the deed, answered after it.

Whoever does a deed renews its claim while it runs. A claim that is seen again and was not renewed meanwhile is of a
server that was killed; that is measured on the clock of who looks, so that two servers' clocks may differ.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from ingest.store import Store, micros

KEPT = timedelta(hours=48)  # how long a key is known at least
LOST = timedelta(minutes=5)  # a claim that was not renewed for so long is of a deed that died with its server
BEAT_S = 5.0  # how often a running deed renews its claim
SILENT_S = 20.0  # and after how long without that who watches it takes it for dead
MOST_WATCHED = 1000
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
    """What is known of a key; ``said`` with ``State.DONE`` only, ``claimed_us`` with ``State.NEW``."""

    state: State
    said: Said | None = None
    claimed_us: int = 0


class KeptAnswers:
    """Keys and their answers; usable from several threads and by several servers on one database."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        """Make the table where it is missing; ``StoreAway`` when the database cannot be reached."""
        self._store = store
        self._clock = clock
        self._watched: dict[str, tuple[int, float]] = {}  # by key: the claim as it was, and since when
        self._lock = threading.Lock()
        with store.write() as conn:
            store.lock(conn, "schema")
            METADATA.create_all(conn)

    def claim(self, key: str, request: str, now: datetime) -> Known:
        """Take a key for a request (both as SHA-256 in hex), or tell what became of it before; one caller gets NEW."""
        self._forget(key, now)
        claim = {"key": key, "request": request, "at_us": micros(now)}
        taken = self._store.insert(ANSWERS).values(**claim).on_conflict_do_nothing().returning(ANSWERS.c.key)
        with self._store.write() as conn:
            if conn.execute(taken).first() is not None:
                return Known(State.NEW, claimed_us=micros(now))
            row = conn.execute(sa.select(ANSWERS).where(ANSWERS.c.key == key)).one_or_none()
            known = _known(row, request)
            if row is not None and known.state is State.RUNS and self._silent(key, row.at_us):
                conn.execute(_renewed(key, row.at_us, micros(now)))
                return Known(State.NEW, claimed_us=micros(now))
            return known

    def renewed(self, key: str, claimed_us: int, now: datetime) -> int | None:
        """Say that the deed of a claim still runs; returns the claim as it is now, None where it is no longer ours."""
        with self._store.write() as conn:
            mine = conn.execute(_renewed(key, claimed_us, micros(now))).rowcount == 1
        return micros(now) if mine else None

    def _silent(self, key: str, claimed_us: int) -> bool:
        """Whether a claim was seen before, and nobody has renewed it since."""
        with self._lock:
            at_us, since = self._watched.get(key, (None, 0.0))
            if at_us == claimed_us:
                return self._clock() - since >= SILENT_S
            if len(self._watched) >= MOST_WATCHED:
                self._watched.clear()  # they wait a little longer
            self._watched[key] = (claimed_us, self._clock())
            return False

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


def _renewed(key: str, before_us: int, now_us: int) -> sa.Update:
    of = ANSWERS.c
    mine = (of.key == key) & of.status.is_(None) & (of.at_us == before_us)
    return ANSWERS.update().where(mine).values(at_us=now_us)


def _known(row: sa.Row[Any] | None, request: str) -> Known:
    if row is None:  # released at this moment
        return Known(State.RUNS)
    if row.request != request:
        return Known(State.OTHER)
    if row.status is None:
        return Known(State.RUNS)
    return Known(State.DONE, Said(row.status, row.media or "", row.body))
