"""Getting in by another provider: out to it, and back. It makes no account: whoever has none here is told so.

The cookie that binds a try to its browser must come along when the provider leads back, so it is ``SameSite=Lax``; it
opens nothing by itself. The session's own stays strict, so the way back ends on a page of ours that leads on.
"""

from __future__ import annotations

import logging
from html import escape
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from screen.access.attempts import LASTS, Attempts
from screen.access.entering import Way, begin
from screen.access.gate import Gate, gate_of, source_of
from screen.access.happened import What
from screen.access.providers import Away, Provider, Refused
from screen.access.tap import Tap
from screen.plain import page
from screen.problems import Problem
from screen.rooms import Rooms

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)
WayName = Annotated[Literal["oidc", "wecom"], Path()]
Short = Annotated[str, Query(max_length=2000)]
NOT_YOURS = "这次登录没有对上：可能隔得太久、开了两次，或不是从这台设备开始的。请回登录页重新来。"
EACH, EVERYBODY = 120, 4_000  # tries begun within ``LASTS`` from one address, and from all together
NOBODY = "认出了您的身份，但这里没有您的账号；请找县里管账号的人。"


@router.get("/login/{way}")
def leave(way: WayName, request: Request, next: Short = "/") -> Response:  # noqa: A002 - the name in the address
    """Send the browser to the provider."""
    gate, provider = gate_of(request), _provider(request, way)
    tap: Tap = request.app.state.leaves
    if wait := tap.take(source_of(request)):
        return _said(f"从这里去认证服务的次数太多，请 {wait} 秒后再试。", 429)
    attempts: Attempts = request.app.state.attempts
    attempt = attempts.begin(way, next)
    try:
        there = provider.leave(attempt, _back(request, way), request.headers.get("user-agent", ""))
    except (Away, Refused) as fault:
        log.error("login by %s: %s", way, fault)
        return _said("现在连不上认证服务，请稍后再试，或用口令登录。", 503)
    answer = RedirectResponse(there, 303)
    answer.set_cookie(
        _cookie(gate), attempt.browser, max_age=int(LASTS.total_seconds()), path="/",
        secure=gate.settings.secure_cookies, httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


@router.get("/login/{way}/back")
def back(way: WayName, request: Request, code: Short = "", state: Short = "") -> Response:
    """The provider has led back: ask it who this is, and open that person's session."""
    gate, provider = gate_of(request), _provider(request, way)
    attempts: Attempts = request.app.state.attempts
    wait = gate.by_source.wait(source_of(request))
    attempt = attempts.take(way, state, request.cookies.get(_cookie(gate), "")) if not wait else None
    if attempt is None or not code:
        return _said(NOT_YOURS, 429 if wait else 400)
    try:
        identity = provider.who(code, attempt, _back(request, way))
    except Away as fault:
        log.error("login by %s: %s", way, fault)
        return _said("现在连不上认证服务，请稍后再试，或用口令登录。", 503)
    except Refused as fault:
        gate.guessed(request, f"?{way}", f"{way}: {fault}")
        return _said("认证服务没有确认您的身份，请重新来。", 403)
    rooms: Rooms = request.app.state.rooms
    name = provider.person(identity, rooms.county())
    if name is None or gate.account.named.get(name) is None:
        gate.happened(request, What.REFUSED, name or f"?{identity[:60]}", words=f"{way}: no account")
        return _said(NOBODY, 403)
    answer = _on(f"/login?next={quote(attempt.next)}" if _lacks(gate, name) else attempt.next)
    begin(request, answer, name, Way(way))
    return answer


def _lacks(gate: Gate, name: str) -> bool:
    """Whether the page of the login has something to ask yet: the second factor counts after every way in."""
    return gate.factors.of(name).on or gate.must_have_factor(name)


def _provider(request: Request, way: str) -> Provider:
    known: dict[str, Provider] = request.app.state.providers
    if way not in known:
        raise Problem(404, "没有这种登录方式")
    return known[way]


def _back(request: Request, way: str) -> str:
    """Our address as the provider knows it: from the settings, never from the request's own words."""
    base: str = gate_of(request).settings.base_url
    return f"{base.rstrip('/')}/login/{way}/back"


def _cookie(gate: Gate) -> str:
    return "__Host-jingcun-way" if gate.settings.secure_cookies else "jingcun-way"


def _on(path: str) -> HTMLResponse:
    """A page of ours that leads on: a strict cookie does not travel on a way that began elsewhere."""
    return page("已登录", f'<p><a href="{escape(path)}">继续</a></p>', extra={"Refresh": f"0;url={path}"})


def _said(words: str, status: int) -> Response:
    return page("登录", f'<p>{escape(words)}</p><p><a href="/login">回登录页</a></p>', status)
