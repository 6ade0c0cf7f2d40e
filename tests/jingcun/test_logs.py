"""The real programs, started with ``--log-format json``: each line parses and says what it is about."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from broker.downward import Command
from broker.embedded import EmbeddedBroker
from broker.identity import new_id
from broker.link import Link, LinkSettings
from broker.parse import dump
from ingest.commands import CommandBook
from tests.county.small import BOX, SPOT, VILLAGE
from tests.ingest.box import Box, box_on
from tests.ingest.makes import event, reading, topic
from tests.jingcun.servers import small_server
from tests.servers import free_port, wait_until

ROOT = Path(__file__).parents[2]
Line = dict[str, str]
PHONE, SECRET = "13812345678", "correct-horse-battery"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    broker = EmbeddedBroker(tmp_path / "broker")
    _, number = broker.start()
    yield number
    broker.stop()


def lines_of(file: Path) -> list[Line]:
    """Every whole line, parsed; a line that is no JSON object fails the test."""
    said = []
    for line in file.read_bytes().split(b"\n")[:-1]:
        one = json.loads(line)
        assert {"at", "level", "program", "logger", "text"} <= one.keys(), line
        datetime.fromisoformat(one["at"])
        said.append(one)
    return said


@contextmanager
def running(log: Path, words: Sequence[str]) -> Iterator[None]:
    with log.open("wb") as sink:
        child = subprocess.Popen([sys.executable, "-m", "jingcun", *words], cwd=ROOT, stdout=subprocess.DEVNULL,
                                 stderr=sink)  # fmt: skip
    try:
        yield
        child.terminate()
        assert child.wait(60) == 0
    finally:
        child.terminate()
        child.wait(60)


@contextmanager
def server_on(folder: Path, port: int) -> Iterator[Path]:
    """Ingest, alerts and screen under their supervisor; gives the file of their log."""
    config, _ = small_server(folder)
    with config.open("a", encoding="utf-8") as file:
        file.write(f"[broker]\nport = {port}\n[screen]\nport = {free_port()}\n")
    log = folder / "server.log"
    with running(log, ["--log-format", "json", "server", "-c", str(config)]):
        yield log


@dataclass(frozen=True)
class Whole:
    """A server of the module: its folder, its broker's port and the file of its log."""

    folder: Path
    port: int
    log: Path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("whole")
    broker = EmbeddedBroker(folder / "broker")
    _, number = broker.start()
    with server_on(folder, number) as log:
        yield Whole(folder, number, log)
    broker.stop()


def told(log: Path, **wanted: str) -> Line:
    """Wait for a line with these fields, ``text`` being a part of the words."""

    words = wanted.pop("text", "")

    def found() -> list[Line]:
        return [one for one in lines_of(log) if words in one["text"] and wanted.items() <= one.items()]

    try:
        wait_until(lambda: bool(found()), f"a line with {words!r} {wanted}", 60)
    except AssertionError as fault:
        fault.add_note(log.read_text(encoding="utf-8")[-4000:])
        raise
    return found()[0]


def months_stand_open(folder: Path) -> bool:
    """Before that no id is a stray."""
    with closing(sqlite3.connect(folder / "var" / "inbox.db")) as db:
        try:
            return bool(db.execute("SELECT count(*) FROM inbox_months").fetchone()[0])
        except sqlite3.OperationalError:
            return False


def settled(box: Box, message_id: UUID) -> None:
    wait_until(lambda: message_id in box.outcomes, f"a receipt of {message_id}", 60)


def test_every_line_parses_and_what_became_of_a_message_is_found_by_its_fields(whole: Whole) -> None:
    log = whole.log
    with box_on(whole.port) as box:
        wait_until(lambda: months_stand_open(whole.folder), "open months", 60)
        good, nowhere = event(at=datetime.now(UTC)), reading(spot="no-such-spot")
        stray = reading(message_id=UUID(int=uuid4().int & ~(0xF << 76) | (0x4 << 76)))  # no UUIDv7: a wrong clock
        box.put(good, nowhere, stray)
        for one in (good, nowhere, stray):
            settled(box, one.message_id)
        box.put(good)
        here = {"device": BOX, "village": VILLAGE}
        refused = told(log, program="ingest", level="warning", message_id=str(nowhere.message_id), **here)
        assert "no-such-spot" in refused["text"]
        assert "stray" in told(log, message_id=str(stray.message_id), **here)["text"]
        told(log, text="came again", message_id=str(good.message_id), **here)
        opened = told(log, program="alerts", text="alarm opened", message_id=str(good.message_id), **here)
        assert opened["ticket"].startswith("GD-")
        told(log, program="alerts", text="ticket dispatched", ticket=opened["ticket"], **here)
    assert {one["program"] for one in lines_of(log)} >= {"ingest", "alerts"}


