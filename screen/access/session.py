"""Logging in and out, and the question "may this request look?" that every protected route asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from screen.access.entering import Way, begin, complete
from screen.access.gate import VISITOR, Gate, gate_of, source_of
from screen.access.happened import What
from screen.access.own_shapes import CodeBody, LoginBody, LoginDone, LoginForm, SessionShown
from screen.access.sessions import Session
from screen.problems import Problem

__all__ = ["VISITOR", "Gate", "ended", "gate_of", "router", "source_of"]


def begun(request: Request) -> Session:
    """The session of a request, whatever it still lacks."""
    return gate_of(request).session_of(request)


Begun = Annotated[Session, Depends(begun)]
router = APIRouter(prefix="/api/v1", tags=["session"])


@router.get("/login", summary="Which ways lead in, and what a session that has begun still lacks")
def form(request: Request) -> LoginForm:
    """Nobody needs a session to ask; the page of the login begins with it."""
    gate = gate_of(request)
    rules = gate.settings.login
    ways = [one for one, there in (("oidc", rules.oidc), ("wecom", rules.wecom)) if there is not None]
    named = rules.oidc.words if rules.oidc is not None else ""
    try:
        session = gate.session_of(request)
    except Problem:
        return LoginForm(ways=ways, oidc_words=named, wall=rules.wall_hours > 0)
    needs = gate.missing(session)
    return LoginForm(
        ways=ways, oidc_words=named, wall=rules.wall_hours > 0, name=session.name if needs else "", needs=needs
    )


@router.post("/login", summary="Log in")
def login(body: LoginBody, request: Request, response: Response) -> LoginDone:
    """Answer with a session cookie; 401 for a wrong password, 429 after too many. ``needs`` says what comes next."""
    gate = gate_of(request)
    if body.wall and not gate.settings.login.wall_hours:
        raise Problem(422, "这台服务器没有开放大屏的长期登录（server.toml 里 [screen] wall_session_hours）")
    with gate.judging(request, body.name):
        if not gate.account.right(body.name, body.password):
            gate.guessed(request, body.name, "password")
            raise Problem(401, "用户名或口令不对；忘记口令请找管账号的人重置")
    session = begin(request, response, body.name, Way("password", "wall" if body.wall else "office"))
    return LoginDone(name=body.name, open_wall=gate.settings.open_wall, needs=gate.missing(session))


@router.post("/login/code", summary="The second factor of a session that has begun")
def second(begun: Begun, body: CodeBody, request: Request) -> LoginDone:
    """A code of the authenticator or a recovery code, each good once; 401 for a wrong one, 429 after too many."""
    gate = gate_of(request)
    if begun.half:
        complete(request, begun, body.code)
    needs = gate.missing(gate.session_of(request))
    return LoginDone(name=begun.name, open_wall=gate.settings.open_wall, needs=needs)


@router.post("/logout", status_code=204, summary="Log out; a copy of the cookie is worthless too")
def logout(request: Request, response: Response) -> None:
    ended(request, response)


def ended(request: Request, response: Response) -> None:
    """End the session of a request, and let its browser forget the cookie."""
    gate = gate_of(request)
    token = request.cookies.get(gate.cookie, "")
    try:
        gate.happened(request, What.LEFT, gate.session_of(request).name)
    except Problem:
        """Nobody was signed in."""
    gate.account.close_session(token, gate.now())
    gate.sessions.end_one(token)
    response.delete_cookie(gate.cookie, path="/", secure=gate.settings.secure_cookies, httponly=True)


@router.get("/session", summary="Who is signed in")
def session(request: Request) -> SessionShown:
    gate = gate_of(request)
    return SessionShown(name=gate.seen_as(request), open_wall=gate.settings.open_wall)
