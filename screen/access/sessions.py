"""The open sessions of one server, in a small SQLite file of the screen alone; ids are kept hashed.

A signed token says whose a session is; this says whether it still is one: when it was last used, from where, and
whether its second factor is still missing. What was ended here is dead in every copy of the cookie.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

Kind = Literal["office", "wall"]
NOTED = timedelta(seconds=20)  # how far the noted last use may lag
KNOWN = timedelta(days=30)  # how long an address from which somebody has got in is remembered
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL,"
    " way TEXT NOT NULL, source TEXT NOT NULL, agent TEXT NOT NULL, half INTEGER NOT NULL, began REAL NOT NULL,"
    " seen REAL NOT NULL, until REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS entries (name TEXT, source TEXT, at REAL NOT NULL, PRIMARY KEY (name, source))"
    " WITHOUT ROWID",
)
_FIELDS = "id, name, kind, way, source, agent, half, began, seen, until"


@dataclass(frozen=True, slots=True)
class Session:
    """One session. ``way`` is how it began (password, oidc, wecom); ``half``: its second factor is still missing."""

    id: str
    name: str
    kind: Kind
    way: str
    source: str
    agent: str
    half: bool
    began: datetime
    seen: datetime
    until: datetime

    def over(self, now: datetime, idle: timedelta | None) -> bool:
        """Whether its time is up: in all, or because nobody has used it for ``idle``. A wall's knows no idle time."""
        resting = idle is not None and self.kind == "office" and now - self.seen >= idle
        return now >= self.until or resting


def id_of(token: str) -> str:
    """The name under which a token's session is kept."""
    return hashlib.sha256(token.partition(".")[0].encode()).hexdigest()


class Sessions:
    """The sessions of one server; usable from several threads."""

    def __init__(self, path: Path, idle: timedelta | None = None) -> None:
        """Open (and create) the file; ``idle`` without a request ends a session of the office."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._idle = idle
        self._lock = threading.Lock()
        self._link = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._link.execute("PRAGMA journal_mode=WAL")
        for statement in _SCHEMA:
            self._link.execute(statement)

    def began(self, session: Session) -> None:
        """Note a new session, and forget those whose time is up."""
        with self._lock:
            self._link.execute("DELETE FROM sessions WHERE until <= ?", (session.began.timestamp(),))
            self._link.execute(f"INSERT INTO sessions ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(session))

    def at(self, token: str, now: datetime, *, touch: bool) -> Session | None:
        """The session of a token, None when it has ended; ``touch``: somebody uses it right now."""
        with self._lock:
            row = self._link.execute(f"SELECT {_FIELDS} FROM sessions WHERE id = ?", (id_of(token),)).fetchone()
            found = _session(row) if row else None
            if found is None or found.over(now, self._idle):
                return None
            if touch and now - found.seen >= NOTED:
                self._link.execute("UPDATE sessions SET seen = ? WHERE id = ?", (now.timestamp(), found.id))
                return replace(found, seen=now)
        return found

    def whole(self, session: Session, until: datetime) -> None:
        """The second factor has come."""
        with self._lock:
            self._link.execute("UPDATE sessions SET half = 0, until = ? WHERE id = ?", (until.timestamp(), session.id))

    def of(self, name: str, now: datetime) -> list[Session]:
        """The sessions of an account that hold, the newest first."""
        with self._lock:
            rows = self._link.execute(
                f"SELECT {_FIELDS} FROM sessions WHERE name = ? ORDER BY began DESC", (name,)
            ).fetchall()
        return [one for one in map(_session, rows) if not one.over(now, self._idle)]

    def end(self, name: str, *, but: str = "") -> int:
        """End the sessions of an account, but the one with this id; returns how many."""
        with self._lock:
            return self._link.execute("DELETE FROM sessions WHERE name = ? AND id <> ?", (name, but)).rowcount

    def end_one(self, token: str) -> None:
        """End the session of a token."""
        with self._lock:
            self._link.execute("DELETE FROM sessions WHERE id = ?", (id_of(token),))

    def entered(self, name: str, source: str, now: datetime) -> None:
        """Note that somebody got into an account from an address."""
        with self._lock:
            self._link.execute("DELETE FROM entries WHERE at < ?", ((now - KNOWN).timestamp(),))
            self._link.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", (name, source, now.timestamp()))

    def knows(self, name: str, source: str, now: datetime) -> bool:
        """Whether somebody got into this account from this address within ``KNOWN``."""
        with self._lock:
            row = self._link.execute(
                "SELECT 1 FROM entries WHERE name = ? AND source = ? AND at >= ?",
                (name, source, (now - KNOWN).timestamp()),
            ).fetchone()
        return row is not None

    def last_entry(self, name: str) -> datetime | None:
        """When somebody last got into this account; None when nobody did within ``KNOWN``."""
        with self._lock:
            row = self._link.execute("SELECT max(at) FROM entries WHERE name = ?", (name,)).fetchone()
        return datetime.fromtimestamp(row[0], UTC) if row[0] is not None else None

    def close(self) -> None:
        """Close the file."""
        self._link.close()


def _row(one: Session) -> tuple[str | float, ...]:
    times = (one.began.timestamp(), one.seen.timestamp(), one.until.timestamp())
    return (one.id, one.name, one.kind, one.way, one.source, one.agent, int(one.half), *times)


def _session(row: tuple[str, str, Kind, str, str, str, int, float, float, float]) -> Session:
    began, seen, until = (datetime.fromtimestamp(at, UTC) for at in row[7:])
    return Session(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]), began, seen, until)
