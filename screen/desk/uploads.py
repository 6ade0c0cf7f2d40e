"""Which photos came in with which desk code: an upload repeated after a lost answer is answered again, and an act may
only name photos of its own code. A small SQLite file of the screen alone; codes are kept hashed.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

MOST_PHOTOS = 30  # of one code
KEEP = timedelta(days=30)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS uploads (code TEXT, key TEXT, sha256 TEXT NOT NULL, at REAL NOT NULL,"
    " PRIMARY KEY (code, key)) WITHOUT ROWID"
)


class TooMany(RuntimeError):
    """A code has handed in as many photos as a ticket may have."""


class Uploads:
    """The uploads of one server; usable from several threads."""

    def __init__(self, path: Path) -> None:
        """Open (and create) the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._link = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._link.execute(f"PRAGMA {pragma}")
        self._link.execute(_SCHEMA)

    def once(self, code: str, key: str, store: Callable[[], str], now: datetime, *, most: int = MOST_PHOTOS) -> str:
        """Return the SHA-256 of this upload; ``store`` runs only when the key is new. ``TooMany`` above ``most``."""
        known = self._find("SELECT sha256 FROM uploads WHERE code = ? AND key = ?", code, key)
        if known:
            return known[0]
        if len(self.of(code)) >= most:
            raise TooMany(f"{most}")
        sha256 = store()
        with self._lock:
            self._link.execute("DELETE FROM uploads WHERE at < ?", ((now - KEEP).timestamp(),))
            self._link.execute(
                "INSERT OR IGNORE INTO uploads VALUES (?, ?, ?, ?)", (_hashed(code), key, sha256, now.timestamp())
            )
        return sha256

    def of(self, code: str) -> frozenset[str]:
        """Return the SHA-256 of every photo that came in with this code."""
        return frozenset(self._find("SELECT sha256 FROM uploads WHERE code = ?", code))

    def close(self) -> None:
        """Close the file."""
        self._link.close()

    def _find(self, query: str, code: str, *more: str) -> list[str]:
        with self._lock:
            return [row[0] for row in self._link.execute(query, (_hashed(code), *more))]


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
