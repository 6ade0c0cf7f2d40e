"""A real PostgreSQL for tests: one throw-away cluster a session, one fresh database a test.

A room's ``conftest.py`` offers it with ``from tests.servers_postgres import postgres_cluster, real_postgres``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

CURE = "install it with `apt-get install postgresql` (15 or newer), or put its pg_config on PATH"


@dataclass(frozen=True)
class Cluster:
    """A running server on 127.0.0.1 that trusts everybody there."""

    port: int

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://jingcun@127.0.0.1:{self.port}/{database}"

    def sql(self, command: str) -> None:
        import psycopg

        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=jingcun dbname=postgres", autocommit=True) as link:
            link.execute(command.encode())


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """Start one cluster; the test is skipped (failed when JINGCUN_REQUIRE_REAL is set) where PostgreSQL is missing."""
    bin_dir = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="jingcun-pg-"))
    try:
        user = _plain_user(folder)
        initdb = [str(bin_dir / "initdb"), "-D", str(folder / "data"), "-U", "jingcun", "-A", "trust", "-E", "UTF8"]
        initdb += ["--locale=C", "--no-sync"]
        done = subprocess.run([*user, *initdb], cwd=folder, capture_output=True, check=False)
        if done.returncode:
            pytest.fail(f"initdb failed: {done.stderr.decode()[-800:]}")
        port = _free_port()
        server = [str(bin_dir / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1"]
        server += ["-k", str(folder), "-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "max_connections=60"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([*user, *server], cwd=folder, stdout=log, stderr=log)
        try:
            _wait(process, port, folder / "log")
            yield Cluster(port)
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown; SIGTERM would wait for clients
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def real_postgres(postgres_cluster: Cluster) -> Iterator[str]:
    """Give the SQLAlchemy address of a fresh, empty database; it is dropped after the test."""
    name = f"t{uuid4().hex}"
    postgres_cluster.sql(f"CREATE DATABASE {name}")
    yield postgres_cluster.url(name)
    postgres_cluster.sql(f"DROP DATABASE {name} WITH (FORCE)")


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    config = shutil.which("pg_config")
    if config:
        answer = subprocess.run([config, "--bindir"], capture_output=True, check=True, text=True)
        folder = Path(answer.stdout.strip())
        if (folder / "postgres").exists():
            return folder
    _missing("the PostgreSQL server is not here")
    raise AssertionError


def _plain_user(folder: Path) -> list[str]:
    """PostgreSQL refuses root: give the folder to postgres or nobody and return the prefix that becomes that user."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig", "INT"] if setpriv else []
    if setpriv is None:
        _missing("PostgreSQL refuses to run as root and setpriv (util-linux) is not here")
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    ids = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    return [str(setpriv), "--pdeathsig", "INT", *ids]


def _missing(what: str) -> None:
    text = f"{what}; {CURE}"
    if os.environ.get("JINGCUN_REQUIRE_REAL"):
        pytest.fail(text)
    pytest.skip(text)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    import psycopg

    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            psycopg.connect(f"host=127.0.0.1 port={port} user=jingcun dbname=postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {log.read_text()[-800:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
