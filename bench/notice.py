"""From an event on the wire to a notice that is sent, while a thousand readings a second pass the same door."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime

from alerts.store.book import Book
from alerts.store.proof import loop_figures
from bench.door import load, our_door
from bench.ground import Ground, ground
from bench.load import Shots
from bench.result import Result, median, percentile
from broker.identity import new_id
from broker.link import Link, LinkSettings
from broker.messages import Event, Kind, Phase, State
from broker.parse import dump
from broker.topics import Address
from county.qingluan import folder as qingluan_files
from jingcun.demo.slow import slower
from jingcun.demo.stage import Stage
from jingcun.supervise import python

RUNS = 3
EVENTS = 50  # a run; each at a spot of its own, so each opens a ticket and tells somebody
EVERY_S = 0.2
READINGS_A_SECOND = 1000.0
PATIENCE_S = 120.0
QUIET = 1000.0  # limits so long that only first notices are sent


def notice_p99_1000() -> Result:
    """p99 of the delay from publishing an event to its first notice being sent and marked so."""
    delays = [percentile(_delays(), 0.99) for _ in range(RUNS)]
    return Result("notice_p99_1000", median(delays), "ms", len(delays))


def _delays() -> list[float]:
    files = dict(qingluan_files(demo=True))
    files["policy.toml"] = slower(files["policy.toml"], QUIET)
    with ground(files) as here, our_door(here):
        here.start("alerts", python("-v", "alerts", "--config", str(here.stage.server_toml)), b"alerts: ready")
        shots = Shots(rate=READINGS_A_SECOND, seconds=EVENTS * EVERY_S, warm=2.0)
        loaded: list[object] = []
        flow = threading.Thread(target=lambda: loaded.append(load(here.stage, shots)), name="flow")
        flow.start()
        time.sleep(shots.warm + 1)
        publish(here.stage)
        delays = _await_notices(here)
        flow.join()
        print(
            f"  {len(delays)} notices, p50 {percentile(delays, 0.5):.0f} ms; readings {loaded}",
            file=sys.stderr,
            flush=True,
        )
        return delays


def publish(stage: Stage, every_s: float = EVERY_S) -> None:
    """Tell of ``EVENTS`` dirty spots, one every ``every_s``."""
    link = Link(LinkSettings("127.0.0.1", stage.broker_port, "bench-events"), lambda one: one.ack(), lambda *_: None)
    link.start()
    try:
        while not link.connected:
            time.sleep(0.05)
        for event, address in events(stage):
            payload = dump(event.model_copy(update={"at": datetime.now(UTC)}))
            link.publish(address.topic("event"), payload, correlation=event.message_id.bytes)
            time.sleep(every_s)
    finally:
        time.sleep(1)
        link.stop()


def events(stage: Stage, how_many: int = EVENTS) -> list[tuple[Event, Address]]:
    """Dirty spots, each of a camera of its own; fewer where the county has not so many."""
    cameras = [one for one in stage.county.devices.values() if one.kind == "camera" and one.box]
    made = []
    for camera in cameras[:how_many]:
        box = stage.county.device(camera.box or "")
        spot = next(iter(one.id for one in stage.county.spots if one.device == camera.id))
        if box is None or box.village is None:
            continue
        event = Event(
            message_id=new_id(), device=box.id, at=datetime.now(UTC), event_id=new_id(), revision=0, phase=Phase.NEW,
            spot=spot, what=Kind.GARBAGE, state=State.DIRTY, reason="bench", score=0.9, looks=3,
        )  # fmt: skip
        made.append((event, Address.of_village(box.village, box.id)))
    return made


def _await_notices(here: Ground) -> list[float]:
    """The delay of each ticket's first notice in ms; one that never came counts with all the time it had."""
    stage = here.stage
    end, begin = time.monotonic() + PATIENCE_S, time.monotonic()
    with closing(Book(stage.server.store("book"), stage.county.code, stage.county.calendar.zone)) as book:
        while True:
            delays = list(loop_figures(book).delays_ms)
            if len(delays) >= EVENTS or time.monotonic() > end:
                break
            time.sleep(0.5)
    missing = EVENTS - len(delays)
    return delays + [(time.monotonic() - begin) * 1000] * missing
