"""A stand-in for the screen's server: the built pages, the JSON of the drawing board, and one ticket to act on.

It serves ``screen/static`` under the same addresses and the same security headers as the real server, so that what the
pages do alone (drawing, waiting, retrying) is tested without a county. It says no, or nothing, when a test asks for it.
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, cast

from screen.access.guard import HEADERS
from tests.screen.binding_standin import Binding
from tests.screen.pages_figures import of_the_wall

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "screen" / "static"
BOARD = ROOT / "screen" / "web" / "dev"
OUTLINE = ROOT / "county" / "qingluan" / "outline.geojson"
PAGES = {"/": "wall.html", "/login": "login.html", "/bind": "bind.html", "/public/board": "board.html"}
JSON = dict[str, Any]

ASKED: JSON = {
    "id": "a1", "move": "extend", "move_name": "延期", "what": "延期到11月23日 18:00", "by": "马村官",
    "at": "2026-11-21T02:00:00Z", "reason": "等铲车", "decider": "田乡官", "due_at": "2026-11-21T08:00:00Z",
    "overdue": False, "state": "waiting", "state_name": "待批", "decided_by": None, "words": "",
}  # fmt: skip
# What an act does to the ticket: the step that is now done, and the fields that change.
AFTER: dict[str, tuple[int, JSON]] = {
    "accept": (1, {"state": "accepted", "state_name": "已接单", "acts": ["arrive", "done"], "due_kind": "handle"}),
    "still": (1, {"acts": ["arrive", "done"]}),
    "arrive": (1, {"state": "on_site", "state_name": "处置中", "acts": ["done"]}),
    "done": (2, {"state": "to_check", "state_name": "待核查", "acts": [], "due_at": None, "due_kind": None}),
    "dispute": (2, {"state": "to_check", "state_name": "待核查", "acts": [], "due_at": None, "due_kind": None}),
    "not_true": (0, {"state": "to_confirm", "state_name": "待核实", "acts": [], "due_at": None, "due_kind": None}),
    "confirm_unclear": (0, {"state": "to_confirm", "state_name": "待核实", "acts": []}),
    "extend": (1, {"moves": ["return"], "asks": [ASKED]}),
    "grant": (1, {"moves": [], "asks": [ASKED | {"state": "granted", "state_name": "同意"}]}),
    "reply": (1, {"moves": [], "asks": [ASKED | {"move": "supervise", "state": "answered", "state_name": "已回复"}]}),
}


def board(name: str) -> JSON:
    """One JSON of the drawing board (``screen/web/dev``)."""
    return cast(JSON, json.loads((BOARD / f"{name}.json").read_text()))


@dataclass
class StandIn:
    """What the server knows, and what it was asked: ``posts`` are (path, Idempotency-Key, body)."""

    wall: JSON = field(default_factory=lambda: board("wall"))
    desk: JSON = field(default_factory=lambda: board("desk"))
    geo: JSON = field(default_factory=lambda: cast(JSON, json.loads(OUTLINE.read_text())))
    posts: list[tuple[str, str, JSON]] = field(default_factory=list)
    refuse: tuple[int, str] | None = None
    away: bool = False
    clocks: list[JSON] = field(default_factory=list)  # the phone's, as each act tells them
    url: str = ""
    streams: list[SimpleQueue[bytes]] = field(default_factory=list)
    lists: list[JSON] = field(default_factory=list)  # published red and black lists
    binding: Binding = field(default_factory=Binding)
    over: Event = field(default_factory=Event)

    def tell(self, event: str, data: JSON) -> None:
        """Send a server-sent event to every open page."""
        for stream in self.streams:
            stream.put(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())

    def raise_alarm(self) -> None:
        """An urgent alarm: the event, then the wall with it, as the real server does."""
        alarm = board("alarm")
        self.wall = json.loads(json.dumps(self.wall))
        self.wall["live"].insert(0, alarm["row"])
        self.wall["map"]["alarms"].append(alarm["mark"])
        self.wall["snapshot"] = alarm["snapshot"]
        self.wall["kpi"]["today"] += 1
        self.tell("alarm", alarm["row"])
        self.tell("wall", self.wall)

    def act(self, act: str) -> JSON:
        step, change = AFTER[act]
        for one in self.desk["steps"][: step + 1]:
            one.update(at=one["at"] or self.desk["now"], done=True)
        self.desk.update(change)
        return self.desk

    def close_ticket(self) -> None:
        """What the camera's re-check does: seen clean, closed."""
        self.desk["steps"][3].update(at=self.desk["now"], done=True)
        self.desk.update(state="closed", state_name="已结案", stage="核查结案", acts=[])

    def answer(self, address: str) -> tuple[int, JSON] | None:
        path = address.split("?", maxsplit=1)[0]
        whole: dict[str, JSON] = {
            "/api/v1/wall": self.wall, "/api/v1/session": {"name": "admin", "open_wall": False},
            "/api/v1/login": {"ways": [], "oidc_words": "", "wall": False, "name": "", "needs": ""},
            "/api/v1/public/lists": cast(JSON, self.lists),
            "/api/v1/me": {"account": "v1", "name": "马村官"},
        }  # fmt: skip
        if path in whole:
            return (path == "/api/v1/wall" and self.refused()) or (200, whole[path])
        if (told := of_the_wall(self.wall, address)) is not None:
            return 200, told
        if path == "/api/v1/geo":
            return 200, self.geo
        if path.startswith("/api/v1/desk/"):
            return self.refused() or (200, self.desk)
        if path.startswith("/api/v1/tickets/"):
            unasked = {"pictures": False, "voices": False, "name": "", "unit": "", "causes": []}
            shown = {key: value for key, value in self.desk.items() if key != "acts"}
            return 200, unasked if path.endswith("/evidence") else shown
        return None

    def refused(self) -> tuple[int, JSON] | None:
        return (self.refuse[0], {"detail": self.refuse[1]}) if self.refuse else None


