"""The alerts program itself, on real databases: killed at each named point, and while its databases are away."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts import run as program
from alerts.channels import webhook
from alerts.channels.catalog import BadChannel
from alerts.desk import Desk
from alerts.devices.alive import Told
from alerts.run import FreshCounty, Loop
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.sweeper import Ears, Sweeper
from alerts.tickets.acts import Data
from alerts.values import Status
from alerts.world import World
from broker.messages import Event
from broker.parse import dump
from county.book import BookAway, CountyBook
from ingest.commands import CommandBook
from ingest.inbox import Inbox, Incoming
from ingest.lease import Lease
from ingest.store import StoreAway
from tests.alerts.makes import PHOTO, event
from tests.alerts.program import settings_of
from tests.county.small import COUNTY, VILLAGE, small_county, small_folder

PATIENCE_S = 60.0


def until(reached: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = reached()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in a minute")


def with_file_channel() -> dict[str, bytes]:
    """The small county, its notices written to the file."""
    folder = small_folder()
    channels = "".join(f'{level} = ["file"]\n' for level in ("village", "township", "county"))
    return {**folder, "policy.toml": folder["policy.toml"] + f"\n[channels]\n{channels}".encode()}


class Server:
    """The databases of a server in one folder, and the door's side of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = settings_of(folder)
        with CountyBook(self.settings.county_url) as counties:
            counties.save(with_file_channel(), "test", "first")
        self.inbox = Inbox(self.settings.inbox_url, COUNTY)
        lease = Lease(self.settings.inbox_url, COUNTY)
        self.fence = lease.take("test", datetime.now(UTC)) or 0
        lease._store.close()
        self.commands = CommandBook(self.settings.inbox_url)
        self.book = Book(self.settings.book_url, COUNTY)
        self.reader = Reader(self.book)
        self.desk = Desk(self.book, World(small_county))

    def deliver(self, message: Event) -> None:
        now = datetime.now(UTC)
        row = Incoming(
            message.message_id, COUNTY, VILLAGE, message.device, message.kind, message.at, now, dump(message)
        )
        self.inbox.append([row], self.fence)

    def letters(self) -> list[dict[str, Any]]:
        path = self.folder / "notices.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def close(self) -> None:
        for store in (self.inbox, self.commands, self.book):
            store.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.close()


@contextmanager
def running(server: Server, point: str = "-") -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "tests.alerts.program", str(server.folder), point])
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.parametrize(
    "point",
    [
        "alerts.before_commit",
        "alerts.after_commit",
        "alerts.after_send",
        "alerts.before_relay_mark",
        "alerts.before_hold_mark",
    ],
)
def test_killed_at_any_named_point_the_loop_still_closes_once(server: Server, point: str) -> None:
    started = datetime.now(UTC)
    seen = event(0).model_copy(update={"at": started})
    server.deliver(seen)
    with running(server, point) as process:
        if point == "alerts.before_relay_mark":
            accept_and_report(server)
        assert process.wait(timeout=PATIENCE_S) == 9
    with running(server):
        if point != "alerts.before_relay_mark":
            accept_and_report(server)
        ticket = until(lambda: server.reader.ticket(server.reader.recent()[0].id))
        command = until(lambda: server.commands.due(datetime.now(UTC)))[0]
        clean = event(0, "clean", command=command.command_id).model_copy(update={"at": datetime.now(UTC)})
        server.deliver(clean)
        until(lambda: server.reader.recent()[0].status is Status.CLOSED)
    assert len(server.reader.recent()) == 1
    assert command.command_id == ticket.command
    ids = [letter["id"] for letter in server.letters()]
    assert len(ids) == len(set(ids)) == 1, "the file looks before it writes a letter that may have been written"


def accept_and_report(server: Server) -> None:
    letter = until(server.letters)[0]
    code = letter["link"].rpartition("/")[2]
    server.desk.act(code, "accept", key="a")
    server.desk.act(code, "done", Data(photos=(PHOTO,)), key="d")


def test_the_program_tells_decisions_the_cursor_and_that_it_audits(server: Server, capsys: Any) -> None:
    told: list[str] = []
    stop = threading.Event()
    with CountyBook(server.settings.county_url) as counties:
        counties.save(small_folder(), "test", "without channels: the console")
    settings = replace(server.settings, console=True, notices_file=None)
    thread = threading.Thread(
        target=program.run, args=(settings, stop), kwargs={"tell": lambda _row, found: told.append(found[0].reason)}
    )
    server.deliver(event(0))
    thread.start()
    until(lambda: server.inbox.cursor("alerts") == 1)
    until(server.reader.audited_at)
    until(lambda: server.reader.notices(server.reader.recent()[0].id)[0].state == "delivered")
    stop.set()
    thread.join()
    assert "暴露垃圾" in told[0]
    assert "马村官" in capsys.readouterr().out


