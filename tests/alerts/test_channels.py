"""Each channel against what it really writes to: a stream, a file, an HTTP server."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.channels import Letter, Result, calling
from alerts.channels.console import Console
from alerts.channels.file import File
from alerts.channels.webhook import Webhook, classify
from tests.alerts.makes import T0, at
from tests.providers.standin import Reply, StandIn

LETTER = Letter("n-1", "GD-1121-0001", "dispatch", "village", 1, "马村官", "19900000001", "请接单。", "http://d/t/abc")
SECRET = b"s3cret"


class Receiver(ThreadingHTTPServer):
    """Answers what it was told and keeps what it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.answers: list[tuple[int, bytes]] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.hold = threading.Event()
        self.hold.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/in"


class _Door(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers.items()), body))
        self.server.hold.wait(20)
        status, text = self.server.answers.pop(0)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
        """Stay silent."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def webhook(receiver: Receiver) -> Iterator[Webhook]:
    channel = Webhook(receiver.url, SECRET, lambda: at(0))
    yield channel
    channel.close()


def test_the_console_shows_who_and_what() -> None:
    stream = io.StringIO()
    channel = Console(stream)
    assert channel.send(LETTER).result is Result.DELIVERED
    channel.close()
    assert "马村官 GD-1121-0001 请接单。" in stream.getvalue()


def test_the_key_of_the_desk_is_shown_to_a_person_and_kept_out_of_a_log() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    letter = replace(LETTER, text="请接单。处理:https://desk.example/t/abcd2345efgh")
    terminal, log = Terminal(), io.StringIO()
    for stream in (terminal, log):
        Console(stream).send(letter)
    assert "/t/abcd2345efgh" in terminal.getvalue()
    assert "abcd2345efgh" not in log.getvalue()
    assert "https://desk.example/t/****" in log.getvalue()


def test_a_console_that_is_gone_is_worth_a_retry() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "gone")

    assert Console(Gone()).send(LETTER).result is Result.RETRY


def test_the_file_holds_one_json_line_a_letter(tmp_path: Path) -> None:
    path = tmp_path / "files" / "notices.jsonl"
    channel = File(path)
    assert channel.send(LETTER).result is Result.DELIVERED
    channel.send(replace(LETTER, id="n-2"))
    channel.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["id"] for line in lines] == ["n-1", "n-2"]
    assert lines[0]["person"] == "马村官"


def test_a_letter_that_may_have_been_written_is_looked_for_first(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    again = replace(LETTER, maybe_doubled=True)
    assert File(path).send(again).words == ""
    assert "未重复写" in File(path).send(again).words
    assert len(path.read_text().splitlines()) == 1


def test_a_line_cut_short_by_a_kill_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_text('{"id": "n-0"}\n[1]\n{"id": "n-1", "pers')
    File(path).send(replace(LETTER, maybe_doubled=True))
    assert json.loads(path.read_text().splitlines()[-1])["id"] == "n-1"


def test_a_file_that_cannot_be_written_is_worth_a_retry(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    path.mkdir()
    assert File(path).send(LETTER).result is Result.RETRY


def test_the_webhook_posts_signed_json_with_an_idempotency_key(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [(200, b'{"id": "m-77"}')]
    answer = webhook.send(LETTER)
    headers, body = receiver.got[0]
    assert (answer.result, answer.provider_id) == (Result.ACCEPTED, "m-77")
    assert json.loads(body)["text"] == "请接单。"
    assert headers["Idempotency-Key"] == "n-1"
    stamp = str(int(T0.timestamp()))
    assert headers["X-Jingcun-Timestamp"] == stamp
    wanted = hmac.new(SECRET, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Jingcun-Signature"] == f"sha256={wanted}"


@pytest.mark.parametrize(
    ("status", "text", "result"),
    [
        (200, "ok", Result.ACCEPTED), (204, "", Result.ACCEPTED), (201, "[1]", Result.ACCEPTED),
        (200, "[" * 2000, Result.ACCEPTED),
        (302, "", Result.FAILED), (400, "bad", Result.FAILED), (403, "", Result.FAILED),
        (408, "", Result.RETRY), (429, "", Result.RETRY), (500, "", Result.RETRY), (503, "", Result.RETRY),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, text: str, result: Result) -> None:
    assert classify(status, text).result is result


def test_a_redirect_is_not_followed(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [(302, b"")]
    assert webhook.send(LETTER).result is Result.FAILED


def test_a_receiver_that_is_away_or_silent_is_worth_a_retry_and_a_silent_one_may_have_it(receiver: Receiver) -> None:
    away = Webhook("http://127.0.0.1:9/in", SECRET, lambda: at(0))
    never = away.send(LETTER)
    assert (never.result, never.maybe_sent) == (Result.RETRY, False)
    away.close()
    receiver.hold.clear()
    receiver.answers = [(200, b"")]
    silent = Webhook(receiver.url, SECRET, lambda: at(0), httpx.Timeout(0.3))
    maybe = silent.send(LETTER)
    assert (maybe.result, maybe.maybe_sent) == (Result.RETRY, True)
    silent.close()
    assert (classify(503, "").maybe_sent, classify(429, "").maybe_sent) == (True, False)


def test_a_receiver_whose_answer_drips_is_given_up_and_holds_no_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "LONGEST_S", 0.2)
    with StandIn(lambda _: Reply(200, b"{}" + b" " * 200, drip_s=0.1)) as dripping:
        webhook = Webhook(dripping.base, SECRET, lambda: at(0))
        assert webhook.send(LETTER).result is Result.RETRY
        webhook.close()


def test_an_address_that_is_no_web_address_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="must begin with https"):
        Webhook("ftp://x", SECRET, lambda: at(0))
