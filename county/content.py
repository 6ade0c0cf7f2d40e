"""Everything that a county folder says, as values in file order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from county.calendar import Calendar
from county.policy import Policy
from county.shifts import Shift
from county.staff import Leave, Unit
from county.values import Device, DeviceKind, Duty, Mask, Person, Region, Spot
from county.ways import Way


@dataclass(frozen=True, slots=True)
class Content:
    """A county folder, read."""

    regions: tuple[Region, ...]
    people: tuple[Person, ...]
    duties: tuple[Duty, ...]
    devices: tuple[Device, ...]
    spots: tuple[Spot, ...]
    policy: Policy
    calendar: Calendar
    outline: str = ""  # GeoJSON text, county and townships
    ways: tuple[Way, ...] = ()
    units: tuple[Unit, ...] = ()
    leaves: tuple[Leave, ...] = ()
    shifts: tuple[Shift, ...] = ()
    masks: tuple[Mask, ...] = ()

    def every_spot(self) -> tuple[Spot, ...]:
        """The spots, and each bin of which spots.geojson says nothing as a spot of its own."""
        return (*self.spots, *self._bins_without_spot())

    def _bins_without_spot(self) -> Iterator[Spot]:
        said = {spot.device for spot in self.spots}
        for device in self.devices:
            if device.kind == DeviceKind.BIN and device.id not in said:
                yield Spot(device.id, device.id, device.name, device.village, kinds=("bin_full",),
                           longitude=device.longitude, latitude=device.latitude, crs=device.crs)  # fmt: skip
