"""The gate: whose session a request is, what it still lacks, and the patience with those who guess."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from fastapi import Request

from screen.access.account import LIFE, NAME, Account
from screen.access.factors import Factors
from screen.access.guard import SAFE
from screen.access.happened import Happened, Tell, What, to_log
from screen.access.patience import Patience, counted_as
from screen.access.sessions import Session, Sessions
from screen.problems import Problem
from screen.settings import ScreenSettings, is_loopback

VISITOR = "访客"
LOGIN_TRIES, LOGIN_WINDOW = 5, timedelta(minutes=15)
# Guesses at one account from many addresses, by which whoever got in from an address before is not kept out; and from
# that address, where a colleague's own login in between ends no count.
OWN_TRIES = 20
AT_ONCE = 2  # passwords that are looked at side by side: each takes 64 MiB, and a burst must not outrun the count
# Guesses from many addresses at once: no account answers a new address for a while.
ACCOUNT_TRIES, EVERYBODY = 200, "*"
HALF_LIFE = timedelta(minutes=10)  # of a session whose second factor is missing
RESTING = "x-resting"  # what a page asks by itself while nobody touches it does not count as use
PASSED_ON = ("x-forwarded-for", "forwarded", "via", "x-real-ip")  # what proxies write
BACKGROUND = "/api/v1/events"
Missing = Literal["", "code", "password", "factor"]
Standing = Literal["admin", "county", ""]
LACKS = {
    "code": "还没有输入第二验证的验证码，请回到登录页继续",
    "password": "第一次登录要先改口令，请回到登录页继续",
    "factor": "这个账号必须先启用第二验证，请回到登录页继续",
}
_REQUIRED: dict[str, tuple[Standing, ...]] = {
    "none": (), "admin": ("admin",), "county": ("admin", "county"), "all": ("admin", "county", ""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gate:
    """Who gets in: the accounts, their second factors and sessions, and the patience with those who guess.

    ``standing`` says how grave it is when somebody else gets into an account; ``tell`` hears what happens.
    """

    settings: ScreenSettings
    account: Account
    now: Callable[[], datetime]
    standing: Callable[[str], Standing]
    factors: Factors
    sessions: Sessions
    by_source: Patience
    by_own: Patience
    by_all: Patience
    tell: Tell = to_log
    turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))

    @classmethod
    def of(
        cls, settings: ScreenSettings, account: Account, now: Callable[[], datetime],
        standing: Callable[[str], Standing], tell: Tell = to_log,
    ) -> Gate:  # fmt: skip
        """``BadAccount`` when a file of the accounts is damaged."""
        idle = settings.login.idle_minutes
        sessions = Sessions(account.folder / "screen-sessions.db", timedelta(minutes=idle) if idle else None)
        single, own, every = (Patience(now, tries, LOGIN_WINDOW) for tries in (LOGIN_TRIES, OWN_TRIES, ACCOUNT_TRIES))
        factors = Factors(account.folder)
        return cls(settings, account, now, standing, factors, sessions, single, own, every, tell)

    @property
    def cookie(self) -> str:
        """Name of the cookie; the ``__Host-`` prefix makes browsers hold it to this host and to HTTPS."""
        return "__Host-jingcun" if self.settings.secure_cookies else "jingcun"

    def session_of(self, request: Request) -> Session:
        """The session of a request, whatever it still lacks; ``Problem`` 401 without one."""
        token = request.cookies.get(self.cookie, "")
        now = self.now()
        name = self.account.name_of(token, now) if token else None
        touch = RESTING not in request.headers and request.url.path != BACKGROUND
        session = self.sessions.at(token, now, touch=touch) if name is not None else None
        if session is None or session.name != name:
            raise Problem(401, "请先登录")
        return session

    def missing(self, session: Session) -> Missing:
        """What must still be done before a session is good for anything."""
        if session.half:
            return "code"
        name, rules = session.name, self.settings.login
        if rules.change_first and session.way == "password" and not self._has_chosen(name):
            return "password"
        return "factor" if self.must_have_factor(name) and not self.factors.of(name).on else ""

    def must_have_factor(self, name: str) -> bool:
        """Whether the settings want a second factor of this account."""
        wanted = _REQUIRED[self.settings.login.second_factor]
        return bool(wanted) and self.standing(name) in wanted

    def account_of(self, request: Request) -> str:
        """Return the name of the account whose session this is; ``Problem`` 401 without one that lacks nothing."""
        session = self.session_of(request)
        missing = self.missing(session)
        if missing:
            raise Problem(401, LACKS[missing])
        if session.kind == "wall" and request.method not in SAFE:
            raise Problem(403, "大屏的长期登录只能看，不能办理；请另外登录")
        return session.name

    def seen_as(self, request: Request) -> str:
        """The account, or a visitor where the wall is open; ``Problem`` 401 for anybody else."""
        try:
            return self.account_of(request)
        except Problem:
            if not self.visits(request):
                raise
            return VISITOR

    def visits(self, request: Request) -> bool:
        """Whether this is a visitor of an open wall: from this machine, and not through a proxy on it."""
        if any(name in request.headers for name in PASSED_ON):
            return False
        return self.settings.open_wall and is_loopback(source_of(request))

    def life(self, kind: str) -> timedelta:
        """How long a session lasts in all."""
        return timedelta(hours=self.settings.login.wall_hours) if kind == "wall" else LIFE

    def must_wait(self, request: Request, name: str) -> None:
        """``Problem`` 429 where this address has guessed too often, or others at this account or at all of them.

        For what others guess nobody waits at an address from which they got in before: no flood shuts out the county.
        """
        source = source_of(request)
        wait = self.by_source.wait(source)
        if self.sessions.knows(name, source, self.now()):
            wait = max(wait, self.by_own.wait(_from_there(name, source)))
        else:
            wait = max(wait, self.by_own.wait(name), self.by_all.wait(EVERYBODY))
        if wait:
            self.happened(request, What.LOCKED, name, words=f"{wait} s")
            raise Problem(429, f"输错次数太多，请 {wait} 秒后再试", wait)

    @contextmanager
    def judging(self, request: Request, name: str) -> Iterator[None]:
        """Around a look at a password or code; ``Problem`` 429 where too many were wrong, also while it waited."""
        self.must_wait(request, name)
        with self.turns:
            self.must_wait(request, name)
            yield

    def guessed(self, request: Request, name: str, words: str) -> None:
        """Count a wrong password or code."""
        self.by_source.failed(source_of(request))
        self.by_own.failed(name)
        self.by_own.failed(_from_there(name, source_of(request)))
        self.by_all.failed(EVERYBODY)
        self.happened(request, What.REFUSED, name, words=words)

    def proved(self, request: Request, name: str) -> None:
        """Somebody has got in whole: the address is known, its failures are forgotten."""
        source = source_of(request)
        self.by_source.succeeded(source)
        self.by_own.succeeded(_from_there(name, source))
        self.sessions.entered(name, source, self.now())

    def happened(self, request: Request, what: What, name: str, *, by: str = "", words: str = "") -> None:
        """Tell what happened to an account."""
        self.tell(Happened(what, name, by or name, source_of(request), self.now(), words))

    def _has_chosen(self, name: str) -> bool:
        return name == NAME or self.factors.has_chosen(name, self.account.hash_of(name))


def _from_there(name: str, source: str) -> str:
    """Under what guesses at one account from one address are counted."""
    return f"{name} {counted_as(source)}"


def source_of(request: Request) -> str:
    """The address that a request came from."""
    return request.client.host if request.client else "?"


def gate_of(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate
