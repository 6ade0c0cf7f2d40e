"""Which boxes, cameras and bins are alive. Pure: registry, newest messages and states of bins in, figures out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from alerts.devices.alive import Told, box_online, camera_online, of_kind
from alerts.sensors import bins
from alerts.sensors.bins import BinState
from alerts.sensors.fill import Forecast, forecast
from broker.messages import State
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import Device, DeviceKind
from screen.shapes import FillSeries, FullSoon, Links, MapBin, MapCamera, Refused

DAY = timedelta(days=1)
SOON = timedelta(hours=24)
SHOWN_SERIES, SHOWN_SOON, SHOWN_REFUSED = 4, 6, 3


@dataclass(frozen=True, slots=True)
class News(Told):
    """What boxes and cameras, bins, and the refused messages tell."""

    bins: Mapping[str, BinState]
    dead_letters: Mapping[str, int]


def links(county: County, news: News, now: datetime) -> Links:
    boxes = of_kind(county, DeviceKind.BOX)
    ages = [
        (heard.received_at - heard.message.at).total_seconds()
        for heard in news.health.values()
        if now - heard.received_at <= county.policy.equipment.limit(Fault.BOX_SILENT)
    ]
    return Links(
        boxes_online=sum(box_online(news, box.id, county, now) for box in boxes),
        boxes=len(boxes),
        channel="ok" if news.door_open else "down",
        latency_s=round(max(0.0, median(ages)), 2) if ages else None,
    )


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
        MapCamera(id=one.id, lon=one.longitude, lat=one.latitude, online=camera_online(news, one, county, now))
        for one in of_kind(county, DeviceKind.CAMERA)
        if one.longitude is not None and one.latitude is not None
    ]


def map_bins(county: County, news: News, now: datetime) -> list[MapBin]:
    """Every bin that stands somewhere, with its level and how the limits that hold there say it is drawn."""
    found: list[MapBin] = []
    for one in of_kind(county, DeviceKind.BIN):
        if one.longitude is not None and one.latitude is not None:
            state = news.bins.get(one.id)
            tone = bins.tone(state, now, county.bins_at(one.id))
            found.append(MapBin(id=one.id, lon=one.longitude, lat=one.latitude, fill=_rounded(state), tone=tone.value))
    return found


def bins_silent(county: County, news: News, now: datetime) -> int:
    """How many bins have not been heard for too long; one that never spoke is silent."""
    return sum(
        bins.is_silent(news.bins.get(one.id), now, county.bins_at(one.id)) for one in of_kind(county, DeviceKind.BIN)
    )


def fill_series(county: County, news: News, now: datetime) -> list[FillSeries]:
    """The fullest bins that have a curve of the last day."""
    known = sorted(
        (one for one in news.bins.values() if one.level.trail and now - one.level.trail[-1][0] <= DAY),
        key=lambda one: -one.level.trail[-1][1],
    )
    return [
        FillSeries(name=_name(county, one.place), points=[point for point in one.level.trail if now - point[0] <= DAY])
        for one in known[:SHOWN_SERIES]
    ]


def full_soon(county: County, news: News, now: datetime) -> list[FullSoon]:
    """Bins that are full or will be within a day, the most urgent first."""
    found: list[FullSoon] = []
    for state in news.bins.values():
        limits = county.bins_at(state.place)
        device, told = county.device(state.place), forecast(state.level, limits.dirty, now)
        if device is None or state.level.percent is None or told is None or told.at - now > SOON:
            continue
        if not bins.is_silent(state, now, limits):
            found.append(_soon(county, device, state, told, now))
    return sorted(found, key=lambda one: (one.eta_min if one.eta_min is not None else 0, -one.fill))[:SHOWN_SOON]


def refusing(county: County, news: News) -> list[Refused]:
    """The devices most of whose messages were refused, the worst first; one that nobody registered goes by its id."""
    worst = sorted(news.dead_letters.items(), key=lambda one: (-one[1], one[0]))
    return [
        Refused(device=device, name=_refused_name(county, device), letters=letters)
        for device, letters in worst[:SHOWN_REFUSED]
    ]


def _refused_name(county: County, device: str) -> str:
    known = county.device(device) if device else None
    return known.name if known is not None else device or "来源不明"


def _soon(county: County, device: Device, state: BinState, told: Forecast, now: datetime) -> FullSoon:
    return FullSoon(
        id=device.id, name=device.name, place=county.place_name(device.village),
        village=device.village, fill=_rounded(state) or 0.0,
        eta_min=_minutes(told.at, now), earliest_min=_minutes(told.earliest, now),
        latest_min=_minutes(told.latest, now) if told.latest is not None else None,
        tone=bins.tone(state, now, county.bins_at(device.id)).value,
    )  # fmt: skip


def _minutes(at: datetime, now: datetime) -> int:
    """Minutes until then; 0 is now, and what lies ahead is at least one."""
    left = (at - now) / timedelta(minutes=1)
    return max(1, round(left)) if left > 0 else 0


def _rounded(state: BinState | None) -> float | None:
    percent = state.level.percent if state is not None else None
    return None if percent is None else round(percent, 1)


def _name(county: County, device_id: str) -> str:
    device = county.device(device_id)
    return device.name if device else device_id
