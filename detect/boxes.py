"""Boxes and areas: what a finder found, and how much of it lies where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing seen: label, score 0..1, corners (x1 < x2, y1 < y2) in pixels, or in 0..1 after ``normalised``."""

    label: str
    score: float
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def area(self) -> float:
        return (self.x2 - self.x1) * (self.y2 - self.y1)

    @property
    def centre(self) -> Point:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def normalised(self, width: int, height: int) -> Found:
        """The same box as shares 0..1 of the picture's width and height."""
        return Found(self.label, self.score, self.x1 / width, self.y1 / height, self.x2 / width, self.y2 / height)

    def grown(self, share: float) -> Found:
        """The box with every side moved outward by ``share`` of its own width or height."""
        dx, dy = (self.x2 - self.x1) * share, (self.y2 - self.y1) * share
        return Found(self.label, self.score, self.x1 - dx, self.y1 - dy, self.x2 + dx, self.y2 + dy)


def overlap(a: Found, b: Found) -> float:
    """Area that two boxes share, in the boxes' own units."""
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    return width * height if width > 0 and height > 0 else 0.0


def iou(a: Found, b: Found) -> float:
    """Intersection over union, 0..1."""
    shared = overlap(a, b)
    return shared / (a.area + b.area - shared) if shared else 0.0


def polygon_area(polygon: Sequence[Point]) -> float:
    """Area of a simple polygon (shoelace), in the polygon's own units."""
    twice = 0.0
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        twice += x1 * y2 - x2 * y1
    return abs(twice) / 2


def meets_itself(polygon: Sequence[Point]) -> bool:
    """Whether the line around a polygon crosses or touches itself: what lies inside is then open to doubt."""
    corners = [point for point, before in zip(polygon, [*polygon[-1:], *polygon[:-1]], strict=True) if point != before]
    edges = list(zip(corners, [*corners[1:], *corners[:1]], strict=True))
    last = len(edges) - 1
    return any(
        _meet(edges[one], edges[other])
        for one in range(len(edges))
        for other in range(one + 2, len(edges))
        if (one, other) != (0, last)  # neighbours share a corner
    )


def inside_box(polygon: Sequence[Point], box: Found) -> list[Point]:
    """The part of a polygon inside a box (Sutherland-Hodgman); empty when they do not meet."""
    points = list(polygon)
    for axis, limit, keep_above in ((0, box.x1, True), (0, box.x2, False), (1, box.y1, True), (1, box.y2, False)):
        points = _cut(points, axis, limit, keep_above)
    return points


def share_in_polygon(box: Found, polygon: Sequence[Point]) -> float:
    """Share 0..1 of a box that lies in a polygon of the same units."""
    part = inside_box(polygon, box)
    return polygon_area(part) / box.area if len(part) > 2 and box.area > 0 else 0.0


def share_covered(polygon: Sequence[Point], box: Found) -> float:
    """Share 0..1 of a polygon that a box covers."""
    part, whole = inside_box(polygon, box), polygon_area(polygon)
    return polygon_area(part) / whole if len(part) > 2 and whole > 0 else 0.0


def _meet(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether two lines have a point in common: neither has both ends of the other on one side, and they overlap."""
    apart = any(
        max(one[0][axis], one[1][axis]) < min(other[0][axis], other[1][axis])
        or max(other[0][axis], other[1][axis]) < min(one[0][axis], one[1][axis])
        for axis in (0, 1)
    )
    return not apart and _sides(one, other) <= 0 and _sides(other, one) <= 0


def _sides(line: tuple[Point, Point], other: tuple[Point, Point]) -> float:
    """Above 0 when both ends of ``other`` lie strictly on one side of ``line``."""
    (x1, y1), (x2, y2) = line
    first, second = ((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) for x, y in other)
    return first * second


def _cut(points: list[Point], axis: int, limit: float, keep_above: bool) -> list[Point]:
    """Keep the side of an axis-parallel line; where an edge crosses it a corner is added."""
    kept: list[Point] = []
    for before, here in zip([*points[-1:], *points[:-1]], points, strict=True):
        was_in = (before[axis] >= limit) == keep_above or before[axis] == limit
        is_in = (here[axis] >= limit) == keep_above or here[axis] == limit
        if was_in != is_in:
            share = (limit - before[axis]) / (here[axis] - before[axis])
            other = before[1 - axis] + share * (here[1 - axis] - before[1 - axis])
            kept.append((limit, other) if axis == 0 else (other, limit))
        if is_in:
            kept.append(here)
    return kept
