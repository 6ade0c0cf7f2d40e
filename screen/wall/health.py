"""How every device is: boxes, cameras and bins, their last word, what is wrong, and how many spots are seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from alerts.devices import alive, faults
from alerts.sensors import bins
from alerts.sensors.bins import BinState
from broker.messages import State
from county.snapshot import County
from county.values import Device, DeviceKind
from screen.access.reach import sees_device
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.rooms import news
from screen.wall.equipment import News
from screen.wall.place_shapes import DeviceLine, EquipmentAsked, EquipmentShown
from screen.wall.places import fault_words

KINDS = {"box": DeviceKind.BOX, "camera": DeviceKind.CAMERA, "bin": DeviceKind.BIN}
Sees = Annotated[Viewer, needs(Right.WALL)]
router = APIRouter(prefix="/api/v1", tags=["wall"])


@router.get("/equipment", summary="The devices of one kind, those with a fault first")
def equipment(request: Request, viewer: Sees, which: Annotated[EquipmentAsked, Query()]) -> EquipmentShown:
    rooms = rooms_of(request)
    county, told, now = rooms.county(), news(rooms), rooms.now()
    every = lines_of(county, told, now, KINDS[which.kind])
    lines = [one for one in every if sees_device(viewer, county.devices[one.id])]
    spots, judged = spots_judged(county, told)
    picked = [one for one in lines if not one.well] if which.faulty else lines
    return EquipmentShown(
        now=now, kind=which.kind, total=len(lines), faulty=sum(not one.well for one in lines), spots=spots,
        spots_judged=judged, shown=picked[which.offset : which.offset + which.limit],
    )  # fmt: skip


def lines_of(county: County, told: News, now: datetime, kind: DeviceKind) -> list[DeviceLine]:
    """Every device of a kind, those with a fault first (``in_order``)."""
    words = fault_words(faults.observe(county, told, now))
    make = _bin if kind is DeviceKind.BIN else _speaker
    lines = [make(county, told, now, one, words) for one in alive.of_kind(county, kind)]
    return in_order(lines)


def in_order(lines: Iterable[DeviceLine]) -> list[DeviceLine]:
    """Faults first, the one that is silent for longest before the others; the well ones stand by their ids.

    So no row moves under a finger when one of the well says something.
    """

    def place(one: DeviceLine) -> tuple[bool, float, str]:
        silent_since = one.heard_at.timestamp() if one.heard_at and not one.well else 0.0
        return one.well, silent_since, one.id

    return sorted(lines, key=place)


def spots_judged(county: County, told: News) -> tuple[int, int]:
    """How many spots of cameras there are, and how many could be judged by the last report of their box."""
    mine = [one for one in county.spots if (device := county.device(one.device)) and device.kind is DeviceKind.CAMERA]
    judged = {
        (speaker, one.spot)
        for speaker, heard in told.coverage.items()
        for one in heard.message.spots
        if one.state is not State.UNKNOWN
    }
    return len(mine), sum((county.devices[one.device].speaker, one.id) in judged for one in mine)


def _speaker(county: County, told: News, now: datetime, device: Device, words: Mapping[str, str]) -> DeviceLine:
    camera = device.kind is DeviceKind.CAMERA
    facts = _camera_facts(county, told, device) if camera else _box_facts(told, device)
    return _line(county, device, words.get(device.id, ""), alive.last_heard(told, device.speaker, now), facts)


def _bin(county: County, told: News, now: datetime, device: Device, _: Mapping[str, str]) -> DeviceLine:
    state, limits = told.bins.get(device.id), county.bins_at(device.id)
    heard = state.heard_at if state else None
    if heard is None:
        words = "登记以来没有读数"
    elif bins.is_silent(state, now, limits):
        words = f"没有读数已 {faults.ago(heard, now)}"
    else:
        battery = state.battery if state else None
        words = "电量低" if battery is not None and battery < limits.battery else ""
    return _line(county, device, words, heard, _bin_facts(state))


def _line(
    county: County, device: Device, words: str, heard_at: datetime | None, facts: Iterator[str]
) -> DeviceLine:  # fmt: skip
    return DeviceLine(
        id=device.id, kind=device.kind.value, name=device.name, place=county.place_name(device.village),
        village=device.village, well=not words, words=words, heard_at=heard_at, facts=list(facts),
    )  # fmt: skip


def _box_facts(told: News, device: Device) -> Iterator[str]:
    heard = told.health.get(device.id)
    if heard is not None:
        health = heard.message
        if health.version:
            yield f"程序 {health.version}"
        if health.disk_free_mb is not None:
            yield f"磁盘剩 {health.disk_free_mb / 1024:.1f} GB"
        if health.outbox_waiting:
            yield f"待发 {health.outbox_waiting} 条"
    if letters := told.dead_letters.get(device.id, 0):
        yield f"拒收 {letters} 条"


def _camera_facts(county: County, told: News, device: Device) -> Iterator[str]:
    state, spots = alive.camera_health(told, device), alive.covered_spots(told, device, county)
    if spots:
        unseen = [one for one in spots if one.state is State.UNKNOWN]
        yield f"点位 {len(spots) - len(unseen)}/{len(spots)} 可判断"
        yield from dict.fromkeys(one.reason for one in unseen if one.reason)
    if state is not None and not state.detection:
        yield "识别已关"
    if state is not None and state.restarts:
        yield f"重连 {state.restarts} 次"


def _bin_facts(state: BinState | None) -> Iterator[str]:
    if state is None:
        return
    if state.level.percent is not None:
        yield f"满 {state.level.percent:.0f}%"
    if state.battery is not None:
        yield f"电量 {state.battery:.0f}%"
    if state.signals:
        yield f"信号 {state.signals[-1]:.0f} dBm"
    if state.simulated:
        yield "模拟读数"
