"""A corrupt outbox file: found before anything uses it, set aside, and what can be read of it goes on in a new one.

A damaged page takes the rows on it with it, never those behind it: every row is fetched by its number, and the numbers
stand in two indexes besides. What cannot be read is counted with what was dropped, and named where an index knows it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from broker.journal import about
from edge.outbox import Lane, Outbox, Row

log = logging.getLogger(__name__)

UNREADABLE = "dropped_unreadable"
_COLUMNS = "message_id, topic, kind, lane, priority, payload, bundle"


@dataclass(slots=True)
class Saved:
    """What a corrupt file still gave. ``lost`` are the ids of unreadable rows, "" where not even that is known."""

    rows: list[Row] = field(default_factory=list)
    memory: dict[str, str | None] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def totals(self) -> dict[str, int]:
        """The counters of the new file: every message minted is still accounted for."""
        known = self.counters | {UNREADABLE: self.counters.get(UNREADABLE, 0) + len(self.lost)}
        gone = sum(value for name, value in known.items() if name.startswith(("dropped_", "refused_")))
        return known | {"minted": max(known.get("minted", 0), len(self.rows) + gone)}


class NoRoom(RuntimeError):
    """The disk takes no outbox; the text names the file and the cure. Trying again is right once there is room."""


def open_outbox(path: Path, limit_bytes: int, now: datetime) -> tuple[Outbox, str | None]:
    """Open the outbox, cured where it was corrupt; with what happened then. ``NoRoom`` where the disk takes nothing."""
    try:
        note = set_aside_if_corrupt(path, now)
        if note:
            log.error("%s", note)
        return Outbox(path, limit_bytes=limit_bytes), note
    except sqlite3.OperationalError as problem:
        raise NoRoom(f"{path}: cannot be opened: {problem}. Cure: free space there; what is stored stays") from problem


def set_aside_if_corrupt(path: Path, now: datetime) -> str | None:
    """Check the file before anything uses it; a corrupt one is renamed, what can be read moves to a new file.

    Returns what happened in plain words, None for a sound or absent file. Call it before any other process opens it.
    Killed at any point it begins anew or goes on: the corrupt file leaves its place only when all of it is saved.
    ``sqlite3.OperationalError`` when the disk has no room for that: nothing has changed then.
    """
    done = path.with_name(f"{path.stem}.saved{path.suffix}")
    if done.exists():  # a power cut came between the two last steps
        return f"outbox file was corrupt; set aside as {_exchange(path, done, now)}, what was readable is saved"
    fault = _fault(path) if path.exists() else None
    if fault is None:
        return None
    for older in path.parent.glob(f"{path.stem}.corrupt-*"):  # one is enough to look at, and the card is small
        older.unlink()
    saved = _salvage(path)
    _store(saved, path.with_name(f"{path.stem}.draft{path.suffix}"), done)
    aside = _exchange(path, done, now)
    for message_id in saved.lost:
        log.warning("a message in the corrupt outbox file cannot be read", extra=about(message_id=message_id))
    return (
        f"outbox file was corrupt ({fault}); set aside as {aside}, {len(saved.rows)} messages saved,"
        f" {len(saved.lost)} unreadable"
    )


def _store(saved: Saved, draft: Path, done: Path) -> None:
    """Write a new file whole, and only then under the name that says so."""
    for part in _parts(draft):
        part.unlink(missing_ok=True)
    with closing(Outbox(draft)) as fresh:
        fresh.put(saved.rows, remember=saved.memory)
        fresh.restore(saved.totals())
    _, *open_ends = _parts(draft)
    if any(part.exists() for part in open_ends):
        raise sqlite3.OperationalError(f"no room beside {done.name} to save what the corrupt outbox file holds")
    draft.rename(done)
    _sync(done.parent)


def _exchange(path: Path, done: Path, now: datetime) -> str:
    """Put the saved file in the place of the corrupt one; returns what that is called now."""
    aside = path.with_name(f"{path.stem}.corrupt-{now:%Y%m%dT%H%M%S}{path.suffix}")
    for part, gone in zip(_parts(path), _parts(aside), strict=True):
        if part.exists():  # an old log beside a new file would be played into it
            part.rename(gone)
    _sync(path.parent)
    done.rename(path)
    _sync(path.parent)
    return aside.name


def _parts(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]


def _sync(folder: Path) -> None:
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def _fault(path: Path) -> str | None:
    """What is wrong inside the file. A full card or one that cannot be written is no damage: the caller's to bear."""
    try:
        with closing(sqlite3.connect(path, timeout=10)) as db:
            answer = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGE or error.sqlite_errorcode in _UNREADABLE:
            return str(error)
        raise
    return None if answer == "ok" else str(answer).splitlines()[0]


_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNREADABLE = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}


def _salvage(path: Path) -> Saved:
    """Read what a corrupt file still gives; never raises on its contents."""
    saved = Saved()
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return saved
    with closing(db):
        for name, value in _readable(db, "SELECT name, value FROM memory ORDER BY rowid"):
            saved.memory[str(name)] = str(value)
        for name, value in _readable(db, "SELECT name, value FROM counters ORDER BY rowid"):
            if isinstance(value, int) and value >= 0:
                saved.counters[str(name)] = value
        names = {seq: str(name) for name, seq in _readable(db, _NAMES)}
        numbers = {one[0] for query in (_ORDER, _TABLE) for one in _readable(db, query)} | names.keys()
        for seq in sorted(one for one in numbers if isinstance(one, int)):
            found = _row(db, seq)
            if found is None:
                saved.lost.append(names.get(seq, ""))
            else:
                saved.rows.append(found)
    return saved


# Each is answered by one tree alone: the unique index of the ids, the index of the order, the table itself.
_NAMES = "SELECT message_id, seq FROM rows INDEXED BY sqlite_autoindex_rows_1 ORDER BY message_id"
_ORDER = "SELECT seq FROM rows INDEXED BY rows_drop ORDER BY priority, seq"
_TABLE = "SELECT seq FROM rows NOT INDEXED ORDER BY seq"


def _row(db: sqlite3.Connection, seq: int) -> Row | None:
    found = next(_readable(db, f"SELECT {_COLUMNS} FROM rows NOT INDEXED WHERE seq = {seq}", backwards=False), None)
    if found is None:
        return None
    message_id, topic, kind, lane, priority, payload, bundle = found
    try:
        lane, priority = Lane(str(lane)), int(priority)
        return Row(UUID(str(message_id)), str(topic), str(kind), lane, priority, bytes(payload), bundle)
    except (ValueError, TypeError):
        return None


def _readable(db: sqlite3.Connection, query: str, *, backwards: bool = True) -> Iterator[tuple[Any, ...]]:
    """What a query gives before the damage; then from the other end, up to the damage again."""
    try:
        yield from db.execute(query)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        if backwards:
            order = query.partition(" ORDER BY ")[2]
            turned = ", ".join(f"{one} DESC" for one in order.split(", "))
            yield from _readable(db, query.replace(f" ORDER BY {order}", f" ORDER BY {turned}"), backwards=False)
