"""What the SMS providers have in common: phone numbers, templates, what a variable may hold, and words for refusals.

A template is approved by the provider once and only its variables are sent. The desk link is part of the template
(``https://desk.example/t/${code}``), for providers take no address in a variable.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field

from alerts.channels import Answer, By, Letter, Result, Trouble
from alerts.channels.calling import Line
from alerts.channels.catalog import ChannelSettings
from alerts.channels.receipts import Question, Receipt, known
from alerts.terms import Purpose

Part = Literal["number", "person", "what", "severity", "place", "due", "code"]
_WHOLE: frozenset[Part] = frozenset({"number", "code"})  # half of it opens nothing and finds nothing
_MOBILE = re.compile(r"1[3-9]\d{9}")
_ADDRESS = re.compile(r"[a-z]*://|www\.", re.IGNORECASE)
_DIGITS = re.compile(r"(\d{3})\d{3,}(\d{4})")
_DOT = re.compile(r"(?<=[A-Za-z0-9])\.(?=[A-Za-z]{2})")


class Template(BaseModel):
    """One approved template (``id``) and for which letters it is; empty ``purpose`` and ``severity`` mean all."""

    id: str = Field(min_length=1)
    purpose: Purpose | None = None
    severity: str = ""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SmsSettings(ChannelSettings):
    """``limit``: characters that the provider takes in one variable; ``empty`` stands where there is nothing to say."""

    secret_file: Path
    sign: str = Field(min_length=2, max_length=30)
    limit: int = Field(default=35, ge=2, le=500)
    empty: str = Field(default="无", min_length=1, max_length=10)


class Sms(ABC):
    """One account with a provider: to whom a letter may go, and what is asked before it goes again."""

    by = By.PHONE

    def __init__(self, base: str, secret: str, now: Callable[[], datetime]) -> None:
        """``secret`` signs what is asked at ``base``."""
        self._secret = secret
        self._now = now
        self._line = Line(base)
        self._host = httpx.URL(base).netloc.decode()

    def send(self, letter: Letter) -> Answer:
        """Send one letter; one that may have gone out is asked for first."""
        phone = e164(letter.address)
        if not phone:
            return no_phone(letter)
        before = known(self.query, letter, phone, self._now()) if letter.maybe_doubled else None
        if before is not None:
            return before
        try:
            return self._sent(letter, phone)
        except DoesNotFit as fault:
            return Answer(Result.FAILED, words=str(fault))

    def close(self) -> None:
        """Close the connection pool."""
        self._line.close()

    @abstractmethod
    def query(self, question: Question) -> list[Receipt] | Answer:
        """What the provider knows of letters; an ``Answer`` where it did not tell."""

    @abstractmethod
    def _sent(self, letter: Letter, phone: str) -> Answer:
        """Hand a letter to the provider. ``DoesNotFit`` where a code is longer than a variable may be."""


class DoesNotFit(ValueError):
    """A value that must not be cut is longer than a variable may be; the words are Chinese."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one of a provider's error codes means. With ``wait_s`` or ``again`` it is worth another try."""

    words: str
    wait_s: float = 0.0
    again: bool = False
    trouble: Trouble | None = None


T = TypeVar("T", bound=Template)


def complete(templates: tuple[T, ...]) -> tuple[T, ...]:
    """The templates, if every letter has one and only one. ``ValueError`` says what is wrong."""
    cases = [(one.purpose, one.severity) for one in templates]
    if (None, "") not in cases:
        raise ValueError("one template without purpose and severity is needed: it serves all other letters")
    if len(set(cases)) < len(cases):
        raise ValueError("two templates are for the same purpose and severity")
    return templates


def chosen(templates: Sequence[T], letter: Letter) -> T:
    """The template for this letter: its purpose counts for more than its severity."""
    fit = [one for one in templates if one.purpose in (None, letter.purpose) and one.severity in ("", letter.severity)]
    return max(fit, key=lambda one: (one.purpose is not None, one.severity != ""))


def value(part: Part, letter: Letter, settings: SmsSettings) -> str:
    """What a variable holds. ``DoesNotFit`` for a code or number that is too long; all else is cut."""
    text = plain(getattr(letter, part)) or settings.empty
    if len(text) <= settings.limit:
        return text
    if part in _WHOLE:
        raise DoesNotFit(f"{part}有{len(text)}个字,这个短信模板的变量最多{settings.limit}个字,截断就没有用了")
    return text[: settings.limit - 1] + "…"


def plain(text: str) -> str:
    """Without what providers refuse in a variable: line breaks, control characters, emoji, anything like an address."""
    shown = "".join(" " if char.isspace() else char for char in text if char.isspace() or not _refused(char))
    while _ADDRESS.search(shown):  # what is left may make another one
        shown = _ADDRESS.sub("", shown)
    return " ".join(_DOT.sub("·", shown).split())


def _refused(char: str) -> bool:
    kind = unicodedata.category(char)
    if kind in ("So", "Sk"):  # emoji, but not ℃, ㎡ and the like
        return "\u2190" <= char < "\u3200" or char > "\U0001efff"
    return kind.startswith("C") or kind == "Me" or "\ufe00" <= char <= "\ufe0f"


def e164(phone: str) -> str:
    """A mobile number as +8613900000000; empty where it is none. Without a country it is of the mainland."""
    digits = re.sub(r"[\s()\-]", "", unicodedata.normalize("NFKC", phone))
    digits = re.sub(r"^00(?=[1-9])", "+", digits)
    if re.fullmatch(r"86" + _MOBILE.pattern, digits):
        digits = "+" + digits
    elif _MOBILE.fullmatch(digits):
        digits = "+86" + digits
    if not re.fullmatch(r"\+[1-9]\d{6,14}", digits, re.ASCII):
        return ""
    return digits if not digits.startswith("+86") or _MOBILE.fullmatch(digits[3:]) else ""


def no_phone(letter: Letter) -> Answer:
    """The answer where there is nobody to send to."""
    words = "这个号码收不了短信" if letter.address.strip() else "没有登记手机号"
    return Answer(Result.FAILED, words=f"{letter.person}:{words}")


def refused(code: str, message: str, meanings: Mapping[str, Refusal]) -> Answer:
    """What an error code means: the longest beginning in ``meanings`` that fits; an unknown one is for good."""
    name = max((one for one in meanings if code.startswith(one)), key=len, default="")
    refusal = meanings.get(name, Refusal("短信服务商拒绝"))
    result = Result.RETRY if refusal.again or refusal.wait_s else Result.FAILED
    told = _DIGITS.sub(r"\1****\2", plain(message))[:100]  # words go into logs, a person's number does not
    said = f"{refusal.words}({code[:80]}:{told})"
    return Answer(result, words=said, maybe_sent=refusal.again, wait_s=refusal.wait_s, trouble=refusal.trouble)
