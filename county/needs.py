"""Which area has too few or too many people of a role that policy.toml asks for, and on which days. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from county.content import Content
from county.gaps import runs, span
from county.places import Places
from county.policy import Need
from county.responsibility import Roster
from county.values import Gap, Region
from county.ways import Way

_NAMES = {"county": "县", "township": "乡镇", "village": "村", "below": "村以下"}


def shortfalls(content: Content, places: Places, roster: Roster, day: date) -> list[Gap]:
    """Each stretch from ``day`` on in which an area has not the number of people that a need asks for."""
    return [
        gap
        for need in content.policy.needs
        for area in _areas(content, need)
        for gap in _of_area(need, area, (_named(area, places), content.policy.levels.rung(need.level)), roster, day)
    ]


def _areas(content: Content, need: Need) -> list[Region | Way]:
    regions = [one for one in content.regions if one.level == need.area and need.kind in ("", one.kind)]
    return [*regions, *(way for way in content.ways if way.kind == need.area)]


def _named(area: Region | Way, places: Places) -> str:
    if isinstance(area, Region):
        return f"{_NAMES[area.level]} {area.code}（{places.name(area.code)}）"
    return f"{area.kind.words} {area.id}（{places.name(area.region)} {area.title}）"


def _of_area(need: Need, area: Region | Way, names: tuple[str, str], roster: Roster, day: date) -> Iterator[Gap]:
    named, rung = names
    code, village = (area.code, area.code) if isinstance(area, Region) else (area.id, area.region)
    duties = [duty for duty in roster.duties_at(code, need.level) if duty.role == need.role]

    def count(edge: date) -> int | None:
        return len({d.person for d in duties if roster.appointed(d, edge)}) if area.holds(edge) else None

    edges = (area.valid_to, *(edge for duty in duties for edge in roster.edges_of(duty)))
    for start, end, found in runs(max(day, area.valid_from or day), edges, count):
        if found is not None and not need.met_by(found):
            text = f"{named}的{need.role}（{rung}）应有{need.asked}，现有 {found} 人：{span(start, end)}"
            yield Gap(village[:12] if len(village) >= 12 else "", need.level, start, end, text, "need", code)
