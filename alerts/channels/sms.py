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
from typing import Any, Literal, TypeVar

import httpx
from pydantic import Field

from alerts import phrases
from alerts.channels import Answer, By, Letter, Result, Trouble
from alerts.channels.calling import Line
from alerts.channels.catalog import ChannelSettings
from alerts.channels.fits import units, within_units
from alerts.channels.measures import Measure, Sketch, in_units
from alerts.channels.receipts import Question, Receipt, known
from alerts.channels.sms_texts import ONE, Filed, counted, desk_of, names_in, shipped, whole
from alerts.channels.templates import Template, chosen, complete, facts
from alerts.terms import Purpose

Part = Literal["do", "number", "person", "what", "severity", "place", "due", "code", "code_a", "code_b"]
CODES: frozenset[str] = frozenset({"code", "code_a", "code_b"})  # the whole, and its halves for short variables
HALVES = frozenset({"code_a", "code_b"})
LENGTH = {"code": 12, "code_a": 6, "code_b": 6}  # of our codes
_WHOLE = frozenset({"number", *CODES})  # half of it opens nothing and finds nothing
_MOBILE = re.compile(r"1[3-9]\d{9}")
_ADDRESS = re.compile(r"[a-z]*://|www\.", re.IGNORECASE)
_DIGITS = re.compile(r"(\d{3})\d{3,}(\d{4})")
_DOT = re.compile(r"(?<=[A-Za-z0-9])\.(?=[A-Za-z]{2})")


class SmsTemplate(Template):
    """One approved template (``id``) and for which letters it is.

    ``text`` is what was filed with the provider, for previews and checks alone; where neither it nor variables are told
    it is the text that ships (``sms_texts``). ``without_code``: who gets it needs none, for they log in.
    """

    id: str = Field(min_length=1)
    text: str = Field(default="", max_length=500)
    without_code: bool = False

    @property
    def names(self) -> Mapping[str, Part]:
        """The variables as they are called in ``text``, and the letter's part that each holds."""
        return {}


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


T = TypeVar("T", bound=SmsTemplate)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one of a provider's error codes means. With ``wait_s`` or ``again`` it is worth another try."""

    words: str
    wait_s: float = 0.0
    again: bool = False
    trouble: Trouble | None = None


def sound(templates: tuple[SmsTemplate, ...], limit: int) -> None:
    """``ValueError`` names a template that cannot do its work: two for a case, no code where somebody must act."""
    complete(templates)
    for one in templates:
        if fault := _fault(one, limit):
            raise ValueError(f"template {one.id} {one.case}: {fault}")


def _fault(template: SmsTemplate, limit: int) -> str:
    keys = sorted(CODES.intersection(template.names.values()))
    if HALVES.intersection(keys) and ("code" in keys or not HALVES.issubset(keys) or template.purpose is Purpose.BIND):
        return "code_a and code_b are the halves of a ticket's code: both of them, or the whole code alone"
    if template.text and names_in(template.text) != template.names.keys():
        odd = names_in(template.text) ^ template.names.keys()
        return f"text and variables do not agree about {', '.join(sorted(odd))}"
    asked = template.purpose is None or phrases.acts(template.purpose)
    if asked and not keys and not template.without_code:
        return "somebody must act on it, and it has no code for its link (without_code = true where people log in)"
    lengths = {"code": 6} if template.purpose is Purpose.BIND else LENGTH
    if needed := [f"{part} has {lengths.get(part, 0)} characters" for part in keys if limit < lengths.get(part, 0)]:
        return f"{needed[0]} and a variable only {limit}, so it would never go out"
    return ""


def sketched(settings: SmsSettings, template: SmsTemplate, letter: Letter, body: Any) -> Sketch:
    """The message as it would be sent: its variables, and all of it where the filed text is known."""
    told = facts(letter)
    values = {name: value(part, letter, settings) for name, part in template.names.items()}
    measures = [
        in_units(f"{name}={part}", values[name], plain(told[part]) or settings.empty, settings.limit)
        for name, part in template.names.items()
    ]
    if template.text:
        text = f"【{settings.sign}】{whole(template.text, values, desk_of(letter))}"
        measures.append(Measure("短信", text, text, len(text), ONE, note=counted(text)))
    return Sketch(body, tuple(measures), template.id)


def with_shipped(told: Any, variables: Callable[[Filed], Any], *, numbered: bool = False) -> Any:
    """One template as told; where it tells neither text nor variables, those that ship for its letters."""
    if not isinstance(told, dict) or "text" in told or "variables" in told:
        return told
    purpose = told.get("purpose")
    text = shipped(Purpose(purpose) if purpose in set(Purpose) else None, str(told.get("severity", "")))
    without = not CODES.intersection(text.parts)
    written = text.tencent("{desk}") if numbered else text.aliyun("{desk}")
    return {"without_code": without, "text": written, "variables": variables(text), **told}


def template_for(templates: Sequence[T], letter: Letter) -> T:
    """The template for this letter; there is one for every letter (``complete``).

    ``DoesNotFit`` where its link would open nothing. What the server says of itself (that it has stopped) goes out all
    the same: no template of its own can be filed for that, and the words matter more than a link.
    """
    found = chosen(templates, letter)
    assert found is not None
    if letter.purpose == Purpose.BIND and "/t/" in found.text:
        raise DoesNotFit('验证码不是工单的短码,请另报一个不带链接的模板,写purpose = "bind"')
    if not letter.code and "/t/" in found.text and letter.purpose in set(Purpose):
        raise DoesNotFit(f'这种通知没有短码,链接打不开,请另报一个不带短码的模板,写purpose = "{letter.purpose}"')
    return found


def value(part: Part, letter: Letter, settings: SmsSettings) -> str:
    """What a variable holds. ``DoesNotFit`` for a code or number that is too long; all else is cut."""
    text = plain(facts(letter)[part]) or settings.empty
    if units(text) <= settings.limit:
        return text
    if part in _WHOLE:
        raise DoesNotFit(f"{part}有{units(text)}个字,这个短信模板的变量最多{settings.limit}个字,截断就没有用了")
    return within_units(text, settings.limit - 1) + "…"


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
