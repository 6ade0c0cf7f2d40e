"""One hour's backlog: how long a county whose server was away works until everybody who must know does.

Ingest and alerts were down for an hour; 83,000 messages are in the hands of 300 boxes, events that open tickets
anywhere among them. Then both start, the boxes come back spread as boxes do, and each sends with its window what it
has, oldest first (a real box sends its events first, so this is the worse case).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from alerts.store.book import Book
from bench.crowd import Box, Parcel, work_off
from bench.door import our_door
from bench.ground import Ground, ground
from bench.load import Mint, reading
from bench.packets import text
from bench.result import Result, percentile
from broker.messages import Event, Kind, Phase, State
from broker.parse import dump
from broker.patience import pause
from broker.topics import Address
from county.files import Folder
from county.qingluan import folder as qingluan_files
from county.snapshot import County
from ingest.inbox import Inbox
from jingcun.demo.slow import slower
from jingcun.supervise import python

BOXES, BINS_A_BOX = 300, 4
MESSAGES, HOUR_S = 83_000, 3600  # a county's hour at 23 a second
EVENTS = 150
PATIENCE_S = 300.0
QUIET = 1000.0  # limits so long that only first notices are sent
SEED = 4


def notice_after_outage() -> Result:
    """Seconds from the door's opening until the backlog is receipted, decided, and its last notice handed over."""
    with ground(county()) as here:
        told: dict[str, float] = {}
        with our_door(here):
            here.start("alerts", python("-v", "alerts", "--config", str(here.stage.server_toml)), b"alerts: ready")
            boxes = backlog(here.stage.county, Random(SEED))
            begin = time.monotonic()
            look = _Notices(here.stage.notices, begin, told)
            receipted = work_off(boxes, here.stage.broker_port, PATIENCE_S, look) - begin
            decided = _await_the_rest(here, look, begin)
        _report(boxes, receipted, decided, sorted(told.values()))
        return Result("notice_after_outage", max(receipted, decided, *told.values()), "s", 1)


def county() -> Folder:
    """The county of the demo with more boxes, each with bins of its own, and limits so long that nobody is reminded."""
    files = dict(qingluan_files(demo=True))
    files["policy.toml"] = slower(files["policy.toml"], QUIET)
    lines = files["devices.csv"].decode().splitlines()
    there = [row for row in (line.split(",") for line in lines) if row[1] == "box"]
    for number in range(len(there), BOXES):
        like = there[number % len(there)]
        name = f"bench-box-{number}"
        lines.append(",".join([name, *like[1:]]))
        for place in range(BINS_A_BOX):
            lines.append(",".join([f"{name}-bin-{place}", "bin", like[2], like[3], name, *like[5:]]))
    files["devices.csv"] = ("\n".join(lines) + "\n").encode()
    return files


def backlog(county: County, draw: Random, now_us: int | None = None) -> list[Box]:
    """What each box has in hand: readings of its bins over the last hour, and ``EVENTS`` events in drawn places."""
    now_us = now_us or time.time_ns() // 1000
    mint = Mint()
    bins = {box.id: [one.id for one in county.devices.values() if one.box == box.id and one.kind == "bin"]
            for box in county.devices.values() if box.kind == "box" and box.village}  # fmt: skip
    homes = [(name, spots) for name, spots in bins.items() if spots]
    spots = [(county.devices[one.device].box or "", one.id) for one in county.spots
             if county.devices[one.device].kind == "camera"]  # fmt: skip
    places = dict(zip(draw.sample(range(MESSAGES), EVENTS), draw.sample(spots, EVENTS), strict=True))
    boxes = {name: Box(_address(county, name), pause(1, 1.0, 60.0, draw.uniform)) for name, _ in homes}
    for number in range(MESSAGES):
        at_us = now_us - HOUR_S * 1_000_000 * (MESSAGES - number) // MESSAGES
        if number in places:
            name, spot = places[number]
            boxes[name].hold(_event(boxes[name].address, spot, mint, at_us))
            continue
        name, own = homes[number % len(homes)]
        turn = number // len(homes)
        boxes[name].hold(_reading(boxes[name].address, own[turn % len(own)], mint, at_us, turn))
    return list(boxes.values())


def _address(county: County, name: str) -> Address:
    return Address.of_village(county.devices[name].village or "", name)


def _reading(address: Address, spot: str, mint: Mint, at_us: int, turn: int) -> Parcel:
    raw, words, at = mint.of(at_us)
    return Parcel(text(address.topic("reading")), words, raw, reading(address.device, spot, words, at, turn // 8 % 60))


def _event(address: Address, spot: str, mint: Mint, at_us: int) -> Parcel:
    raw, words, at = mint.of(at_us)
    event = {
        "message_id": words, "device": address.device, "at": at, "event_id": mint.of(at_us)[1], "revision": 0,
        "phase": Phase.NEW, "spot": spot, "what": Kind.GARBAGE, "state": State.DIRTY, "reason": "bench", "score": 0.9,
        "looks": 3,
    }  # fmt: skip
    return Parcel(text(address.topic("event")), words, raw, dump(Event.model_validate(event)))


class _Notices:
    """Reads what the file channel has written, and when each ticket's first notice was seen there."""

    def __init__(self, file: Path, begin: float, told: dict[str, float]) -> None:
        self._file = file
        self._begin = begin
        self._read = 0
        self.told = told

    def __call__(self) -> None:
        """Take in what is new."""
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            self.told.setdefault(json.loads(line)["number"], time.monotonic() - self._begin)


def _await_the_rest(here: Ground, look: _Notices, begin: float) -> float:
    """Wait until the engine has passed the last row and every event is told; when the engine did, from ``begin``."""
    stage, decided, end = here.stage, 0.0, time.monotonic() + PATIENCE_S
    inbox = Inbox(stage.server.store("inbox"))
    try:
        with closing(Book(stage.server.store("book"), stage.county.code, stage.county.calendar.zone)) as book:
            while not decided or len(look.told) < EVENTS:
                look()
                if not decided and book.cursor() >= inbox.last():
                    decided = time.monotonic() - begin
                if time.monotonic() > end:
                    raise TimeoutError(f"{len(look.told)} of {EVENTS} events were told within {PATIENCE_S:.0f} s more")
                time.sleep(0.1)
    finally:
        inbox.close()
    return decided


def _report(boxes: Sequence[Box], receipted: float, decided: float, told: Sequence[float]) -> None:
    resent = sum(box.resent for box in boxes)
    print(
        f"  {len(boxes)} boxes, {MESSAGES} messages: receipted after {receipted:.1f} s ({MESSAGES / receipted:.0f}/s), "
        f"{resent} sent again; the engine had decided after {decided:.1f} s; {len(told)} notices: "
        f"p50 {percentile(told, 0.5):.1f} s, last {told[-1]:.1f} s",
        file=sys.stderr, flush=True,
    )  # fmt: skip
