"""Five thousand notices at once: how long the post office needs when each provider takes 100 ms for an answer.

The alerts program is the real one, on the book that it has without PostgreSQL. One real ticket tells somebody; the
other notices are copies of that row, for as many persons, so that each is claimed, linked, sent and marked as any is.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.tables import NOTICES
from bench.door import our_door
from bench.ground import Ground, ground, wait_until
from bench.notice import publish
from bench.result import Result
from county.qingluan import folder as qingluan_files
from jingcun.demo.slow import slower
from jingcun.demo.stage import Stage
from jingcun.supervise import python

LETTERS = 5000
ANSWER_S = 0.1
RATE = 100  # letters a second that the settings allow each channel
PATIENCE_S = 900.0
QUIET = 1000.0  # limits so long that nobody is reminded meanwhile


def notices_5000() -> Result:
    """Seconds until 5,000 notices that became due together over four channels are with their providers and marked."""
    return Result("notices_5000", _seconds(("gate-a", "gate-b", "gate-c", "gate-d")), "s", 1)


def notices_5000_one() -> Result:
    """The same where all of them go by one channel."""
    return Result("notices_5000_one", _seconds(("gate-a",)), "s", 1)


class Provider(ThreadingHTTPServer):
    """Takes every letter, after a while, and counts those that it has seen before."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.seen: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Where letters are posted."""
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Counter(BaseHTTPRequestHandler):
    server: Provider
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen[json.loads(body)["id"]] += 1
        time.sleep(ANSWER_S)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
        """Say nothing."""


def _seconds(channels: Sequence[str]) -> float:
    files = dict(qingluan_files(demo=True))
    files["policy.toml"] = slower(files["policy.toml"], QUIET)
    with ground(files) as here, our_door(here), ExitStack() as stack:
        providers = {name: _serving(stack) for name in channels}
        _furnish(here.stage, providers)
        with closing(Book(here.stage.server.store("book"), here.stage.county.code)) as book:
            _a_ticket(here, book)
            _copies(book, channels)
            begin = time.monotonic()
            here.start("alerts", _alerts(here.stage), b"alerts: ready")
            wait_until(lambda: _waiting(book) == 0, "the last notice", PATIENCE_S)
            seconds = time.monotonic() - begin
        again = sum(count - 1 for one in providers.values() for count in one.seen.values())
        got = {name: len(one.seen) for name, one in providers.items()}
        print(f"  {got} letters taken, {again} of them again", file=sys.stderr, flush=True)
        if again or sum(got.values()) != LETTERS:
            raise RuntimeError(f"{sum(got.values())} of {LETTERS} letters arrived, {again} of them again")
        return seconds


def _serving(stack: ExitStack) -> Provider:
    provider = stack.enter_context(Provider())
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    stack.callback(provider.shutdown)
    return provider


def _furnish(stage: Stage, providers: dict[str, Provider]) -> None:
    (stage.folder / "gate.secret").write_text("bench", encoding="ascii")
    blocks = [
        f'\n[[channel]]\nname = "{name}"\nkind = "webhook"\nurl = "{one.url}"\nsecret_file = "gate.secret"\n'
        f"per_second = {RATE}\n"
        for name, one in providers.items()
    ]
    with stage.server_toml.open("a", encoding="utf-8") as file:
        file.write("".join(blocks))


def _alerts(stage: Stage) -> list[str]:
    return python("-v", "alerts", "--config", str(stage.server_toml))


def _a_ticket(here: Ground, book: Book) -> None:
    """Let the programs open tickets and tell of them, then stop them."""
    child = here.start("alerts", _alerts(here.stage), b"alerts: ready")
    publish(here.stage, every_s=0.0)
    wait_until(lambda: _count(book, NOTICES.c.state == "delivered") > 0, "the first notice", 60)
    child.stop()


def _copies(book: Book, channels: Sequence[str]) -> None:
    """Notices of a ticket that calls somebody, each for a person of its own, due now."""
    with book.store.write() as conn:
        row = conn.execute(sa.select(NOTICES).where(NOTICES.c.state == "delivered").limit(1)).one()
        like = dict(row._mapping) | {"state": "waiting", "attempts": 0, "tried_us": None, "sent_us": None}
        conn.execute(NOTICES.insert(), [
            like | {"id": uuid4(), "person_id": f"bench-{n}", "route": channel, "channel": channel, "rest": ""}
            for n in range(LETTERS)
            for channel in [channels[n % len(channels)]]
        ])  # fmt: skip


def _waiting(book: Book) -> int:
    return _count(book, NOTICES.c.state.in_(["waiting", "claimed"]) & NOTICES.c.person_id.like("bench-%"))


def _count(book: Book, which: sa.ColumnElement[bool]) -> int:
    with book.store.read() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(NOTICES).where(which)).scalar_one())
