"""Where something is on the earth: what a phone or a map says brought to WGS-84, and how far two places are apart.

Phones in China, and every Chinese map, speak GCJ-02: positions shifted by up to 700 m. They are shifted back on entry
and never stored. CGCS2000 and WGS-84 differ by centimetres and are taken as one. Pure; degrees and metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from county.values import STORED_CRS

SHIFTED, WGS84 = "GCJ-02", "WGS-84"
KNOWN_CRS = (*STORED_CRS, SHIFTED)
EARTH_M = 6_371_008.8  # mean radius
DEGREE_M = EARTH_M * math.pi / 180  # of latitude
_A, _EE = 6378245.0, 0.00669342162296594323  # the Krasovsky ellipsoid on which GCJ-02 reckons
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271  # where GCJ-02 shifts at all
_ROUNDS = 8  # each comes about a hundred times nearer; four are within a millimetre


class BadPosition(ValueError):
    """The coordinates cannot be used; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth in degrees, WGS-84."""

    longitude: float
    latitude: float

    def metres_to(self, other: Point) -> float:
        """How far away another place is, along the surface."""
        a, b = math.radians(self.latitude), math.radians(other.latitude)
        north, east = math.sin((b - a) / 2), math.sin(math.radians(other.longitude - self.longitude) / 2)
        part = north * north + math.cos(a) * math.cos(b) * east * east
        return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(part)))


def located(longitude: float, latitude: float, crs: str) -> Point:
    """A place as somebody said it; ``BadPosition`` for an unknown reference system or for what is no place."""
    if crs not in KNOWN_CRS:
        told = f"不认识坐标系“{crs[:20]}”" if crs else "没有说明坐标系"
        raise BadPosition(f"{told},请注明 WGS-84、CGCS2000 或 GCJ-02")
    fine = math.isfinite(longitude) and math.isfinite(latitude)
    if not fine or abs(longitude) > 180 or abs(latitude) > 90 or (longitude, latitude) == (0, 0):
        raise BadPosition("经纬度不对,请重新定位,或直接选择村庄")
    return from_gcj02(longitude, latitude) if crs == SHIFTED else Point(longitude, latitude)


def from_gcj02(longitude: float, latitude: float) -> Point:
    """Undo the shift of GCJ-02: look for the place that it moves here."""
    x, y = longitude, latitude
    for _ in range(_ROUNDS):
        shifted = to_gcj02(Point(x, y))
        x, y = x + longitude - shifted[0], y + latitude - shifted[1]
    return Point(x, y)


def to_gcj02(point: Point) -> tuple[float, float]:
    """Longitude and latitude as a Chinese map shows a place; unshifted outside the box that GCJ-02 covers."""
    x, y = point.longitude, point.latitude
    if not (_WEST <= x <= _EAST and _SOUTH <= y <= _NORTH):
        return x, y
    phi = math.radians(y)
    magic = 1 - _EE * math.sin(phi) ** 2
    root = math.sqrt(magic)
    east = _east(x - 105, y - 35) * 180 / (_A / root * math.cos(phi) * math.pi)
    north = _north(x - 105, y - 35) * 180 / (_A * (1 - _EE) / (magic * root) * math.pi)
    return x + east, y + north


def _wave(value: float, *parts: tuple[float, float]) -> float:
    return sum(weight * math.sin(value * math.pi * pace) for weight, pace in parts) * 2 / 3


def _east(x: float, y: float) -> float:
    flat = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return flat + _wave(x, (20, 6), (20, 2), (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))


def _north(x: float, y: float) -> float:
    flat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return flat + _wave(x, (20, 6), (20, 2)) + _wave(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))
