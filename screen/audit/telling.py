"""What is done over HTTP is told to the register first: every unsafe route of somebody signed in, and every file.

One dependency stands over all routes, so that none can be forgotten. A register that cannot be written refuses the deed
(``StoreAway``: 503); what was refused or failed gets a second row that names the first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool

from alerts.register.deeds import MOST_REASON, NOTHING, Deed, Entry, Subject
from ingest.evidence.chain import Fact
from screen.access.guard import SAFE
from screen.access.session import VISITOR, gate_of
from screen.audit.authors import of_account
from screen.problems import Problem
from screen.rooms import Rooms

FILES = (".csv", ".xlsx", ".zip", ".{form}")
# By the beginning of a route's path, the first that fits; None: it is told where it happens.
DEEDS: tuple[tuple[str, Deed | None], ...] = (
    ("/api/v1/log", None), ("/api/v1/own", None), ("/api/v1/accounts", None), ("/api/v1/evidence", None),
    ("/api/v1/tickets/{ticket}/rectification", Deed.PAPER_ISSUED), ("/api/v1/tickets", Deed.TICKET),
    ("/api/v1/cameras", Deed.LIVE_WATCHED), ("/api/v1/asks", Deed.TICKET), ("/api/v1/silences", Deed.MUTE),
    ("/api/v1/lists", Deed.VILLAGE_LIST),
    ("/api/v1/reports/{report}/reporter", Deed.REPORTER_SEEN), ("/api/v1/reports", Deed.REPORT),
    ("/api/v1/rewards", Deed.REPORT), ("/api/v1/dead-letters", Deed.LETTER), ("/api/v1/devices", Deed.DEVICE),
    ("/api/v1/people", Deed.COUNTY), ("/api/v1/policy", Deed.COUNTY), ("/api/v1/county", Deed.COUNTY),
)  # fmt: skip
_ABOUT = ("ticket", "ask", "report", "device", "camera", "person", "number", "name")


def deed_of(method: str, path: str) -> Deed | None:
    """What a route does, by its method and path; None where nothing is told of it."""
    if method in SAFE:
        if not path.endswith(FILES):
            return None
        return Deed.PAPER_TAKEN if path.endswith(".{form}") else Deed.EXPORTED
    return next((deed for begin, deed in DEEDS if path.startswith(begin)), Deed.CHANGED)


async def told(request: Request) -> AsyncIterator[None]:
    """The dependency of every route."""
    deed = deed_of(request.method, getattr(request.scope.get("route"), "path", request.url.path))
    account = await run_in_threadpool(_account, request) if deed is not None else None
    if deed is None or account is None:
        yield
        return
    reason = await _reason(request)
    number = await run_in_threadpool(_tell, request, account, deed, reason)
    try:
        yield
    except (HTTPException, RequestValidationError) as fault:
        await run_in_threadpool(_failed, request, account, number, fault)
        raise


def _account(request: Request) -> str | None:
    """Who is signed in; None for citizens, desk links and boxes, which come by codes of their own."""
    try:
        found = gate_of(request).account_of(request)
    except Problem:
        return None
    return None if found == VISITOR else found


async def _reason(request: Request) -> str:
    """The reason that was given with it, in the body or in the address."""
    said: Any = request.query_params.get("reason", "")
    if "json" in request.headers.get("content-type", ""):
        try:
            body = await request.json()
        except (ValueError, RecursionError):  # the route itself refuses it, where it reads one
            body = None
        if isinstance(body, dict):
            said = body.get("reason") or body.get("words") or said
    return said[:MOST_REASON] if isinstance(said, str) else ""


def _tell(request: Request, account: str, deed: Deed, reason: str) -> int | None:
    rooms: Rooms = request.app.state.rooms
    values = request.path_params
    about = next((name for name in _ABOUT if name in values), None)
    subject = Subject(about, str(values[about])) if about else NOTHING
    more: dict[str, Fact] = {name: str(value) for name, value in values.items() if name != about}
    route = f"{request.method} {request.url.path}"
    author = of_account(rooms, account, request)
    return rooms.register.add(Entry(rooms.now(), author, deed, subject, reason, more | {"route": route}))


def _failed(request: Request, account: str, number: int | None, fault: Exception) -> None:
    rooms: Rooms = request.app.state.rooms
    words = str(fault.detail) if isinstance(fault, HTTPException) else "提交的内容不完整或格式不对"
    author, of = of_account(rooms, account, request), Subject("row", str(number))
    rooms.register.add(Entry(rooms.now(), author, Deed.REFUSED, of, details={"words": words}))
