"""The fields of a WeChat template: which words of the letter go into which, within what WeChat allows in each kind.

A field that breaks a rule makes WeChat refuse the whole letter (47003), so each is made to fit here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from alerts.channels import Letter
from alerts.channels.fits import one_line, within_units
from alerts.channels.templates import facts

WORDS = ("do", "what", "severity", "place", "due", "number", "person", "code", "text", "now")
_WHOLE = {"number": 12, "code": 12}  # characters of what is of no use when it is cut
_OF_OLD = frozenset({"keyword"})  # templates of before 2023
_GONE = frozenset({"first", "remark"})
LONGEST = 20  # characters of any field of a template message, since May 2023
_LIMITS = {"thing": 20, "number": 32, "letter": 32, "symbol": 5, "character_string": 32, "amount": 16,
           "phone_number": 17, "car_number": 8, "name": 10, "phrase": 5, "const": 20}  # fmt: skip
_KIND = re.compile(r"([a-z_]+?)_?\d*")
_WORD = re.compile(r"\{([a-z_]*)\}")
_DUE = re.compile(r"(\d{1,2})月(\d{1,2})日\s*(\d{1,2}):(\d{2})")
_TIMES = frozenset({"time", "date"})


class NoValue(ValueError):
    """A field of the template that this letter has no value for; the text says which, in Chinese."""


def checked(data: Mapping[str, str]) -> Mapping[str, str]:
    """The fields as an operator wrote them. ``ValueError`` names a field or a word that there is none of."""
    for key, pattern in data.items():
        if fault := _unlike_a_field(key):
            raise ValueError(fault)
        words = _WORD.findall(pattern)
        for word in words:
            if word not in WORDS:
                raise ValueError(f"{key}: no word {{{word}}}; there are {', '.join(WORDS)}")
        if re.search(r"[{}]", _WORD.sub("", pattern)):
            raise ValueError(f"{key}: a {{ or }} stands alone")
        if fault := _cuts(key, pattern, words):
            raise ValueError(f"{key}: {fault}")
    return data


def _unlike_a_field(key: str) -> str:
    if not re.fullmatch(r"[a-z_]+\d*", key):
        return f"{key!r} is no field of a template, such as thing1"
    kind = _kind(key)
    if kind in _GONE:
        return f"{key}: WeChat has not shown first and remark since May 2023"
    if kind not in {*_LIMITS, *_TIMES, *_OF_OLD}:
        return f"{key}: WeChat has no fields of this kind; there are {', '.join(sorted({*_LIMITS, *_TIMES}))}"
    return ""


def _cuts(key: str, pattern: str, words: list[str]) -> str:
    """That a number or code is put where it would be cut, or where other words may push it out."""
    whole = [word for word in words if word in _WHOLE]
    kind = _kind(key)
    if not whole or kind == "number":
        return ""
    fixed = len(_WORD.sub("", pattern))
    most = _LIMITS.get(kind, LONGEST)
    if kind in {"phrase", *_TIMES} or min(most, LONGEST) < fixed + sum(_WHOLE[word] for word in whole):
        return f"{{{whole[0]}}} does not fit into a field of kind {kind}"
    return f"{{{whole[0]}}} must stand in a field of its own, or it may be cut" if len(words) > len(whole) else ""


def filled(data: Mapping[str, str], letter: Letter, now: datetime, longest: int) -> dict[str, dict[str, str]]:
    """The ``data`` of a message, no field longer than ``longest``. ``NoValue`` where a field cannot be filled."""
    return {key: {"value": _value(key, pattern, letter, now, longest)} for key, pattern in data.items()}


def limit_of(key: str, longest: int) -> int:
    """How many characters a field of this kind holds."""
    return min(_LIMITS.get(_kind(key), LONGEST), longest)


def as_told(key: str, pattern: str, letter: Letter, now: datetime) -> str:
    """All that a field was to say; empty where its kind has a form of its own (a time, a number)."""
    if _kind(key) in {*_TIMES, "number", "phrase"}:
        return ""
    told = one_line(_WORD.sub(lambda found: _word(found[1], letter, now), pattern))
    if _kind(key) in {"character_string", "letter", "symbol"}:
        return "".join(char for char in told if char.isascii()).strip()
    return told


def _value(key: str, pattern: str, letter: Letter, now: datetime, longest: int) -> str:
    kind = _kind(key)
    told = one_line(_WORD.sub(lambda found: _word(found[1], letter, now), pattern))
    if kind in _TIMES:
        return _time(key, told, now, with_clock=kind == "time")
    if kind == "number":
        return _numeral(key, told)
    if kind == "phrase":
        return within_units("".join(re.findall(r"[\u4e00-\u9fff]", told)), _LIMITS[kind]) or "无"
    most = min(_LIMITS.get(kind, LONGEST), longest)
    if kind in {"character_string", "letter", "symbol"}:
        return within_units("".join(char for char in told if char.isascii()).strip(), most) or "-"
    return _cut(told, most) or "无"


def _kind(key: str) -> str:
    found = _KIND.fullmatch(key)
    return found[1] if found else key


def _word(word: str, letter: Letter, now: datetime) -> str:
    if word == "now":
        return f"{now.month}月{now.day}日{now:%H:%M}"
    return facts(letter)[word]


def _cut(text: str, most: int) -> str:
    whole = within_units(text, most)
    return text if whole == text else within_units(text, most - 1) + "…"


def _numeral(key: str, told: str) -> str:
    found = re.search(r"\d+(\.\d+)?", told)
    if found is None:
        raise NoValue(f"模板的{key}要填数字,这条通知里没有")
    return found[0][:32]


def _time(key: str, told: str, now: datetime, *, with_clock: bool) -> str:
    """WeChat wants the year; a letter names month and day, so it is the year in which that day is nearest."""
    found = _DUE.search(told)
    if found is None:
        raise NoValue(f"模板的{key}要填时间,这条通知没有时限")
    month, day, hour, minute = (int(part) for part in found.groups())
    near = [moment for year in (now.year - 1, now.year, now.year + 1) if (moment := _at(year, month, day, now))]
    if not near or hour > 24 or minute > 59:
        raise NoValue(f"模板的{key}要填时间,认不出“{told[:20]}”")
    best = min(near, key=lambda moment: abs(moment - now))
    return f"{best.year}年{month}月{day}日" + (f" {hour:02}:{minute:02}" if with_clock else "")


def _at(year: int, month: int, day: int, now: datetime) -> datetime | None:
    try:
        return now.replace(year=year, month=month, day=day)
    except ValueError:
        return None
