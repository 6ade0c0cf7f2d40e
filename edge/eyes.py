"""The looking process of a box: one detector for all cameras, one thread per camera, one decoding child per stream.

Why so: the detector is most of what this process holds, so all cameras share one, behind a lock; ONNX Runtime, NumPy
and OpenCV let go of Python's lock, so two cores are used. Decoding, where hostile data can kill a process, happens in a
child per stream (``detect.frames``). What all of it takes with four cameras is measured by ``bench.box``. What still
kills this process costs a restart of looking: the box sees to it, and all that the cameras know lies in the outbox
file. The process that talks to the county is another one.

Wire to the box: JSON lines. In: the settings, then ``{"ask": command}``. Out: ``{"put": n}`` when something lies in
the outbox, ``{"report": …}`` every second. When the input ends the box is gone, and so is this process.
"""

from __future__ import annotations

import base64
import logging
import os
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from broker import journal
from broker.downward import Command
from detect.errors import BadModel, DetectError
from detect.faces import face_finder
from detect.finder import Finder, default_model
from detect.kinds import LABELS
from detect.resize_model import resized
from detect.runtimes.files import main_file
from detect.runtimes.opening import Choice, check_names, open_runtime
from edge.camera import Bench, Camera
from edge.clock import begun, clock_source
from edge.darkroom import Darkroom, Developed, Exposure, InTurn
from edge.glimpse import Glimpse
from edge.outbox import Outbox
from edge.reports import ANEW, UNUSABLE, Ask, CameraReport, Fault, Put, Report, Shown, SpotReport, Start
from edge.restarts import wait_before
from edge.settings import BoxSettings, CameraSettings
from edge.shelf import Shelf
from edge.sources import SourceFailed, Surroundings, utc_now
from edge.sources.opening import open_camera

log = logging.getLogger(__name__)

REPORT_S = 1.0


@dataclass(slots=True)
class Watcher:
    """One camera with its source, kept running; ``progress`` is when it last did anything (monotonic)."""

    camera: Camera
    settings: CameraSettings
    around: Surroundings
    told: Callable[[int], None]
    expose: Callable[[Exposure], None]
    glimpse: Callable[[Glimpse], None] = lambda _glimpse: None
    progress: float = field(default_factory=time.monotonic)
    restarts: int = 0
    reason: str = ""
    finished: bool = False
    online: bool = False
    _starts: deque[float] = field(default_factory=lambda: deque(maxlen=10))

    def run(self) -> None:
        """Look until the recording or the box ends; a source that fails is opened again, five times a minute."""
        while not self.finished:
            retry = self._once()
            self.online, self.progress = False, time.monotonic()
            if self.finished or not retry:
                return
            pause = wait_before(self._starts, time.monotonic())
            self._starts.append(time.monotonic())
            self.restarts += 1
            if self.around.wait(pause):
                return

    def _once(self) -> bool:
        try:
            source = open_camera(self.settings, self.around)
            for frame in source.frames():
                self.online, self.reason, self.progress = True, "", time.monotonic()
                self.told(self.camera.take(frame, self.around.now()))
                for exposure in self.camera.exposed():
                    self.expose(exposure)
                glimpse = self.camera.glimpsed()
                if glimpse is not None:
                    self.glimpse(glimpse)
                    del glimpse
                del frame  # not held while the next is waited for: 6 MB at full HD
            self.finished, self.reason = True, "the recording has ended"
        except SourceFailed as problem:
            self.reason = str(problem)
            log.warning("%s", problem)
            return problem.retry
        except sqlite3.Error as problem:
            self.reason = f"the box could not store what it saw: {problem}; make room on its disk"
            log.error("%s: %s", self.camera.name, self.reason)
        except Exception as problem:  # the door of a camera: one that fails must not stop the others
            self.reason = f"{type(problem).__name__}: {problem}"
            log.exception("%s: looking failed", self.camera.name)
        return True

    def is_stuck(self, clock: float) -> bool:
        """Whether this camera's thread hangs: silence of a source ends by itself long before."""
        pause = getattr(self.settings.source, "every_s", 0.0)
        return self.online and not self.finished and clock - self.progress > pause + 3 * self.around.silent_s + 60

    def report(self) -> CameraReport:
        """Return how this camera is."""
        camera, now = self.camera, self.around.now()
        states = camera.states()
        age = (now - camera.last_frame).total_seconds() if camera.last_frame else None
        return CameraReport(
            name=camera.name, online=self.online and (age or 0.0) < self.around.silent_s, last_frame_age_s=age,
            restarts=self.restarts, reason=self.reason[:500], finished=self.finished, frames=camera.frames,
            looks=camera.looks, switches=camera.switches,
            spots=tuple(
                SpotReport(
                    spot=name, state=states[name], observed_s=one.observed_s, unknown_s=one.unknown_s,
                    reason=one.reason[:500],
                )
                for name, one in camera.covered.items()
            ),
        )  # fmt: skip


def needed(cameras: Sequence[CameraSettings]) -> set[str]:
    """The classes a model must know: what the spots ask for, and persons, who are to be made unreadable."""
    return {"person", *(LABELS[kind] for one in cameras for spot in one.watched for kind in spot.kinds)}


