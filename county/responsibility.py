"""Who answers for a place on a day. Duties are dated relations; the narrowest area with anybody on a level counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from county.content import Content
from county.places import Places
from county.values import SENSOR, Duty, Level, Person

_DAYS_KEPT = 4  # people ask about today; a replay walks through days and needs no old answers
Layers = tuple[tuple[str, ...], ...]  # areas of equal rank, the narrowest first


class Roster:
    """The duties of a county by area and level. An answer about a day is made once and kept for a while."""

    def __init__(self, content: Content, places: Places) -> None:
        self._places = places
        self._people = {person.id: person for person in content.people}
        self._duties = _by_area_and_level(content.duties)
        self._ways = {(spot.region, spot.id): spot.ways for spot in content.spots if spot.ways}
        self._layers: dict[tuple[str, str], Layers] = {}
        self._kept: dict[date, dict[tuple[str, str, str, str], tuple[Person, ...]]] = {}

    def responsibles(self, code: str, level: str, day: date, spot: str = "", what: str = "") -> tuple[Person, ...]:
        """Who answers for a place on a level, first before deputies; empty where nobody does."""
        kept = self._kept.get(day)
        if kept is None:
            if len(self._kept) >= _DAYS_KEPT:
                self._kept = {}
            kept = self._kept.setdefault(day, {})
        key = (code, level, spot, what)
        found = kept.get(key)
        if found is None:
            found = kept[key] = self.found(code, level, day, spot, what)
        return found

    def found(self, code: str, level: str, day: date, spot: str = "", what: str = "") -> tuple[Person, ...]:
        """The same, looked up anew: for who asks about many days."""
        rung = Level(level)
        for layer in self.layers(code, spot):
            duties = [d for area in layer for d in self._duties.get((area, rung), ()) if d.holds(day)]
            meant = [d for d in duties if what and what in d.categories]
            general = [d for d in duties if not d.categories]
            if meant or general:
                return tuple(self._people[person] for person in dict.fromkeys(d.person for d in (*meant, *general)))
        return ()

    def kept_on(self, area: str, day: date) -> bool:
        """Whether anybody at all answers for this very area, for whatever."""
        return any(duty.holds(day) for level in Level for duty in self._duties.get((area, level), ()))

    def edges(self, level: Level, areas: Sequence[str]) -> Iterator[date]:
        """Every day on which an answer about areas may change."""
        duties = (duty for area in areas for duty in self._duties.get((area, level), ()))
        ends = (edge for duty in duties for edge in (duty.valid_from, duty.valid_to))
        yield from (edge for edge in ends if edge is not None)

    def layers(self, code: str, spot: str = "") -> Layers:
        """Where somebody may answer for a place: the spot, its ways together, then grid, village, township, county."""
        key = (code, spot)
        found = self._layers.get(key)
        if found is None:
            own: list[tuple[str, ...]] = [(spot,)] if spot else []
            if spot.endswith(SENSOR):
                own.append((spot.removesuffix(SENSOR),))
            ways = self._ways.get(key)
            if ways:
                own.append(ways)
            found = self._layers[key] = (*own, *((region.code,) for region in self._places.upward(code)))
        return found


def _by_area_and_level(duties: Sequence[Duty]) -> dict[tuple[str, Level], tuple[Duty, ...]]:
    grouped: dict[tuple[str, Level], list[Duty]] = defaultdict(list)
    for duty in duties:
        grouped[duty.area, duty.level].append(duty)
    return {key: tuple(sorted(found, key=lambda duty: duty.rank)) for key, found in grouped.items()}
