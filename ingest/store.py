"""The database under the door: one engine set-up for SQLite and PostgreSQL, shared by every store of this room.

SQLite: WAL, synchronous=FULL, writers take the write lock at once. Any failure of the database surfaces as
``StoreAway``, so that the door can shut, keep its batch and try again without knowing the driver.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

METADATA = sa.MetaData()
BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite gives row ids to INTEGER only

# A PostgreSQL whose machine vanished is given up within seconds, not after the kernel's quarter of an hour.
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}  # fmt: skip
SWIFT_PAGES = 10_000  # of 4 kB: how long the log of a swift store grows at most
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOCK = sa.text("SELECT pg_advisory_xact_lock(:key)")


class StoreAway(RuntimeError):
    """The database did not take or give what was asked; the text says why. Trying again later is right."""


def micros(moment: datetime) -> int:
    """Return an aware time as whole microseconds since 1970 (UTC)."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(stamp: int) -> datetime:
    """Return the aware UTC time of a column written by ``micros``."""
    return _EPOCH + timedelta(microseconds=stamp)


class Store:
    """One database. ``write`` and ``read`` give a connection inside one transaction."""

    def __init__(
        self, url: str, metadata: sa.MetaData = METADATA, *, swift: bool = False, thrown_away: bool = False
    ) -> None:
        """Open the database, create what is missing of ``metadata``; ``StoreAway`` when it cannot be reached.

        A ``swift`` store of SQLite leaves it to ``checkpoint`` to move the log into the file: otherwise every
        thousandth page makes some commit do it, which then takes ten times as long. One that is ``thrown_away``
        afterwards waits for no disk: a power cut may take all of it. Never for what anybody relies on.
        """
        self.url = url
        address = sa.make_url(url)
        self._path = address.database
        self._file: tuple[int, int] | None = None
        self.postgres = address.get_backend_name() == "postgresql"
        if not self.postgres and address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(
            url,
            pool_pre_ping=self.postgres,
            connect_args=_PATIENCE if self.postgres else {"timeout": 10},
            hide_parameters=True,  # a fault is logged, and they are payloads
        )
        self._immediate = self._engine.execution_options(immediate=True)
        if not self.postgres:
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            if swift:
                sa.event.listen(self._engine, "connect", _few_checkpoints)
            if thrown_away:
                sa.event.listen(self._engine, "connect", _carelessly)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        try:
            with self.write() as conn:
                self.lock(conn, "schema")
                _create_missing(conn, metadata)
            self._file = None if self.postgres else _identity(self._path)
        except StoreAway:
            self.close()
            raise

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One writing transaction: committed at the end, rolled back when the block raises."""
        self._must_be_here()
        with _named(), self._immediate.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One reading transaction."""
        self._must_be_here()
        with _named(), self._engine.begin() as conn:
            yield conn

    def _must_be_here(self) -> None:
        """Refuse to go on in a file that nobody will find again: what is committed there ends with this process."""
        if self._file is not None and _identity(self._path) != self._file:
            raise StoreAway(
                f"{self._path} was deleted or replaced while it was open; put the file back and restart the server"
            )

    def lock(self, conn: sa.Connection, name: str) -> None:
        """Let one transaction at a time pass here until it ends. SQLite has one writer anyway."""
        if self.postgres:
            key = int.from_bytes(hashlib.sha256(f"jingcun/{name}".encode()).digest()[:8], "big", signed=True)
            conn.execute(_LOCK, {"key": key})

    def checkpoint(self) -> None:
        """Move what SQLite's log holds into the file, beside the writers and without holding them up."""
        if not self.postgres:
            with _named(), self._engine.connect() as conn:
                link: Any = conn.connection.driver_connection
                link.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """An insert that knows ON CONFLICT in this database's dialect."""
        return postgresql.insert(table) if self.postgres else sqlite.insert(table)

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


def _create_missing(conn: sa.Connection, metadata: sa.MetaData) -> None:
    """Create what is not there yet, after one look: to ask for each of forty tables is most of an opening."""
    there = set(sa.inspect(conn).get_table_names())
    if missing := [table for table in metadata.tables.values() if table.name not in there]:
        metadata.create_all(conn, tables=missing)


def open_store(where: str | Store) -> Store:
    """Take a store as it is, or open the one at an address."""
    return where if isinstance(where, Store) else Store(where)


def _identity(path: str | None) -> tuple[int, int] | None:
    """Which file stands at a path now; None where there is none (a database in memory too)."""
    try:
        found = Path(path or "").stat() if path else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as fault:
        text = " ".join(str(fault.orig).split())
        raise StoreAway(f"the database refused: {text[:300]}") from fault
    except sqlite3.Error as fault:  # from the pragmas of a new connection, which SQLAlchemy does not wrap
        raise StoreAway(f"the database refused: {fault}") from fault
    except sa.exc.TimeoutError as fault:
        raise StoreAway("no free database connection within 30 s; look for a stuck process") from fault


def _prepare_sqlite(link: Any, _record: Any) -> None:
    link.isolation_level = None  # transactions begin where we say so, not where the driver guesses
    link.execute("PRAGMA busy_timeout=10000")
    _switch_to_wal(link)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        link.execute(f"PRAGMA {pragma}")


def _few_checkpoints(link: Any, _record: Any) -> None:
    """A log that never rests is never begun anew from beside; when it is long, a commit ends what little is left."""
    link.execute(f"PRAGMA wal_autocheckpoint={SWIFT_PAGES}")


def _carelessly(link: Any, _record: Any) -> None:
    for pragma in ("synchronous=OFF", f"wal_autocheckpoint={SWIFT_PAGES}"):
        link.execute(f"PRAGMA {pragma}")


def _switch_to_wal(link: Any) -> None:
    """Several programs open a new file at once: the switch is refused at once instead of waiting its turn."""
    for wait in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2):
        try:
            link.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault):
                raise
            time.sleep(wait)
        else:
            return
    link.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(conn: sa.Connection) -> None:
    immediate = conn.get_execution_options().get("immediate", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
