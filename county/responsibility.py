"""Who answers for a place on a day. Duties are dated relations; the narrowest area with anybody on a level counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from county.content import Content
from county.places import Places
from county.staff import Leave, Unit, by_name_or_id
from county.values import SENSOR, Duty, Level, Person, PersonKind

_DAYS_KEPT = 4  # people ask about today; a replay walks through days and needs no old answers
Layers = tuple[tuple[str, ...], ...]  # areas of equal rank, the narrowest first


class Roster:
    """The duties of a county by area and level. An answer about a day is made once and kept for a while."""

    def __init__(self, content: Content, places: Places) -> None:
        self._places = places
        self.unit_of: Mapping[str, Unit] = _units(content)
        self.people: Mapping[str, Person] = MappingProxyType({p.id: self._named(p) for p in content.people})
        self._leaves = _by_person(content.leaves)
        helps = {person.id for person in content.people if person.kind is PersonKind.VOLUNTEER}
        self._duties = _by_area_and_level(duty for duty in content.duties if duty.person not in helps)
        self._helpers = tuple(duty for duty in content.duties if duty.person in helps)
        self._ways = {(spot.region, spot.id): spot.ways for spot in content.spots if spot.ways}
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
            duties = [d for area in layer for d in self._duties.get((area, rung), ()) if self._answers(d, day)]
            meant = [d for d in duties if what and what in d.categories]
            general = [d for d in duties if not d.categories]
            if meant or general:
                return tuple(self.people[person] for person in dict.fromkeys(d.person for d in (*meant, *general)))
        return ()

    def duties_at(self, area: str, level: Level) -> tuple[Duty, ...]:
        """The duties on this very area, of whatever day, by rank."""
        return self._duties.get((area, level), ())

    def kept_on(self, area: str, day: date) -> bool:
        """Whether anybody at all answers for this very area, for whatever."""
        return any(self.appointed(duty, day) for level in Level for duty in self._duties.get((area, level), ()))

    def volunteers(self, code: str, day: date, spot: str = "") -> tuple[Person, ...]:
        """Who helps at a place (协管员): on any level, at the spot, its ways, or in any region that holds it."""
        areas = {area for layer in self.layers(code, spot) for area in layer}
        here = (duty.person for duty in self._helpers if duty.area in areas and self._answers(duty, day))
        return tuple(self.people[person] for person in dict.fromkeys(here))

    def on_leave(self, person: str, day: date) -> bool:
        """Whether somebody is away on a day."""
        return any(leave.holds(day) for leave in self._leaves.get(person, ()))

    def appointed(self, duty: Duty, day: date) -> bool:
        """Whether a duty holds, be the person there or not; nobody answers for a unit that has ended."""
        unit = self.unit_of.get(duty.person)
        return duty.holds(day) and (unit is None or unit.holds(day))

    def _answers(self, duty: Duty, day: date) -> bool:
        return self.appointed(duty, day) and not self.on_leave(duty.person, day)

    def _named(self, person: Person) -> Person:
        unit = self.unit_of.get(person.id)
        return person if unit is None or unit.name == person.unit else replace(person, unit=unit.name)

    def edges(self, level: Level, areas: Sequence[str]) -> Iterator[date]:
        """Every day on which an answer about areas may change."""
        for area in areas:
            for duty in self._duties.get((area, level), ()):
                yield from (edge for edge in self.edges_of(duty) if edge is not None)

    def edges_of(self, duty: Duty) -> Iterator[date | None]:
        """The days on which a duty or the presence of its person begins or ends."""
        yield from (duty.valid_from, duty.valid_to)
        unit = self.unit_of.get(duty.person)
        if unit is not None:
            yield from (unit.valid_from, unit.valid_to)
        for leave in self._leaves.get(duty.person, ()):
            yield from (leave.start, leave.end)

    def layers(self, code: str, spot: str = "") -> Layers:
        """Where somebody may answer for a place: the spot, its ways together, then grid, village, township, county."""
        own: list[tuple[str, ...]] = [(spot,)] if spot else []
        if spot.endswith(SENSOR):
            own.append((spot.removesuffix(SENSOR),))
        ways = self._ways.get((code, spot))
        if ways:
            own.append(ways)
        return (*own, *((region.code,) for region in self._places.upward(code)))


def _units(content: Content) -> Mapping[str, Unit]:
    """The unit of each person who has one."""
    known = by_name_or_id(content.units)
    return {person.id: known[person.unit] for person in content.people if person.unit in known}


def _by_person(leaves: Iterable[Leave]) -> dict[str, tuple[Leave, ...]]:
    grouped: dict[str, list[Leave]] = defaultdict(list)
    for leave in leaves:
        grouped[leave.person].append(leave)
    return {person: tuple(found) for person, found in grouped.items()}


def _by_area_and_level(duties: Iterable[Duty]) -> dict[tuple[str, Level], tuple[Duty, ...]]:
    grouped: dict[tuple[str, Level], list[Duty]] = defaultdict(list)
    for duty in duties:
        grouped[duty.area, duty.level].append(duty)
    return {key: tuple(sorted(found, key=lambda duty: duty.rank)) for key, found in grouped.items()}
