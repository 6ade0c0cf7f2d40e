"""A county of another size: the same villages and people with so many cameras and bins, at collection points.

What a county will have is not in its files yet when it asks how many tickets that would be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from county.policy import Policy
from county.snapshot import County
from county.values import Device, DeviceKind, LegalBasis, Region, Spot
from jingcun.simulate.chance import Dice

MOST = 100_000
PER_POINT = 4  # bins that stand together
EMPTY_MM, FULL_MM = 1_100.0, 250.0
KINDS = ("garbage", "overflow", "dumped")


def under(county: County, policy: Policy) -> County:
    """The same county under another policy."""
    return County(replace(county.content, policy=policy), county.revision)


def with_one_channel(county: County) -> County:
    """The same county, whose people read each notice once."""
    channels = dict.fromkeys(county.policy.ladder, ("console",))
    return under(county, county.policy.model_copy(update={"channels": channels}))


def grown(county: County, cameras: int, bins: int, measuring: float, seed: int) -> County:
    """The county with these devices in place of its own. ``measuring``: the share of bins that tell a distance.

    Each village gets as many as the others: collection points of four bins, a camera at each point as far as there are
    cameras, the other cameras in lanes. ValueError for numbers that are none, or a county without villages.
    """
    if not (0 <= cameras <= MOST and 0 <= bins <= MOST):
        raise ValueError(f"{cameras} cameras and {bins} bins: give numbers from 0 to {MOST}")
    if not county.villages:
        raise ValueError(f"{county.name} has no village; nowhere to put anything")
    dice = Dice(seed, "grow")
    places = list(county.villages)
    dice.shuffle(places)
    content = county.content
    boxes = [Device(f"box-{village.code}", DeviceKind.BOX, f"{village.name}盒子", village.code) for village in places]
    seen = list(_cameras(places, cameras, bins))
    held = list(_bins(places, bins, measuring, dice))
    devices = (*boxes, *(device for device, _ in seen), *(device for device, _ in held))
    spots = (*(spot for _, spot in seen), *(spot for _, spot in held))
    return County(replace(content, devices=devices, spots=spots), county.revision)


def _cameras(places: list[Region], count: int, bins: int) -> Iterator[tuple[Device, Spot]]:
    points = -(-bins // PER_POINT)
    for number in range(count):
        village = places[number % len(places)]
        name = f"{village.name}{number + 1}号摄像机"
        device = Device(f"cam-{number + 1}", DeviceKind.CAMERA, name, village.code, f"box-{village.code}",
                        village.longitude, village.latitude, village.crs, LegalBasis.ART7)  # fmt: skip
        site = f"point-{number + 1}" if number < points else ""
        where = "收集点" if site else "巷道"
        yield device, Spot(f"cam-{number + 1}.spot-1", device.id, f"{village.name}{where}{number + 1}", village.code,
                           "street", kinds=KINDS, site=site)  # fmt: skip


def _bins(places: list[Region], count: int, measuring: float, dice: Dice) -> Iterator[tuple[Device, Spot]]:
    points = max(1, -(-count // PER_POINT))
    for number in range(count):
        point = number % points
        village = places[point % len(places)]
        measures = dice.happens(measuring)
        name = f"{village.name}{number + 1}号桶"
        device = Device(f"bin-{number + 1}", DeviceKind.BIN, name, village.code, f"box-{village.code}",
                        village.longitude, village.latitude, village.crs,
                        empty_mm=EMPTY_MM if measures else None, full_mm=FULL_MM if measures else None)  # fmt: skip
        yield device, Spot(device.id, device.id, name, village.code, "street", kinds=("bin_full",),
                           site=f"point-{point + 1}")  # fmt: skip
