"""A box as a process on a real Mosquitto: stills come, live pictures while asked for, and they end by themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from broker.downward import Command
from broker.messages import CHUNK_BYTES, Health, Live
from detect.frames import read_picture
from edge.sources import utc_now
from tests.edge.county import BoxProcess, FakeCounty
from tests.edge.guarded import guarded_mosquitto
from tests.edge.letters import BOX
from tests.servers import Mosquitto

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mosquitto]:
    with guarded_mosquitto(tmp_path, 32_768) as running:
        yield running


def settings(folder: Path, port: int) -> Path:
    path = folder / "box.toml"
    path.write_text(
        f"""
device = "{BOX.device}"
village = "{BOX.village}"
folder = "var"
health_s = 1.0
still_minutes = 0.05
side = 320
[broker]
host = "127.0.0.1"
port = {port}
tls = false
password_file = "secret"
[[cameras]]
name = "qx-cam-01"
source = {{ type = "rendered", scene = "lane", fps = 2.0 }}
[[cameras.spots]]
name = "gate"
polygon = [[0.2, 0.4], [0.9, 0.4], [0.9, 0.95], [0.2, 0.95]]
""",
        encoding="utf-8",
    )
    return path


def shown(county: FakeCounty) -> Live | None:
    found = county.latest.get("live")
    return found if isinstance(found, Live) else None


def ask(county: FakeCounty, lasts: float) -> UUID:
    now = utc_now()
    command = Command(
        command_id=uuid4(), device=BOX.device, name="live", spot="gate", issued_at=now,
        expires_at=now + timedelta(seconds=lasts),
    )  # fmt: skip
    county.recheck(command)
    return command.command_id


def test_a_still_comes_and_is_replaced_and_live_pictures_come_while_asked_for(
    tmp_path: Path, server: Mosquitto
) -> None:
    with (
        FakeCounty(server.port, username="ingest", password="county-secret") as county,
        BoxProcess(settings(tmp_path, server.port)),
    ):
        county.wait(lambda: shown(county) is not None, "the first still")
        first = shown(county)
        assert first is not None
        assert (first.asked, first.spot, first.rendered) == (None, "gate", True)
        assert len(first.data) <= CHUNK_BYTES
        assert read_picture(first.data).shape[1] == 640
        county.wait(lambda: shown(county) != first, "the next still")
        asked = ask(county, lasts=8)
        county.wait(lambda: (one := shown(county)) is not None and one.asked == asked, "live")
        county.wait(
            lambda: any(one.command_id == asked and one.outcome == "done" for one in county.answers()), "answer"
        )
        one = shown(county)
        county.wait(lambda: shown(county) != one, "another live picture")
        county.wait(lambda: (one := shown(county)) is not None and one.asked is None, "stills again, by itself")
        time.sleep(1)
        last = shown(county)
        assert last is not None
        assert last.asked is None
        assert isinstance(county.latest["health"], Health)
        assert county.faults == []
