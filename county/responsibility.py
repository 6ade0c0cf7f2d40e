"""Who answers for a place on a day. Duties are dated relations; the narrowest area with anybody on a level counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from county.content import Content
from county.places import Places
from county.values import SENSOR, Duty, Level, Person

_DAYS_KEPT = 4  # people ask about today; a replay walks through days and needs no old answers


class Roster:
    """The duties of a county by area and level. An answer about a day is made once and kept for a while."""

    def __init__(self, content: Content, places: Places) -> None:
        self._places = places
        self._people = {person.id: person for person in content.people}
        self._duties = _by_area_and_level(content.duties)
        self._areas: dict[tuple[str, str], tuple[str, ...]] = {}
        self._kept: dict[date, dict[tuple[str, str, str], tuple[Person, ...]]] = {}

    def responsibles(self, code: str, level: str, day: date, spot: str = "") -> tuple[Person, ...]:
        """Who answers for a place on a level, first before deputies; empty where nobody does."""
        kept = self._kept.get(day)
        if kept is None:
            if len(self._kept) >= _DAYS_KEPT:
                self._kept = {}
            kept = self._kept.setdefault(day, {})
        key = (code, level, spot)
        found = kept.get(key)
        if found is None:
            found = kept[key] = self.found(code, level, day, spot)
        return found

    def found(self, code: str, level: str, day: date, spot: str = "") -> tuple[Person, ...]:
        """The same, looked up anew: for who asks about many days."""
        for area in self.areas(code, spot):
            duties = [d for d in self._duties.get((area, Level(level)), ()) if d.holds(day)]
            if duties:
                return tuple(self._people[d.person] for d in duties)
        return ()

    def edges(self, code: str, level: Level, spot: str = "") -> Iterator[date]:
        """Every day on which the answer about a place may change."""
        duties = (duty for area in self.areas(code, spot) for duty in self._duties.get((area, level), ()))
        ends = (edge for duty in duties for edge in (duty.valid_from, duty.valid_to))
        yield from (edge for edge in ends if edge is not None)

    def areas(self, code: str, spot: str = "") -> tuple[str, ...]:
        """Where somebody may answer for a place, narrowest first."""
        key = (code, spot)
        if key not in self._areas:
            own = (spot, *((spot.removesuffix(SENSOR),) if spot.endswith(SENSOR) else ())) if spot else ()
            self._areas[key] = (*own, *(region.code for region in self._places.upward(code)))
        return self._areas[key]


def _by_area_and_level(duties: Sequence[Duty]) -> dict[tuple[str, Level], tuple[Duty, ...]]:
    grouped: dict[tuple[str, Level], list[Duty]] = defaultdict(list)
    for duty in duties:
        grouped[duty.area, duty.level].append(duty)
    return {key: tuple(sorted(found, key=lambda duty: duty.rank)) for key, found in grouped.items()}
