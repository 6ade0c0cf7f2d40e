"""What is to be simulated, and all that it came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from county.snapshot import County
from jingcun.simulate.happenings import Happening
from jingcun.simulate.ledger import Ledger
from jingcun.simulate.tally import Tally

MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate: so many days from local midnight of ``begin``, with one seed."""

    begin: datetime
    days: int
    seed: int

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS:
            raise ValueError(f"{self.days} days: simulate 1 to {MOST_DAYS}")
        if self.begin.tzinfo is None:
            raise ValueError(f"{self.begin} has no time zone")

    @property
    def end(self) -> datetime:
        """The midnight at which it ends."""
        return self.begin + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Counted:
    """What the devices were and said. ``events`` are those of cameras that nobody asked for, ``looks`` those that a
    command asked for, ``onsets`` what a plain threshold on each single reading of a bin would have called out.
    """

    cameras: int
    bins: int
    events: int
    looks: int
    onsets: int
    readings: int
    doubled: int
    under_way: int


@dataclass(frozen=True, slots=True)
class Month:
    """All that a simulation came to. ``wrong`` is empty when the books balance."""

    county: County
    plan: Plan
    town: Counted
    happenings: tuple[Happening, ...]
    tally: Tally
    ledger: Ledger
    acts: Counter[str]
    letters: Counter[str]
    refused: Counter[str]
    wrong: tuple[str, ...]
    seconds: float

    @property
    def raw(self) -> int:
        """Raw events: of cameras unasked, and what a plain threshold on each reading of a bin would call out."""
        return self.town.events + self.town.onsets
