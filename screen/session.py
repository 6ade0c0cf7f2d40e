"""Logging in and out, and the question "may this request look?" that every protected route asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from screen.account import LIFE, NAME, Account
from screen.patience import Patience
from screen.problems import Problem
from screen.settings import ScreenSettings, is_loopback
from screen.shapes import LoginBody, SessionShown

VISITOR = "访客"
LOGIN_TRIES, LOGIN_WINDOW = 5, timedelta(minutes=15)
# Guesses from many addresses at once: the account answers nobody for a while.
ACCOUNT_TRIES, EVERYBODY = 200, "*"


@dataclass(frozen=True, slots=True)
class Gate:
    """Who gets in: the account, and the patience with those who guess."""

    settings: ScreenSettings
    account: Account
    now: Callable[[], datetime]
    by_source: Patience
    by_all: Patience

    @classmethod
    def of(cls, settings: ScreenSettings, account: Account, now: Callable[[], datetime]) -> Gate:
        single = Patience(now, LOGIN_TRIES, LOGIN_WINDOW)
        return cls(settings, account, now, single, Patience(now, ACCOUNT_TRIES, LOGIN_WINDOW))

    @property
    def cookie(self) -> str:
        """Name of the cookie; the ``__Host-`` prefix makes browsers hold it to this host and to HTTPS."""
        return "__Host-jingcun" if self.settings.secure_cookies else "jingcun"

    def signed_in(self, request: Request) -> str:
        """Return the name of the session; ``Problem`` 401 without one."""
        token = request.cookies.get(self.cookie, "")
        if token and self.account.holds(token, self.now()):
            return NAME
        raise Problem(401, "请先登录")

    def may_look(self, request: Request) -> str:
        """Return the name of the session, or of a visitor where the wall is open; ``Problem`` 401 otherwise."""
        if self.settings.open_wall and is_loopback(source_of(request)):
            return VISITOR
        return self.signed_in(request)


def source_of(request: Request) -> str:
    """The address that a request came from."""
    return request.client.host if request.client else "?"


def gate_of(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


def signed_in(request: Request) -> str:
    return gate_of(request).signed_in(request)


def may_look(request: Request) -> str:
    return gate_of(request).may_look(request)


SignedIn = Annotated[str, Depends(signed_in)]
MayLook = Annotated[str, Depends(may_look)]
router = APIRouter(prefix="/api/v1", tags=["session"])


@router.post("/login", summary="Log in")
def login(body: LoginBody, request: Request, response: Response) -> SessionShown:
    """Answer with a session cookie; 401 for a wrong password, 429 after too many."""
    gate, source = gate_of(request), source_of(request)
    wait = max(gate.by_source.wait(source), gate.by_all.wait(EVERYBODY))
    if wait:
        raise Problem(429, f"输错次数太多，请 {wait} 秒后再试", wait)
    if not gate.account.right(body.name, body.password):
        gate.by_source.failed(source)
        gate.by_all.failed(EVERYBODY)
        raise Problem(401, "用户名或密码不对；忘记密码请管理员在服务器上重置")
    gate.by_source.succeeded(source)
    response.set_cookie(
        gate.cookie, gate.account.open_session(gate.now()), max_age=int(LIFE.total_seconds()), path="/",
        secure=gate.settings.secure_cookies, httponly=True, samesite="strict",
    )  # fmt: skip
    return SessionShown(name=NAME, open_wall=gate.settings.open_wall)


@router.post("/logout", status_code=204, summary="Log out; a copy of the cookie is worthless too")
def logout(request: Request, response: Response) -> None:
    gate = gate_of(request)
    gate.account.close_session(request.cookies.get(gate.cookie, ""), gate.now())
    response.delete_cookie(gate.cookie, path="/", secure=gate.settings.secure_cookies, httponly=True)


@router.get("/session", summary="Who is signed in")
def session(request: Request, name: MayLook) -> SessionShown:
    return SessionShown(name=name, open_wall=gate_of(request).settings.open_wall)
