"""The ping for a watch outside the county's machines: one for each audit, and nothing is held up by it."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from alerts.channels.heartbeat import Heartbeat
from alerts.devices.alive import Told
from alerts.settings import AlertsSettings
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.store.tables import COUNTERS
from alerts.sweeper import Ears, Sweeper
from alerts.world import World
from ingest.store import StoreAway
from tests.alerts.makes import at
from tests.county.small import COUNTY, small_county

SHORT = httpx.Timeout(0.3)


class Watcher(ThreadingHTTPServer):
    """A watch outside: counts the pings, and answers with ``status``; ``hold`` lets it answer late."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.status = 200
        self.got: list[str] = []
        self.hold = threading.Event()
        self.hold.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/ping/county"


class _Door(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.got.append(self.path)
        self.server.hold.wait(20)
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
        """Stay silent."""


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    server = Watcher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (302, False), (404, False), (500, False)])
def test_a_ping_is_one_get_and_says_whether_it_was_taken(watcher: Watcher, status: int, taken: bool) -> None:
    watcher.status = status
    heartbeat = Heartbeat(watcher.url)
    assert heartbeat.beat() is taken
    heartbeat.close()
    assert watcher.got == ["/ping/county"], "neither repeated nor led elsewhere"


def test_a_dead_host_is_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        heartbeat = Heartbeat(f"http://127.0.0.1:{taken.getsockname()[1]}/", SHORT)
        with caplog.at_level(logging.WARNING):
            assert not heartbeat.beat()
        heartbeat.close()
    assert caplog.messages == ["the heartbeat was not taken: ConnectError"]


def test_who_does_not_answer_holds_nothing_up(watcher: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    watcher.hold.clear()
    heartbeat = Heartbeat(watcher.url, SHORT)
    assert not heartbeat.beat()
    heartbeat.close()
    assert caplog.messages == ["the heartbeat was not taken: ReadTimeout"]


@pytest.mark.parametrize("url", ["", "ftp://watch.example/", "watch.example"])
def test_what_is_no_web_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with https"):
        Heartbeat(url)


def sweeper(book: Book, heartbeat: Heartbeat | None, every_s: float) -> Sweeper:
    county = small_county()
    settings = AlertsSettings(COUNTY, "", "", "", audit_s=every_s)
    ears = Ears(lambda _: Told({}, {}, {}, door_open=False), lambda: None)
    return Sweeper(settings, book, World(lambda: county, lambda: at(0)), ears, heartbeat)


def test_each_audit_pings_just_once_and_a_sweep_without_one_does_not(book: Book, watcher: Watcher) -> None:
    heartbeat = Heartbeat(watcher.url)
    often, seldom = sweeper(book, heartbeat, 0), sweeper(book, heartbeat, 3600)
    for number in range(1, 4):
        often.step()
        assert len(watcher.got) == number
    for _ in range(3):
        seldom.step()
    assert len(watcher.got) == 4, "the audit at the start, and none before the next is due"
    heartbeat.close()


@pytest.mark.parametrize("status", [500, None])
def test_an_audit_is_noted_though_nobody_takes_its_ping(book: Book, watcher: Watcher, status: int | None) -> None:
    heartbeat = Heartbeat(watcher.url if status else "http://127.0.0.1:1/", SHORT)
    watcher.status = status or 200
    sweeper(book, heartbeat, 0).step()
    heartbeat.close()
    assert Reader(book).audited_at() == at(0)


def test_an_audit_that_does_not_come_to_its_end_pings_nobody(sqlite_book: Book, watcher: Watcher) -> None:
    heartbeat = Heartbeat(watcher.url)
    with sqlite_book.store.write() as conn:
        COUNTERS.drop(conn)
    with pytest.raises(StoreAway):
        sweeper(sqlite_book, heartbeat, 0).audit()
    heartbeat.close()
    assert watcher.got == []
