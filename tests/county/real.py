"""Counties on real division codes, filled with invented people; each has passed the check that a folder must pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from county import divisions
from county.files import dump, read
from county.snapshot import Content, County
from county.values import Duty, Level, Person

LINJIANG, XIJI, PINGLUO, YUANPING, XINFU = "220681", "640422", "640221", "140981", "140902"
JIQIANG, QUKOU = "640422100", "640221202"  # 吉强镇, 渠口乡


def county_of(real: bytes, code: str, extra_policy: str = "", **parts: Any) -> County:
    """A county with ``parts`` of ``Content`` in place of the empty ones, written to files and read from them."""
    folder = divisions.start(real, code)
    content, problems = read(folder)
    assert content is not None
    assert problems == []
    policy = folder["policy.toml"] + f"\n{extra_policy}\n".encode()
    filled: Content = replace(content, **parts)
    again, problems = read(dump(filled, policy))
    assert problems == [], [str(problem) for problem in problems[:3]]
    assert again is not None
    return County(again)


def people(count: int, prefix: str = "p", unit: str = "") -> tuple[Person, ...]:
    """So many invented people, whom no phone reaches."""
    return tuple(Person(f"{prefix}{n}", f"{prefix}号{n}", f"+999{n:08d}", unit) for n in range(count))


def one_each(areas: Sequence[str], level: Level, role: str) -> tuple[tuple[Person, ...], tuple[Duty, ...]]:
    """A person for each area, and the duties."""
    named = people(len(areas))
    return named, tuple(Duty(who.id, area, level, role) for who, area in zip(named, areas, strict=True))
