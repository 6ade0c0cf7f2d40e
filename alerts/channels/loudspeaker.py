"""Says it in the village: posts ``{id, village, place, text, repeat}``, signed (``hook``), to the gateway of its horns.

Everybody hears it, so it names a place and what lies there, never a person, a ticket or a link. What could not be said
at its hour is not said later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from pydantic import Field

from alerts.channels import Answer, By, Letter, Result
from alerts.channels.calling import TIMEOUT
from alerts.channels.catalog import secret_of
from alerts.channels.hook import ADDRESS, LONGEST, Hook, cut
from alerts.channels.measures import Sketch, in_characters
from alerts.channels.templates import Worded, chosen, facts, filled
from alerts.phrases import URGENT
from county.policy.base import within

KIND = "loudspeaker"
_TEXT = "各位村民请注意:{place}发现{what},请附近住户和保洁人员尽快清理。爱护环境,请不要乱扔乱倒。"
_URGENT = "紧急通知:{place}发现{what},请保洁人员和附近住户马上清理,过往行人注意避让。"
HEARD = ("place", "what", "due")  # by everybody
_CALLS = ("dispatch", "remind", "overdue", "rework", "worse", "daily")  # purposes that ask for something to be cleaned


class Settings(Worded):
    """One gateway (``url``), or the address of each horn by region code (``horns``; the longest code that fits counts).

    ``text`` may hold {place}, {what} and {due}. From ``quiet_from`` to ``quiet_to`` (local time) only severities of
    ``urgent``, the county's own words for them, are said.
    """

    secret_file: Path
    url: str = Field(default="", pattern=rf"^$|{ADDRESS}")
    horns: Mapping[str, str] = Field(default_factory=dict)
    text: str = Field(default=_TEXT, min_length=1, max_length=200)
    repeat: int = Field(default=2, ge=1, le=5)
    quiet_from: time = time(21)
    quiet_to: time = time(7)
    urgent: tuple[str, ...] = ("紧急",)
    purposes: tuple[str, ...] = _CALLS
    zone: str = "Asia/Shanghai"

    places: ClassVar[tuple[str, ...]] = HEARD
    personal: ClassVar[bool] = False

    def severity_words(self) -> tuple[str, ...]:
        """What is said at night, and what has words of its own."""
        return (*self.urgent, *super().severity_words())

    def room(self) -> tuple[int, str]:
        """Characters that are read aloud."""
        return LONGEST, "字"


def opened(settings: Settings, now: Callable[[], datetime]) -> Loudspeaker:
    """The channel of these settings."""
    if bool(settings.url) == bool(settings.horns):
        raise ValueError("write url (one gateway), or horns (an address for each village)")
    for code, url in settings.horns.items():
        if re.fullmatch(r"\d{6,15}", code) is None or re.fullmatch(ADDRESS, url) is None:
            raise ValueError(f'horns: write "region code" = "https://…", not {code!r} = {url!r}')
    if left := re.findall(r"[{}]\w*", re.sub(r"\{(place|what|due)\}", "", settings.text)):
        raise ValueError(f"text may hold {{place}}, {{what}} and {{due}}, not {left[0]}")
    try:
        ZoneInfo(settings.zone)
    except ZoneInfoNotFoundError as fault:
        raise ValueError(f"zone: {settings.zone!r} is none; write it like Asia/Shanghai") from fault
    return Loudspeaker(settings, secret_of(settings.secret_file).encode(), now)


class Loudspeaker:
    """The horns of one county."""

    by = By.NOBODY

    def __init__(
        self, settings: Settings, secret: bytes, now: Callable[[], datetime], timeout: httpx.Timeout = TIMEOUT
    ) -> None:
        """``now`` also tells whether it is night."""
        self._settings = settings
        self._now = now
        self._hook = Hook(secret, now, timeout)

    def send(self, letter: Letter) -> Answer:
        """Say it once, now. There is no retry: ``FAILED`` says why nobody heard it."""
        if no := unfit(letter, self._settings, self._now()):
            return Answer(Result.FAILED, words=no, declined=True)
        horn = horn_of(letter.village, self._settings)
        if not horn:
            where = f"{letter.village}没有登记大喇叭" if letter.village else "通知里没有村代码,不知道用哪个大喇叭"
            return Answer(Result.FAILED, words=where)
        body = {
            "village": letter.village, "place": letter.place, "text": announced(letter, self._settings),
            "repeat": self._settings.repeat,
        }  # fmt: skip
        answer = self._hook.post(horn, letter.id, body)
        if answer.result is Result.RETRY:
            return replace(answer, result=Result.FAILED, words=f"{answer.words};广播过时不补", wait_s=0.0)
        return answer

    def close(self) -> None:
        """Close the connection pool."""
        self._hook.close()


def unfit(letter: Letter, settings: Settings, now: datetime) -> str:
    """Why this letter is not said aloud, or not at this hour; empty where it is."""
    if letter.purpose not in settings.purposes or not (letter.place and letter.what):
        return "这类通知不上大喇叭"
    begin, end = settings.quiet_from, settings.quiet_to
    clock = now.astimezone(ZoneInfo(settings.zone)).time()
    if within((begin, end), clock) and letter.severity not in settings.urgent:
        return f"{begin:%H:%M}到{end:%H:%M}大喇叭不响,本条是{letter.severity or '一般'}"
    return ""


def horn_of(village: str, settings: Settings) -> str:
    """The address for a village; empty where there is none."""
    if not village:
        return ""
    fitting = [code for code in settings.horns if village.startswith(code)]
    return settings.horns[max(fitting, key=len)] if fitting else settings.url


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be said by day; declined where such letters are not said at all."""
    wanted = letter.purpose in settings.purposes and bool(letter.place and letter.what)
    said = announced(letter, settings)
    body = {"village": letter.village, "place": letter.place, "text": said, "repeat": settings.repeat}
    whole = announced(letter, settings, 1_000_000)
    return Sketch(body, (in_characters("text", said, whole, LONGEST),), declined="" if wanted else "这类通知不上大喇叭")


def announced(letter: Letter, settings: Settings, longest: int = LONGEST) -> str:
    """What the horn says."""
    special = chosen(settings.templates, letter)
    grave = settings.text == _TEXT and letter.grade == URGENT
    text = special.text if special else _URGENT if grave else settings.text
    told = {name: value for name, value in facts(letter).items() if name in HEARD}
    return cut(" ".join(filled(text, told).split()), longest)
