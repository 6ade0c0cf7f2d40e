"""The outbox: what must not be lost waits here, on disk, until the county has said that it is stored.

One SQLite file (WAL, ``synchronous=FULL``) shared by the box and its camera children. A row leaves only on an
application receipt. What a camera remembers about its spots is written in the same transaction as the message that
follows from it, so a kill between the two cannot lose or double an event. The file is bounded: pictures give way
first, then readings, events last, and every dropped row is counted.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from broker.journal import about
from broker.messages import Message
from broker.parse import dump
from broker.topics import BULK, Address

log = logging.getLogger(__name__)

PRIORITY = {"event": 0, "answer": 0, "claim": 0, "reading": 1, "frame": 1, "position": 1, "picture": 2, "clip": 3}
REFUSED_KEPT = 1000  # rows of the refused table; older ones only stay in the counters

SCHEMA = """
CREATE TABLE IF NOT EXISTS rows(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, kind TEXT NOT NULL,
  lane TEXT NOT NULL, priority INTEGER NOT NULL, bundle TEXT, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS rows_order ON rows(lane, priority, seq);
CREATE INDEX IF NOT EXISTS rows_drop ON rows(priority, seq);
CREATE INDEX IF NOT EXISTS rows_bundle ON rows(bundle) WHERE bundle IS NOT NULL;
CREATE TABLE IF NOT EXISTS refused(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, topic TEXT NOT NULL, kind TEXT NOT NULL,
  size INTEGER NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS memory(name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT OR IGNORE INTO counters VALUES('bytes', 0), ('minted', 0);
CREATE TRIGGER IF NOT EXISTS rows_in AFTER INSERT ON rows BEGIN
  UPDATE counters SET value = value + length(NEW.payload) WHERE name = 'bytes';
  UPDATE counters SET value = value + 1 WHERE name = 'minted'; END;
CREATE TRIGGER IF NOT EXISTS rows_out AFTER DELETE ON rows BEGIN
  UPDATE counters SET value = value - length(OLD.payload) WHERE name = 'bytes'; END;
"""


class Lane(StrEnum):
    """Which connection a row travels on."""

    MAIN = "main"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Row:
    """One message that waits for its receipt."""

    message_id: UUID
    topic: str
    kind: str
    lane: Lane
    priority: int
    payload: bytes
    bundle: str | None = None  # rows that are worthless without each other: the chunks of one picture


@dataclass(frozen=True, slots=True)
class Closing:
    """A row that is stored only if what is remembered under ``name`` is there and is not ``value`` yet.

    So of two that close the same thing, in whatever process, one wins.
    """

    name: str
    value: str
    row: Row


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that will not be sent again: the county or the sender itself said no."""

    message_id: UUID
    kind: str
    size: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How the outbox stands; rows, bytes, and totals since the file was made.

    Nothing is lost as long as ``minted`` = waiting + dropped + oversize + refused + what the county stored.
    """

    waiting: int
    bytes: int
    dropped: int
    oversize: int
    refused: int
    minted: int


def row(address: Address, message: Message, *, bundle: str | None = None) -> Row:
    """Make the outbox row of a receipted message of this device; ``KeyError`` for a kind that is never receipted."""
    kind = message.kind
    lane = Lane.BULK if kind in BULK else Lane.MAIN
    return Row(message.message_id, address.topic(kind), kind, lane, PRIORITY[kind], dump(message), bundle)


class Outbox:
    """Rows that wait for receipts, and what the box must remember; safe between threads and processes.

    ``limit_bytes`` bounds the payload bytes; what gives way is counted per kind as ``dropped_<kind>``.
    """

    def __init__(self, path: Path, *, limit_bytes: int = 256_000_000) -> None:
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        with self._transaction():
            for statement in _statements(SCHEMA):
                self._db.execute(statement)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def put(
        self,
        rows: Sequence[Row] = (),
        *,
        remember: Mapping[str, str | None] | None = None,
        closings: Sequence[Closing] = (),
    ) -> int:
        """Store rows and memory in one transaction; on return all of it is on disk. A known message id is ignored.

        Returns how many of the closings took effect.
        """
        closed, gone = 0, list[tuple[str, str]]()
        with self._transaction():
            for one in rows:
                self._insert(one)
            for name, value in (remember or {}).items():
                self._remember(name, value)
            for one_closing in closings:
                closed += self._close(one_closing)
            if rows or closed:
                gone = self._give_way()
        for kind, message_id in gone:
            log.warning("the outbox is full: a %s gave way unsent", kind, extra=about(message_id=message_id))
        return closed

    def next(self, lane: Lane, count: int, *, without: Collection[UUID] = ()) -> list[Row]:
        """Return the rows to send next, most urgent and oldest first, leaving out those under way."""
        with self._lock:
            found = self._db.execute(
                "SELECT message_id, topic, kind, lane, priority, payload, bundle FROM rows"
                " WHERE lane = ? ORDER BY priority, seq LIMIT ?",
                (lane, count + len(without)),
            ).fetchall()
        made = (Row(UUID(one[0]), one[1], one[2], Lane(one[3]), *one[4:]) for one in found)
        return [one for one in made if one.message_id not in without][:count]

    def leave(self, message_ids: Collection[UUID]) -> int:
        """Remove rows that the county has stored (or knew already); return how many were still here."""
        with self._transaction():
            return sum(
                self._db.execute("DELETE FROM rows WHERE message_id = ?", (str(one),)).rowcount for one in message_ids
            )

    def refuse(self, reasons: Mapping[UUID, str], *, by: str, at: datetime) -> int:
        """Move rows to the refused table with the reason; ``by`` is ``sender`` or ``server``. Returns how many."""
        with self._transaction():
            return sum(self._refuse_one(one, reason, by, at) for one, reason in reasons.items())

    def refused(self, limit: int = 20) -> list[Refused]:
        """Return the latest refused messages, newest first."""
        with self._lock:
            found = self._db.execute(
                "SELECT message_id, kind, size, by, reason FROM refused ORDER BY seq DESC LIMIT ?", (limit,)
            ).fetchall()
        return [Refused(UUID(one[0]), *one[1:]) for one in found]

    def restore(self, counters: Mapping[str, int]) -> None:
        """Set the totals of an older file; what waits, and its bytes, are counted here."""
        with self._transaction():
            for name, value in counters.items():
                if name != "bytes":
                    self._db.execute("INSERT OR REPLACE INTO counters VALUES(?, ?)", (name, value))

    def recall(self, name: str) -> str | None:
        """Return what was remembered under a name."""
        with self._lock:
            found = self._db.execute("SELECT value FROM memory WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else None

    def recall_all(self, prefix: str) -> dict[str, str]:
        """Return everything remembered under names that start with ``prefix``."""
        with self._lock:
            found = self._db.execute(
                "SELECT name, value FROM memory WHERE substr(name, 1, ?) = ? ORDER BY name", (len(prefix), prefix)
            ).fetchall()
        return dict(found)

    def counts(self) -> Counts:
        """Return how the outbox stands."""
        with self._lock:
            waiting = self._db.execute("SELECT COUNT(*) FROM rows").fetchone()[0]
            counters: dict[str, int] = dict(self._db.execute("SELECT name, value FROM counters").fetchall())
        dropped = sum(value for name, value in counters.items() if name.startswith("dropped_"))
        oversize, refused = counters.get("refused_sender", 0), counters.get("refused_server", 0)
        return Counts(waiting, counters["bytes"], dropped, oversize, refused, counters["minted"])

    def dropped(self) -> dict[str, int]:
        """Return how many rows of each kind gave way to the size limit."""
        with self._lock:
            found = self._db.execute("SELECT name, value FROM counters WHERE name LIKE 'dropped\\_%' ESCAPE '\\'")
            return {name.removeprefix("dropped_"): value for name, value in found.fetchall()}

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have ended it already
                    self._db.execute("ROLLBACK")
                raise

    def _insert(self, one: Row) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO rows(message_id, topic, kind, lane, priority, bundle, payload)"
            " VALUES(?, ?, ?, ?, ?, ?, ?)",
            (str(one.message_id), one.topic, one.kind, one.lane, one.priority, one.bundle, one.payload),
        )

    def _close(self, closing: Closing) -> int:
        changed = self._db.execute(
            "UPDATE memory SET value = ?1 WHERE name = ?2 AND value <> ?1", (closing.value, closing.name)
        ).rowcount
        if changed:
            self._insert(closing.row)
        return changed

    def _remember(self, name: str, value: str | None) -> None:
        if value is None:
            self._db.execute("DELETE FROM memory WHERE name = ?", (name,))
        else:
            self._db.execute("INSERT OR REPLACE INTO memory VALUES(?, ?)", (name, value))

    def _count(self, name: str, by: int) -> None:
        self._db.execute(
            "INSERT INTO counters VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = value + excluded.value",
            (name, by),
        )

    def _give_way(self) -> list[tuple[str, str]]:
        """Make room; returns kind and id of what left."""
        left: list[tuple[str, str]] = []
        while self._bytes() > self._limit:
            # The least urgent, and of these the oldest; a picture leaves whole.
            last = self._db.execute("SELECT seq, kind, bundle FROM rows ORDER BY priority DESC, seq LIMIT 1").fetchone()
            gone = self._db.execute(
                "DELETE FROM rows WHERE seq = ? OR (bundle IS NOT NULL AND bundle = ?) RETURNING kind, message_id",
                (last[0], last[2]),
            ).fetchall()
            self._count(f"dropped_{last[1]}", len(gone))
            left += gone
        return left

    def _bytes(self) -> int:
        return int(self._db.execute("SELECT value FROM counters WHERE name = 'bytes'").fetchone()[0])

    def _refuse_one(self, message_id: UUID, reason: str, by: str, at: datetime) -> int:
        moved = self._db.execute(
            "INSERT INTO refused(message_id, topic, kind, size, by, reason, at)"
            " SELECT message_id, topic, kind, length(payload), ?, ?, ? FROM rows WHERE message_id = ?",
            (by, reason, at.isoformat(), str(message_id)),
        ).rowcount
        if moved:
            self._db.execute("DELETE FROM rows WHERE message_id = ?", (str(message_id),))
            self._count(f"refused_{by}", 1)
            self._db.execute("DELETE FROM refused WHERE seq <= (SELECT MAX(seq) FROM refused) - ?", (REFUSED_KEPT,))
        return moved


def _statements(script: str) -> Iterator[str]:
    """Split a schema into statements (a trigger contains semicolons of its own)."""
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
