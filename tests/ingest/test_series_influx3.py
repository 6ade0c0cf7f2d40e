"""InfluxDB 3's write answers, played by a stand-in: partial writes name their lines, busy servers answer 5xx.

A stand-in, for no InfluxDB 3 can be installed here: statuses and bodies are those of its HTTP reference.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.dead_letters import DeadLetters
from ingest.inbox import Inbox
from ingest.lease import Lease
from ingest.series import Point, SeriesAway
from ingest.series.influx import InfluxSeries, InfluxSettings
from ingest.series.writer import NAME, SeriesWriter
from ingest.store import Store
from tests.county.small import BIN, COUNTY
from tests.ingest.makes import NOON, incoming, reading
from tests.servers import wait_until

TOKEN = "apiv3_token"


@dataclass
class Three:
    """What the stand-in holds: lines by series and time, and how it answers next."""

    lines: dict[str, str] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    asked: int = 0
    bad: Callable[[str], bool] = lambda _line: False

    def write(self, target: str, body: str, token: str | None) -> tuple[int, object]:
        self.asked += 1
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        if token != f"Token {TOKEN}":
            return 401, {"error": "unauthenticated"}
        if self.answers:
            return self.answers.pop(0), {"error": "not now"}
        assert urlsplit(target).path == "/api/v2/write"
        assert (query["bucket"], query["precision"]) == ("jingcun", "ns")
        faults = []
        for number, line in enumerate(body.split("\n"), 1):
            if self.bad(line):
                faults.append(
                    {"original_line": line[:20], "line_number": number, "error_message": "invalid column type"}
                )
            else:
                series, _, stamp = line.rpartition(" ")
                self.lines[series.rpartition(" ")[0] + stamp] = line
        return (400, {"error": "partial write of line protocol occurred", "data": faults}) if faults else (204, None)


@dataclass
class Server:
    """The stand-in and its address."""

    three: Three
    url: str

    def series(self) -> InfluxSeries:
        return InfluxSeries(InfluxSettings(self.url, "jingcun", token=TOKEN))


@pytest.fixture
def server() -> Iterator[Server]:
    three = Three()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, told = three.write(self.path, body, self.headers["Authorization"])
            data = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            del format, args

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Server(three, f"http://127.0.0.1:{httpd.server_address[1]}")
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def points(count: int) -> list[Point]:
    return [
        Point("reading", {"spot": BIN}, {"fill_percent": float(number)}, NOON + timedelta(minutes=number))
        for number in range(count)
    ]


@pytest.mark.parametrize("bad", [[0], [7], [0, 1], [3, 9, 15], list(range(16)), []])
def test_a_bad_line_is_isolated_wherever_it_stands_and_its_batch_mates_stay(server: Server, bad: list[int]) -> None:
    server.three.bad = lambda line: any(f"fill_percent={float(number)!r} " in line for number in bad)
    series, sent = server.series(), points(16)
    refused = series.write(sent)
    assert sorted(one.point.fields["fill_percent"] for one in refused) == bad
    assert all("invalid column type" in one.reason for one in refused)
    assert len(server.three.lines) == 16 - len(bad)
    series.close()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_or_broken_server_rejects_nothing_and_is_asked_again(server: Server, status: int) -> None:
    series = server.series()
    server.three.answers = [status]
    with pytest.raises(SeriesAway, match=str(status)):
        series.write(points(3))
    assert series.write(points(3)) == []
    assert len(server.three.lines) == 3
    series.close()


def test_a_wrong_token_is_named_and_nothing_becomes_a_dead_letter(server: Server) -> None:
    series = InfluxSeries(InfluxSettings(server.url, "jingcun", token="old"))
    with pytest.raises(SeriesAway, match="check the token"):
        series.write(points(3))
    series.close()


def test_hours_of_outage_and_one_poisoned_reading_cost_exactly_that_one(server: Server, tmp_path: Path) -> None:
    """Six hours of readings wait while the server answers 503; then all but the bad one, now a letter, are there."""
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    inbox, letters, series = Inbox(store), DeadLetters(store), server.series()
    fence = Lease(store, COUNTY).take("test", NOON)
    assert fence is not None
    told = [reading(at=NOON + timedelta(seconds=5 * number), fill_percent=50) for number in range(4320)]
    told[2500] = told[2500].model_copy(update={"fill_percent": 77.0})
    for begin in range(0, len(told), 500):
        inbox.append([incoming(one) for one in told[begin : begin + 500]], fence)
    server.three.answers = [503] * 5
    server.three.bad = lambda line: "fill_percent=77.0" in line
    stop = threading.Event()
    writer = SeriesWriter(inbox, series, letters=letters, now=lambda: NOON)
    thread = threading.Thread(target=writer.run, args=(stop, 0.01, 0.01))
    thread.start()
    wait_until(lambda: inbox.cursor(NAME) == inbox.last(), "the cursor has caught up")
    stop.set()
    thread.join(20)
    assert len(server.three.lines) == 4319
    (letter,) = letters.list()
    assert json.loads(letter.payload)["at"] == told[2500].at.isoformat()
    series.close()
    store.close()
