"""Which boxes, cameras and bins are alive. Pure: registry and newest messages in, figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Generic, TypeVar

from broker.messages import Coverage, Health, State, Status
from county.snapshot import County
from county.values import Device, DeviceKind
from screen.shapes import FillSeries, FullSoon, Links, MapBin, MapCamera

M = TypeVar("M", Health, Status, Coverage)
SILENT_BOX = timedelta(minutes=5)  # boxes say how they are every minute
SILENT_BIN = timedelta(hours=3)  # bins report every half hour
SOON = timedelta(hours=24)
SHOWN_SERIES, SHOWN_SOON = 4, 6


@dataclass(frozen=True, slots=True)
class Heard(Generic[M]):
    """A newest message and when it arrived."""

    message: M
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Fill:
    """A bin's readings of the last day, oldest first, in percent."""

    device: str
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True)
class News:
    """What the devices last said, by device id on the wire."""

    health: Mapping[str, Heard[Health]]
    status: Mapping[str, Heard[Status]]
    coverage: Mapping[str, Heard[Coverage]]
    fills: Mapping[str, Fill]
    door_open: bool
    dead_letters: int


def of_kind(county: County, kind: DeviceKind) -> list[Device]:
    return [device for device in county.devices.values() if device.kind is kind]


def box_online(news: News, box: str, now: datetime) -> bool:
    """A box is online while it says so and its health is fresh."""
    status, health = news.status.get(box), news.health.get(box)
    if status is None or not status.message.online:
        return False
    newest = max(status.received_at, health.received_at if health else status.received_at)
    return now - newest <= SILENT_BOX


def links(county: County, news: News, now: datetime) -> Links:
    boxes = of_kind(county, DeviceKind.BOX)
    ages = [
        (heard.received_at - heard.message.at).total_seconds()
        for heard in news.health.values()
        if now - heard.received_at <= SILENT_BOX
    ]
    return Links(
        boxes_online=sum(box_online(news, box.id, now) for box in boxes),
        boxes=len(boxes),
        channel="ok" if news.door_open else "down",
        latency_s=round(max(0.0, median(ages)), 2) if ages else None,
    )


def camera_online(news: News, camera: Device, now: datetime) -> bool:
    """A camera is online when its online box sees frames of it."""
    health = news.health.get(camera.speaker)
    if health is None or not box_online(news, camera.speaker, now):
        return False
    return any(one.name == camera.id and one.online for one in health.message.cameras)


def cameras_unknown(county: County, news: News) -> int:
    """How many cameras have a spot that cannot be judged now."""
    blind: set[str] = set()
    for speaker, heard in news.coverage.items():
        for one in heard.message.spots:
            spot = county.spot(speaker, one.spot)
            if one.state is State.UNKNOWN and spot is not None:
                blind.add(spot.device)
    return len(blind)


def map_cameras(county: County, news: News, now: datetime) -> list[MapCamera]:
    return [
        MapCamera(id=one.id, lon=one.longitude, lat=one.latitude, online=camera_online(news, one, now))
        for one in of_kind(county, DeviceKind.CAMERA)
        if one.longitude is not None and one.latitude is not None
    ]


def map_bins(county: County, news: News) -> list[MapBin]:
    return [
        MapBin(id=one.id, lon=one.longitude, lat=one.latitude, fill=_newest(news, one.id))
        for one in of_kind(county, DeviceKind.BIN)
        if one.longitude is not None and one.latitude is not None
    ]


def bins_silent(county: County, news: News, now: datetime) -> int:
    """How many bins have not been heard for ``SILENT_BIN``; one that never spoke is silent."""
    bins = of_kind(county, DeviceKind.BIN)
    return sum(one.id not in news.fills or now - news.fills[one.id].points[-1][0] > SILENT_BIN for one in bins)


def fill_series(county: County, news: News) -> list[FillSeries]:
    """The fullest bins that have a curve."""
    curves = sorted(news.fills.values(), key=lambda fill: -fill.points[-1][1])[:SHOWN_SERIES]
    return [FillSeries(name=_name(county, fill.device), points=list(fill.points)) for fill in curves]


def full_soon(county: County, news: News, now: datetime) -> list[FullSoon]:
    """Bins that are full or will be within a day, the most urgent first."""
    full = county.policy.bins.dirty
    found: list[FullSoon] = []
    for fill in news.fills.values():
        device, percent = county.device(fill.device), fill.points[-1][1]
        eta = minutes_to(full, fill.points, now)
        if device is None or (percent < full and (eta is None or eta > SOON.total_seconds() / 60)):
            continue
        place = county.place_name(device.village)
        found.append(FullSoon(id=device.id, name=device.name, place=place, fill=round(percent, 1), eta_min=eta))
    return sorted(found, key=lambda one: (one.eta_min if one.eta_min is not None else 0, -one.fill))[:SHOWN_SOON]


def minutes_to(full: float, points: Sequence[tuple[datetime, float]], now: datetime) -> int | None:
    """Minutes until a straight line through the readings since the last emptying reaches ``full`` percent.

    0 when it is reached; None when the readings do not rise or are too few to say.
    """
    rising = points[_last_emptying(points) :]
    if points[-1][1] >= full:
        return 0
    (first_at, first), (last_at, last) = rising[0], rising[-1]
    seconds = (last_at - first_at).total_seconds()
    if seconds <= 0 or last - first < 1:
        return None
    left = (full - last) * seconds / (last - first) - (now - last_at).total_seconds()
    return max(1, round(left / 60))


def _last_emptying(points: Sequence[tuple[datetime, float]]) -> int:
    drops = [index for index in range(1, len(points)) if points[index - 1][1] - points[index][1] > 15]
    return drops[-1] if drops else 0


def _newest(news: News, device: str) -> float | None:
    fill = news.fills.get(device)
    return round(fill.points[-1][1], 1) if fill else None


def _name(county: County, device_id: str) -> str:
    device = county.device(device_id)
    return device.name if device else device_id
