"""The duty roster (值班表): who is on duty for an area and level at which hours. No clock: a local moment comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from county.values import Level

_DAY = timedelta(days=1)
Clock = tuple[time, time]  # from and to; an end at or before the start lies on the next day


@dataclass(frozen=True, slots=True, order=True)
class Local:
    """A moment by the county's own clock."""

    day: date
    clock: time = time(0)

    def __str__(self) -> str:
        """As it stands in roster.csv."""
        return f"{self.day} {self.clock:%H:%M}"


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody is on duty from ``start`` until before ``end`` (None: no bound), there on ``days`` at ``hours`` only.

    ``days`` are weekdays on which the hours begin (0 is Monday); none are all. Without ``hours`` it is the whole day.
    """

    person: str
    area: str
    level: Level
    start: Local | None = None
    end: Local | None = None
    days: tuple[int, ...] = ()
    hours: Clock | None = None

    def holds(self, now: Local) -> bool:
        """Whether they are on duty at a moment."""
        if (self.start is not None and now < self.start) or (self.end is not None and now >= self.end):
            return False
        if self.hours is None:
            return self._on(now.day)
        begin, end = self.hours
        if begin < end:
            return begin <= now.clock < end and self._on(now.day)
        if now.clock >= begin:
            return self._on(now.day)
        return now.clock < end and self._on(now.day - _DAY)

    def _on(self, day: date) -> bool:
        return not self.days or day.weekday() in self.days


def local(now: datetime, zone: str) -> Local:
    """A moment (aware) by the clock of a zone."""
    there = now.astimezone(ZoneInfo(zone))
    return Local(there.date(), there.time().replace(tzinfo=None))


class Shifts:
    """The shifts of a county by area and level."""

    def __init__(self, shifts: Iterable[Shift]) -> None:
        grouped: defaultdict[tuple[str, Level], list[Shift]] = defaultdict(list)
        for shift in shifts:
            grouped[shift.area, shift.level].append(shift)
        self._by_area: Mapping[tuple[str, Level], Sequence[Shift]] = grouped

    def __bool__(self) -> bool:
        return bool(self._by_area)

    def at(self, area: str, level: Level, now: Local) -> tuple[str, ...]:
        """Who (ids) is on duty for this very area, in file order."""
        found = (shift.person for shift in self._by_area.get((area, level), ()) if shift.holds(now))
        return tuple(dict.fromkeys(found))
