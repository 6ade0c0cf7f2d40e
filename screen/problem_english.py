"""The English of what a refusal says in Chinese: one catalogue, ``screen/problem_english.toml``. Pure but for its file.

The Chinese stays the source; nothing that raises a refusal knows of this.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

HOLE = "{}"
MOST = 600  # characters that are looked up; whatever is longer is told as it stands
LONGEST_NAME = 10
DEEPEST = 3  # sentences in sentences
AND = "；"  # between the faults of one refusal
_BETWEEN = {AND: "; ", "、": ", "}


@cache
def catalogue() -> dict[str, str]:
    """Chinese sentences, with ``{}`` for what varies, and their English; as many holes on either side."""
    lines = tomllib.loads((Path(__file__).parent / "problem_english.toml").read_text(encoding="utf-8"))
    return {chinese: str(english) for chinese, english in lines.items()}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences with holes, those that say most first."""
    held = sorted((one for one in catalogue() if HOLE in one), key=lambda one: -len(one.replace(HOLE, "")))
    return tuple((_pattern(one), catalogue()[one]) for one in held)


def _pattern(chinese: str) -> re.Pattern[str]:
    """The sentence as a pattern; of two values side by side the first is a known name, or nothing."""
    parts = [re.escape(part) for part in chinese.split(HOLE)]
    known = "|".join(re.escape(one) for one in _names())
    holes = [f"({known}|)" if after == "" and at < len(parts) - 2 else "(.*?)" for at, after in enumerate(parts[1:])]
    return re.compile(parts[0] + "".join(hole + part for hole, part in zip(holes, parts[1:], strict=True)), re.DOTALL)


@cache
def _names() -> tuple[str, ...]:
    short = (one for one in catalogue() if HOLE not in one and len(one) <= LONGEST_NAME)
    return tuple(sorted(short, key=len, reverse=True))


def english(words: str, depth: int = DEEPEST) -> str | None:
    """The English of a refusal's Chinese words; None where the catalogue has none. ASCII words are their own."""
    if words.isascii():
        return words
    if len(words) > MOST:
        return None
    if words in catalogue():
        return catalogue()[words]
    for pattern, told in _patterns():
        if found := pattern.fullmatch(words):
            return _filled(told, [_inner(one, depth - 1) for one in found.groups()])
    return _listed(words, depth)


def _listed(words: str, depth: int) -> str | None:
    """Several faults in one line, where each of them has its English."""
    if AND not in words or depth <= 0:
        return None
    told = [english(one, depth - 1) for one in words.split(AND)]
    return None if None in told else "; ".join(one.rstrip(".") for one in told if one is not None)


def _filled(told: str, values: list[str]) -> str:
    """The sentence with its values in order; a value may hold ``{}`` itself."""
    parts = told.split(HOLE)
    return parts[0] + "".join(value + part for value, part in zip(values, parts[1:], strict=True))


def _inner(words: str, depth: int) -> str:
    """A value in English, one by one where several are listed; a name that is not in the catalogue stays."""
    if depth <= 0:
        return words
    if (whole := english(words, depth)) is not None:
        return whole
    for mark, instead in _BETWEEN.items():
        if mark in words:
            return instead.join(_inner(one, depth - 1) for one in words.split(mark))
    return words
