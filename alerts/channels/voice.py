"""Calls a person through the county's call centre, which reads the notice aloud: for what cannot wait for a glance.

The centre gets ``{id, phone, person, ticket, text}``, signed (``hook``). Letters of other severities are declined.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import httpx
from pydantic import Field

from alerts.channels import Answer, By, Letter, Result
from alerts.channels.calling import TIMEOUT
from alerts.channels.catalog import secret_of
from alerts.channels.hook import ADDRESS, LONGEST, Hook, spoken
from alerts.channels.measures import Sketch, in_characters
from alerts.channels.templates import PLACES, Worded, worded

KIND = "voice"
_PHONE = re.compile(r"\+?\d{5,20}")


class Settings(Worded):
    """Where calls are asked for, and what somebody is called for.

    ``severities`` are the county's words for them. A letter that is about no ticket has none: it is called for by its
    purpose, as when the alert engine itself is silent (``deadman``).
    """

    url: str = Field(pattern=ADDRESS)
    secret_file: Path
    severities: tuple[str, ...] = ("紧急",)
    purposes: tuple[str, ...] = ("deadman",)

    places: ClassVar[tuple[str, ...]] = tuple(one for one in PLACES if one not in ("link", "code"))  # nobody hears them

    def severity_words(self) -> tuple[str, ...]:
        """What calls are made for."""
        return (*self.severities, *super().severity_words())

    def room(self) -> tuple[int, str]:
        """Characters that are read aloud."""
        return LONGEST, "字"


def opened(settings: Settings, now: Callable[[], datetime]) -> Voice:
    """The channel of these settings."""
    return Voice(settings, secret_of(settings.secret_file).encode(), now)


class Voice:
    """One call centre."""

    by = By.PHONE

    def __init__(
        self, settings: Settings, secret: bytes, now: Callable[[], datetime], timeout: httpx.Timeout = TIMEOUT
    ) -> None:
        """Ask for calls at the address of the settings."""
        self._settings = settings
        self._hook = Hook(secret, now, timeout)

    def send(self, letter: Letter) -> Answer:
        """Ask for one call; accepted is not answered: whether the person picked up, only the centre knows."""
        if not meant(letter, self._settings):
            words = f"语音只用于{'、'.join(self._settings.severities)},本条是{letter.severity or '不分级别的通知'}"
            return Answer(Result.FAILED, words=words, declined=True)
        phone = letter.address or letter.phone
        if _PHONE.fullmatch(phone) is None:
            return Answer(Result.FAILED, words=f"电话号码不对:{phone[:30]!r}")
        return self._hook.post(self._settings.url, letter.id, body(self._settings, letter, phone))

    def close(self) -> None:
        """Close the connection pool."""
        self._hook.close()


def body(settings: Settings, letter: Letter, phone: str) -> dict[str, str]:
    """What the centre gets."""
    text = spoken(worded(letter, settings.templates))
    return {"phone": phone, "person": letter.person, "ticket": letter.number, "text": text}


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be read aloud; declined where nobody is called for it."""
    made = body(settings, letter, letter.phone)
    said = spoken(worded(letter, settings.templates), 1_000_000)
    declined = "" if meant(letter, settings) else "不为这一级打电话"
    return Sketch(made, (in_characters("text", made["text"], said, LONGEST),), declined=declined)


def meant(letter: Letter, settings: Settings) -> bool:
    """Whether somebody is called for this letter."""
    return letter.severity in settings.severities or (not letter.severity and letter.purpose in settings.purposes)
