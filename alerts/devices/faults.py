"""What one round sees of each box and camera: well, wrong or not to be told, and since when. Pure.

Nothing here says who is told: a camera behind a silent box is *unknown*, and who stands for it says ``cover``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.devices import alive
from alerts.devices.alive import Told
from alerts.tickets.moves import local_day, plain
from broker.messages import Health, State
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import Device, DeviceKind


@dataclass(frozen=True, slots=True)
class Observed:
    """One thing that may be wrong with one device.

    ``since`` is the last sign of life of a silent one (None: it never spoke), ``seen`` when the message arrived that
    says so: only another message is another report. ``known`` is False for a device that never spoke.
    """

    device: Device
    fault: Fault
    state: State
    words: str
    since: datetime | None = None
    seen: datetime | None = None
    known: bool = True

    @property
    def key(self) -> tuple[str, str]:
        return self.device.id, self.fault


def observe(county: County, told: Told, now: datetime) -> list[Observed]:
    """Everything that can be said of the county's boxes and cameras now, in the order of their ids."""
    found: list[Observed] = []
    online = frozenset(box for box in told.status if alive.box_online(told, box, county, now))
    for device in watched(county, now):
        if device.speaker == device.id:
            found.append(_speaker(county, told, device, now))
            if device.id in online:
                found.extend(_inside(county, told, device))
        else:
            found.append(_camera(told, device, online))
        if device.kind is DeviceKind.CAMERA:
            if device.speaker in online and device.speaker in told.coverage:
                found.extend(_picture(county, told, device, now))
            else:
                found.extend(_unjudged(device))
    return found


def watched(county: County, now: datetime) -> list[Device]:
    """The boxes and cameras of the registry that hold today."""
    day = local_day(county, now)
    kinds = (DeviceKind.BOX, DeviceKind.CAMERA)
    return sorted((d for d in county.devices.values() if d.kind in kinds and d.holds(day)), key=lambda one: one.id)


def _speaker(county: County, told: Told, device: Device, now: datetime) -> Observed:
    """Whether who speaks on the wire is heard."""
    fault = Fault.BOX_SILENT if device.kind is DeviceKind.BOX else Fault.CAMERA_SILENT
    heard = alive.last_heard(told, device.id, now)
    if heard is None:
        return Observed(device, fault, State.DIRTY, "登记以来从未上线", known=False)
    gone = alive.said_offline(told, device.id)
    if not gone and now - heard <= county.policy.equipment.limit(fault) / 2:
        return Observed(device, fault, State.CLEAN, "又有数据了", seen=heard)
    words = "与平台断开" if gone else "没有数据"
    return Observed(device, fault, State.DIRTY, f"{words}已 {ago(heard, now)}", since=heard, seen=heard)


def _camera(told: Told, device: Device, online: Collection[str]) -> Observed:
    """Whether its box sees frames of a camera; nobody knows while the box itself is not heard."""
    health = told.health.get(device.speaker)
    if health is None or device.speaker not in online:
        return Observed(device, Fault.CAMERA_SILENT, State.UNKNOWN, "盒子没有数据")
    state = alive.camera_health(told, device)
    if state is not None and state.online:
        return Observed(device, Fault.CAMERA_SILENT, State.CLEAN, "又有画面了", seen=health.received_at)
    why = f"盒子收不到画面({plain(state.reason) or '没有说明'})" if state else "盒子没有接这台摄像机"
    return Observed(device, Fault.CAMERA_SILENT, State.DIRTY, why, since=None, seen=health.received_at)


def _unjudged(device: Device) -> tuple[Observed, ...]:
    words = "没有画面可以判断"
    return tuple(Observed(device, fault, State.UNKNOWN, words) for fault in (Fault.CAMERA_BLIND, Fault.CAMERA_DARK))


def _picture(county: County, told: Told, device: Device, now: datetime) -> Iterator[Observed]:
    """Whether the picture can be judged; too dark at night is another matter than blind."""
    coverage, state = told.coverage[device.speaker], alive.camera_health(told, device)
    spots = alive.covered_spots(told, device, county)
    if not spots or state is None or not state.online or not state.detection:
        yield from _unjudged(device)
        return
    bad = alive.unseen(spots)
    dark = any(alive.TOO_DARK in one.reason for one in bad) and is_night(county, now)
    why = "、".join(dict.fromkeys(plain(one.reason) for one in bad if one.reason)) or "看不清"
    wrong = f"{len(bad)} 个点位看不清:{why}" if bad else "又看得清了"
    at = coverage.received_at
    blind = State.UNKNOWN if dark else State.DIRTY if bad else State.CLEAN
    yield Observed(device, Fault.CAMERA_BLIND, blind, wrong, seen=at)
    yield Observed(device, Fault.CAMERA_DARK, _dark(county, dark, now), wrong if dark else "夜间画面够亮", seen=at)


def _dark(county: County, dark: bool, now: datetime) -> State:
    """By day nobody can tell how it is at night."""
    if dark:
        return State.DIRTY
    return State.CLEAN if is_night(county, now) else State.UNKNOWN


def _inside(county: County, told: Told, device: Device) -> Iterator[Observed]:
    """Clock and disk of a box that is online, by its own health."""
    heard, policy = told.health.get(device.id), county.policy.equipment
    if heard is None:
        return
    off = abs((heard.received_at - heard.message.at).total_seconds())
    yield Observed(
        device, Fault.BOX_CLOCK, State.DIRTY if off > policy.clock_s else State.CLEAN,
        f"时钟相差 {off:.0f} 秒" if off > policy.clock_s else "时钟已对准", seen=heard.received_at,
    )  # fmt: skip
    free = heard.message.disk_free_mb
    if free is not None:
        yield Observed(device, Fault.BOX_DISK, _disk(county, heard.message), f"磁盘剩 {free:.0f} MB",
                       seen=heard.received_at)  # fmt: skip


def _disk(county: County, health: Health) -> State:
    policy, free = county.policy.equipment, health.disk_free_mb or 0.0
    if free < policy.disk_free_mb:
        return State.DIRTY
    return State.CLEAN if free >= policy.disk_good_mb else State.UNKNOWN


def is_night(county: County, now: datetime) -> bool:
    return county.policy.equipment.is_night(now.astimezone(ZoneInfo(county.calendar.zone)).time())


def ago(since: datetime, now: datetime) -> str:
    """How long ago, as people say it."""
    minutes = max(0, round((now - since).total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} 分钟"
    return f"{minutes / 60:.1f} 小时" if minutes < 2880 else f"{minutes / 1440:.1f} 天"
