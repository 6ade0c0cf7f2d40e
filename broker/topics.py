"""Topics: ``jc/v1/{county6}/{township9}/{village12}/{device}/{kind}`` and ``jc/v1/{county6}/door``.

The topic only routes and carries the access right. What a device is and where it stands, the registry decides.
A device without a village (a truck) writes ``-`` for township and village.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

ROOT = "jc/v1"
NOWHERE = "-"

# Receipted kinds must not be lost; the others are "latest value only".
RECEIPTED = frozenset({"event", "picture", "clip", "reading", "frame", "position", "answer", "claim"})
LATEST = frozenset({"health", "status", "coverage", "config-state", "live"})
UP = RECEIPTED | LATEST
DOWN = frozenset({"receipt", "config", "command"})
BULK = frozenset({"picture", "clip"})  # travel on the second connection

_COUNTY = re.compile(r"\d{6}", re.ASCII)
_TOWNSHIP = re.compile(r"\d{9}", re.ASCII)
_VILLAGE = re.compile(r"\d{12}", re.ASCII)
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


class BadTopic(ValueError):
    """The topic is not one of this contract; the text says which part."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device stands on the wire: codes of 6, 9 and 12 digits (or ``-``) and its id."""

    county: str
    township: str
    village: str
    device: str

    def __post_init__(self) -> None:
        """Refuse anything that could widen a topic."""
        _must(_COUNTY, self.county, "county code (6 digits)")
        if self.township != NOWHERE:
            _must(_TOWNSHIP, self.township, "township code (9 digits or -)")
        if self.village != NOWHERE:
            _must(_VILLAGE, self.village, "village code (12 digits or -)")
        _must(_DEVICE, self.device, "device id (letters, digits, _ . -)")

    @classmethod
    def of_village(cls, village: str, device: str) -> Address:
        """Build the address of a device that stands in a village (12 digits)."""
        _must(_VILLAGE, village, "village code (12 digits)")
        return cls(village[:6], village[:9], village, device)

    def topic(self, kind: str) -> str:
        """Return the topic of this device for one kind; ``BadTopic`` for an unknown kind."""
        if kind not in UP | DOWN:
            raise BadTopic(f"unknown kind {kind!r}")
        return f"{ROOT}/{self.county}/{self.township}/{self.village}/{self.device}/{kind}"


@lru_cache(maxsize=8192)  # the same few thousand come again and again; a county has no more
def parse(topic: str) -> tuple[Address, str]:
    """Split a device topic into address and kind; ``BadTopic`` names the wrong part."""
    parts = topic.split("/")
    if len(parts) != 7 or parts[0] != "jc" or parts[1] != "v1":
        raise BadTopic(f"not a topic of {ROOT}: {topic[:120]!r}")
    if parts[6] not in UP | DOWN:
        raise BadTopic(f"unknown kind {parts[6][:40]!r}")
    return Address(parts[2], parts[3], parts[4], parts[5]), parts[6]


def door(county: str) -> str:
    """Return the retained door topic of a county."""
    _must(_COUNTY, county, "county code (6 digits)")
    return f"{ROOT}/{county}/door"


def everything_up(county: str) -> tuple[str, ...]:
    """Return the filters that a county's ingest subscribes to: one per upward kind."""
    _must(_COUNTY, county, "county code (6 digits)")
    return tuple(f"{ROOT}/{county}/+/+/+/{kind}" for kind in sorted(UP))


def is_device_id(text: str) -> bool:
    """Whether the text may stand as one level of a topic and as a user name."""
    return _DEVICE.fullmatch(text) is not None


def _must(pattern: re.Pattern[str], value: str, what: str) -> None:
    if not pattern.fullmatch(value):
        raise BadTopic(f"bad {what}: {value[:64]!r}")
