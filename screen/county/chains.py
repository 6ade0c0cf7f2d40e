"""Who answers behind each place of a region on a day, from the village up; cut to the viewer's part of the county."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from county.places import Places
from county.snapshot import County
from county.values import Level, Region
from screen.access.roles import Right
from screen.access.viewer import Viewer
from screen.county.people_shapes import Holder, Place, Tree
from screen.county.revising import gaps_of
from screen.problems import Problem

KINDS = ("county", "township", "village")


def tree(viewer: Viewer, day: date, asked: str) -> Tree:
    """A region (the viewer's own top without ``asked``) and what lies in it; ``Problem`` 404 outside their part."""
    county = viewer.county
    region = county.regions.get(asked or _top(viewer))
    if region is None or not (sees(viewer, region.code) or leads(viewer, region.code)):
        raise Problem(404, "没有这个地方")
    counted = Counter(
        code for gap in gaps_of(county, day) if gap.start <= day for code in _over(gap.village or gap.area)
    )
    below = [one for one in county.content.regions if one.parent == region.code and one.holds(day)]
    inside = [_region(viewer, one, day, counted) for one in below if sees(viewer, one.code) or leads(viewer, one.code)]
    if region.level in ("village", "below"):
        inside += [*_spots(viewer, region, day), *_ways(viewer, region, day)]
    above = [
        one
        for one in Places(county.content.regions).upward(region.code)
        if leads(viewer, one.code) or sees(viewer, one.code)
    ]
    return Tree(
        day=day, revision=county.revision, may_edit=viewer.may(Right.PEOPLE_EDIT),
        above=[(one.code, one.name) for one in reversed(above[1:])],
        here=_region(viewer, region, day, counted), inside=inside,
    )  # fmt: skip


def sees(viewer: Viewer, area: str) -> bool:
    """Whether an area (region code, or the id of a spot, device or way) lies in the viewer's part of the county."""
    if viewer.sees_all:
        return True
    code = region_of(viewer.county, area)
    return any(code.startswith(one.area) if one.area.isdigit() else one.area == area for one in viewer.duties)


def leads(viewer: Viewer, code: str) -> bool:
    """Whether a region holds the viewer's part of the county, so that one may walk through it."""
    return viewer.sees_all or any(region_of(viewer.county, one.area).startswith(code) for one in viewer.duties)


def region_of(county: County, area: str) -> str:
    """In which region an area lies; the area itself where it is a region or unknown."""
    if area in county.regions:
        return area
    way, device = county.ways.get(area), county.devices.get(area)
    spot = next((one for one in county.spots if one.id == area), None) if way is None and device is None else None
    found = (way.region if way else "") or (device.village if device else "") or (spot.region if spot else "")
    return found or area


def place_name(county: County, area: str) -> str:
    """How an area is called."""
    if area in county.regions:
        return county.place_name(area)
    way, device = county.ways.get(area), county.devices.get(area)
    if way is not None:
        return f"{county.place_name(way.region)} {way.title}"
    if device is not None:
        return f"{county.place_name(device.village)} {device.name}".strip()
    spot = next((one for one in county.spots if one.id == area), None)
    return f"{county.place_name(spot.region)} {spot.name}" if spot is not None else area


def _top(viewer: Viewer) -> str:
    if viewer.sees_all:
        return viewer.county.code
    codes = [region_of(viewer.county, one.area) for one in viewer.duties]
    return min(codes, key=len)


def _over(code: str) -> tuple[str, ...]:
    return tuple(code[:length] for length in (6, 9, 12) if len(code) >= length) if code.isdigit() else ()


def _region(viewer: Viewer, region: Region, day: date, counted: Counter[str]) -> Place:
    level = region.level
    chain, missing = _chain(viewer, region.code, day, level)
    if level == "county":  # its people answer for townships: nobody has to stand on the county itself
        missing = []
    return Place(
        kind=level, code=region.code, name=region.name, chain=chain, missing=missing,
        gaps=counted[region.code], opens=True,
    )  # fmt: skip


def _spots(viewer: Viewer, region: Region, day: date) -> Iterator[Place]:
    for spot in viewer.county.spots:
        if spot.region == region.code and spot.device in viewer.county.devices:
            chain, missing = _chain(viewer, region.code, day, "village", spot.id)
            yield Place(kind="spot", code=spot.id, name=spot.name, chain=chain, missing=missing, gaps=0, opens=False)


def _ways(viewer: Viewer, region: Region, day: date) -> Iterator[Place]:
    for way in viewer.county.ways.values():
        if way.region == region.code and way.holds(day):
            chain, missing = _chain(viewer, region.code, day, "village", way.id)
            yield Place(
                kind=way.kind.value, code=way.id, name=way.title, chain=chain, missing=missing, gaps=0, opens=False
            )


def _chain(viewer: Viewer, code: str, day: date, level: str, spot: str = "") -> tuple[list[Holder], list[str]]:
    """Who stands on each rung from this level up, and the rungs on which nobody does."""
    county = viewer.county
    rungs = county.policy.ladder[_first(county, level) :]
    found: list[Holder] = []
    missing: list[str] = []
    for rung in rungs:
        people = county.responsibles(code, rung, day, spot)
        name = county.policy.levels.rung(rung)
        if not people:
            missing.append(name)
            continue
        who = people[0]
        phone = who.phone if viewer.may(Right.PEOPLE_EDIT) else who.phone_masked
        found.append(Holder(
            level=rung.value, level_name=name, person=who.id, name=who.name, phone=phone,
            role=_role(county, who.id, rung, day), deputies=[one.name for one in people[1:]],
        ))  # fmt: skip
    return found, missing


def _first(county: County, level: str) -> int:
    """The first rung that has to do with a region: a township needs nobody on the rung of villages."""
    wanted = {"township": Level.TOWNSHIP, "county": Level.COUNTY}.get(level, Level.VILLAGE)
    ladder = county.policy.ladder
    return ladder.index(wanted) if wanted in ladder else 0


def _role(county: County, person: str, rung: Level, day: date) -> str:
    held = (one for one in county.content.duties if one.person == person and one.level is rung and one.holds(day))
    return next((one.role for one in held), "")
