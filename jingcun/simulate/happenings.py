"""What is true: the ledger of everything that really happened, kept by who makes it happen and by nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """Sorts of happenings. What should be dealt with is a ``duty``: a bin that is nearly full is only on the way, and a
    line that is down comes up again.
    """

    DUMPING = "dumping"
    PILE = "pile"
    FULL = "full"  # a bin at 90 % or more
    OVERFLOWING = "overflowing"  # a bin at 100 %
    FIRE = "fire"
    FALLEN = "fallen"
    BATTERY = "battery"
    WEAK = "weak"
    SILENT = "silent"
    OUTAGE = "outage"  # a box has no power or no network

    @property
    def is_duty(self) -> bool:
        """Whether a ticket must come of it."""
        return self not in (What.FULL, What.OUTAGE)


OF_SENSORS = frozenset({What.BATTERY, What.WEAK, What.SILENT})


@dataclass(slots=True)
class Happening:
    """One true thing at one site (as ``Spot.ground`` names it); ``ended`` is None while it lasts.

    ``told`` is when a device first said so, None while none did. ``village`` is its 12-digit code.
    """

    number: int
    what: What
    site: str
    village: str
    began: datetime
    ended: datetime | None = None
    told: datetime | None = None

    def overlaps(self, begin: datetime, end: datetime | None) -> bool:
        """Whether it was there at some moment of a stretch of time; None: it goes on."""
        return (self.ended is None or begin <= self.ended) and (end is None or self.began <= end)


class Truth:
    """All happenings; those that last can be found by their site."""

    def __init__(self) -> None:
        self.all: list[Happening] = []
        self._lasting: dict[str, list[Happening]] = defaultdict(list)

    def begin(self, what: What, site: str, village: str, at: datetime) -> Happening:
        """Something begins to be so."""
        made = Happening(len(self.all), what, site, village, at)
        self.all.append(made)
        self._lasting[site].append(made)
        return made

    def end(self, happening: Happening, at: datetime) -> None:
        """It is over; once it is, it stays so."""
        if happening.ended is None:
            happening.ended = at
            self._lasting[happening.site].remove(happening)

    def at(self, site: str) -> tuple[Happening, ...]:
        """What lasts at a site."""
        return tuple(self._lasting.get(site, ()))

    def is_dirty(self, site: str) -> bool:
        """Whether anything at a site wants dealing with."""
        return bool(self._lasting.get(site))

    def told(self, happenings: Iterable[Happening], at: datetime) -> None:
        """A device has said that these are so."""
        for one in happenings:
            one.told = one.told or at
