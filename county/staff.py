"""Units to which people belong, and leave: who is away on which days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from county.values import holds


class UnitKind(StrEnum):
    """What a unit is."""

    GOVERNMENT = "government"  # of a county, township or village
    DEPARTMENT = "department"
    CONTRACTOR = "contractor"  # paid for the cleaning; its people may hold duties
    COMPANY = "company"  # a partner of a village
    VOLUNTEER = "volunteer"


@dataclass(frozen=True, slots=True)
class Unit:
    """A government, department, contractor, company or group of volunteers. Once it ends its people hold no duty."""

    id: str
    name: str
    kind: UnitKind
    parent: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, day: date) -> bool:
        return holds(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody is away on the days ``start <= day < end`` (None: until further notice)."""

    person: str
    start: date
    end: date | None = None
    reason: str = ""

    def holds(self, day: date) -> bool:
        return holds(self.start, self.end, day)


def by_name_or_id(units: Iterable[Unit]) -> Mapping[str, Unit]:
    """Every unit under its id, and under its name where only one has that name."""
    known = tuple(units)
    names = Counter(unit.name for unit in known)
    return {unit.name: unit for unit in known if names[unit.name] == 1} | {unit.id: unit for unit in known}
