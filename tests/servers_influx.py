"""A real InfluxDB for tests, as ``bench/stores.py`` prepares it: Debian's 1.6.7 behind an nginx."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

from bench import stores
from bench.stores import BUCKET, TOKEN, Missing, set_up_influx
from tests.servers import accepts, end, free_port, wait_until


@dataclass
class Influx:
    """A running pair; ``url`` is nginx's. ``stop`` and ``start`` play an outage of the database behind it."""

    pair: stores.Influx
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    token: str = TOKEN
    bucket: str = BUCKET

    @property
    def url(self) -> str:
        return self.pair.url

    @property
    def port(self) -> int:
        return self.pair.port

    def start(self) -> None:
        self.run("influxd", self.pair.argv)
        wait_until(lambda: accepts(self.port), "InfluxDB listens")

    def stop(self) -> None:
        end(self.children.pop("influxd", None))

    def sql(self, statement: str) -> None:
        self.pair.sql(statement)

    def run(self, name: str, argv: list[str]) -> None:
        folder = self.pair.folder
        with (folder / f"{name}.out").open("ab") as out:
            self.children[name] = subprocess.Popen(argv, cwd=folder, stdout=out, stderr=out, env=dict(os.environ))


@pytest.fixture
def real_influx(tmp_path: Path) -> Iterator[Influx]:
    """Start both with an empty bucket; skipped (failed when JINGCUN_REQUIRE_REAL is set) where one is missing."""
    folder = tmp_path / "influx"
    folder.mkdir()
    try:
        pair = Influx(set_up_influx(folder, free_port))
    except Missing as fault:
        missing(fault)
    try:
        pair.start()
        pair.run("nginx", pair.pair.front_argv)
        wait_until(lambda: accepts(pair.pair.front), "nginx listens")
        pair.sql(f"CREATE DATABASE {BUCKET}")
        yield pair
    finally:
        for child in pair.children.values():
            end(child)


def missing(fault: Missing) -> NoReturn:
    """Skip a test whose program is not installed, or fail it where everything must be there."""
    if os.environ.get("JINGCUN_REQUIRE_REAL"):
        pytest.fail(str(fault))
    pytest.skip(str(fault))
