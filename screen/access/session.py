"""Logging in and out, and the question "may this request look?" that every protected route asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from screen.access.account import LIFE, NAME, Account
from screen.access.patience import Patience
from screen.problems import Problem
from screen.settings import ScreenSettings, is_loopback
from screen.shapes import LoginBody, SessionShown

VISITOR = "访客"
LOGIN_TRIES, LOGIN_WINDOW = 5, timedelta(minutes=15)
# Guesses from many addresses at once: the account answers nobody for a while.
ACCOUNT_TRIES, EVERYBODY = 200, "*"


@dataclass(frozen=True, slots=True)
class Gate:
    """Who gets in: the accounts, and the patience with those who guess.

    ``whole`` says whether a named account may see the figures of the whole county.
    """

    settings: ScreenSettings
    account: Account
    now: Callable[[], datetime]
    whole: Callable[[str], bool]
    by_source: Patience
    by_all: Patience

    @classmethod
    def of(
        cls, settings: ScreenSettings, account: Account, now: Callable[[], datetime], whole: Callable[[str], bool]
    ) -> Gate:
        single = Patience(now, LOGIN_TRIES, LOGIN_WINDOW)
        return cls(settings, account, now, whole, single, Patience(now, ACCOUNT_TRIES, LOGIN_WINDOW))

    @property
    def cookie(self) -> str:
        """Name of the cookie; the ``__Host-`` prefix makes browsers hold it to this host and to HTTPS."""
        return "__Host-jingcun" if self.settings.secure_cookies else "jingcun"

    def account_of(self, request: Request) -> str:
        """Return the name of the account whose session this is; ``Problem`` 401 without one."""
        token = request.cookies.get(self.cookie, "")
        name = self.account.name_of(token, self.now()) if token else None
        if name is None:
            raise Problem(401, "请先登录")
        return name

    def signed_in(self, request: Request) -> str:
        """Return the admin's name; ``Problem`` 401 without a session, 403 for everybody else.

        A route that named accounts may use says so itself (``screen.access.viewer``): what is forgotten stays shut.
        """
        name = self.account_of(request)
        if name != NAME:
            raise Problem(403, "这一项只给管理员账号用")
        return name

    def visits(self, request: Request) -> bool:
        """Whether this is a visitor of an open wall."""
        return self.settings.open_wall and is_loopback(source_of(request))

    def may_look(self, request: Request) -> str:
        """Return who may see the whole county: the admin, an account of the county, a visitor of an open wall."""
        if self.visits(request):
            return VISITOR
        name = self.account_of(request)
        if name != NAME and not self.whole(name):
            raise Problem(403, "大屏是全县的，只给县级账号看")
        return name


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
        gate.cookie, gate.account.open_session(gate.now(), body.name), max_age=int(LIFE.total_seconds()), path="/",
        secure=gate.settings.secure_cookies, httponly=True, samesite="strict",
    )  # fmt: skip
    return SessionShown(name=body.name, open_wall=gate.settings.open_wall)


@router.post("/logout", status_code=204, summary="Log out; a copy of the cookie is worthless too")
def logout(request: Request, response: Response) -> None:
    ended(request, response)


def ended(request: Request, response: Response) -> None:
    """End the session of a request, and let its browser forget the cookie."""
    gate = gate_of(request)
    gate.account.close_session(request.cookies.get(gate.cookie, ""), gate.now())
    response.delete_cookie(gate.cookie, path="/", secure=gate.settings.secure_cookies, httponly=True)


@router.get("/session", summary="Who is signed in")
def session(request: Request) -> SessionShown:
    gate = gate_of(request)
    name = VISITOR if gate.visits(request) else gate.account_of(request)
    return SessionShown(name=name, open_wall=gate.settings.open_wall)