def test_an_answer_and_an_expiry_of_a_command_are_told(whole: Whole) -> None:
    log = whole.log
    with box_on(whole.port) as box:
        wait_until(lambda: box.open, "an open door", 60)
        now = datetime.now(UTC)
        command = Command(command_id=uuid4(), device=BOX, name="recheck", spot=SPOT, issued_at=now,
                          expires_at=now.replace(year=now.year + 1))  # fmt: skip
        late = command.model_copy(update={"command_id": uuid4(), "expires_at": now})
        book = CommandBook(f"sqlite:///{whole.folder / 'var' / 'inbox.db'}")
        try:
            book.put(command)
            book.put(late)
        finally:
            book.close()
        told(log, level="warning", text=f"command {late.command_id} expired", device=BOX)
        seen = event(command_id=command.command_id)
        box.put(seen)
        told(log, text=f"command {command.command_id} for {BOX} is done", device=BOX, message_id=str(seen.message_id))


def hostile(port: int) -> list[str]:
    """Send what tries to write lines of its own, and what no log may hold; the ids by which it is found."""
    link = Link(LinkSettings("127.0.0.1", port, "stranger"), lambda _: None, lambda *_: None, [])
    link.start()
    forged = json.dumps(
        {"at": "2026-01-01T00:00:00Z", "level": "info", "program": "forged", "logger": "x", "text": "y"}
    )
    ids = [new_id() for _ in range(4)]
    texts = (f"x\n{forged}\n", f"call {PHONE}", f"password={SECRET}", "\u2028\u0085\x1b[2J")
    try:
        wait_until(lambda: link.connected, "a connection", 30)
        for message_id, text in zip(ids, texts, strict=True):
            said = json.loads(dump(reading(message_id=message_id)))
            for changed in ({"spot": text}, {"reason": text, "fill_percent": text}, {"device": text}, {text: text}):
                link.publish(topic("reading"), json.dumps(said | changed).encode(), correlation=message_id.bytes)
            link.publish(f"jc/v1/640999/x{text.replace('+', '')}/y/z/reading", b"{}", correlation=message_id.bytes)
            link.publish(topic("reading"), text.encode(), correlation=message_id.bytes)
    finally:
        link.stop()
    return [str(one) for one in ids]


def test_hostile_input_forges_no_line_and_leaves_no_secret_and_no_number(tmp_path: Path, port: int) -> None:
    with server_on(tmp_path, port) as log, box_on(port) as box:
        wait_until(lambda: box.open, "an open door", 60)
        ids = hostile(port)
        last = reading(spot="no-such-spot")
        box.put(last)
        settled(box, last.message_id)
        for one in (*ids, str(last.message_id)):
            told(log, text="refused", message_id=one)
    said = lines_of(log)
    assert not [one for one in said if one["program"] == "forged"]
    raw = log.read_text(encoding="utf-8")
    assert len(raw.splitlines()) == len(said)
    assert PHONE not in raw
    assert SECRET not in raw


BOX_TOML = """
device = "{box}"
village = "{village}"
folder = "box"
[broker]
host = "127.0.0.1"
port = {port}
tls = false
[log]
format = "json"
[[bins]]
name = "{bin}"
source = {{ type = "simulated", every_s = 0.1 }}
"""


def test_a_box_says_in_its_own_lines_who_it_is_and_what_the_county_refused(tmp_path: Path, whole: Whole) -> None:
    settings = tmp_path / "box.toml"
    settings.write_text(BOX_TOML.format(box=BOX, village=VILLAGE, port=whole.port, bin="unknown-bin"), "utf-8")
    own = tmp_path / "box.log"
    with running(own, ["edge", "-c", str(settings)]):
        refused = told(own, level="warning", text="county refused message", device=BOX, village=VILLAGE)
        assert told(whole.log, message_id=refused["message_id"])["device"] == BOX
    assert {one["program"] for one in lines_of(own)} == {"edge"}


def test_a_program_that_cannot_start_says_so_in_one_line_of_the_same_form(tmp_path: Path) -> None:
    environment = {**os.environ, "JINGCUN_LOG_FORMAT": "json"}
    words = [sys.executable, "-m", "jingcun", "ingest", "-c", str(tmp_path / "none.toml")]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, json.loads(line)["level"]) == (2, "critical")
    assert "none.toml" in json.loads(line)["text"]


def test_a_wrong_form_is_named(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "jingcun", "--log-format", "xml", "version"]
    done = subprocess.run(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "jingcun: JINGCUN_LOG_FORMAT='xml': use one of text, json\n"
