"""What the stand-ins of all providers share: a server on 127.0.0.1, what it heard, and the ways in which it fails.

A stand-in is a function from what was heard to a reply, as the provider would give it. ``plays`` spoil the next calls,
one each, in turn; they say themselves whether the provider had taken the call before the line failed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Heard:
    """One request: ``path`` unquoted, ``raw_query`` as it came, ``query`` unquoted, header names in small letters."""

    method: str
    path: str
    raw_query: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; ``ValueError`` where it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. ``cut``: the length is promised, half of the body is sent, and the line is closed.

    ``drip_s``: the body comes byte by byte, with so long between two.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    drip_s: float = 0.0


Answering = Callable[[Heard], Reply]
Play = Callable[[Heard, Answering], Reply]


def said(value: Any, status: int = 200) -> Reply:
    """A reply of JSON."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(), kind)


def says(value: Any, status: int = 200) -> Play:
    """Instead of what the provider would say; it has not taken the call."""
    return lambda _heard, _answering: said(value, status)


def down(status: int = 503) -> Play:
    """A gateway in front of the provider is broken; the call never arrived."""
    return lambda _heard, _answering: Reply(status, b"<html>upstream</html>")


def half_closed(heard: Heard, answering: Answering) -> Reply:
    """The provider takes the call; the line breaks in the middle of its answer."""
    reply = answering(heard)
    return Reply(reply.status, reply.body, reply.headers, cut=True)


def garbled(heard: Heard, answering: Answering) -> Reply:
    """The provider takes the call, and a proxy writes something of its own over the answer."""
    return Reply(200, answering(heard).body[:-1] + b"<!-- proxy -->")


class StandIn(ThreadingHTTPServer):
    """A provider at ``base``; use it with ``with``. What goes wrong inside it fails the test when it is closed."""

    daemon_threads = True

    def __init__(self, answering: Answering, port: int = 0) -> None:
        """Answer every GET and POST by ``answering`` (one call at a time), except those that ``plays`` spoil.

        ``port`` is for one that is started again where it was.
        """
        super().__init__(("127.0.0.1", port), _Door)
        self.answering = answering
        self.plays: list[Play] = []
        self.heard: list[Heard] = []
        self._faults: list[Exception] = []
        self._one = threading.Lock()
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def base(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def slow(self, seconds: float) -> Play:
        """The provider takes the call and answers late; ends early when the test is over."""

        def late(heard: Heard, answering: Answering) -> Reply:
            reply = answering(heard)
            self.closing.wait(seconds)
            return reply

        return late

    def reply_to(self, heard: Heard) -> Reply:
        """The reply to one request."""
        with self._one:
            self.heard.append(heard)
            play = self.plays.pop(0) if self.plays else None
        try:
            return play(heard, self._answer) if play else self._answer(heard)
        except Exception as fault:  # noqa: BLE001 - told to the test, whatever it is
            self._faults.append(fault)
            return Reply(500, repr(fault).encode())

    def _answer(self, heard: Heard) -> Reply:
        with self._one:
            return self.answering(heard)

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and raise what went wrong inside."""
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        if self._faults:
            raise self._faults[0]


class _Door(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        split = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        reply = self.server.reply_to(Heard(self.command, unquote(split.path), split.query, query, headers, body))
        try:
            self._write(reply)
        except OSError:
            """The caller has gone: it did not want to wait."""

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        body = reply.body[: len(reply.body) // 2] if reply.cut else reply.body
        for part in [body[n : n + 1] for n in range(len(body))] if reply.drip_s else [body]:
            self.wfile.write(part)
            self.server.closing.wait(reply.drip_s)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
        """Stay silent."""
