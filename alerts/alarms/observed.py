"""What a message says to the rules: its fields by the names that policy.toml uses. Pure.

A field that the message leaves out is left out here too. The fill of a bin is its level, not one distance: what moved
nothing (a lid that stood open, a jump that waits for the next to agree, a reading that came late) says nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.sensors.fill import Level
from broker.messages import CameraHealth, Event, Health, Reading, State
from county.policy.comparisons import Value
from county.values import Spot

Values = Mapping[str, Value]
_OF_READINGS = (
    "temperature_c", "battery_percent", "tilt_degrees", "rssi_dbm", "snr_db", "distance_mm", "tilted", "lid_open",
)  # fmt: skip
_OF_HEALTH = (
    "cpu_percent", "memory_mb", "disk_free_mb", "uptime_s", "outbox_waiting", "outbox_dropped", "refused_oversize",
    "refused_by_server",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfCamera:
    """What a box says of one of its cameras, by the camera's name there."""

    name: str
    values: Values


def of_event(event: Event, spot: Spot) -> Values | None:
    """A look; None where it was unknown, which never counts."""
    if event.state is State.UNKNOWN:
        return None
    said: dict[str, Value] = {
        "state": event.state.value, "score": event.score, "looks": float(event.looks), "rendered": event.rendered,
    }  # fmt: skip
    return {**said, "zone": spot.zone} if spot.zone else said


def of_reading(reading: Reading, level: Level) -> Values:
    """A bin's reading, with the level that it made."""
    said = _told(reading, _OF_READINGS)
    if level.percent is not None and level.at == reading.at:
        said["fill_percent"] = level.percent
    return {**said, "simulated": reading.simulated}


def of_box(health: Health, received_at: datetime) -> Values:
    """How a box is; its clock's error in seconds, by when it arrived here."""
    offline = sum(not one.online for one in health.cameras)
    error = abs((received_at - health.at).total_seconds())
    return {**_told(health, _OF_HEALTH), "cameras_offline": float(offline), "clock_error_s": error}


def of_cameras(health: Health) -> Iterator[OfCamera]:
    """How each camera of a box is."""
    yield from (OfCamera(one.name, _of_camera(one)) for one in health.cameras)


def _of_camera(one: CameraHealth) -> Values:
    said: dict[str, Value] = {"camera_online": one.online, "camera_restarts": float(one.restarts)}
    age = one.last_frame_age_s
    return said if age is None else {**said, "camera_frame_age_s": age}


def _told(message: Reading | Health, names: tuple[str, ...]) -> dict[str, Value]:
    said = {name: getattr(message, name) for name in names}
    return {
        name: value if isinstance(value, bool) else float(value) for name, value in said.items() if value is not None
    }
