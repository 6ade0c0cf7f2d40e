"""What a robot says to a group: to whom, the words, the number. The link is one person's key, so it stays out."""

from __future__ import annotations

import re
from collections.abc import Callable

from alerts.channels import Letter
from alerts.channels.catalog import ChannelSettings
from alerts.channels.fits import harmless, shortened, words_of

_MOBILE = re.compile(r"1[0-9]{10}")


class GroupSettings(ChannelSettings):
    """What every robot has.

    ``link``: give the group the link too; whoever opens it first acts as the person of the letter. ``mention``: call
    the person by the phone number, which the group does not see. ``keyword``: what the robot's settings ask for.
    """

    link: bool = False
    mention: bool = True
    keyword: str = ""


def told(letter: Letter, settings: GroupSettings, most: int, made: Callable[[str], str] = harmless) -> str:
    """The words for the group, at most ``most`` bytes of UTF-8; what is cut is neither number nor link.

    ``made``: how the words are kept from acting as the provider's markup.
    """
    words = f"{letter.person}:{words_of(letter)}" if letter.person else words_of(letter)
    number = f"({letter.number})" if letter.number and letter.number not in words else ""
    link = f" {letter.link}" if settings.link and letter.link else ""
    keyword = f"【{settings.keyword}】" if settings.keyword not in words else ""
    return shortened(made(keyword + words), most, made(number) + link)


def mobiles(letter: Letter, settings: GroupSettings) -> list[str]:
    """The phone number to call, where there is a mobile number."""
    return [letter.phone] if settings.mention and _MOBILE.fullmatch(letter.phone) else []
