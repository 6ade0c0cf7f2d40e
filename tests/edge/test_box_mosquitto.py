"""A box on a real Mosquitto with passwords, access list and size limit, over kill -9 of the broker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broker.messages import Health, Status
from edge.outbox import Lane, Outbox
from tests.edge.county import BoxProcess, FakeCounty
from tests.edge.guarded import guarded_mosquitto
from tests.edge.letters import BOX, chunk, event
from tests.servers import Mosquitto

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]

LIMIT = 32_768


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mosquitto]:
    with guarded_mosquitto(tmp_path, LIMIT) as server:
        yield server


def settings(folder: Path, port: int) -> Path:
    path = folder / "box.toml"
    path.write_text(
        f"""
device = "{BOX.device}"
village = "{BOX.village}"
folder = "var"
health_s = 1.0
[broker]
host = "127.0.0.1"
port = {port}
tls = false
password_file = "secret"
retry_min_s = 0.1
retry_max_s = 0.5
[[bins]]
name = "qx-bin-01"
source = {{ type = "simulated", every_s = 0.2 }}
""",
        encoding="utf-8",
    )
    return path


def test_everything_passes_the_access_list_and_a_killed_broker_costs_nothing(tmp_path: Path, server: Mosquitto) -> None:
    (tmp_path / "var").mkdir()
    outbox = Outbox(tmp_path / "var" / "outbox.db")
    small, parts = event(), [chunk(index=index) for index in range(3)]
    whole = event()
    too_large = replace(whole, payload=whole.payload + b" " * LIMIT)
    outbox.put([too_large, small, *parts])
    county = FakeCounty(server.port, username="ingest", password="county-secret")
    with county, BoxProcess(settings(tmp_path, server.port)) as box:
        wanted = {small.message_id, *(one.message_id for one in parts)}
        county.wait(lambda: wanted <= county.stored.keys(), "the event and every chunk")
        county.wait(lambda: _oversize(county) == 1, "the refusal by the broker's own limit")
        server.stop()
        server.start()
        seen = len(county.readings())
        county.wait(lambda: len(county.readings()) > seen + 3, "readings after the broker's return")
        county.wait(lambda: _online(county), "the status after it")
        box.kill()
        county.wait(lambda: not _online(county), "the last will")
    waiting = {one.message_id for one in outbox.next(Lane.MAIN, 100_000)}
    counts = outbox.counts()
    outbox.close()
    assert len(waiting | county.stored.keys()) == counts.minted - 1
    assert county.faults == []


def _oversize(county: FakeCounty) -> int:
    told = county.latest.get("health")
    return told.refused_oversize if isinstance(told, Health) else 0


def _online(county: FakeCounty) -> bool:
    told = county.latest.get("status")
    return isinstance(told, Status) and told.online
