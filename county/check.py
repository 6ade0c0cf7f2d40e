"""What is wrong with a county although every line can be read: codes, references, overlaps, coordinates. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from county.check_people import duty_problems, leave_problems, people_problems, unit_problems
from county.check_rules import BLOCKS, areas_above, rule_problems
from county.check_shifts import shift_problems
from county.check_spots import mask_problems, name_faults, point_faults, spot_problems, way_problems
from county.check_time import time_problems
from county.rows import Lines, Problem, doubled
from county.snapshot import Content
from county.values import (
    LONGEST_BIN_ID,
    Device,
    DeviceKind,
    LegalBasis,
    Level,
    Region,
)

_CODE_LENGTHS = {6: 0, 9: 6, 12: 9}
LEAST_DEPTH_MM, MOST_DEPTH_MM = 100.0, 10_000.0  # less says nothing; no sensor of a bin looks further


def problems_of(content: Content, lines: Lines) -> list[Problem]:
    """Every problem, in file order. ``lines`` come from the reader."""
    checks: tuple[Callable[[Content, Lines], Iterable[Problem]], ...] = (
        _regions, unit_problems, people_problems, leave_problems, duty_problems, shift_problems, _devices, way_problems,
        spot_problems, mask_problems, _rules, _needs, time_problems,
    )  # fmt: skip
    return [problem for check in checks for problem in check(content, lines)]


def _regions(content: Content, lines: Lines) -> Iterator[Problem]:
    file = "regions.csv"
    known = {region.code: region for region in content.regions}
    yield from doubled(file, [region.code for region in content.regions], lines, "region code")
    roots = [region for region in content.regions if region.level == "county"]
    if len(roots) != 1:
        yield Problem(file, 0, f"{len(roots)} counties (6-digit codes)", "a folder holds exactly one county line")
    for line, region in zip(lines[file], content.regions, strict=True):
        for text, cure in (*_region_faults(region, known), *point_faults(region)):
            yield Problem(file, line, f"region {region.code} ({region.name}): {text}", cure)


def _region_faults(region: Region, known: Mapping[str, Region]) -> Iterator[tuple[str, str]]:
    if region.level == "county":
        if region.parent:
            yield f"has the parent {region.parent!r}", "leave the parent of the county empty"
        return
    if region.parent not in known:
        yield f"unknown parent {region.parent!r}", "add a line for the parent or correct the code"
        return
    wanted = _CODE_LENGTHS.get(len(region.code), 12)
    fits = len(region.parent) == wanted if region.level != "below" else wanted <= len(region.parent) < len(region.code)
    if not fits or not region.code.startswith(region.parent):
        yield f"the code does not lie under its parent {region.parent}", "a code begins with the code of its parent"


def _devices(content: Content, lines: Lines) -> Iterator[Problem]:
    file = "devices.csv"
    found = lines.get(file, [])
    villages = {region.code for region in content.regions if region.level == "village"}
    devices = {device.id: device for device in content.devices}
    people = {person.id for person in content.people}
    yield from doubled(file, [device.id for device in content.devices], lines, "device id")
    for line, device in zip(found, content.devices, strict=True):
        faults = [
            *_device_faults(device, devices, villages), *_bin_faults(device), *point_faults(device),
            *_viewer_faults(device, people),
        ]  # fmt: skip
        for text, cure in faults:
            yield Problem(file, line, f"device {device.id}: {text}", cure)


def _device_faults(device: Device, devices: Mapping[str, Device], villages: set[str]) -> Iterator[tuple[str, str]]:
    if device.village not in villages and (device.village or device.kind != DeviceKind.TRUCK):
        yield f"unknown village {device.village!r}", "use a 12-digit code of regions.csv"
    if device.box and (device.box not in devices or devices[device.box].kind != DeviceKind.BOX):
        yield f"unknown box {device.box!r}", "add the box as a device of kind box, or leave the cell empty"
    yield from name_faults(device.id)
    if device.kind == DeviceKind.BIN and len(device.id) > LONGEST_BIN_ID:
        yield (
            f"an id of {len(device.id)} letters",
            f"a bin's id has at most {LONGEST_BIN_ID}: its sensor is named by it",
        )
    if device.kind == DeviceKind.CAMERA and device.legal_basis == LegalBasis.NONE:
        yield "a camera without legal basis", "set legal_basis to art7, art9 or non-public (art7 is the strictest)"


def _viewer_faults(device: Device, people: set[str]) -> Iterator[tuple[str, str]]:
    """Who alone may see a camera's pictures: levels, or persons of people.csv."""
    if device.viewers and device.kind != DeviceKind.CAMERA:
        yield f"a {device.kind.value} with viewers", "only a camera's pictures are kept to some; leave the cell empty"
    for one in device.viewers:
        if one not in people and one not in set(Level):
            yield f"unknown viewer {one!r}", f"write {', '.join(Level)} or an id of people.csv, parted by |"


def _bin_faults(device: Device) -> Iterator[tuple[str, str]]:
    """What is wrong with how deep a bin is, in millimetres below its sensor."""
    empty, full = device.empty_mm, device.full_mm
    if empty is None and full is None:
        return
    if device.kind != DeviceKind.BIN:
        yield f"a {device.kind.value} with empty_mm or full_mm", "only a bin has them; leave the cells empty"
    elif empty is None or full is None:
        yield "only one of empty_mm and full_mm", "measure both: the empty bin, and the bin filled to its edge"
    elif not (full >= 0 and full + LEAST_DEPTH_MM <= empty <= MOST_DEPTH_MM):
        yield (f"empty_mm {empty:g} and full_mm {full:g}",
               f"millimetres from the sensor: empty_mm up to {MOST_DEPTH_MM:g}, and at least {LEAST_DEPTH_MM:g} more "
               "than full_mm")  # fmt: skip


def _rules(content: Content, lines: Lines) -> Iterator[Problem]:
    above = areas_above(content.regions, content.devices, content.spots)
    yield from rule_problems(content.policy, above, {name: lines.get(f"policy.toml {name}", []) for name in BLOCKS})


def _needs(content: Content, lines: Lines) -> Iterator[Problem]:
    """A need of no area would be met by nobody at all."""
    kinds = {(region.level, region.kind) for region in content.regions}
    for line, need in zip(lines.get("policy.toml need", []), content.policy.needs, strict=False):
        if need.kind and (need.area, need.kind) not in kinds:
            text = f"a need of every {need.area} of the kind {need.kind!r}, of which there is none"
            yield Problem("policy.toml", line, text, "use a word that stands in the column kind of regions.csv")