def test_what_somebody_ends_at_the_desk_ends_its_waiting_notices_though_no_sweep_decides(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "DROP_S", 0.1)
    stop = threading.Event()
    settings = replace(server.settings, notices_file=server.folder)  # a folder: each try fails, and it is tried again
    thread = threading.Thread(target=program.run, args=(settings, stop))
    server.deliver(event(0))
    thread.start()
    try:
        ticket = until(server.reader.recent)[0].id
        until(lambda: server.reader.notices(ticket)[0].attempts and server.reader.notices(ticket)[0].state == "waiting")
        server.desk.act(server.desk.mint(ticket), "accept")
        until(lambda: server.reader.notices(ticket)[0].state == "unwanted")
    finally:
        stop.set()
        thread.join()


def test_a_fault_of_one_loop_ends_the_whole_program(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object) -> int:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("alerts.store.relay.Relay.step", broken)
    with pytest.raises(RuntimeError, match="boom"):
        program.run(server.settings, threading.Event())


def test_a_loop_waits_for_a_database_that_is_away_and_goes_on() -> None:
    stop = threading.Event()
    answers: list[Exception | int] = [StoreAway("disk full"), BookAway("gone"), 1, 0]

    def step() -> int:
        answer = answers.pop(0)
        if not answers:
            stop.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    loop = Loop("test", step, 0.01)
    thread = threading.Thread(target=loop.run, args=(stop,))
    thread.start()
    thread.join(timeout=PATIENCE_S)
    assert (loop.faults, answers) == (2, [])


@pytest.mark.parametrize("store", ["county", "book", "inbox"])
def test_a_database_that_is_away_when_the_program_starts_is_waited_for(
    server: Server, tmp_path: Path, store: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.loops.RETRY_S", 0.05)
    back, gone = tmp_path / "back.db", tmp_path / "gone.db"
    gone.write_bytes(b"this is no database" * 100)
    with CountyBook(f"sqlite:///{back}") as counties:
        counties.save(small_folder(), "test", "it is back")
    kept = server.settings
    address = f"sqlite:///{gone}"
    settings = {
        "county": replace(kept, county_url=address),
        "book": replace(kept, book_url=address),
        "inbox": replace(kept, inbox_url=address),
    }[store]
    stop = threading.Event()
    thread = threading.Thread(target=program.run, args=(settings, stop))
    thread.start()
    try:
        until(lambda: "alerts waits: the" in caplog.text)
        assert "alerts: ready" not in caplog.text
        back.replace(gone)
        with caplog.at_level("INFO", "alerts.run"):
            until(lambda: "alerts: ready" in caplog.text)
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert caplog.text.count("alerts waits: the") == 1, "said once"


def test_a_program_that_waits_for_its_database_ends_when_told(server: Server, tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(
        target=program.run, args=(replace(server.settings, book_url=f"sqlite:///{tmp_path}"), stop)
    )
    thread.start()
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_a_new_revision_is_taken_up_and_an_old_one_holds_while_the_county_is_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CountyBook(server.settings.county_url) as counties:
        county = FreshCounty(counties, None)
        renamed = with_file_channel()
        counties.save({**renamed, "people.csv": renamed["people.csv"].replace("马村官".encode(), "马新官".encode())},
                      "test", "a new head")  # fmt: skip
        assert county().revision == 1, "asked at most every two seconds"
        county._asked -= 3
        assert county().people["v1"].name == "马新官"

        def away(_code: str | None) -> None:
            raise BookAway("gone")

        monkeypatch.setattr(counties, "current", away)
        county._asked -= 3
        assert county().revision == 2


def test_the_auditor_logs_what_it_finds(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.deliver(event(0))
    nobody = small_county(duties=())
    world = World(lambda: nobody)
    from alerts.engine import Engine

    Engine(server.book, server.inbox, world).step()
    ears = Ears(lambda _now: Told({}, {}, {}, door_open=False), world.now)
    Sweeper(server.settings, server.book, world, ears).step()
    assert "duties.csv" in caplog.text


def test_a_webhook_needs_its_secret_file(server: Server, tmp_path: Path) -> None:
    hook = webhook.Settings(name="office", kind="webhook", url="http://127.0.0.1:9/in", secret_file=tmp_path / "secret")
    settings = replace(server.settings, channels=(hook,), notices_file=None)
    with pytest.raises(BadChannel, match=r"channel 'office'.*secret"):
        program.run(settings, threading.Event())
    (tmp_path / "secret").write_text("geheim\n")
    channels = program.channels_of(settings, World(small_county))
    assert list(channels) == ["office"]
    channels["office"].close()


def test_the_console_is_the_programs_own_output() -> None:
    from alerts.channels.console import Console

    stream = io.StringIO()
    Console(stream).close()
    assert not stream.closed
