"""The rows of the devices page: boxes, cameras, bins of somebody's part of the county, and what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from county.legal import lacking
from county.snapshot import County
from county.values import DeviceKind
from screen.access.reach import sees_device
from screen.access.viewer import Viewer
from screen.county.device_shapes import DeviceRow, DevicesAsked, Point, Tally
from screen.wall.equipment import News
from screen.wall.health import KINDS, lines_of
from screen.wall.place_shapes import DeviceLine


def rows_of(viewer: Viewer, county: County, told: News, now: datetime) -> list[DeviceRow]:
    """Every device that this viewer sees, those with a fault first."""
    found = [
        _row(county, told, line)
        for kind in KINDS.values()
        for line in lines_of(county, told, now, kind)
        if sees_device(viewer, county.devices[line.id])
    ]
    return sorted(found, key=lambda one: one.well)


def picked(rows: Iterable[DeviceRow], asked: DevicesAsked) -> list[DeviceRow]:
    """Those that fit a question."""
    return [one for one in rows if _fits(one, asked)]


def counts(rows: Sequence[DeviceRow]) -> dict[str, Tally]:
    """How many of each kind, and how many with a fault."""
    return {
        kind: Tally(total=len(mine), faulty=sum(not one.well for one in mine))
        for kind in KINDS
        for mine in [[one for one in rows if one.kind == kind]]
    }


def points(rows: Iterable[DeviceRow]) -> list[Point]:
    """Those that stand somewhere."""
    return [
        Point(id=one.id, kind=one.kind, name=one.name, lon=one.lon, lat=one.lat, well=one.well)
        for one in rows
        if one.lon is not None and one.lat is not None
    ]


def _fits(row: DeviceRow, asked: DevicesAsked) -> bool:
    states = {"": True, "faulty": not row.well, "well": row.well, "lacking": bool(row.lacking)}
    sought = asked.words.casefold()
    return (
        asked.kind in ("", row.kind)
        and states[asked.state]
        and row.village.startswith(asked.scope)
        and (not sought or any(sought in one.casefold() for one in (row.id, row.name, row.place, row.words)))
    )


def _row(county: County, told: News, line: DeviceLine) -> DeviceRow:
    device = county.devices[line.id]
    heard = told.health.get(device.id) if device.kind is DeviceKind.BOX else None
    off = (heard.message.at - heard.received_at).total_seconds() if heard is not None else None
    spots = tuple(spot for spot in county.spots if spot.device == device.id)
    return DeviceRow(
        **line.model_dump(), box=device.box, lon=device.longitude, lat=device.latitude,
        version=heard.message.version if heard is not None else "",
        clock_off_s=round(off, 1) if off is not None else None,
        waiting=heard.message.outbox_waiting if heard is not None else 0,
        dead_letters=told.dead_letters.get(device.id, 0), lacking=list(lacking(device, spots, county.policy)),
    )  # fmt: skip
