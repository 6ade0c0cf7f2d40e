"""What is wrong with the people of a county and with what they answer for. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations

from county.content import Content
from county.rows import Lines, Problem, doubled
from county.staff import by_name_or_id
from county.values import WIDEST, Duty, Level, PersonKind


def unit_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every problem of units.csv."""
    file = "units.csv"
    parents = {unit.id: unit.parent for unit in content.units}
    yield from doubled(file, [unit.id for unit in content.units], lines, "unit id")
    for line, unit in zip(lines.get(file, []), content.units, strict=True):
        if unit.parent and unit.parent not in parents:
            yield Problem(file, line, f"unit {unit.id}: unknown parent {unit.parent!r}", "use an id of this file")
        elif _above_itself(unit.id, parents):
            yield Problem(file, line, f"unit {unit.id} lies above itself", "correct the parent: it is the unit above")


def _above_itself(unit: str, parents: Mapping[str, str]) -> bool:
    above, seen = parents[unit], {unit}
    while above in parents and above not in seen:
        seen.add(above)
        above = parents[above]
    return above == unit


def people_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every problem of people.csv."""
    file = "people.csv"
    yield from doubled(file, [person.id for person in content.people], lines, "person id")
    if not content.units:
        return
    known = by_name_or_id(content.units)
    named = {unit.name for unit in content.units}
    for line, person in zip(lines[file], content.people, strict=True):
        if person.unit in known or (not person.unit and person.kind is PersonKind.VOLUNTEER):
            continue
        several = person.unit in named
        cure = "several units have this name; use the id" if several else "use an id or a name of units.csv"
        yield Problem(file, line, f"person {person.id}: unknown unit {person.unit!r}", cure)


def leave_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every problem of leave.csv."""
    people = {person.id for person in content.people}
    for line, leave in zip(lines.get("leave.csv", []), content.leaves, strict=True):
        if leave.person not in people:
            yield Problem("leave.csv", line, f"unknown person {leave.person!r}", "use an id of people.csv")


def duty_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every problem of duties.csv."""
    file = "duties.csv"
    people = {person.id for person in content.people}
    areas = {region.code for region in content.regions} | {spot.id for spot in content.spots}
    areas |= {device.id for device in content.devices}  # who maintains it, or empties the bin
    areas |= {way.id for way in content.ways}
    codes = {category.code for category in content.policy.categories}
    for line, duty in zip(lines[file], content.duties, strict=True):
        for text, cure in (*_duty_faults(duty, people, areas), *_category_faults(duty, codes)):
            yield Problem(file, line, text, cure)
    helpers = {person.id for person in content.people if person.kind is PersonKind.VOLUNTEER}
    told = zip(lines[file], content.duties, strict=True)
    yield from _overlaps([(line, duty) for line, duty in told if duty.person not in helpers])


def _duty_faults(duty: Duty, people: set[str], areas: set[str]) -> Iterator[tuple[str, str]]:
    if duty.person not in people:
        yield f"unknown person {duty.person!r}", "add the person to people.csv or correct the id"
    if duty.area not in areas:
        yield f"unknown area {duty.area!r}", "use a code of regions.csv, or the id of a spot, device or way"
    elif duty.area.isdecimal() and len(duty.area) < WIDEST[duty.level]:
        yield (f"the area {duty.area} is wider than the level {duty.level.value!r}",
               "one person cannot answer on this level for so many; give each area its own line")  # fmt: skip


def _category_faults(duty: Duty, codes: set[str]) -> Iterator[tuple[str, str]]:
    unknown = [code for code in duty.categories if code not in codes]
    if unknown:
        yield f"unknown category {', '.join(unknown)}", "use codes of [[category]] in policy.toml, joined by |"


def _overlaps(told: Iterable[tuple[int, Duty]]) -> Iterator[Problem]:
    grouped: dict[tuple[str, Level, int], list[tuple[int, Duty]]] = defaultdict(list)
    for line, duty in told:
        grouped[duty.area, duty.level, duty.rank].append((line, duty))
    for (area, level, rank), found in grouped.items():
        for (first, one), (second, two) in combinations(found, 2):
            if _overlap(one, two):
                yield Problem("duties.csv", second,
                              f"area {area} has two people of rank {rank} on level {level.value!r} at once "
                              f"({one.person} on line {first}, {two.person})",
                              "end the older duty (valid_to), or give the second rank 1")  # fmt: skip


def _overlap(one: Duty, two: Duty) -> bool:
    if one.categories != two.categories and not set(one.categories) & set(two.categories):
        return False  # one for everything and one for some, or for different things
    starts = max(one.valid_from or date.min, two.valid_from or date.min)
    return starts < min(one.valid_to or date.max, two.valid_to or date.max)
