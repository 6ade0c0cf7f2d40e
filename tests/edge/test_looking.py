"""The looking process: it reports, is started anew when it dies or is silent, and says why it cannot work."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from broker.messages import ClockSource, Health, State
from detect.faces import face_finder
from detect.finder import Finder, default_model
from detect.privacy import Privacy
from edge.camera import Bench, Camera
from edge.eyes import Watcher
from edge.health import Vitals, coverage
from edge.looking import Looking
from edge.outbox import Counts, Outbox
from edge.reports import CameraReport, Put, Report, Shown, SpotReport, Start
from edge.settings import BoxSettings, CameraSettings
from edge.shelf import Shelf
from edge.sources import Surroundings, utc_now
from tests.detect.models import a_model
from tests.edge.county import PATIENCE_S, gone
from tests.edge.letters import BOX, NOW
from tests.edge.test_camera import ScriptedFinder


def ignored(_told: object) -> None:
    """Nobody listens."""


class Watched:
    """A looking process over two folders: one with a picture, one that is not there."""

    def __init__(self, folder: Path) -> None:
        (folder / "good").mkdir()
        noise = np.random.default_rng(3).integers(0, 255, (90, 160, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / "good" / "a.png"), noise)
        self.settings = BoxSettings.model_validate(
            {
                "device": "qx-box-01",
                "village": "640999101201",
                "folder": folder,
                "silent_s": 1.0,
                "broker": {"host": "127.0.0.1", "tls": False},
                "cameras": [
                    {"name": name, "source": {"type": "folder", "path": folder / name, "loop": True, "every_s": 0.2}}
                    for name in ("good", "missing")
                ],
            }
        )
        Outbox(folder / "outbox.db").close()
        self.reports: list[Report] = []
        self.looking = self.opened()

    def opened(self, **changed: object) -> Looking:
        return Looking(self.settings.model_copy(update=changed), self._hear, list)

    def _hear(self, heard: Put | Report | Shown) -> None:
        if isinstance(heard, Report):
            self.reports.append(heard)

    def wait(self, met: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not met():
            assert time.monotonic() < deadline
            self.looking.watch()
            time.sleep(0.1)

    def camera(self, name: str) -> CameraReport | None:
        return next((one for one in self.reports[-1].cameras if one.name == name), None) if self.reports else None

    def restarts(self, name: str) -> int:
        camera = self.camera(name)
        return camera.restarts if camera else 0

    def online(self, name: str) -> bool:
        camera = self.camera(name)
        return camera is not None and camera.online

    def looks(self) -> int:
        camera = self.camera("good")
        return camera.looks if camera else 0


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.looking.stop()


def test_a_camera_that_fails_says_why_and_does_not_stop_the_other(watched: Watched) -> None:
    watched.looking.start()
    watched.wait(lambda: watched.looks() >= 3 and watched.online("good"))
    good = watched.camera("good")
    assert good is not None
    assert good.spots[0].state in {"clean", "unknown", "dirty"}
    watched.wait(lambda: watched.restarts("missing") >= 1)
    assert watched.looking.weakness == Privacy(Finder(default_model()), face_finder()).weakness
    missing = watched.camera("missing")
    assert missing is not None
    assert not missing.online
    assert "Cure: correct `path`" in missing.reason


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_dead_or_silent_looking_process_is_replaced(watched: Watched, how: signal.Signals) -> None:
    watched.looking.start()
    watched.wait(lambda: watched.looks() >= 1)
    old = watched.looking.pid
    assert old is not None
    os.kill(old, how)
    watched.wait(lambda: watched.looking.restarts == 1)
    assert gone(old)
    watched.reports.clear()
    watched.wait(lambda: watched.looks() >= 1)
    assert watched.looking.note == ""


def test_a_broken_model_is_told_while_the_last_good_one_looks(watched: Watched, tmp_path: Path) -> None:
    good = a_model(tmp_path / "good.onnx")
    shelf = Shelf(tmp_path)
    shelf.load(good, default_model(), lambda path, _asked: Finder(path))
    good.write_bytes(b"no model")
    watched.looking = watched.opened(model=good)
    watched.looking.start()
    watched.wait(lambda: watched.looks() >= 1)
    assert f"{good.name}: not a model that ONNX Runtime can load" in watched.looking.note
    standing = shelf.standing("last_good")
    assert standing is not None
    assert watched.looking.note.endswith(f"looking with {standing.model_id}/good.onnx")
    assert watched.looking.restarts == 0


def test_a_model_put_in_by_hand_is_taken_up_by_a_new_looking_process_alone(watched: Watched, tmp_path: Path) -> None:
    watched.looking = watched.opened(model=a_model(tmp_path / "old.onnx"))
    watched.looking.start()
    watched.wait(lambda: watched.looks() >= 1)
    old = watched.looking.pid
    standing = Shelf(tmp_path).use(a_model(tmp_path / "new.onnx", score=0.2))
    watched.wait(lambda: watched.looking.pid != old)
    watched.reports.clear()
    watched.wait(lambda: watched.looks() >= 1)
    assert Shelf(tmp_path).standing("last_good") == standing
    assert (watched.looking.restarts, watched.looking.note) == (0, "")


def test_a_looking_process_that_cannot_work_says_why_and_is_not_started_again_at_once(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "eyes"
    program.write_text('#!/bin/sh\necho \'{"fault": "no model at all"}\'\nexit 2\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    watched.looking.start()
    watched.wait(lambda: watched.looking.pid is None)
    assert watched.looking.note == "no model at all"
    for _ in range(20):
        watched.looking.watch()
        time.sleep(0.1)
    assert watched.looking.restarts == 0


def test_a_box_that_is_gone_is_no_fault_of_the_looking_process(watched: Watched) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    eyes = subprocess.Popen(
        [sys.executable, "-P", "-m", "edge.eyes"],
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert eyes.stdin is not None
    assert eyes.stderr is not None
    with eyes.stdin, eyes.stderr:
        eyes.stdin.write(Start(settings=watched.settings, log_level=30).model_dump_json() + "\n")
        eyes.stdin.flush()
        said = eyes.stderr.read()  # until it ends, though its input is still open
    assert eyes.wait() == 0
    assert "Traceback" not in said


def test_stop_ends_it(watched: Watched) -> None:
    watched.looking.start()
    pid = watched.looking.pid
    assert pid is not None
    watched.looking.stop()
    assert gone(pid)


@pytest.mark.parametrize(
    ("online", "finished", "quiet_s", "stuck"),
    [(True, False, 60, False), (True, False, 64, True), (False, False, 1_000, False), (True, True, 1_000, False)],
)
def test_a_camera_thread_that_hangs_is_noticed(
    tmp_path: Path, online: bool, finished: bool, quiet_s: float, stuck: bool
) -> None:
    settings = CameraSettings.model_validate(
        {"name": "qx-cam-01", "source": {"type": "folder", "path": tmp_path, "every_s": 0.5}}
    )
    outbox = Outbox(tmp_path / "outbox.db")
    bench = Bench(BOX, outbox, cast(Finder, ScriptedFinder()), ClockSource.NTP)
    around = Surroundings(utc_now, lambda _s: False, ClockSource.NTP, NOW, silent_s=1.0)
    camera = Camera(settings, bench, rendered=False)
    watcher = Watcher(camera, settings, around, ignored, ignored, progress=100.0, online=online, finished=finished)
    assert watcher.is_stuck(100.0 + quiet_s) is stuck
    outbox.close()


def test_a_full_disk_is_a_plain_line_in_the_log_and_in_health(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cv2.imwrite(str(tmp_path / "20261121T020000.jpg"), np.zeros((48, 64, 3), np.uint8))
    settings = CameraSettings.model_validate(
        {"name": "qx-cam-01", "source": {"type": "folder", "path": tmp_path, "every_s": 0.5}}
    )
    with closing(Outbox(tmp_path / "outbox.db")) as outbox:
        bench = Bench(BOX, outbox, cast(Finder, ScriptedFinder()), ClockSource.NTP)
        camera = Camera(settings, bench, rendered=False)
        full = sqlite3.OperationalError("database or disk is full")
        monkeypatch.setattr(camera, "take", lambda *_a: (_ for _ in ()).throw(full))
        around = Surroundings(utc_now, lambda _s: True, ClockSource.NTP, NOW, silent_s=1.0)
        watcher = Watcher(camera, settings, around, ignored, ignored)
        watcher.run()
    assert "make room on its disk" in watcher.reason
    assert watcher.reason in caplog.text
    assert "Traceback" not in caplog.text


def spot(observed: float, unknown: float) -> SpotReport:
    return SpotReport(spot="gate", state=State.CLEAN, observed_s=observed, unknown_s=unknown, reason="")


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(None, (10, 5), (10, 5)), ((10, 5), (70, 6), (60, 1)), ((70, 6), (3, 0), (3, 0))],
    ids=["first", "since the last", "the process is new"],
)
def test_coverage_counts_since_the_last_one(
    before: tuple[float, float] | None, now: tuple[float, float], expected: tuple[float, float]
) -> None:
    told = {"gate": spot(*before)} if before else {}
    (covered,) = coverage("qx-box-01", (NOW, ClockSource.NTP), [spot(*now)], told).spots
    assert (covered.observed_s, covered.unknown_s) == expected


def test_health_tells_the_outbox_and_each_camera(tmp_path: Path) -> None:
    camera = CameraReport(
        name="qx-cam-01", online=False, last_frame_age_s=31.0, restarts=4, reason="no frame", finished=False,
        frames=9, looks=3, spots=(),
    )  # fmt: skip
    counts = Counts(waiting=7, bytes=1_000, dropped=2, oversize=1, refused=3, minted=20)
    when = (NOW + timedelta(seconds=1), ClockSource.RTC)
    health = Vitals(tmp_path).health("qx-box-01", when, counts, [camera], "note")
    assert isinstance(health, Health)
    assert (health.outbox_waiting, health.outbox_dropped, health.refused_oversize, health.refused_by_server) == (
        7, 2, 1, 3,
    )  # fmt: skip
    assert health.cameras[0].restarts == 4
    assert (health.memory_mb or 0) > 10
    assert (health.disk_free_mb or 0) > 0
