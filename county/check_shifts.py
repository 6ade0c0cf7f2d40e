"""What is wrong with roster.csv: unknown names, two on duty at once, and hours for which nobody stands there. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta
from itertools import combinations

from county.calendar import Calendar
from county.content import Content
from county.rows import Lines, Problem
from county.shifts import Local, Shift
from county.values import WIDEST, Gap, Level, PersonKind

FILE = "roster.csv"
_DAY = timedelta(days=1)
_ANY = date(2024, 1, 1)  # a Monday: where neither of two shifts begins or ends any week is like every other
_AHEAD = 28  # days that are looked at for gaps
_WEEK = 9  # a day before, seven days, and one after: shifts repeat weekly


def shift_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every problem of roster.csv."""
    people = {person.id: person.kind for person in content.people}
    areas = {region.code for region in content.regions} | {spot.id for spot in content.spots}
    areas |= {device.id for device in content.devices} | {way.id for way in content.ways}
    told = list(zip(lines.get(FILE, []), content.shifts, strict=True))
    for line, shift in told:
        for text, cure in _faults(shift, people, areas):
            yield Problem(FILE, line, text, cure)
    yield from _overlaps(told)


def _faults(shift: Shift, people: dict[str, PersonKind], areas: set[str]) -> Iterator[tuple[str, str]]:
    if shift.person not in people:
        yield f"unknown person {shift.person!r}", "add the person to people.csv or correct the id"
    elif people[shift.person] is PersonKind.VOLUNTEER:
        yield f"{shift.person} is a volunteer", "a volunteer helps and answers for nothing; name somebody else"
    if shift.area not in areas:
        yield f"unknown area {shift.area!r}", "use a code of regions.csv, or the id of a spot, device or way"
    elif shift.area.isdecimal() and shift.level is Level.VILLAGE and len(shift.area) < WIDEST[shift.level]:
        yield (f"the area {shift.area} is wider than the level {shift.level.value!r}",
               "nobody is on duty for so many villages on their own level; give each its own line")  # fmt: skip


def _overlaps(told: Sequence[tuple[int, Shift]]) -> Iterator[Problem]:
    for (area, level), found in _grouped(told).items():
        for (first, one), (second, two) in combinations(found, 2):
            moment = both(one, two)
            if moment is not None:
                yield Problem(FILE, second,
                              f"area {area} has two people on duty on level {level.value!r} at {moment} "
                              f"({one.person} on line {first}, {two.person})",
                              "end one where the other begins; who stands in is the deputy of duties.csv")  # fmt: skip


def _grouped(told: Iterable[tuple[int, Shift]]) -> dict[tuple[str, Level], list[tuple[int, Shift]]]:
    grouped: defaultdict[tuple[str, Level], list[tuple[int, Shift]]] = defaultdict(list)
    for line, shift in told:
        grouped[shift.area, shift.level].append((line, shift))
    return grouped


def both(one: Shift, two: Shift) -> Local | None:
    """The first moment that is found at which both are on duty; None where there is none."""
    begin = max((shift.start for shift in (one, two) if shift.start is not None), default=None)
    end = min((shift.end for shift in (one, two) if shift.end is not None), default=None)
    if begin is not None and end is not None and begin >= end:
        return None
    if begin is None:
        begin = Local((end.day if end is not None else _ANY) - _WEEK * _DAY)
    starts = {time(0), *(shift.hours[0] for shift in (one, two) if shift.hours is not None)}
    days = (begin.day + n * _DAY for n in range(_WEEK))
    moments = sorted({begin, *(Local(day, clock) for day in days for clock in starts)})
    return next((one_ for one_ in moments if one_ >= begin and one.holds(one_) and two.holds(one_)), None)


def shift_gaps(content: Content, day: date) -> Iterator[Gap]:
    """Hours of the coming weeks for which the roster of an area has nobody, though on other such days it has.

    What is compared are worked days with worked days and holidays with holidays: a roster of nights or weekends only
    has no gap in between.
    """
    names = {region.code: region.name for region in content.regions}
    for (area, level), found in _grouped((0, shift) for shift in content.shifts).items():
        shifts = [shift for _, shift in found]
        for start, end, clocks in _holes(shifts, content.calendar, day):
            where = f"{names.get(area, '')} {area}".strip()
            text = (f"值班表 {where} {content.policy.levels.rung(level)}:{start} 起，到 {end} 前，"
                    f"{_words(clocks)}没有排人，由平时的责任人接通知")  # fmt: skip
            village = area[:12] if len(area) >= 12 and area.isdecimal() else ""
            yield Gap(village, level, start, end, text, "roster", area)


def _holes(shifts: Sequence[Shift], calendar: Calendar, day: date) -> Iterator[tuple[date, date, tuple[time, ...]]]:
    """Runs of days with the same missing clock times."""
    edges = sorted(_edges(shifts))
    days = list(_days(shifts, day))
    there = {one: frozenset(c for c in edges if any(s.holds(Local(one, c)) for s in shifts)) for one in days}
    usual = {
        works: frozenset().union(*(there[one] for one in days if calendar.works(one) is works))
        for works in (True, False)
    }
    missing = {one: tuple(sorted(usual[calendar.works(one)] - there[one])) for one in days}
    start = 0
    for n in range(1, len(days) + 1):
        if n == len(days) or missing[days[n]] != missing[days[start]]:
            if missing[days[start]]:
                yield days[start], days[n - 1] + _DAY, missing[days[start]]
            start = n


def _edges(shifts: Sequence[Shift]) -> set[time]:
    """The clock times at which somebody may come or go."""
    bounds = [bound.clock for shift in shifts for bound in (shift.start, shift.end) if bound is not None]
    return {time(0), *bounds, *(clock for shift in shifts for clock in shift.hours or ())}


def _days(shifts: Sequence[Shift], day: date) -> Iterator[date]:
    """The whole days of the coming weeks between the first coming and the last going."""
    first, last = day, day + _AHEAD * _DAY
    comes = [shift.start for shift in shifts if shift.start is not None]
    goes = [shift.end for shift in shifts if shift.end is not None]
    if len(comes) == len(shifts):
        whole = min(comes).clock == time(0)
        first = max(first, min(comes).day + (0 if whole else 1) * _DAY)
    if len(goes) == len(shifts):
        last = min(last, max(goes).day)
    yield from (first + n * _DAY for n in range((last - first).days))


def _words(clocks: tuple[time, ...]) -> str:
    return f"{'、'.join(f'{clock:%H:%M}' for clock in clocks[:4])}{'等' if len(clocks) > 4 else ''}开始的时段"
