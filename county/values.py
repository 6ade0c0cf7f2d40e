"""Who and where, as values: regions, people, duties, devices, spots. Frozen; a key is a code or an id, never a name.

Validity is half-open: a value holds on the days ``valid_from <= day < valid_to``; None means unbounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Literal

REGION_CODE = re.compile(r"\d{6}|\d{9}|\d{12}|\d{13,24}", re.ASCII)
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)  # the same letters as an id on the wire
LONGEST_BIN_ID = 57  # with ``SENSOR`` behind it, it is still an id
SENSOR = ".sensor"  # behind a bin's spot: what is wrong with its sensor, which another person mends
STORED_CRS = ("CGCS2000", "WGS-84")  # they differ by centimetres; anything shifted (GCJ-02) is refused


class Level(StrEnum):
    """A rung of the responsibility ladder; how a county calls it stands in the policy."""

    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"  # a department or the county's desk
    LEADER = "leader"  # of the county; only where its ladder names it


LADDER = (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY)  # unless the county's policy says otherwise
# The widest area for which one person can answer on a level, by the length of its code.
WIDEST = {Level.VILLAGE: 12, Level.TOWNSHIP: 9, Level.COUNTY: 6, Level.LEADER: 6}
_CODE_LENGTH = {Level.COUNTY: 6, Level.TOWNSHIP: 9, Level.VILLAGE: 12}


class PersonKind(StrEnum):
    """As what somebody serves."""

    STAFF = ""
    VOLUNTEER = "volunteer"  # 协管员: may report and confirm, is never answerable and closes nothing


class DeviceKind(StrEnum):
    """What a device is."""

    BOX = "box"
    CAMERA = "camera"
    BIN = "bin"
    TRUCK = "truck"


class LegalBasis(StrEnum):
    """By which article of the video regulation (Reg. 799) a camera stands; ``art7`` is the strictest."""

    ART7 = "art7"
    ART9 = "art9"
    NON_PUBLIC = "non-public"
    NONE = ""  # not a camera


@dataclass(frozen=True, slots=True)
class Region:
    """A node of the tree. Code: 6 (county), 9 (township), 12 (village) digits or more; it begins with its parent's.

    ``kind`` is the county's own word for the node (``town``, ``community``, ``group``, ``grid``…).
    Coordinates (degrees, in ``crs``) are those of its centre, or None.
    """

    code: str
    name: str
    parent: str = ""
    kind: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""

    @property
    def level(self) -> str:
        """``county``, ``township``, ``village``, or ``below`` for grids and groups."""
        for level, length in _CODE_LENGTH.items():
            if len(self.code) == length:
                return level.value
        return "below"

    def holds(self, day: date) -> bool:
        return holds(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a duty. ``phone`` is digits with an optional leading +; ``wechat`` the id used by that channel.

    ``unit`` is the name of the unit, in a folder its id or its name. ``channels`` are the routes by which this person
    is told, instead of those of the level.
    """

    id: str
    name: str
    phone: str
    unit: str = ""
    wechat: str = ""
    kind: PersonKind = PersonKind.STAFF
    email: str = ""
    wecom: str = ""
    channels: tuple[str, ...] = ()

    @property
    def phone_masked(self) -> str:
        """The number as others may see it, without country code: ``138****1234``."""
        digits = self.phone.lstrip("+")[-11:]
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else "****"


@dataclass(frozen=True, slots=True)
class Duty:
    """A person answers for an area (region code, spot or way id) on one level; rank 0 is first, 1 the deputy…

    With ``categories`` only for alarms of these codes, and before who answers there for everything.
    """

    person: str
    area: str
    level: Level
    role: str
    rank: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    categories: tuple[str, ...] = ()

    def holds(self, day: date) -> bool:
        return holds(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True)
