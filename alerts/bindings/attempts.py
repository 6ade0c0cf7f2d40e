"""One attempt to be bound: begun on somebody's page, scanned with a phone, confirmed on the page by two numbers.

The six digits come by SMS to the phone that ``people.csv`` has: who types them holds that phone. The two digits come to
whoever scanned: who types them holds that WeChat. So neither a code that was forwarded to a group, nor somebody who
scans faster, nor a page that another has opened binds anybody to the wrong person.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

from alerts.channels import By

LASTS = timedelta(minutes=10)
TRIES = 5
BEGUN_HOUR = 10  # attempts of one person in an hour
TEXTS_HOUR, TEXTS_DAY = 5, 10  # to one phone
NO_ATTEMPT = "绑定没有开始或已经过期,请重新点“绑定”"
WRONG = "数字不对,请核对短信里的6位验证码和扫码后手机上显示的2位数字"


class State(StrEnum):
    """Where an attempt stands."""

    OPEN = "open"
    SCANNED = "scanned"
    DONE = "done"
    OVER = "over"


class Refused(ValueError):
    """What was asked is not possible now; the words are Chinese."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it stands. ``address`` is what was scanned with, ``code`` the hash of the six digits."""

    person: str
    by: By
    channel: str
    state: State
    unbinds: bool
    mark: str
    until: datetime
    scene: str = field(repr=False)
    address: str = field(repr=False)
    pair: str = field(repr=False)
    code: str = field(repr=False)
    tries: int
    texted: bool
    told: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed on the page; an attempt to unbind has no ``pair``."""

    code: str = field(repr=False)
    pair: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it was right; ``over``: the attempt ends in any case. Chinese words where it was not."""

    right: bool
    over: bool
    words: str = ""


def new_token() -> str:
    """What the page keeps: only who has it sees and confirms the attempt."""
    return secrets.token_urlsafe(24)


def scene_of(token: str) -> str:
    """What the code on the page holds: 40 characters from which nobody finds the token."""
    return hashlib.sha256(f"scene {token}".encode()).hexdigest()[:40]


def new_digits(count: int) -> str:
    """Random digits."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def code_hash(scene: str, code: str) -> str:
    """How the six digits are kept; whoever reads the database has no scene to try them with."""
    return hashlib.sha256(f"{scene} {code}".encode()).hexdigest()


def judged(attempt: Attempt, scene: str, typed: Typed, mark: str, now: datetime) -> Verdict:
    """Whether what was typed confirms the attempt of a person whose row is ``mark`` today. Takes as long when wrong."""
    if attempt.state in (State.DONE, State.OVER) or now >= attempt.until or attempt.mark != mark:
        return Verdict(False, True, NO_ATTEMPT)
    if attempt.state is State.OPEN:
        return Verdict(False, False, "还没有扫码")
    if not attempt.texted or attempt.told:
        return Verdict(False, False, attempt.told or "短信还没有发出,请稍等")
    code = compare_digest(code_hash(scene, typed.code).encode(), attempt.code.encode())
    pair = compare_digest(typed.pair.encode(), attempt.pair.encode())
    if code and pair:
        return Verdict(True, True)
    if attempt.tries + 1 >= TRIES:
        return Verdict(False, True, f"输错{TRIES}次,这次绑定作废,请重新来")
    return Verdict(False, False, WRONG)
