"""How much the door takes and how soon: real broker, real ingest program, and beside it a plain consumer.

Both stand on the same broker in the same run and are measured in turn; each publishes a receipt after its commit, so
both figures are durable publish-to-receipt.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from bench.ground import Ground, ground
from bench.load import Loaded, Shots
from bench.result import Result, median
from county.qingluan import folder as qingluan_files
from jingcun.demo.stage import Stage
from jingcun.supervise import python

BOXES = 8
PEER = "commit per message"
PAIRS = 3
QUIET_RATE = 23.0  # messages a second: a county's mean
FLOOD_RATE, FLOOD_S = 230.0, 64.0  # ten times that for a minute, from one box that heeds no window


def door_rate() -> Result:
    """Messages a second from publish to receipt, as many as 8 boxes with windows of 32 can place."""
    pairs = _pairs(Shots())
    return Result(
        "door_rate", median([ours.per_second for ours, _ in pairs]), "msg/s", len(pairs),
        PEER, median([peer.per_second for _, peer in pairs]),
    )  # fmt: skip


def door_p99_1000() -> Result:
    """p99 of publish to receipt while 1,000 messages a second are offered."""
    pairs = _pairs(Shots(rate=1000.0, seconds=8.0))
    return Result(
        "door_p99_1000", median([ours.p99_ms for ours, _ in pairs]), "ms", len(pairs),
        PEER, median([peer.p99_ms for _, peer in pairs]),
    )  # fmt: skip


def door_flood() -> Result:
    """p99 of seven quiet boxes while an eighth sends ten times a county's load, over their p99 in calm.

    What is over its share is left to be sent again; the growth of the door's memory goes to stderr.
    """
    quiet = Shots(rate=QUIET_RATE, seconds=FLOOD_S - 4.0, warm=1.0)
    with ground(qingluan_files(demo=True)) as here, our_door(here):
        names = named_boxes(here.stage, BOXES).split(",")
        calm = load(here.stage, quiet, ",".join(names[1:]))
        before = _memory()
        storm = Shots(rate=FLOOD_RATE, seconds=FLOOD_S, warm=0.0)
        flood = subprocess.Popen(_argv(here.stage, storm, names[0]), stdout=subprocess.DEVNULL)
        try:
            flooded = load(here.stage, quiet, ",".join(names[1:]))
            grown = _memory() - before
        finally:
            flood.kill()
            flood.wait()
    print(f"  calm {calm}\n  flooded {flooded}\n  the door grew by {grown:.1f} MB", file=sys.stderr, flush=True)
    return Result("door_flood", flooded.p99_ms / calm.p99_ms, "times", 1)


def _memory() -> float:
    """Resident megabytes of the ingest program."""
    (door,) = [one for one in psutil.Process().children() if "ingest" in one.cmdline()]
    return float(door.memory_info().rss) / 1e6


def load(stage: Stage, shots: Shots, boxes: int | str = BOXES) -> Loaded:
    """Run the load in a process of its own against whoever stands at the door; so many boxes, or those named."""
    names = named_boxes(stage, boxes) if isinstance(boxes, int) else boxes
    done = subprocess.run(_argv(stage, shots, names), capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"the load failed: {done.stderr[-500:]}")
    return Loaded(**json.loads(done.stdout.splitlines()[-1]))


def _argv(stage: Stage, shots: Shots, boxes: str) -> list[str]:
    return [
        sys.executable, "-m", "bench.load", "--port", str(stage.broker_port), "--boxes", boxes,
        "--window", str(shots.window), "--rate", str(shots.rate), "--seconds", str(shots.seconds),
        "--warm", str(shots.warm), "--until", shots.until,
    ]  # fmt: skip


def named_boxes(stage: Stage, count: int) -> str:
    """The last boxes of the county that have a bin, as the load takes them; the first ones belong to the demo."""
    found = []
    for device in stage.county.devices.values():
        bins = [one.id for one in stage.county.devices.values() if one.box == device.id and one.kind == "bin"]
        if device.kind == "box" and bins:
            found.append(f"{device.village}:{device.id}:{bins[0]}")
    return ",".join(found[-count:])


@contextmanager
def our_door(here: Ground) -> Iterator[None]:
    """The real ingest program, ended afterwards."""
    child = here.start("ingest", python("-v", "ingest", "--config", str(here.stage.server_toml)), b"broker connected")
    try:
        yield
    finally:
        child.stop()


@contextmanager
def peer_door(here: Ground) -> Iterator[None]:
    """The plain consumer, ended afterwards."""
    file = here.stage.folder / "plain.db"
    argv = [
        sys.executable, "-m", "bench.plain_door", "--port", str(here.stage.broker_port), "--file", str(file),
        "--county", here.stage.county.code,
    ]  # fmt: skip
    child = here.start("plain-door", argv, b"ready")
    try:
        yield
    finally:
        child.stop()


def _pairs(shots: Shots) -> list[tuple[Loaded, Loaded]]:
    with ground(qingluan_files(demo=True)) as here:
        pairs = []
        for _ in range(PAIRS):
            with our_door(here):
                ours = load(here.stage, shots)
            with peer_door(here):
                peer = load(here.stage, shots)
            pairs.append((ours, peer))
            print(f"  ours {ours}\n  peer {peer}", file=sys.stderr, flush=True)
        return pairs
