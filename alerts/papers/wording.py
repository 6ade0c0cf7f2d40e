"""How official papers write times, and what of foreign words may stand on paper. Pure."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})  # control, direction marks and joiners, halves of characters, private use


def cleaned(text: str, most: int) -> str:
    """One line of visible characters, at most ``most`` of them; what is cut ends in "…".

    No control character, NUL, direction mark or half of a character is left: they break XML, databases and lines.
    """
    seen = "".join(" " if one.isspace() else "" if _unseen(one) else one for one in text)
    line = " ".join(seen.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or ord(character) & 0xFFFE == 0xFFFE


def day_words(moment: datetime, zone: str) -> str:
    """The local day in the official form, without zeros in front: 2026年11月8日."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.year}年{local.month}月{local.day}日"


def time_words(moment: datetime, zone: str) -> str:
    """Day and minute: 2026年11月8日9时05分. Seconds are left out, so a deadline is never written later than it is."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_words(moment, zone)}{local.hour}时{local.minute:02d}分"
