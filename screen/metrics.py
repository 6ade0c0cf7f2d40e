"""What the HTTP door tells Prometheus: answers by route and status, and how long they took."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.metrics import Sample

NOWHERE = "none"  # what no route answers: whatever an address says, it makes no label


class Traffic:
    """Answers counted by the route's own template (never by what somebody typed) and the status."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._seconds: Counter[str] = Counter()
        self.open = 0

    def begun(self) -> None:
        """A request came."""
        with self._lock:
            self.open += 1

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """It was answered, or its connection ended (status 0)."""
        with self._lock:
            self.open -= 1
            self._answers[method, route, str(status)] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter of floats

    def samples(self) -> list[Sample]:
        """As Prometheus wants it."""
        with self._lock:
            answers, seconds, waiting = dict(self._answers), dict(self._seconds), self.open
        return [
            Sample("screen_requests_open", "requests and streams being answered now", waiting),
            *(Sample("screen_requests_total", "answers by route and status", count,
                     {"method": method, "route": route, "status": status})
              for (method, route, status), count in sorted(answers.items())),
            *(Sample("screen_request_seconds_total", "time spent in answers by route", spent, {"route": route})
              for route, spent in sorted(seconds.items())),
        ]  # fmt: skip


class Counted:
    """ASGI wrapper that counts."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = [0], time.monotonic()

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        self._traffic.begun()
        try:
            await self._app(scope, receive, seen)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            self._traffic.ended(method, _route(scope), status[0], time.monotonic() - began)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: MutableMapping[str, Any]) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", NOWHERE) or NOWHERE)
