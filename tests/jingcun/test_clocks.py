"""A real box whose clock is a day off (libfaketime): nothing is dropped, its times are right, its clock is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alerts.sensors.bin_book import states
from alerts.store.book import Book
from broker.embedded import EmbeddedBroker
from ingest.dead_letters import DeadLetters
from ingest.inbox import Inbox
from jingcun.__main__ import app
from tests.county.small import BIN, BOX, COUNTY, VILLAGE
from tests.jingcun.servers import small_server
from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
SLACK = timedelta(minutes=2)
BOX_TOML = f"""
device = "{BOX}"
village = "{VILLAGE}"
folder = "box"
health_s = 0.5
[broker]
host = "127.0.0.1"
port = PORT
tls = false
retry_min_s = 0.1
retry_max_s = 0.5
[[bins]]
name = "{BIN}"
source = {{ type = "simulated", every_s = 0.5 }}
"""


def library() -> str:
    """libfaketime as Debian's package `libfaketime` installs it."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise RuntimeError("libfaketime is not installed: apt-get install libfaketime")
    return str(found[0])


@contextmanager
def started(*words: str, shifted: str = "") -> Iterator[None]:
    fake = {"LD_PRELOAD": library(), "FAKETIME": shifted, "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if shifted else {}
    child = subprocess.Popen([sys.executable, "-m", "jingcun", *words], cwd=ROOT, env={**os.environ, **fake})
    try:
        yield
    finally:
        child.kill()
        child.wait()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    broker = EmbeddedBroker(tmp_path / "broker")
    _, number = broker.start()
    yield number
    broker.stop()


def health(config: Path) -> tuple[dict[str, Any] | None, str]:
    said = CliRunner().invoke(app, ["device", "health", "--json", "-c", str(config)]).stdout
    return json.loads(said) if said else None, CliRunner().invoke(app, ["device", "health", "-c", str(config)]).stdout


@pytest.mark.real
@pytest.mark.parametrize(("days", "words"), [(1, "CLOCK 24 h ahead"), (-1, "CLOCK 24 h behind"), (0, "")])
def test_a_clock_a_day_off_loses_nothing_and_is_named(tmp_path: Path, port: int, days: int, words: str) -> None:
    config, _ = small_server(tmp_path)
    with config.open("a", encoding="utf-8") as file:
        file.write(f"[broker]\nport = {port}\n")
    box = tmp_path / "box.toml"
    box.write_text(BOX_TOML.replace("PORT", str(port)), encoding="utf-8")
    inbox_url, book_url = (f"sqlite:///{tmp_path / 'var' / name}.db" for name in ("inbox", "book"))
    server = ("-c", str(config))
    with started("ingest", *server), started("alerts", *server), closing(Book(book_url, COUNTY)) as book:
        with started("edge", "-c", str(box), shifted=f"{days:+d}d" if days else ""):
            wait_until(lambda: BIN in states(book), "a reading that was decided", 90)
            wait_until(lambda: health(config)[0], "a health", 90)
        state = states(book)[BIN]
        row, told = health(config)
    now = datetime.now(UTC)
    assert row is not None
    assert abs(timedelta(seconds=row["clock_off_s"]) - timedelta(days=days)) < SLACK
    assert words in told
    assert ("CLOCK" in told) == bool(words)
    with closing(Inbox(inbox_url, COUNTY)) as inbox, closing(DeadLetters(inbox_url)) as letters:
        rows = inbox.read(0, 1_000)
        assert letters.count() == 0
    assert all(abs(one.at - one.received_at - timedelta(days=days)) < SLACK for one in rows)  # as the box said it
    assert state.at is not None
    assert abs(now + timedelta(days=min(days, 0)) - state.at) < SLACK  # from the future: as of its arrival
