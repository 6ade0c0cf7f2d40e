"""How soon an alarm that stands in the book is on two hundred walls, and what that costs the server.

Ten tickets a second are opened by the engine in this process; the screen is the real program, the walls are streams of
a third process (``bench.viewers``). A delay is from the commit of the ticket to the row on one wall: the server's look
at the book, the row, and the fan-out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from alerts.engine import Engine
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.world import World
from bench.ground import Ground, ground
from bench.hand import Hand
from bench.notice import events
from bench.result import Result, percentile
from county.qingluan import folder as qingluan_files
from jingcun.supervise import python

VIEWERS, A_SECOND, SECONDS = 200, 10, 15
TAIL_S = 3.0


@dataclass(frozen=True, slots=True)
class Fanned:
    """What was measured: every delay in ms, those that never came as infinite, and the server's share of a core."""

    delays: tuple[float, ...]
    core_percent: float
    rest_percent: float  # the same with the walls open and nothing happening
    walls: int


def fanout_p99() -> Result:
    """p99 of the delay from a ticket's commit to its row on a wall, over 200 walls and 150 tickets."""
    return Result("fanout_p99", percentile(_fanned().delays, 0.99), "ms", 1)


def fanout_core() -> Result:
    """The server's processor time meanwhile, in percent of one core; on stderr what it takes at rest."""
    return Result("fanout_core", _fanned().core_percent, "%", 1)


@cache
def _fanned() -> Fanned:
    with ground(qingluan_files(demo=True), broker=False) as here:
        screen = here.start(
            "screen", python("screen", "--config", str(here.stage.server_toml)), here.stage.url.encode()
        )
        if screen.process is None:
            raise RuntimeError("the screen has ended")
        fanned = _play(here, screen.process.pid)
    print(
        f"  p50 {percentile(fanned.delays, 0.5):.0f} ms, at rest {fanned.rest_percent:.1f} % of a core, "
        f"{fanned.walls} wall frames", file=sys.stderr, flush=True,
    )  # fmt: skip
    return fanned


def _play(here: Ground, server: int) -> Fanned:
    stage = here.stage
    what = [sys.executable, "-m", "bench.viewers", str(stage.screen_port), str(VIEWERS), str(2 * SECONDS + TAIL_S)]
    with subprocess.Popen(what, stdout=subprocess.PIPE, text=True) as walls:
        assert walls.stdout is not None
        if walls.stdout.readline().strip() != "ready":
            raise RuntimeError("the walls could not be opened")
        rest = _core(server, lambda: time.sleep(SECONDS))
        committed: dict[str, float] = {}
        core = _core(server, lambda: committed.update(_open(here)))
        taken = json.loads(walls.stdout.readline())
    arrived: dict[str, list[float]] = taken["alarms"]
    delays = [
        (at - then) * 1000
        for ticket, then in committed.items()
        for at in [*arrived.get(ticket, []), *[float("inf")] * (VIEWERS - len(arrived.get(ticket, [])))]
    ]
    return Fanned(tuple(delays), core, rest, taken["walls"])


def _open(here: Ground) -> dict[str, float]:
    """Open the tickets in time; returns when each was committed (Unix seconds)."""
    stage, hand, committed = here.stage, Hand(), dict[str, float]()
    with closing(Book(stage.server.store("book"), stage.county.code, stage.county.calendar.zone)) as book:
        engine = Engine(book, hand, World(lambda: stage.county))
        reader, begin = Reader(book), time.monotonic()
        for number, (event, address) in enumerate(events(stage, SECONDS * A_SECOND)):
            time.sleep(max(0.0, begin + number / A_SECOND - time.monotonic()))
            hand.add(event.model_copy(update={"at": datetime.now(UTC)}), address)
            engine.step()
            now = time.time()
            committed.setdefault(str(_newest(reader)), now)
        time.sleep(max(0.0, begin + SECONDS - time.monotonic()))
    if len(committed) < SECONDS * A_SECOND:
        raise RuntimeError(f"only {len(committed)} tickets were opened")
    return committed


def _newest(reader: Reader) -> UUID:
    return reader.recent(1)[0].id


def _core(pid: int, what: Callable[[], None]) -> float:
    """Do something; returns what a process took of a core meanwhile, in percent."""
    begin, before = time.monotonic(), _ticks(pid)
    what()
    return (_ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - begin) * 100


def _ticks(pid: int) -> int:
    """User and system time of a process (man 5 proc, stat 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
