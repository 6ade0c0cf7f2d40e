"""The live push on the wire: one page's frames as server-sent events.

Two hundred walls times ten alarms a second are two thousand sends a second, so nothing stands between a frame and the
connection: the head passes every layer of the app, the frames pass by them, and where the connection is known by the
mailbox's own hand (``Mailbox.wire``). Behind another server, or for HTTP/1.0, they go the usual way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from screen.wall.mailbox import Mailbox

STRAIGHT = "jingcun.straight"  # in a scope: the server's own ``send``, around which no layer of the app stands


def outermost(app: ASGIApp) -> ASGIApp:
    """Return the app as the server is to run it: its streams know the server's own ``send``."""

    async def straightened(scope: Scope, receive: Receive, send: Send) -> None:
        scope[STRAIGHT] = send
        await app(scope, receive, send)

    return straightened


class Stream(StreamingResponse):
    """What a page's mailbox gets, until the browser goes, ``still()`` fails or the mailbox ends; then ``leave()``."""

    media_type = "text/event-stream"

    def __init__(self, page: Mailbox, still: Callable[[], bool], leave: Callable[[], None]) -> None:
        super().__init__((), headers={"X-Accel-Buffering": "no"})
        self._page, self._still, self._leave = page, still, leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head through all layers, then the frames straight."""
        page, straight = self._page, scope.get(STRAIGHT, send)
        gone = asyncio.create_task(self.listen_for_disconnect(receive))
        gone.add_done_callback(lambda _: page.over())
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await straight(_body(b"retry: 3000\n\n"))
            page.wire = _wire(scope, straight)
            async with aclosing(page.frames(self._still)) as frames:
                async for one in frames:
                    await straight(_body(one))
            await straight(_body(b"", more=False))
        finally:
            self._leave()
            gone.cancel()


def _wire(scope: Scope, straight: Send) -> asyncio.WriteTransport | None:
    """The connection under the server's own ``send``, where its answer is chunked."""
    cycle = getattr(straight, "__self__", None)
    if isinstance(cycle, RequestResponseCycle) and scope.get("http_version") == "1.1":
        return cycle.transport
    return None


def _body(piece: bytes, *, more: bool = True) -> dict[str, object]:
    return {"type": "http.response.body", "body": piece, "more_body": more}