class Handler(BaseHTTPRequestHandler):
    """One request to the stand-in."""

    stand_in: StandIn

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if self.stand_in.away:
            self.close_connection = True
        elif path == "/api/v1/events":
            self._stream()
        elif path.startswith("/api/v1/evidence/"):
            self._send(200, (BOARD / "scene.svg").read_bytes(), "image/svg+xml")
        elif (found := self.stand_in.answer(self.path)) is not None:
            self._json(*found)
        else:
            self._file(path)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.stand_in.away:
            self.close_connection = True
            return
        if self.path.startswith("/api/v1/binding"):
            self._json(*self.stand_in.binding.answer(self.path, json.loads(body)))
            return
        file = self.path.endswith(("/photo", "/voice"))
        key = self.headers.get("idempotency-key", "")
        told: JSON = {"bytes": len(body)} if file else json.loads(body)
        self.stand_in.clocks.append({name: told.pop(name) for name in ("pressed_at", "sent_at") if name in told})
        self.stand_in.posts.append((self.path, key, told))
        if file:
            self._json(200, {"sha256": sha256(body).hexdigest()})
        elif self.path == "/api/v1/login":
            self._json(401, {"detail": "用户名或口令不对"})
        else:
            refused = self.stand_in.refused()
            self._json(*(refused or (200, self.stand_in.act(self.path.rsplit("/", 1)[1]))))

    def _file(self, path: str) -> None:
        name = "desk.html" if path.startswith("/t/") else PAGES.get(path, path.removeprefix("/static/").lstrip("/"))
        file = (STATIC / name).resolve()
        if not file.is_relative_to(STATIC) or not file.is_file():
            self._json(404, {"detail": f"没有 {path}"})
            return
        self._send(200, file.read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream")

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"event: ping\ndata: {}\n\n")
        stream: SimpleQueue[bytes] = SimpleQueue()
        self.stand_in.streams.append(stream)
        while not (self.stand_in.over.is_set() or self.stand_in.away):
            try:
                self.wfile.write(stream.get(timeout=0.1))
            except Empty:
                continue
            except OSError:
                break
        self.stand_in.streams.remove(stream)
        self.close_connection = True

    def _json(self, status: int, body: JSON) -> None:
        kind = "application/json" if status < 400 else "application/problem+json"
        self._send(status, json.dumps(body).encode(), kind)

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests look at ``posts``."""


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A stand-in on a free port of this machine, until the block ends."""
    stand_in = StandIn()
    bound = type("Bound", (Handler,), {"stand_in": stand_in})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stand_in
    finally:
        stand_in.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def page_assets(page: str) -> list[Path]:
    """The files that one page loads first: its HTML, and what that links; fonts follow from the style sheets."""
    html = STATIC / page
    seen = [html]
    for file in seen:
        if file.suffix not in (".html", ".css"):
            continue
        for name in re.findall(r"(?:/static/|url\()(assets/[\w.-]+|/static/assets/[\w.-]+)", file.read_text()):
            asset = STATIC / name.removeprefix("/static/")
            if asset not in seen:
                seen.append(asset)
    return seen
