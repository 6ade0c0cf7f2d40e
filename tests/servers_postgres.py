"""A real PostgreSQL for tests: one throw-away cluster a session, one fresh database a test.

Both fixtures are offered to every test by ``tests/conftest.py``: each process of the tests has one cluster. A database
with tables is lent to one test after another (``Copies``): to copy and to drop one takes longer than most tests.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from bench.stores import Missing, Postgres, set_up_postgres
from tests.servers import free_port
from tests.servers_influx import missing

if TYPE_CHECKING:
    from psycopg import Connection

_TABLES_AND_RULES = """
    SELECT 'class', count(*), sum(hashtext(concat(oid, xmin))) FROM pg_class WHERE oid >= 16384 UNION ALL
    SELECT 'column', count(*), sum(hashtext(concat(attrelid, attnum, xmin))) FROM pg_attribute
        WHERE attrelid >= 16384 UNION ALL
    SELECT 'trigger', count(*), sum(hashtext(concat(oid, xmin))) FROM pg_trigger UNION ALL
    SELECT 'constraint', count(*), sum(hashtext(concat(oid, xmin))) FROM pg_constraint UNION ALL
    SELECT 'function', count(*), sum(hashtext(concat(oid, xmin))) FROM pg_proc WHERE oid >= 16384 UNION ALL
    SELECT 'schema', count(*), sum(hashtext(concat(oid, xmin))) FROM pg_namespace ORDER BY 1
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
# Foreign keys and the triggers that keep a table from being emptied do not speak in a replica.
_EMPTY = """
    DO $$ DECLARE filled regclass; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR filled IN SELECT oid FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
        LOOP EXECUTE 'DELETE FROM ' || filled; END LOOP;
        PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
            FROM pg_sequences WHERE last_value IS NOT NULL;
    END $$
"""


@dataclass(frozen=True)
class Cluster:
    """A running server on 127.0.0.1 that trusts everybody there."""

    place: Postgres

    def url(self, database: str) -> str:
        return self.place.url(database)

    def sql(self, command: str) -> None:
        import psycopg

        with psycopg.connect(_link(self.place), autocommit=True) as link:
            link.execute(command.encode())

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Give the name of a fresh copy of a database that nobody uses; it is dropped afterwards."""
        name = f"t{uuid4().hex}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield name
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class Copies:
    """Copies of a database without rows. What a test wrote is taken out; one whose tables it changed is dropped."""

    cluster: Cluster
    template: str
    _free: list[_Copy] = field(default_factory=list)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Give the name of a copy that nobody else has."""
        copy = self._free.pop() if self._free else self._made()
        yield copy.name
        if copy.emptied():
            self._free.append(copy)
        else:
            self._drop(copy)

    def close(self) -> None:
        """Drop what nobody has any more."""
        while self._free:
            self._drop(self._free.pop())

    def _made(self) -> _Copy:
        import psycopg

        name = f"t{uuid4().hex}"
        self.cluster.sql(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        link = psycopg.connect(_link(self.cluster.place, name), autocommit=True)
        return _Copy(name, link, link.execute(_TABLES_AND_RULES).fetchall())

    def _drop(self, copy: _Copy) -> None:
        copy.link.close()
        self.cluster.sql(f"DROP DATABASE {copy.name} WITH (FORCE)")


@dataclass(frozen=True)
class _Copy:
    """A database, a connection that empties it, and which tables and rules it began with."""

    name: str
    link: Connection[Any]
    begun: list[Any]

    def emptied(self) -> bool:
        """Whether it is again as it began; not so when its tables are others, or nobody gets in."""
        import psycopg

        try:
            self.link.execute(_END_OTHERS)
            if self.link.execute(_TABLES_AND_RULES).fetchall() != self.begun:
                return False
            self.link.execute(_EMPTY)
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """Start one cluster; the test is skipped (failed when JINGCUN_REQUIRE_REAL is set) where PostgreSQL is missing."""
    folder = Path(tempfile.mkdtemp(prefix="jingcun-pg-"))
    try:
        try:
            place = set_up_postgres(folder, free_port(), "fsync=off")
        except Missing as fault:
            missing(fault)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(place.argv, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(process, place)
            yield Cluster(place)
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown; SIGTERM would wait for clients
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def real_postgres(postgres_cluster: Cluster) -> Iterator[str]:
    """Give the SQLAlchemy address of a fresh, empty database."""
    with postgres_cluster.database() as name:
        yield postgres_cluster.url(name)


def _link(place: Postgres, database: str = "postgres") -> str:
    return f"host=127.0.0.1 port={place.port} user=jingcun dbname={database}"


def _wait(process: subprocess.Popen[bytes], place: Postgres) -> None:
    import psycopg

    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            psycopg.connect(_link(place)).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {(place.folder / 'log').read_text()[-800:]}")
