"""Which piece of ground a report is about: a known spot, else the nearest site within its category's radius, else a
place of its own. Pure.

A site keeps the point where it was first known: reports join it within the radius and never move it, so that a row of
heaps along a road does not grow into one endless place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from alerts.tickets.doing import Refused
from alerts.tickets.moves import identity, plain
from county.coordinates import WGS84, Point, located
from county.snapshot import County
from county.values import STORED_CRS, Spot

OWN = "@site"  # stands for the device of a place that no device sees
UNNAMED = "群众反映地点"


@dataclass(frozen=True, slots=True)
class Where:
    """Where somebody says that it is: a spot (its id, as on its QR code), a point, a village or grid, and words.

    A spot may be written as ``device/id``; where two devices have spots of one id it must be.
    """

    spot: str = ""
    point: Point | None = None
    region: str = ""
    words: str = ""


def ground_of(where: Where, category: str, county: County, own: Sequence[Spot]) -> Spot:
    """The spot that a report is about; ``own`` are the places that earlier reports have made near it.

    ``Refused`` where the words do not lead to any place of the county.
    """
    if where.spot:
        return _named(where.spot, county)
    region = _region(where, county)
    if where.point is None:
        return _told(where, region, own)
    known = county.policy.category(category)
    near = nearest(where.point, (*_placed(county), *own), known.merge_m if known else 0)
    return near or _new(where, region)


def nearest(point: Point, spots: Iterable[Spot], radius_m: float) -> Spot | None:
    """The nearest of the spots that have coordinates within the radius, the edge included."""
    found = [(point.metres_to(there), number, spot) for number, spot in enumerate(spots) if (there := point_of(spot))]
    inside = [one for one in found if one[0] <= radius_m]
    return min(inside)[2] if inside else None


def point_of(spot: Spot) -> Point | None:
    """Where a spot itself is; None where that is not known."""
    if spot.longitude is None or spot.latitude is None:
        return None
    return located(spot.longitude, spot.latitude, spot.crs or STORED_CRS[0])


def _named(said: str, county: County) -> Spot:
    """The spot with this id (or ``device/id``, where two devices have the same), or the first of a site so named."""
    found = [spot for spot in county.spots if said in (spot.id, f"{spot.device}/{spot.id}")]
    if not found:
        found = list(county.on_ground(said)[:1])
    if not found:
        raise Refused(f"没有点位“{plain(said)[:40]}”,请核对二维码,或改用定位")
    if len({spot.ground for spot in found}) > 1:
        which = "、".join(f"{spot.device}/{spot.id}" for spot in found[:9])
        raise Refused(f"有{len(found)}台设备的点位都叫“{plain(said)[:40]}”,请写明是哪一台的({which}),或改用定位")
    return replace(found[0], kinds=())


def _region(where: Where, county: County) -> str:
    """The village or grid: as the reporter says, else that of the nearest known place."""
    if where.region:
        region = county.regions.get(where.region)
        if region is None or region.level not in ("village", "below"):
            raise Refused("没有这个村,请重新选择")
    if where.point is None:
        if not where.region:
            raise Refused("请说明地点:扫点位的二维码、允许定位,或选择所在的村")
        return where.region
    nearby = _nearest_region(where.point, county)
    if nearby is None:
        if not where.region:
            raise Refused("按这个位置找不到是哪个村,请选择所在的村")
        return where.region
    metres, region_code = nearby
    if metres > county.policy.report.reach_m:
        raise Refused(f"这个位置离{county.name}已登记的地点太远({metres / 1000:.0f}公里),请重新定位")
    return where.region or region_code


def _nearest_region(point: Point, county: County) -> tuple[float, str] | None:
    known = [(spot.longitude, spot.latitude, spot.crs, spot.region) for spot in _placed(county)]
    known += [(one.longitude, one.latitude, one.crs, one.code) for one in county.villages if one.longitude is not None]
    away = [
        (point.metres_to(located(x, y, crs or STORED_CRS[0])), code)
        for x, y, crs, code in known if x is not None and y is not None
    ]  # fmt: skip
    return min(away, default=None)


def _placed(county: County) -> Iterator[Spot]:
    """Every spot of the county with a point of its own or of its device, never that of its village."""
    for spot in county.spots:
        device = county.device(spot.device)
        if spot.longitude is not None:
            yield replace(spot, kinds=())
        elif device is not None and device.longitude is not None:
            yield replace(spot, kinds=(), longitude=device.longitude, latitude=device.latitude, crs=device.crs)


def _told(where: Where, region: str, own: Sequence[Spot]) -> Spot:
    """A place without a point is known by its words: the same words in the same village are the same place."""
    name = plain(where.words)
    same = (spot for spot in own if spot.longitude is None and (spot.region, spot.name) == (region, name))
    found = next(same, None) if name else None
    if found is None and not name:
        raise Refused("请写明在村里的什么地方,或允许定位")
    return found or _new(where, region)


def _new(where: Where, region: str) -> Spot:
    """A place of its own, named by what it is: the same words and point always mint the same id."""
    point, name = where.point, plain(where.words)[:60] or UNNAMED
    minted = identity("site", region, name, point.longitude if point else "", point.latitude if point else "").hex
    where_is = (point.longitude, point.latitude, WGS84) if point else (None, None, "")
    return Spot(f"r-{minted[:20]}", OWN, name, region, "", (), (), *where_is)
