"""The layer around the routes that lets a keyed POST have one effect and gives its answer again.

Acts on a ticket, photos and reports keep their keys with the deed itself, in one transaction; for them this layer only
refuses a key that comes back with another body. Whoever is not signed in passes by: desk, citizens, boxes.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from county.book import BookAway, NoCounty
from ingest.store import StoreAway
from screen.access.gate import gate_of
from screen.once.kept import BEAT_S, KeptAnswers, Known, Said, State
from screen.problems import Problem, answer

log = logging.getLogger(__name__)

HEADER = "idempotency-key"
KEY = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
MOST_KEPT = 262_144  # bytes of an answer that is kept
AGAIN = "idempotency-replayed"
# What is shown once only, or names a reporter: done once, and not kept.
SHOWN_ONCE = re.compile(r"/api/v1/(accounts|own|login|logout)(/|$)|/(secret|invite|reporter)$")
# Keys that stand with their deed: the handler answers with what is true now.
OWN_KEYS = re.compile(r"/api/v1/tickets/[^/]+/acts/[^/]+$|/api/v1/reports$")
UPLOADS = ("/photo", "/voice")


class Once:
    """ASGI wrapper around the routes of ``wired``, whose state holds ``kept`` and the gate."""

    def __init__(self, app: ASGIApp, *, wired: FastAPI) -> None:
        self._app = app
        self._wired = wired
        self._renewers = CapacityLimiter(2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not _keyed(scope):
            await self._app(scope, receive, send)
            return
        try:
            account = await run_in_threadpool(_account, self._wired, scope)
            found = None if account is None else await self._known(account, scope, receive)
        except Problem as problem:  # here no handler of the app stands around us
            await answer(problem.status_code, problem.detail, accepted=_language(scope))(scope, receive, send)
            return
        except (StoreAway, BookAway, NoCounty) as fault:
            log.error("a store is away: %s", fault)
            await answer(503, "数据库暂时不可用，请稍后再试", {"Retry-After": "5"}, _language(scope))(
                scope, receive, send
            )
            return
        if found is None:
            await self._app(scope, receive, send)
            return
        key, body, known = found
        if known.state is State.NEW or (known.state is not State.OTHER and OWN_KEYS.search(scope["path"])):
            async with self._renewing(key, known):
                await self._first(scope, _again(body, receive), send, key)
        else:
            await _told(known, _language(scope))(scope, receive, send)

    async def _known(self, account: str, scope: Scope, receive: Receive) -> tuple[str, bytes, Known]:
        given = Headers(scope=scope)[HEADER]
        if not KEY.fullmatch(given):
            raise Problem(422, "Idempotency-Key 要有 8 到 64 个字母、数字或 _ . : -")
        body = await _whole(receive)
        key = _hash(account.encode(), given.encode())
        request = _hash(scope["path"].encode(), scope["query_string"], body)
        return key, body, await run_in_threadpool(self._kept.claim, key, request, self._wired.state.rooms.now())

    @property
    def _kept(self) -> KeptAnswers:
        kept: KeptAnswers = self._wired.state.kept
        return kept

    async def _first(self, scope: Scope, receive: Receive, send: Send, key: str) -> None:
        heard = _Heard(send, keeps=not (SHOWN_ONCE.search(scope["path"]) or OWN_KEYS.search(scope["path"])))
        try:
            await self._app(scope, receive, heard)
        finally:
            await run_in_threadpool(self._settle, key, heard.said())

    @asynccontextmanager
    async def _renewing(self, key: str, known: Known) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(key, known.claimed_us)) if known.state is State.NEW else None
        try:
            yield
        finally:
            if renewing is not None:
                renewing.cancel()

    async def _renew(self, key: str, claimed_us: int) -> None:
        """Say again and again that the deed runs: a thread of its own, for those of the routes may all be busy."""
        claimed: int | None = claimed_us
        while claimed is not None:
            await asyncio.sleep(BEAT_S)
            now = self._wired.state.rooms.now()
            try:
                claimed = await to_thread.run_sync(self._kept.renewed, key, claimed, now, limiter=self._renewers)
            except StoreAway as fault:
                log.warning("a claim was not renewed: %s", fault)

    def _settle(self, key: str, said: Said | None) -> None:
        try:
            if said is None:
                self._kept.released(key)
            else:
                self._kept.answered(key, said)
        except StoreAway as fault:  # the deed is done and answered; its key stays taken until it counts as lost
            log.error("an answer was not kept: %s", fault)


class _Heard:
    """Passes an answer on and remembers it."""

    def __init__(self, send: Send, *, keeps: bool) -> None:
        self._send = send
        self._keeps = keeps
        self._status, self._media, self._ended = 500, "", False
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._media = Headers(raw=message["headers"]).get("content-type", "")
        elif self._keeps and len(self._body) <= MOST_KEPT:
            self._body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._ended = True
        await self._send(message)

    def said(self) -> Said | None:
        """What is kept; None where nothing was done."""
        if not 200 <= self._status < 300:
            return None
        whole = self._keeps and self._ended and len(self._body) <= MOST_KEPT
        return Said(self._status, self._media[:100], bytes(self._body) if whole else None)


def _keyed(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    uploads = scope["path"].endswith(UPLOADS) or headers.get("content-type", "").startswith("multipart/")
    return HEADER in headers and scope["path"].startswith("/api/v1/") and not uploads


def _account(wired: FastAPI, scope: Scope) -> str | None:
    request = Request({**scope, "app": wired})
    try:
        return gate_of(request).account_of(request)
    except Problem:  # the route itself refuses it
        return None


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "提交没有传完，请重新提交")
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _language(scope: Scope) -> str:
    return Headers(scope=scope).get("accept-language", "")


def _told(known: Known, accepted: str) -> Response:
    if known.state is State.OTHER:
        return answer(422, "这个 Idempotency-Key 已经用于另一个请求，请换一个再提交", accepted=accepted)
    if known.state is State.RUNS:
        return answer(409, "同一个请求正在办理，请稍后再试", {"Retry-After": "1"}, accepted)
    said = known.said
    if said is None or said.body is None:
        return answer(409, "这个请求已经办好，只显示一次的内容不再显示", accepted=accepted)
    headers = {AGAIN: "true"} | ({"content-type": said.media} if said.media else {})
    return Response(said.body, said.status, headers)