class Device:
    """A box, camera, bin sensor or truck. ``box`` is the edge box that speaks for it on the wire ("" for itself).

    ``village`` is where it stands (12 digits, "" only for a truck); coordinates in degrees in ``crs``, or None.
    ``consent`` is number and date of the paper by which a camera may look into a private zone.
    ``empty_mm`` and ``full_mm`` are what the sensor in a bin's lid measures when the bin is empty and when it is full.
    ``purpose`` is what a camera is for, ``sign_date`` when its notice (提示标识) was put up (Reg. 799, art. 13).
    ``viewers`` are the levels and persons (ids) who alone see a camera's pictures; none: whoever's part it stands in.
    """

    id: str
    kind: DeviceKind
    name: str
    village: str
    box: str = ""
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""
    legal_basis: LegalBasis = LegalBasis.NONE
    valid_from: date | None = None
    valid_to: date | None = None
    empty_mm: float | None = None
    full_mm: float | None = None
    consent: str = ""
    purpose: str = ""
    sign_date: date | None = None
    viewers: tuple[str, ...] = ()

    @property
    def speaker(self) -> str:
        """The device id under which its messages arrive."""
        return self.box or self.id

    def holds(self, day: date) -> bool:
        return holds(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is looked at: a polygon in a camera's picture, or a bin.

    ``polygon`` is in picture coordinates (0..1 of width and height), empty for the whole picture or a bin.
    ``region`` is the village or a grid below it; ``kinds`` are the alarm kinds that count there. Spots with
    one ``site`` lie on the same ground; ``ways`` are the lanes, roads, ditches and ponds on which it lies.
    """

    id: str
    device: str
    name: str
    region: str
    zone: str = ""
    polygon: tuple[tuple[float, float], ...] = ()
    kinds: tuple[str, ...] = ()
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""
    site: str = ""
    ways: tuple[str, ...] = ()

    @property
    def ground(self) -> str:
        """The site it lies on: what several cameras and bins may look at, and at most one open ticket stands for."""
        return self.site or f"{self.device}/{self.id}"


@dataclass(frozen=True, slots=True)
class Mask:
    """A part of a camera's picture that nobody may see: its box blanks it before it looks and before anything leaves.

    ``polygon`` is in picture coordinates (0..1 of width and height); ``id`` is unique at its camera.
    """

    id: str
    device: str
    name: str
    polygon: tuple[tuple[float, float], ...]


def sensor_of(spot: Spot) -> Spot:
    """The sensor in a bin, as a spot of its own: its tickets do not wait for the bin's, nor the bin's for them."""
    return replace(
        spot, id=f"{spot.id[:LONGEST_BIN_ID]}{SENSOR}", name=f"{spot.name}(传感器)", kinds=(), site="", ways=()
    )


def own_spot(device: Device) -> Spot:
    """A device itself as a spot: what is wrong with it is no dirt of what it looks at."""
    return Spot(
        f"{device.id[:LONGEST_BIN_ID]}{SENSOR}", device.id, device.name, device.village,
        longitude=device.longitude, latitude=device.latitude, crs=device.crs,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chain:
    """The names behind a place on one day; None is a gap, or a level outside ``rungs`` (the ladder)."""

    village: Person | None
    township: Person | None
    county: Person | None
    leader: Person | None = None
    rungs: tuple[Level, ...] = LADDER

    @property
    def complete(self) -> bool:
        """Whether somebody stands on every rung."""
        return all(self.at(level) is not None for level in self.rungs)

    def at(self, level: str) -> Person | None:
        """The person of one level."""
        people = {
            Level.VILLAGE: self.village, Level.TOWNSHIP: self.township,
            Level.COUNTY: self.county, Level.LEADER: self.leader,
        }  # fmt: skip
        return people[Level(level)]


@dataclass(frozen=True, slots=True)
class Gap:
    """Somebody is missing on a level on the days ``start <= day < end`` (None: for good).

    ``kind`` is what has the gap, ``area`` its code or id: a village, a spot that its village does not cover, a way that
    nobody keeps, or an area that has not the number of people that a need asks for. ``village`` is where it lies, if
    it lies in one.
    """

    village: str
    level: Level
    start: date
    end: date | None
    text: str
    kind: Literal["village", "spot", "way", "need", "roster"] = "village"
    area: str = ""


def holds(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Whether a half-open validity contains a day."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day < valid_to)
