"""The whole road of a sensor's frame: network server, box, outbox, door's judge, engine, ticket, wall, export."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts.engine import Engine
from alerts.sensors import bin_book
from alerts.sensors.fill import Emptying
from alerts.sensors.ngsi import entities
from alerts.store.book import Book
from alerts.values import Status
from alerts.world import World
from broker.messages import ClockSource, Kind
from broker.parse import parse_up
from county.values import Spot
from edge.frames import Network, open_networks
from edge.outbox import Lane, Outbox
from edge.settings import load
from ingest.inbox import Row
from ingest.judge import Accepted, Refused, judge
from tests.alerts.makes import T0, FakeInbox
from tests.county.small import BIN, BOX, COUNTY, DEVICES, VILLAGE, small_county

EUI = "24E124713B221842"
SETTINGS = f"""
device = "{BOX}"
village = "{VILLAGE}"
folder = "var"
[broker]
host = "127.0.0.1"
[[networks]]
name = "lora"
speaks = "chirpstack"
topics = ["application/+/device/+/event/up"]
host = "127.0.0.1"
[[bins]]
name = "{BIN}"
source = {{ type = "frames", network = "lora", sensor = "{EUI}", model = "em400-mud" }}
"""


class Road:
    """One sensor, its box, and the county behind it; nothing travels but bytes."""

    def __init__(self, folder: Path) -> None:
        (folder / "box.toml").write_text(SETTINGS, encoding="utf-8")
        settings = load(folder / "box.toml")
        self.outbox = Outbox(folder / "outbox.db")
        networks = open_networks(settings.networks, settings.framed, settings.address, ClockSource.NTP)
        self.network: Network = networks["lora"]
        depth = tuple(replace(one, empty_mm=1000, full_mm=200) if one.id == BIN else one for one in DEVICES)
        self.county = small_county(devices=depth)
        self.book = Book(f"sqlite:///{folder / 'book.db'}", COUNTY)
        self.inbox = FakeInbox()
        self.now = T0
        self.engine = Engine(self.book, self.inbox, World(lambda: self.county, lambda: self.now))
        self.refused: list[str] = []
        self.counter = 0

    def close(self) -> None:
        self.outbox.close()
        self.book.close()

    def says(self, minutes: float, frame: str) -> None:
        """The sensor sends; whatever lies in the box's outbox goes through the door and to the engine."""
        self.now = T0 + timedelta(minutes=minutes)
        self.counter += 1
        table = {
            "deviceInfo": {"devEui": EUI.lower()}, "fCnt": self.counter, "fPort": 85, "time": self.now.isoformat(),
            "data": base64.b64encode(bytes.fromhex(frame)).decode(), "rxInfo": [{"rssi": -101, "snr": 4.5}],
        }  # fmt: skip
        self.network.take(json.dumps(table).encode(), self.now, self.outbox)
        rows = self.outbox.next(Lane.MAIN, 100)
        for one in rows:
            verdict = judge(parse_up(one.topic, one.payload, one.message_id.bytes), one.payload, self.county, self.now)
            if isinstance(verdict, Accepted):
                self._stored(verdict.incoming.at, verdict.incoming.kind, one.message_id, verdict.incoming.payload)
            else:
                assert isinstance(verdict, Refused)
                self.refused.append(verdict.reason)
        self.outbox.leave([one.message_id for one in rows])
        while self.engine.step():
            pass

    def _stored(self, at: datetime, kind: str, message_id: object, payload: bytes) -> None:
        number = len(self.inbox.rows) + 1
        self.inbox.rows.append(Row(message_id, COUNTY, VILLAGE, BOX, kind, at, self.now, payload, number))  # type: ignore[arg-type]


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    made = Road(tmp_path)
    yield made
    made.close()


def frame(distance: int, *, degrees: float = 20, battery: int = 90, tilted: bool = False) -> str:
    warmth = int(degrees * 10).to_bytes(2, "little", signed=True).hex()
    return f"0175{battery:02x} 0367{warmth} 0482{distance.to_bytes(2, 'little').hex()} 0500{int(tilted):02x}"


def test_a_bin_fills_is_ticketed_burns_is_emptied_and_closes_by_its_own_sensor(road: Road) -> None:
    for number, distance in enumerate((600, 500, 400)):
        road.says(30 * number, frame(distance))
    state = bin_book.states(road.book)[BIN]
    assert (state.level.percent, state.battery, state.signals) == (62.5, 90, (-101, -101, -101))
    for number in range(3, 6):
        road.says(30 * number, frame(260))
    with road.book.writing() as pen:
        ticket = pen.known(bin_spot(road), Kind.BIN_FULL).ticket
    assert ticket is not None
    assert "传感器读数 92%(测距 260 毫米)" in bin_reason(road)
    road.says(180, frame(260, degrees=75))
    with road.book.writing() as pen:
        burning = pen.ticket(ticket.id)
    assert burning is not None
    assert (burning.severity, burning.kinds) == ("urgent", (Kind.BIN_FULL, Kind.BIN_FIRE))
    road.says(210, frame(980, degrees=22))
    road.says(240, frame(985, degrees=21))
    with road.book.writing() as pen:
        over = pen.ticket(ticket.id)
    assert over is not None
    assert over.status is Status.CLOSED_UNAIDED
    (emptied,) = bin_book.collections(road.book, T0, road.now + timedelta(minutes=1))
    assert emptied.emptying == Emptying(T0 + timedelta(minutes=210), 92.5, 1.9)
    (entity,) = entities(road.county, bin_book.states(road.book), road.now)
    assert entity["fillingLevel"]["value"] == pytest.approx(0.0188, abs=0.001)
    assert entity["dateLastEmptying"]["value"]["@value"] == "2026-11-21T05:30:00.000Z"


def bin_spot(road: Road) -> Spot:
    return road.county.on_ground(f"{BIN}/{BIN}")[0]


def bin_reason(road: Road) -> str:
    with road.book.writing() as pen:
        alarm = pen.known(bin_spot(road), Kind.BIN_FULL).alarm
    assert alarm is not None
    return alarm.reason


def test_a_tipped_bin_gives_no_height_and_after_two_looks_an_alarm(road: Road) -> None:
    road.says(0, frame(600))
    road.says(30, frame(210, tilted=True))
    assert bin_book.states(road.book)[BIN].level.percent == 50
    road.says(60, frame(210, tilted=True))
    state = bin_book.states(road.book)[BIN]
    assert (state.level.percent, state.wrong) == (50, frozenset({Kind.BIN_TILTED}))


def test_a_frame_of_another_model_opens_nothing_and_the_door_says_why(road: Road) -> None:
    road.says(0, "01755C 03824408 040001")
    assert bin_book.states(road.book) == {}
    (reason,) = road.refused
    assert reason.startswith(f"unreadable frame of {BIN} (em400-mud): channel 03 82 at byte 3")
