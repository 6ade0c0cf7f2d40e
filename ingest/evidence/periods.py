"""How long evidence stays, and what goes first when there is too much of it. Pure: values in, reason out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from ingest.evidence.holds import Holding

CLASSES = ("clip", "picture", "photo")  # in the order in which they give way when there is too much
NAMES: Mapping[str, str] = MappingProxyType({"clip": "clips", "picture": "pictures", "photo": "photos"})


@dataclass(frozen=True, slots=True)
class Period:
    """A class stays ``most``, then it goes; for want of room it may go earlier, but never before ``least``."""

    least: timedelta
    most: timedelta

    def __post_init__(self) -> None:
        """``ValueError`` when the two contradict each other."""
        if not timedelta() < self.least <= self.most:
            raise ValueError(f"evidence is kept {self.least} at least and {self.most} at most: least must not be more")


def _periods() -> Mapping[str, Period]:
    days = {"clip": (30, 30), "picture": (30, 90), "photo": (90, 365)}
    return MappingProxyType({
        name: Period(timedelta(days=least), timedelta(days=most)) for name, (least, most) in days.items()
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """Periods by class, and the bytes that the whole store may take (None: as the disk has)."""

    periods: Mapping[str, Period] = field(default_factory=_periods)
    quota: int | None = None

    def crowded(self, used: int) -> bool:
        """Whether room should be made: five hundredths before the door would shut."""
        return self.quota is not None and used > self.quota - self.quota // 20


@dataclass(frozen=True, slots=True)
class Standing:
    """A file as its period sees it: class, when it was kept (aware), and what holds it."""

    kind: str
    kept_at: datetime
    holding: Holding


def why_go(file: Standing, policy: Policy, now: datetime, crowded: bool) -> str:
    """Return why a file must go now, "" when it stays. Time counts from the later of keeping and the last release."""
    kind, holding = file.kind, file.holding
    if holding.now:
        return ""
    period = policy.periods[kind]
    age = now - max(file.kept_at, holding.released_at or file.kept_at)
    if age >= period.most:
        return f"retention: {NAMES[kind]} are kept {_days(period.most)}"
    if crowded and age >= period.least:
        return f"room: the store is full, and {NAMES[kind]} may go after {_days(period.least)}"
    return ""


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):g} days"
