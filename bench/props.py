"""The stores of a chaos run: PostgreSQL and InfluxDB as actors that can be killed, SQLite where one is not installed.

A missing part is told on stderr and in the last line; with JINGCUN_REQUIRE_REAL set it is an error.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from bench.ground import accepts, wait_until
from bench.stores import (
    BUCKET,
    INFLUX_READY,
    POSTGRES_READY,
    TOKEN,
    Influx,
    Missing,
    Postgres,
    set_up_influx,
    set_up_postgres,
)
from bench.troupe import Actor, Limb, Troupe
from broker.embedded import free_port
from county.book import CountyBook
from county.files import Folder
from jingcun.demo.stage import Stage, to_toml
from jingcun.settings import load
from jingcun.supervise import Child, Family

POSTGRES, INFLUX = "postgresql", "influxdb"
BACKEND = {"postgresql.backend": Limb(POSTGRES, "postgres: jingcun")}
AWAY_S = (0.0, 5.0)  # how long a killed store stays away
CLAIM_LEASE_S = 4.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Props:
    """What was found to store in; None where SQLite stands in."""

    folder: Path
    postgres: Postgres | None
    influx: Influx | None

    @property
    def names(self) -> tuple[str, ...]:
        """The actors among the programs that hold what is counted at the end."""
        return (*((POSTGRES,) if self.postgres else ()), *((INFLUX,) if self.influx else ()))

    @property
    def parts(self) -> dict[str, str]:
        """Which engine holds what, for the last line."""
        return {"stores": POSTGRES if self.postgres else "sqlite", "series": INFLUX if self.influx else "sqlite"}

    def start(self, troupe: Troupe, family: Family, logs: Path) -> None:
        """Start what there is and wait until it answers; the nginx is no actor and is never killed."""
        if self.postgres:
            self._start(troupe, Actor(POSTGRES, self.postgres.argv, logs / f"{POSTGRES}.log", (), POSTGRES_READY))
        if self.influx:
            influx = self.influx
            self._start(troupe, Actor(INFLUX, influx.argv, logs / f"{INFLUX}.log", (), INFLUX_READY))
            family.add(Child("nginx", influx.front_argv, output=logs / "nginx.log"))
            wait_until(lambda: accepts(influx.front), "the nginx before InfluxDB to listen")
            influx.sql(f"CREATE DATABASE {BUCKET}")

    def furnish(self, stage: Stage, files: Folder) -> Stage:
        """Let the programs of a stage use these stores, with the county in them.

        A notice whose sender was killed is sent again while its ticket still wants it, not a minute later.
        """
        table = tomllib.loads(stage.server_toml.read_text(encoding="utf-8"))
        table["notices"]["claim_lease_s"] = CLAIM_LEASE_S
        table |= self._settings(stage)
        stage.server_toml.write_text(to_toml(table), encoding="utf-8")
        server = load(stage.server_toml)
        if self.postgres:
            with CountyBook(server.store("county")) as book:
                book.save(files, "演示", "演示用的虚构县")
        return replace(stage, server=server)

    def _settings(self, stage: Stage) -> dict[str, Any]:
        more: dict[str, Any] = {"database": self.postgres.url()} if self.postgres else {}
        if self.influx:
            (stage.folder / "influx.token").write_text(TOKEN, encoding="ascii")
            series = {"kind": "influx", "address": self.influx.url, "bucket": BUCKET, "token_file": "influx.token"}
            more |= {"series": series}
        return more

    def _start(self, troupe: Troupe, actor: Actor) -> None:
        actor.away_s = AWAY_S
        troupe.add(actor)
        wait_until(lambda: actor.ready or not actor.child.alive, f"{actor.name} to start (see {actor.log})")
        if not actor.child.alive:
            raise RuntimeError(f"{actor.name} ended at once: {actor.log.read_text(errors='replace')[-800:]}")


@contextmanager
def props_in(folder: Path) -> Iterator[Props]:
    """Prepare the stores; PostgreSQL's folder lies apart, where its user may go, and is gone afterwards."""
    apart = Path(tempfile.mkdtemp(prefix="jingcun-chaos-pg-"))
    try:
        (folder / INFLUX).mkdir(parents=True, exist_ok=True)
        postgres = _or_without(lambda: set_up_postgres(apart, free_port()))
        influx = _or_without(lambda: set_up_influx(folder / INFLUX, free_port))
        yield Props(apart, postgres, influx)
    finally:
        shutil.rmtree(apart, ignore_errors=True)


def _or_without(prepare: Callable[[], T]) -> T | None:
    try:
        return prepare()
    except Missing as fault:
        if os.environ.get("JINGCUN_REQUIRE_REAL"):
            raise
        print(f"{fault}; SQLite stands in for it", file=sys.stderr, flush=True)
        return None
