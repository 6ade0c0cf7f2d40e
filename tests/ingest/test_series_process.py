"""The series process of ingest: it writes, says what is wrong, comes back after a death, and ends with the program."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from broker.identity import new_id
from broker.messages import Reading
from broker.parse import dump
from ingest.inbox import Inbox, Incoming
from ingest.lease import Lease
from ingest.series import SeriesAway
from ingest.series.influx import InfluxSettings
from ingest.series.process import SeriesProcess
from ingest.series.sqlite import SqliteSeries
from ingest.series.wire import Plan
from ingest.series.writer import NAME
from ingest.store import Store
from tests.servers import free_port, wait_until

COUNTY = "640999"
NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)


def fill(url: str, fills: list[float]) -> None:
    """Put readings into the inbox, a minute apart."""
    with closing(Store(url)) as store:
        inbox, fence = Inbox(store, COUNTY), Lease(store, COUNTY).take("test", NOW, restarted=True)
        assert fence is not None
        rows = []
        for minute, value in enumerate(fills):
            at = NOW.replace(minute=minute)
            reading = Reading(message_id=new_id(), device="box", at=at, spot="bin", fill_percent=value)
            rows.append(Incoming(
                reading.message_id, COUNTY, "640999100200", "box", "reading", at, NOW, dump(reading)
            ))  # fmt: skip
        inbox.append(rows, fence)


def plan(folder: Path, series: Path | InfluxSettings | None = None) -> Plan:
    url = f"sqlite:///{folder / 'inbox.db'}"
    return Plan(inbox_url=url, county=COUNTY, series=series or folder / "series.db", log_level=logging.INFO)


@contextmanager
def at_work(process: SeriesProcess) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=process.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert not children()


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "ingest.series.child" in one.cmdline()]


def kept(folder: Path) -> list[float]:
    try:
        with closing(SqliteSeries(folder / "series.db")) as series:
            return [sample.value for line in series.last("reading", "fill_percent") for sample in line.samples]
    except SeriesAway:
        return []


def quiet(_point: str) -> None:
    """No crash."""


def test_rows_become_points_and_a_killed_process_is_started_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = plan(tmp_path)
    fill(said.inbox_url, [10.0, 20.0])
    process = SeriesProcess(said, quiet)
    with at_work(process):
        wait_until(lambda: kept(tmp_path) == [20.0], "the first points")
        children()[0].kill()
        fill(said.inbox_url, [10.0, 20.0, 30.0])
        wait_until(lambda: kept(tmp_path) == [30.0], "the points after the death")
        wait_until(lambda: process.away == "", "it is said to be well again")
    assert "the series process ended with status -9" in caplog.text


def test_a_store_that_is_away_is_told_and_logged_here(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    away = InfluxSettings(f"http://127.0.0.1:{free_port()}", "county")
    said = plan(tmp_path, away)
    fill(said.inbox_url, [10.0])
    process = SeriesProcess(said, quiet)
    with at_work(process):
        wait_until(lambda: "refused" in process.away, "the reason")
    assert "series wait" in caplog.text


def test_at_a_named_point_the_whole_program_decides_and_the_cursor_stands(tmp_path: Path) -> None:
    said, reached, held = plan(tmp_path), [], threading.Event()
    fill(said.inbox_url, [10.0])

    def crash(point: str) -> None:
        reached.append(point)
        with closing(Inbox(said.inbox_url, COUNTY)) as inbox:
            reached.append(str(inbox.cursor(NAME)))
        held.set()

    with at_work(SeriesProcess(said, crash)), closing(Inbox(said.inbox_url, COUNTY)) as inbox:
        assert held.wait(30)
        wait_until(lambda: inbox.cursor(NAME) == 1, "it goes on with leave")
    assert reached == ["series.after_write", "0"]


def test_a_moment_without_a_process_to_spare_only_delays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said, tries, real = plan(tmp_path), [], subprocess.Popen
    fill(said.inbox_url, [10.0])

    def scarce(*words: object, **more: object) -> object:
        tries.append(1)
        if len(tries) == 1:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return real(*words, **more)  # type: ignore[call-overload]

    monkeypatch.setattr("ingest.series.process.subprocess.Popen", scarce)
    with at_work(SeriesProcess(said, quiet)):
        wait_until(lambda: kept(tmp_path) == [10.0], "the points")
    assert "cannot be started" in caplog.text


PROGRAM = """
import sys, threading
from ingest.series.process import SeriesProcess
from ingest.series.wire import Plan
SeriesProcess(Plan.model_validate_json(sys.argv[1]), print).run(threading.Event())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_program_however_that_dies(tmp_path: Path, how: signal.Signals) -> None:
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, plan(tmp_path).model_dump_json()])
    try:
        mine = psutil.Process(program.pid)
        wait_until(mine.children, "the series process")
        child = mine.children()[0]
    finally:
        os.kill(program.pid, how)
        program.wait(30)
    wait_until(lambda: gone(child), "the series process ends")


def gone(child: psutil.Process) -> bool:
    try:
        return child.status() == psutil.STATUS_ZOMBIE or not child.is_running()
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("line", ["", "{}", "nonsense", '{"away": 7}', '{"point": "x", "'])
def test_nonsense_from_the_child_is_said_and_passed_over(
    line: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = f'import sys; print({line!r}); print(\'{{"away": "told"}}\', flush=True); sys.stdin.read()'
    monkeypatch.setattr("ingest.series.process.ARGV", ("-c", script))
    process = SeriesProcess(plan(tmp_path), quiet)
    with at_work(process):
        wait_until(lambda: process.away == "told", "the good line behind it")
    assert "the series process said" in caplog.text
