"""Which boxes and cameras are alive, by what they last said. Pure: registry and newest messages in, judgements out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from broker.messages import CameraHealth, Coverage, Health, SpotCoverage, Status
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import Device, DeviceKind

M = TypeVar("M", Health, Status, Coverage)
TOO_DARK = "太暗"  # how a box says that a picture has no light


@dataclass(frozen=True, slots=True)
class Heard(Generic[M]):
    """A newest message and when it arrived."""

    message: M
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What the devices last said, by device id on the wire, and whether the county's own door hears at all."""

    health: Mapping[str, Heard[Health]]
    status: Mapping[str, Heard[Status]]
    coverage: Mapping[str, Heard[Coverage]]
    door_open: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the registered devices of one kind are online; ``silent`` are the ids of the others."""

    devices: int
    silent: tuple[str, ...]

    @property
    def online(self) -> int:
        return self.devices - len(self.silent)

    @property
    def percent(self) -> float | None:
        """The online rate with one decimal; None without devices."""
        return round(100 * self.online / self.devices, 1) if self.devices else None


def of_kind(county: County, kind: DeviceKind) -> list[Device]:
    return [device for device in county.devices.values() if device.kind is kind]


def last_heard(told: Told, speaker: str, now: datetime) -> datetime | None:
    """When a speaker last gave a sign of life, or said that it goes; None when it never spoke.

    An arrival that lies ahead of our clock was now.
    """
    status, health = told.status.get(speaker), told.health.get(speaker)
    if status is not None and not status.message.online:
        return min(status.received_at, now)
    signs = [one.received_at for one in (status, health) if one is not None]
    return min(max(signs), now) if signs else None


def said_offline(told: Told, speaker: str) -> bool:
    """Whether the last status of a speaker is that it is gone."""
    status = told.status.get(speaker)
    return status is not None and not status.message.online


def box_online(told: Told, box: str, county: County, now: datetime) -> bool:
    """A box is online while it says so and is heard often enough."""
    status, heard = told.status.get(box), last_heard(told, box, now)
    if status is None or heard is None or not status.message.online:
        return False
    return now - heard <= county.policy.equipment.limit(Fault.BOX_SILENT)


def camera_online(told: Told, camera: Device, county: County, now: datetime) -> bool:
    """A camera is online when its online box sees frames of it."""
    if not box_online(told, camera.speaker, county, now):
        return False
    state = camera_health(told, camera)
    return state is not None and state.online


def camera_health(told: Told, camera: Device) -> CameraHealth | None:
    """What its box says of a camera."""
    health = told.health.get(camera.speaker)
    return next((one for one in health.message.cameras if one.name == camera.id), None) if health else None


def covered_spots(told: Told, camera: Device, county: County) -> list[SpotCoverage]:
    """How long the spots of a camera were looked at, by its box's last report."""
    heard = told.coverage.get(camera.speaker)
    spots = heard.message.spots if heard is not None else ()
    return [one for one in spots if _of(county, camera, one.spot)]


def unseen(spots: Iterable[SpotCoverage]) -> list[SpotCoverage]:
    """The spots that could not be judged for most of the time of the report."""
    return [one for one in spots if one.unknown_s > 0 and one.unknown_s >= one.observed_s]


def rate(told: Told, county: County, kind: DeviceKind, now: datetime) -> Rate:
    """The online rate (设备在线率) of the county's boxes or cameras."""
    devices = of_kind(county, kind)
    return Rate(len(devices), tuple(one.id for one in devices if not _online(told, one, county, now)))


def _online(told: Told, device: Device, county: County, now: datetime) -> bool:
    if device.kind is DeviceKind.CAMERA:
        return camera_online(told, device, county, now)
    return box_online(told, device.id, county, now)


def _of(county: County, camera: Device, spot_id: str) -> bool:
    spot = county.spot(camera.speaker, spot_id)
    return spot is not None and spot.device == camera.id
