"""A real PostgreSQL for tests: one throw-away cluster a session, one fresh database a test.

Both fixtures are offered to every test by ``tests/conftest.py``: each process of the tests has one cluster.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from bench.stores import Missing, Postgres, set_up_postgres
from tests.servers import free_port
from tests.servers_influx import missing


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


def _link(place: Postgres) -> str:
    return f"host=127.0.0.1 port={place.port} user=jingcun dbname=postgres"


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
