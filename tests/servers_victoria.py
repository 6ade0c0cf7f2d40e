"""A real VictoriaMetrics for tests (Debian's), in a temporary folder on a free port."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.stores import Missing, program
from tests.servers import HOST, accepts, end, free_port, wait_until
from tests.servers_influx import missing


@dataclass
class Victoria:
    """A running one; ``stop`` and ``start`` play an outage."""

    folder: Path
    port: int
    child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        with (self.folder / "out").open("ab") as out:
            self.child = subprocess.Popen(
                [
                    program("victoria-metrics"), f"-httpListenAddr={HOST}:{self.port}",
                    f"-storageDataPath={self.folder / 'data'}", "-retentionPeriod=100y",
                    "-dedup.minScrapeInterval=1ms", "-memory.allowedBytes=64MB",
                ],
                stdout=out, stderr=out,
            )  # fmt: skip
        wait_until(lambda: accepts(self.port), "VictoriaMetrics listens")

    def stop(self) -> None:
        child, self.child = self.child, None
        end(child)


@pytest.fixture
def real_victoria(tmp_path: Path) -> Iterator[Victoria]:
    """Start an empty one; skipped (failed when JINGCUN_REQUIRE_REAL is set) where it is not installed."""
    try:
        program("victoria-metrics")
    except Missing as fault:
        missing(fault)
    folder = tmp_path / "victoria"
    folder.mkdir()
    server = Victoria(folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
