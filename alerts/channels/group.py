"""What a robot says to a group: to whom, the words, the number. The link is one person's key, so it stays out."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from alerts.channels import Answer, By, Letter, Result
from alerts.channels.calling import Call, Line, Said
from alerts.channels.fits import harmless, harmless_markdown, shortened, words_of
from alerts.channels.measures import Sketch, in_bytes
from alerts.channels.pace import Window, shared
from alerts.channels.templates import Worded, worded

_MOBILE = re.compile(r"1[0-9]{10}")


class Robot(ABC):
    """One robot in one group: it says no more than its provider takes, and hears what the provider answers."""

    by = By.NOBODY
    full: str  # what is said of a letter that must wait for its turn

    def __init__(self, base: str, key: str, now: Callable[[], datetime], *windows: Window) -> None:
        """``key`` is the robot's own at ``base``; channels of one robot are counted together, in ``windows``."""
        self._now = now
        self._line = Line(base)
        self._pace = shared((base, key), *windows)

    def send(self, letter: Letter) -> Answer:
        """Say one letter in the group; accepted is what the provider took."""
        now = self._now()
        wait = self._pace.take(now)
        if wait:
            return Answer(Result.RETRY, words=self.full, wait_s=wait)
        said = self._line.ask(self._call(letter, now))
        return said if isinstance(said, Answer) else self._heard(said)

    def close(self) -> None:
        """Close the connection pool."""
        self._line.close()

    @abstractmethod
    def _call(self, letter: Letter, now: datetime) -> Call:
        """How the provider is asked to say a letter."""

    @abstractmethod
    def _heard(self, said: Said) -> Answer:
        """What the provider's answer means."""


class GroupSettings(Worded):
    """What every robot has.

    ``link``: give the group the link too; whoever opens it first acts as the person of the letter. ``mention``: call
    the person by the phone number, which the group does not see. ``keyword``: what the robot's settings ask for.
    """

    link: bool = False
    mention: bool = True
    keyword: str = ""

    personal: ClassVar[bool] = False


def told(letter: Letter, settings: GroupSettings, most: int, made: Callable[[str], str] = harmless) -> str:
    """The words for the group, at most ``most`` bytes of UTF-8; what is cut is neither number nor link.

    ``made``: how the words are kept from acting as the provider's markup.
    """
    letter = worded(letter, settings.templates)
    words = f"{letter.person}:{words_of(letter)}" if letter.person else words_of(letter)
    number = f"({letter.number})" if letter.number and letter.number not in words else ""
    link = f" {letter.link}" if settings.link and letter.link else ""
    keyword = f"【{settings.keyword}】" if settings.keyword not in words else ""
    return shortened(made(keyword + words), most, made(number) + link)


def sketched(letter: Letter, settings: GroupSettings, body: Any, most: int) -> Sketch:
    """What the robot would say; ``body`` is what its provider gets."""
    made = harmless_markdown if body.get("msgtype") == "markdown" else harmless
    text = told(letter, settings, most, made)
    return Sketch(body, (in_bytes("content", text, told(letter, settings, 1_000_000, made), most),))


def mobiles(letter: Letter, settings: GroupSettings) -> list[str]:
    """The phone number to call, where there is a mobile number."""
    return [letter.phone] if settings.mention and _MOBILE.fullmatch(letter.phone) else []
