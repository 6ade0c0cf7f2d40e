"""The demo as one straight page: broker, server, boxes, villagers; ended last-in-first-out, then counted."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alerts.store.book import Book
from alerts.store.proof import LoopFigures, loop_figures
from broker.embedded import EmbeddedBroker
from county.files import Folder, load
from county.qingluan import folder as qingluan_files
from jingcun.demo.boxes import OWN_BOX, own_cameras, write_day, write_own
from jingcun.demo.cast import devices_of, only
from jingcun.demo.day import CALM, QUICK, Day, Pause, long_day, short_day
from jingcun.demo.slow import slower
from jingcun.demo.stage import Stage, alone, is_free, set_stage
from jingcun.demo.tally import Tally, tally, waiting
from jingcun.demo.villagers import Villagers
from jingcun.supervise import Child, Family, python

log = logging.getLogger("jingcun.demo")

ONCE_S = 55.0
DRAIN_S = 10.0
CALM_FACTOR = 6.0  # deadlines of the demo policy are this much longer when a person looks on
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller wants: own cameras, one scripted day only, a folder to keep, a browser, a fixed port."""

    cameras: tuple[str, ...] = ()
    once: bool = False
    folder: Path | None = None
    browser: bool = True
    port: int = 0


def play(wish: Wish, say: Say, stop: threading.Event) -> Tally:
    """Play until the day is done (``once``) or ``stop`` is set; returns what was shown."""
    with contextlib.ExitStack() as closing:
        if wish.port and not is_free(wish.port):  # another program would answer for our wall
            raise ValueError(
                f"port {wish.port} of 127.0.0.1 is already in use: stop that program or choose another --port"
            )
        folder = wish.folder or Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="jingcun-demo-")))
        closing.enter_context(alone(folder))
        broker = EmbeddedBroker(folder / "broker")
        closing.callback(broker.stop)
        day = Day((), ()) if wish.cameras else short_day() if wish.once else long_day()
        files = _files(wish, day)
        stage = set_stage(folder, files, broker.start()[1], wish.port)
        boxes = write_own(stage, wish.cameras) if wish.cameras else write_day(stage, day)
        with Family() as family:
            server = _start_server(family, stage)
            _await(stage, stop)
            _tell_start(stage, day, say)
            running = [family.add(_box(stage, box)) for box in boxes]
            if wish.browser and not wish.once:
                webbrowser.open(stage.url)
            _act(stage, day, _Ending(wish.once, stop, family, say), QUICK if wish.once else CALM)
            _drain(stage, boxes, server, running)
            for child in reversed(running):
                child.stop()
        return tally(stage, boxes)


@dataclass(frozen=True, slots=True)
class _Ending:
    """When to stop playing, and who must be kept alive until then."""

    once: bool
    stop: threading.Event
    family: Family
    say: Say


def _files(wish: Wish, day: Day) -> Folder:
    files = dict(qingluan_files(demo=True))
    cast = {OWN_BOX, *own_cameras(load(files), wish.cameras)} if wish.cameras else devices_of(day)
    files = dict(only(files, cast))
    if not wish.once:
        files["policy.toml"] = slower(files["policy.toml"], CALM_FACTOR)
    return files


def _start_server(family: Family, stage: Stage) -> list[Child]:
    config = ("--config", str(stage.server_toml))
    return [
        family.add(Child("ingest", python("ingest", *config))),
        family.add(Child("alerts", python("alerts", *config, "--narrate"))),
        family.add(Child("screen", python("screen", *config))),
    ]


def _box(stage: Stage, box: str) -> Child:
    return Child(box, python("edge", "--config", str(stage.box_toml(box))))


def _await(stage: Stage, stop: threading.Event) -> None:
    """Wait until the wall answers; the programs take a few seconds to load."""
    deadline = time.monotonic() + 60
    while not stop.is_set():
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{stage.url}/healthz", timeout=2):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"the wall did not answer at {stage.url} within 60 s; see the lines above")
        time.sleep(0.2)


def _tell_start(stage: Stage, day: Day, say: Say) -> None:
    say(f"县级大屏   {stage.url}/")
    say("以下画面全部是渲染的，只证明闭环通，不证明检测准。" if day.cameras else "您自己的摄像机，整个画面算一个点位。")
    for one in day.cameras:
        say(f"  {one.camera}  {one.story}")


def _act(stage: Stage, day: Day, ending: _Ending, pause: Pause) -> None:
    book = Book(stage.server.store("book"), stage.county.code, stage.county.calendar.zone)
    villagers = Villagers(stage, day, book, pause)
    deadline = time.monotonic() + ONCE_S
    told = 0
    try:
        for _ in _ticks(ending.stop):
            villagers.step()
            for letter in villagers.yours[told:]:
                ending.say(f"等您处理   {letter.number} {letter.person} 的手机链接   {stage.url}/t/{letter.code}")
            told = len(villagers.yours)
            for child in ending.family.children:
                if not child.alive and child.revive():
                    log.error("%s ended and was started again", child.name)
            if ending.once and (_all_shown(loop_figures(book)) or time.monotonic() > deadline):
                return
    finally:
        villagers.stop()
        book.close()


def _ticks(stop: threading.Event, every_s: float = 0.3) -> Iterator[None]:
    while not stop.is_set():
        yield
        stop.wait(every_s)


def _all_shown(loop: LoopFigures) -> bool:
    """Whether the scripted day has told all its stories."""
    return loop.tickets >= 3 and loop.open == 0 and loop.climbed >= 1 and loop.closed_by_camera >= 2


def _drain(stage: Stage, boxes: list[str], server: list[Child], running: list[Child]) -> None:
    """Give the boxes a moment to hand over what they still hold."""
    deadline = time.monotonic() + DRAIN_S
    while time.monotonic() < deadline and all(child.alive for child in (*server, *running)):
        if waiting(stage, boxes) == 0:
            return
        time.sleep(0.2)
