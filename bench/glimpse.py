"""What pictures that tell of nothing weigh on the line: an hour of a camera's stills, a minute of one watched live."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import uuid4

from bench.ground import Ground, ground, wait_until
from bench.result import Result, median
from broker import topics
from broker.downward import Command
from broker.link import Delivery, Link, LinkSettings
from broker.messages import Live
from broker.parse import dump, parse_up
from broker.topics import Address
from county.qingluan import folder as qingluan_files
from jingcun.demo.stage import COUNTY, write_box
from jingcun.supervise import python

BOX, SCENES = "qx-box-01", ("lane", "shop", "field", "canal")
STILLS_AN_HOUR = 6  # the box's own default: one every ten minutes
A_MINUTE = 60  # pictures: a box gives one a second where it has the time, never more often than it looks
EACH, PATIENCE_S = 3, 300.0


def glimpse_still_hour() -> Result:
    """The kB an hour of a camera's stills: the middle weight of those of four scenes, six times."""
    stills, _ = measure()
    return Result("glimpse_still_hour", STILLS_AN_HOUR * median(stills) / 1000, "kB per camera and hour", len(stills))


def glimpse_live_minute() -> Result:
    """The kB of a minute of one camera watched live, at one picture a second: the middle weight, sixty times."""
    _, live = measure()
    return Result("glimpse_live_minute", A_MINUTE * median(live) / 1000, "kB per minute", len(live))


class Ear:
    """Hears every live message of the county, with its whole weight: topic and payload, in bytes."""

    def __init__(self, here: Ground) -> None:
        self.stills: list[int] = []
        self.watched: list[int] = []
        self.up, self._heard = threading.Event(), 0
        settings = LinkSettings("127.0.0.1", here.stage.broker_port, "ear", retry_min_s=0.1, retry_max_s=0.5)
        up = [(one, 0) for one in topics.everything_up(COUNTY)]
        self.link = Link(settings, self._on, lambda up, _words: self.up.set() if up else None, up)

    def hears_more(self) -> bool:
        """Whether another live picture has come since this was last true."""
        before, self._heard = self._heard, len(self.watched)
        return self._heard > before

    def _on(self, delivery: Delivery) -> None:
        delivery.ack()
        message = parse_up(delivery.topic, delivery.payload, delivery.correlation).message
        if isinstance(message, Live):
            weight = len(delivery.topic.encode()) + len(delivery.payload)
            (self.stills if message.asked is None else self.watched).append(weight)


@contextmanager
def listening(here: Ground) -> Iterator[Ear]:
    ear = Ear(here)
    ear.link.start()
    try:
        if not ear.up.wait(60):
            raise TimeoutError("the broker did not let us listen")
        yield ear
    finally:
        ear.link.stop()


@cache
def measure() -> tuple[list[int], list[int]]:
    """The weight of each still of four cameras, three of each at least; and of live pictures of one."""
    with ground(qingluan_files(demo=True)) as here, listening(here) as ear:
        cameras = [
            {
                "name": f"camera-{scene}",
                "source": {"type": "rendered", "scene": scene, "fps": 1.0},
                "spots": [{"name": f"camera-{scene}.spot-1", "polygon": [[0.2, 0.4], [0.9, 0.4], [0.9, 0.9]]}],
            }
            for scene in SCENES
        ]
        here.start("ingest", python("-v", "ingest", "--config", str(here.stage.server_toml)), b"broker connected")
        write_box(here.stage, BOX, {"threads": 1, "still_minutes": 0.2, "cameras": cameras})
        here.start(BOX, python("-v", "edge", "--config", str(here.stage.box_toml(BOX))), b"")
        wait_until(lambda: len(ear.stills) >= EACH * len(SCENES), "the stills", PATIENCE_S)
        address = Address.of_village(here.stage.county.devices[BOX].village, BOX)
        for _ in range(EACH):
            _watch(ear, address)
            wait_until(ear.hears_more, "live pictures", PATIENCE_S)
        print(f"{len(ear.stills)} stills {ear.stills}, {len(ear.watched)} live {ear.watched}", file=sys.stderr)
        return list(ear.stills), list(ear.watched)


def _watch(ear: Ear, address: Address) -> None:
    """One command: the box gives live pictures for a minute of it at most."""
    now = datetime.now(UTC)
    command = Command(
        command_id=uuid4(), device=BOX, name="live", spot="camera-lane.spot-1", issued_at=now,
        expires_at=now + timedelta(minutes=1),
    )  # fmt: skip
    ear.link.publish(address.topic("command"), dump(command))
