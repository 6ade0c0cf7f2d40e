"""What surrounds every request: security headers on every answer, size limits, and no posts from foreign pages."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from screen.problems import Problem, answer

MOST_UPLOAD = 20_000_000  # bytes of a photo with its envelope
MOST_FILES = 5_000_000  # bytes of the county's files in a pack, or of its policy
MOST_VOICE = 520_000  # bytes of a voice note with its envelope
MOST_BODY = 65_536  # bytes of any other request
LARGE = ("/api/v1/county/folder", "/api/v1/policy")
UNSQUEEZED = ("/api/v1/evidence/", "/api/v1/events")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})

# Vue and ECharts set style attributes; scripts and style sheets come from our own files only.
POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:", "font-src 'self'", "connect-src 'self'", "media-src 'self' blob:",
        "manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # a desk link carries its code in the address
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000"


class Guard:
    """ASGI wrapper around the app. ``secure``: browsers reach us by HTTPS; ``local``: by loopback names only."""

    def __init__(self, app: ASGIApp, *, secure: bool, local: bool) -> None:
        self._app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": HSTS} if secure else {})
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sealed = self._seal(send, f"{scope.get('scheme', 'http')}://{headers.get('host', '')}/")
        limit = _limit(scope["path"])
        problem = self._refuse(scope, headers, limit)
        if problem is not None:
            said = answer(problem.status_code, problem.detail, accepted=headers.get("accept-language", ""))
            await said(scope, receive, sealed)
            return
        await self._app(scope, _bounded(receive, limit), sealed)

    def _refuse(self, scope: MutableMapping[str, Any], headers: Headers, limit: int) -> Problem | None:
        host = headers.get("host", "")
        if self._local and _name(host) not in LOOPBACK:
            return Problem(421, "演示服务器只接受 127.0.0.1 的访问")  # a foreign name that points here (DNS rebinding)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length[:12]) > limit:
            return _too_large(limit)
        origin = headers.get("origin")
        if scope["method"] not in SAFE and origin is not None and origin.partition("://")[2] != host:
            return Problem(403, "请求来自别的网站，已拒绝")
        return None

    def _seal(self, send: Send, here: str) -> Send:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                there = headers.get("location", "")
                if there.startswith(here):  # the framework leads on to whatever host, in clear, the request has named
                    headers["Location"] = f"/{there.removeprefix(here).lstrip('/')}"
            await send(message)

        return sealed


def _limit(path: str) -> int:
    if path.startswith(LARGE):
        return MOST_FILES
    if path.endswith("/voice"):
        return MOST_VOICE
    return MOST_UPLOAD if path.endswith("/photo") else MOST_BODY


class Squeeze(GZipMiddleware):
    """Compress what shrinks: pages, scripts and JSON. Pictures do not, and streams must flow."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(UNSQUEEZED):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _bounded(receive: Receive, limit: int) -> Receive:
    """Count the body, for a chunked one announces no length."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return bounded


def _too_large(limit: int) -> Problem:
    return Problem(413, f"提交的内容太大：最多 {max(1, limit // 1_000_000)} MB，请把照片缩小后再传")


def _name(host: str) -> str:
    return host.rsplit(":", 1)[0] if not host.endswith("]") else host
