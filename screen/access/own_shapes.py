"""The JSON of logging in, of one's own account, and of the accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from screen.shapes import Shape

Needs = Literal["", "code", "password", "factor"]


class LoginBody(Shape):
    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"name": "admin", "password": "xxxx-xxxx-xxxx-xxxx"}]}
    )

    name: str = Field(max_length=64)
    password: str = Field(max_length=200)
    wall: bool = False  # a session that lasts, and can only look


class SessionShown(Shape):
    name: str
    open_wall: bool


class LoginForm(Shape):
    """``ways`` are the other ways in (oidc, wecom); ``needs`` is what a session that has begun still lacks."""

    ways: list[str]
    oidc_words: str = ""
    wall: bool = False
    name: str = ""
    needs: Needs = ""


class LoginDone(Shape):
    name: str
    open_wall: bool
    needs: Needs = ""


class CodeBody(Shape):
    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"code": "287082"}]})

    code: str = Field(min_length=1, max_length=40)


class ProofBody(Shape):
    """One's own password again, or a fresh code of the second factor."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"password": "xxxx-xxxx-xxxx-xxxx"}]})

    password: str = Field(default="", max_length=200)
    code: str = Field(default="", max_length=40)


class PasswordBody(Shape):
    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"old": "xxxx-xxxx-xxxx-xxxx", "new": "村口的第三棵槐树"}]}
    )

    old: str = Field(max_length=200)
    new: str = Field(max_length=200)


class SessionLine(Shape):
    """An open session; ``this`` is the one that asks."""

    kind: Literal["office", "wall"]
    way: str
    source: str
    agent: str
    began: datetime
    seen: datetime
    until: datetime
    this: bool


class OwnShown(Shape):
    """One's own account. ``factor``: a second factor is on; ``must``: the settings want one."""

    account: str
    name: str
    needs: Needs
    factor: bool
    must: bool
    recovery_left: int
    sessions: list[SessionLine]


class FactorBegun(Shape):
    """What an authenticator scans (a picture, data:…), and the same to be typed in."""

    picture: str
    secret: str


class RecoveryShown(Shape):
    """Codes for a lost phone, shown for the only time."""

    recovery: list[str]


class EndedShown(Shape):
    ended: int


class AccountLine(Shape):
    """An account as who keeps the accounts sees it; no password and no secret is in here."""

    name: str
    person: str
    roles: list[str]
    areas: list[str]
    made_at: datetime | None
    last_entry: datetime | None
    factor: bool
    must: bool
    sessions: int


class AccountsShown(Shape):
    """The accounts, and the people who have none yet."""

    accounts: list[AccountLine]
    people: list[dict[str, str]]


class NewAccountBody(ProofBody):
    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"person": "t1", "password": "xxxx-xxxx-xxxx-xxxx"}]}
    )

    person: str = Field(min_length=1, max_length=64)


class AccountDone(Shape):
    """``password`` is a new first password, shown for the only time."""

    name: str
    password: str = ""
