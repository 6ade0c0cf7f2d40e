"""Spots and masks drawn on a picture: what is wrong with them, what is odd about them, what they change. Pure.

Corners are shares 0..1 of width and height. What passes here the box takes: it asks for the same, and less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

from county.snapshot import County
from county.values import ID, Device, Mask, Spot
from detect.boxes import meets_itself, polygon_area

T = TypeVar("T", bound=Spot | Mask)
Corners = tuple[tuple[float, float], ...]
LEAST_AREA = 0.0005  # of the picture: 32 x 32 px of full HD
MOST_CORNERS = 100  # as many as a box takes
MOST_SHAPES = 50
DIGITS = 4  # of a corner: a fifth of a pixel of full HD


@dataclass(frozen=True, slots=True)
class DrawnSpot:
    """A spot as somebody drew it; ``id`` is "" for a new one, no ``polygon`` is the whole picture."""

    id: str
    name: str
    zone: str
    kinds: tuple[str, ...]
    polygon: Corners


@dataclass(frozen=True, slots=True)
class DrawnMask:
    """A part that nobody may see; ``id`` is "" for a new one."""

    id: str
    name: str
    polygon: Corners


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything on one camera's picture."""

    spots: tuple[DrawnSpot, ...]
    masks: tuple[DrawnMask, ...]


def faults(drawing: Drawing, county: County, camera: Device) -> list[str]:
    """Why a drawing cannot be saved, in plain words; empty when it can."""
    shapes: list[tuple[str, str, Corners]] = [
        *(("点位", one.name, one.polygon) for one in drawing.spots if one.polygon),
        *(("遮挡", one.name, one.polygon) for one in drawing.masks),
    ]
    found = [f"{what}“{name}”{fault}" for what, name, polygon in shapes for fault in _of_shape(polygon)]
    known = {spot.id for spot in county.content.spots if spot.device == camera.id}
    if known and not drawing.spots:
        found.append("至少留一个点位：没有点位，盒子会把整个画面当成一个没登记的点位")
    found += _of_ids("点位", [one.id for one in drawing.spots], known)
    found += _of_ids("遮挡", [one.id for one in drawing.masks], {mask.id for mask in county.masks_of(camera.id)})
    return [*found, *_of_words(drawing, county, camera)]


def notes(drawing: Drawing) -> list[str]:
    """What may be meant, but should be looked at: overlaps, and spots of which a mask leaves nothing to be seen."""
    drawn = [one for one in drawing.spots if one.polygon]
    found = [
        f"点位“{a.name}”和“{b.name}”重叠，同一处垃圾可能算两次"
        for a, b in combinations(drawn, 2)
        if overlap(a.polygon, b.polygon)
    ]
    for spot in drawn:
        for mask in drawing.masks:
            if all(_inside(corner, mask.polygon) for corner in spot.polygon):
                found.append(f"点位“{spot.name}”全在遮挡“{mask.name}”里，什么也看不到")
            elif overlap(spot.polygon, mask.polygon):
                found.append(f"点位“{spot.name}”有一部分在遮挡“{mask.name}”里，那一部分看不到")
    return found


def laid(drawing: Drawing, county: County, camera: Device) -> tuple[tuple[Spot, ...], tuple[Mask, ...]]:
    """The county's spots and masks with this drawing in the place of what the camera had; new ones get an id."""
    before = {spot.id: spot for spot in county.content.spots if spot.device == camera.id}
    taken = {spot.id for spot in county.spots if county.devices[spot.device].speaker == camera.speaker}
    fresh = _fresh(f"{camera.id}.spot", taken)
    spots = [_spot(one, before.get(one.id), camera, one.id or next(fresh)) for one in drawing.spots]
    fresh = _fresh("mask", {mask.id for mask in county.masks_of(camera.id)})
    masks = [Mask(one.id or next(fresh), camera.id, one.name, rounded(one.polygon)) for one in drawing.masks]
    return _in_place(county.content.spots, spots, camera), _in_place(county.content.masks, masks, camera)


def changes(old: County, new: County, camera: str) -> list[str]:
    """What became of a camera's spots and masks, a line each."""
    found = []
    pairs: list[tuple[str, dict[str, Spot | Mask], dict[str, Spot | Mask]]] = [
        ("点位", _named(old.content.spots, camera), _named(new.content.spots, camera)),
        ("遮挡", _named(old.content.masks, camera), _named(new.content.masks, camera)),
    ]
    for what, before, after in pairs:
        found += [f"新增{what}“{one.name}”" for key, one in after.items() if key not in before]
        found += [f"删去{what}“{one.name}”" for key, one in before.items() if key not in after]
        found += [
            f"改了{what}“{one.name}”（{'、'.join(_differs(before[key], one))}）"
            for key, one in after.items()
            if key in before and before[key] != one
        ]
    return found