def opened(settings: BoxSettings, path: Path, asked: bool) -> Finder:
    """Open a model as the settings want it run; one that was not ``asked`` for, by its ending. Or ``BadModel``."""
    choice = Choice(settings.runtime if asked else None, settings.threads, settings.exact)
    runtime = open_runtime(_sized(settings, path, asked), choice)
    check_names(runtime.names, needed(settings.cameras), path)
    return Finder(runtime)


def _sized(settings: BoxSettings, path: Path, asked: bool) -> Path:
    """The model for the input that the settings want. On a full disk the larger one is better than none."""
    path = main_file(path)
    if settings.side is None or path.suffix.lower() != ".onnx":
        return path
    try:
        return resized(path, settings.side, settings.folder / "resized")
    except OSError as problem:
        log.warning("%s: the model for %d px cannot be stored: %s", settings.folder, settings.side, problem)
    except BadModel:
        if asked:
            raise
    return path


class Eyes:
    """All cameras of a box in this process."""

    def __init__(self, settings: BoxSettings, write: Callable[[str], None]) -> None:
        self.stop = threading.Event()
        self._settings = settings
        self._write = write
        self._outbox = Outbox(settings.folder / "outbox.db", limit_bytes=settings.outbox_mb * 1_000_000)
        self._shelf = Shelf(settings.folder)
        model = settings.model or default_model()
        finder, self._note = self._shelf.load(model, default_model(), lambda path, asked: opened(settings, path, asked))
        if self._note:
            log.error("%s", self._note)
        clock = clock_source()
        bench = Bench(
            settings.address, self._outbox, finder, clock, settings.config_version, still_minutes=settings.still_minutes
        )
        in_turn = InTurn(finder, bench.turn)
        self._darkroom = Darkroom(settings.address, self._outbox, in_turn, face_finder(), self._put)
        self._darkroom.shown = self._show
        if self._darkroom.weakness:
            log.warning("%s", self._darkroom.weakness)
        self._watchers = [self._watcher(one, bench) for one in settings.cameras]

    def start(self) -> None:
        """Let every camera look."""
        threading.Thread(target=self._darkroom.run, name="darkroom", daemon=True).start()
        for one in self._watchers:
            threading.Thread(target=one.run, name=one.camera.name, daemon=True).start()

    def ask(self, command: Command) -> None:
        """Pass a re-check on to the camera that sees the spot."""
        for one in self._watchers:
            if command.spot in one.camera.covered:
                one.camera.ask(command)

    def step(self) -> None:
        """Let time pass at every camera and report; ends the process when a camera's thread is stuck."""
        now, silent_s = utc_now(), self._settings.silent_s
        for one in self._watchers:
            try:
                self._put(one.camera.tick(now, silent_s))
            except sqlite3.OperationalError as problem:
                log.error("%s: outbox: %s; told again at the next second", one.camera.name, problem)
            if one.is_stuck(time.monotonic()):
                log.error("%s: its thread is stuck; the looking process starts anew", one.camera.name)
                os._exit(1)
        cameras = tuple(one.report() for one in self._watchers)
        self._write(Report(cameras=cameras, note=self._note, weakness=self._darkroom.weakness).model_dump_json())
        if self._shelf.changed():
            log.warning("another model was put there; the looking process starts anew with it")
            os._exit(ANEW)  # all that the cameras know lies in the outbox, and memory is given back whole

    def _watcher(self, settings: CameraSettings, bench: Bench) -> Watcher:
        now = utc_now()
        start = begun(self._outbox, settings.name, now)
        around = Surroundings(utc_now, self.stop.wait, bench.clock, start, self._settings.silent_s)
        camera = Camera(settings, bench, rendered=settings.source.type == "rendered")
        camera.restore(now)
        return Watcher(camera, settings, around, self._put, self._darkroom.take, self._darkroom.glimpse)

    def _put(self, count: int) -> None:
        if count:
            self._write(Put(put=count).model_dump_json())

    def _show(self, one: Developed) -> None:
        said = Shown(
            jpeg=base64.b64encode(one.jpeg).decode(),
            spot=one.spot,
            at=one.at,
            asked=one.asked,
            blurred=one.blurred,
            rendered=one.rendered,
        )
        self._write(said.model_dump_json())


def main(stdin: TextIO, stdout: TextIO) -> int:
    """Look as the first line says until the input ends. Status 2: the settings or the model cannot be used."""
    lock = threading.Lock()

    def write(line: str) -> None:
        with lock:
            try:
                stdout.write(line + "\n")
                stdout.flush()
            except BrokenPipeError:
                os._exit(0)  # the box is gone in the middle of a word; ``_listen`` would see it a moment later

    start = Start.model_validate_json(stdin.readline())
    journal.begin("edge.eyes", start.settings.log, of=start.settings.address)
    logging.getLogger().setLevel(start.log_level)
    try:
        eyes = Eyes(start.settings, write)
    except DetectError as problem:
        write(Fault(fault=str(problem)).model_dump_json())
        return UNUSABLE
    threading.Thread(target=_listen, args=(eyes, stdin), name="box", daemon=True).start()
    eyes.start()
    while not eyes.stop.wait(REPORT_S):
        eyes.step()
    return 0


def _listen(eyes: Eyes, stdin: TextIO) -> None:
    for line in stdin:
        eyes.ask(Ask.model_validate_json(line).ask)
    # The box is gone, perhaps by kill -9. Everything stored is on disk; whatever is running now may stop anywhere.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.stdin, sys.stdout))
