"""Lanes (巷), stretches of road, ditches and ponds: kept clean by somebody, some of them on fixed days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from county.values import holds

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WayKind(StrEnum):
    """What a way is."""

    LANE = "lane"
    ROAD = "road"
    DITCH = "ditch"
    POND = "pond"

    @property
    def words(self) -> str:
        """What people call one."""
        return {"lane": "巷", "road": "路段", "ditch": "沟渠", "pond": "坑塘"}[self.value]

    @property
    def keeper(self) -> str:
        """What people call who answers for one."""
        return {"lane": "巷长", "road": "路段责任人", "ditch": "沟渠管护人", "pond": "坑塘管护人"}[self.value]


@dataclass(frozen=True, slots=True)
class Way:
    """A lane, a stretch of road, a ditch or a pond in ``region``, whose village it counts for.

    ``road`` names the whole of which a stretch is a part (沿黄路). ``rota`` are the weekdays on which it is cleaned,
    Monday 0; empty where there is no rota. Coordinates (degrees, in ``crs``) are those of its middle, or None.
    """

    id: str
    kind: WayKind
    name: str
    region: str
    road: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""
    rota: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """The road and its stretch, or the name alone."""
        return f"{self.road} {self.name}" if self.road and self.road != self.name else self.name

    def holds(self, day: date) -> bool:
        return holds(self.valid_from, self.valid_to, day)

    def rota_holds(self, day: date) -> bool:
        """Whether it is to be cleaned on a day."""
        return day.weekday() in self.rota and self.holds(day)

    def due_days(self, start: date, end: date) -> tuple[date, ...]:
        """The days of cleaning, ``start <= day < end``."""
        days = (start + timedelta(days=n) for n in range((end - start).days))
        return tuple(day for day in days if self.rota_holds(day))