def overlap(a: Corners, b: Corners) -> bool:
    """Whether two polygons share some area: an edge of one crosses one of the other, or one lies in the other."""
    if any(_cross(one, other) for one in _edges(a) for other in _edges(b)):
        return True
    return _inside(_middle(a), b) or _inside(_middle(b), a)


def rounded(polygon: Corners) -> Corners:
    """Corners as they are stored."""
    return tuple((round(x, DIGITS), round(y, DIGITS)) for x, y in polygon)


def _of_shape(polygon: Corners) -> Iterator[str]:
    corners = rounded(polygon)
    if len(set(corners)) < 3:
        yield "少于三个角"
    elif meets_itself(corners):
        yield "的边线自己相交或相碰，请按顺序绕一圈"
    elif polygon_area(corners) < LEAST_AREA:
        yield "太小，看不出东西"


def _of_ids(what: str, said: Sequence[str], known: set[str]) -> Iterator[str]:
    old = [one for one in said if one]
    if len(set(old)) != len(old):
        yield f"同一个{what}出现了两次"
    if not set(old) <= known:
        yield f"有的{what}已经不在了，请重新打开再画"


def _of_words(drawing: Drawing, county: County, camera: Device) -> Iterator[str]:
    kinds = {category.code for category in county.policy.categories}
    private = county.policy.private
    for one in drawing.spots:
        if one.zone and one.zone not in county.policy.zones:
            yield f"点位“{one.name}”的区域类型不在本县规则里"
        if set(one.kinds) - kinds:
            yield f"点位“{one.name}”有本县没有的问题类别"
        if one.zone in private and not camera.consent:
            yield f"点位“{one.name}”对着{county.policy.zones.get(one.zone, one.zone)}，先登记同意书或法律文书"
    names = [*(one.name for one in drawing.spots), *(one.name for one in drawing.masks)]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"有两个都叫“{name}”，请起不同的名字"


def _spot(one: DrawnSpot, known: Spot | None, camera: Device, identity: str) -> Spot:
    polygon = rounded(one.polygon)
    if known is None:
        return Spot(identity, camera.id, one.name, camera.village, one.zone, polygon, one.kinds)
    return replace(known, name=one.name, zone=one.zone, kinds=one.kinds, polygon=polygon)


def _fresh(stem: str, taken: set[str]) -> Iterator[str]:
    """Ids that nobody has; the stem is cut so that each still is an id."""
    stem = re.sub(r"[^A-Za-z0-9_.-]", "-", stem)[:56]
    used = set(taken)
    for number in range(1, 10_000):
        name = f"{stem}-{number}"
        if name not in used and ID.fullmatch(name):
            yield name


def _in_place(before: Sequence[T], drawn: Sequence[T], camera: Device) -> tuple[T, ...]:
    """Old ones where they stood, so that the files differ in what was drawn only; new ones at the end."""
    after: dict[str, T] = {one.id: one for one in drawn}
    kept: list[T | None] = [after.pop(one.id, None) if one.device == camera.id else one for one in before]
    return (*(one for one in kept if one is not None), *after.values())


def _named(values: Sequence[Spot | Mask], camera: str) -> dict[str, Spot | Mask]:
    return {one.id: one for one in values if one.device == camera}


def _differs(old: Spot | Mask, new: Spot | Mask) -> Iterator[str]:
    words = {"name": "名称", "polygon": "位置", "zone": "区域类型", "kinds": "看哪几类"}
    for name, word in words.items():
        if getattr(old, name, None) != getattr(new, name, None):
            yield word


def _edges(polygon: Corners) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))


def _middle(polygon: Corners) -> tuple[float, float]:
    """A point inside: the middle of a corner and the middle of its neighbours, where that lies inside."""
    around = zip(polygon, (*polygon[1:], polygon[0]), (*polygon[2:], *polygon[:2]), strict=True)
    for (x0, y0), (x1, y1), (x2, y2) in around:
        point = ((x0 + 2 * x1 + x2) / 4, (y0 + 2 * y1 + y2) / 4)
        if _inside(point, polygon):
            return point
    return polygon[0]


def _inside(point: tuple[float, float], polygon: Corners) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in _edges(polygon):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _cross(one: tuple[tuple[float, float], ...], other: tuple[tuple[float, float], ...]) -> bool:
    """Whether two edges cross, not only touch."""

    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    (a, b), (c, d) = one, other
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
