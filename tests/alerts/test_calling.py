"""The line to a provider: what counts as an answer, and what nobody knows."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from alerts.channels import Answer, Result, calling
from alerts.channels.calling import MOST, Call, Line, Said
from tests.providers.standin import Reply, StandIn

ASK = Call("POST", "/send", params={"k": "v"}, json={"text": "垃圾"})


@contextmanager
def provider(*answers: tuple[int, bytes]) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A server with these answers in turn; what it heard is (path, body)."""
    heard: list[tuple[str, bytes]] = []
    left = list(answers)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            status, body = left.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked(base: str, timeout: float = 5.0) -> Said | Answer:
    line = Line(base, httpx.Timeout(timeout))
    try:
        return line.ask(ASK)
    finally:
        line.close()


def test_what_the_provider_says_comes_back_and_goes_out_as_utf8() -> None:
    with provider((200, b'{"errcode": 0}')) as (base, heard):
        assert asked(base) == {"errcode": 0}
    path, body = heard[0]
    assert path == "/send?k=v"
    assert body == '{"text":"垃圾"}'.encode()


def test_words_inside_a_refusal_are_for_the_channel_to_read() -> None:
    with provider((403, json.dumps({"Code": "Forbidden"}).encode())) as (base, _):
        assert asked(base) == {"Code": "Forbidden"}


@pytest.mark.parametrize(
    ("status", "body", "result", "maybe"),
    [
        (500, b"{}", Result.RETRY, True),
        (503, b"", Result.RETRY, True),
        (429, b"{}", Result.RETRY, False),
        (200, b"<html>", Result.RETRY, True),
        (200, b"[1]", Result.RETRY, True),
        (302, b"", Result.FAILED, False),
        (404, b"<html>", Result.FAILED, False),
    ],
)
def test_what_is_no_answer_says_whether_it_may_have_been_sent(
    status: int, body: bytes, result: Result, maybe: bool
) -> None:
    with provider((status, body)) as (base, _):
        answer = asked(base)
    assert isinstance(answer, Answer)
    assert (answer.result, answer.maybe_sent) == (result, maybe)


def test_an_answer_that_is_hostile_json_is_none_and_its_words_are_plain() -> None:
    with provider((200, b'{"a":' * 100_000), (200, b"\x00<\xff>\r\n\xed\xa0\x80")) as (base, _):
        deep, odd = asked(base), asked(base)
    assert isinstance(deep, Answer)
    assert isinstance(odd, Answer)
    assert (deep.result, odd.result) == (Result.RETRY, Result.RETRY)
    assert all(char.isprintable() for char in odd.words)


def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    with provider((200, b"[" + b" " * 3 * MOST)) as (base, _):
        assert isinstance(asked(base), Answer)


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "LONGEST_S", 0.2)
    with StandIn(lambda _heard: Reply(200, b"{}" + b" " * 200, drip_s=0.1)) as dripping:
        answer = asked(dripping.base)
    assert isinstance(answer, Answer)
    assert (answer.result, answer.maybe_sent) == (Result.RETRY, True)


def test_nobody_there_is_surely_not_sent_and_silence_may_be() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = asked(f"http://127.0.0.1:{probe.getsockname()[1]}")
        probe.listen()
        silent = asked(f"http://127.0.0.1:{probe.getsockname()[1]}", 0.3)
    assert isinstance(nobody, Answer)
    assert isinstance(silent, Answer)
    assert (nobody.result, nobody.maybe_sent) == (Result.RETRY, False)
    assert (silent.result, silent.maybe_sent) == (Result.RETRY, True)
