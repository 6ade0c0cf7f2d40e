"""The shape of the fictional county: townships that share their borders exactly, villages spread inside. Pure, seeded.

Voronoi cells of a convex outline, cut into short edges and bent by value noise. An edge is bent the same way from
both sides, so neighbours never overlap and the county's outline is the chain of the edges that have only one side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

Point = tuple[float, float]
Ring = tuple[Point, ...]  # closed: the last point is the first again

CENTRE, RADII = (106.20, 36.10), (0.42, 0.33)  # degrees
STEP = 0.004  # degrees, length of a border piece
_WAVES = ((9, 0.030), (23, 0.010), (61, 0.0028), (140, 0.0010))  # waves per degree, height in degrees
_GRID = 64


@dataclass(frozen=True, slots=True)
class Terrain:
    """Township rings, nearest to the centre first, and the county's ring; degrees, 5 decimals."""

    townships: tuple[Ring, ...]
    county: Ring


def make_terrain(townships: int, seed: int) -> Terrain:
    """The same terrain for the same seed."""
    rng = Random(seed)
    cells = _relaxed_cells(_seeds(townships, rng))
    cells.sort(key=lambda cell: math.dist(centroid(cell), CENTRE))
    bend = (_lattice(rng), _lattice(rng))
    rings = tuple(_bent(cell, bend) for cell in cells)
    return Terrain(rings, _outer(rings))


def spread(ring: Ring, count: int, rng: Random) -> list[Point]:
    """So many points inside a ring, away from its border and from each other (best of 24 candidates each)."""
    chosen: list[Point] = []
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    while len(chosen) < count:
        candidates: list[Point] = []
        while len(candidates) < 24:
            point = (west + rng.random() * (east - west), south + rng.random() * (north - south))
            if contains(ring, point):
                candidates.append(point)
        best = max(candidates, key=lambda p: min([2 * _to_border(ring, p), *(math.dist(p, q) for q in chosen)]))
        chosen.append((round(best[0], 5), round(best[1], 5)))
    return chosen


def contains(ring: Ring, point: Point) -> bool:
    """Whether a point lies inside a ring."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def area(ring: Sequence[Point]) -> float:
    """Signed area in square degrees, positive when counter-clockwise."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise((*ring, ring[0]))) / 2


def centroid(ring: Sequence[Point]) -> Point:
    """Centre of gravity."""
    cx = cy = 0.0
    for (x1, y1), (x2, y2) in pairwise((*ring, ring[0])):
        cross = x1 * y2 - x2 * y1
        cx, cy = cx + (x1 + x2) * cross, cy + (y1 + y2) * cross
    whole = 6 * area(ring)
    return cx / whole, cy / whole


def _hull() -> list[Point]:
    corners = 72
    turns = (2 * math.pi * n / corners for n in range(corners))
    return [
        (CENTRE[0] + RADII[0] * math.cos(t) * (1 + 0.08 * math.cos(t - 0.7)), CENTRE[1] + RADII[1] * math.sin(t))
        for t in turns
    ]


def _seeds(count: int, rng: Random) -> list[Point]:
    hull = (*_hull(), _hull()[0])
    seeds: list[Point] = []
    while len(seeds) < count:
        point = (CENTRE[0] + RADII[0] * (2 * rng.random() - 1), CENTRE[1] + RADII[1] * (2 * rng.random() - 1))
        if contains(hull, point):
            seeds.append(point)
    return seeds


def _relaxed_cells(seeds: list[Point]) -> list[list[Point]]:
    for _ in range(3):
        centres = [centroid(cell) for cell in _cells(seeds)]
        seeds = [(0.75 * c[0] + 0.25 * s[0], 0.75 * c[1] + 0.25 * s[1]) for c, s in zip(centres, seeds, strict=True)]
    return _cells(seeds)


def _cells(seeds: list[Point]) -> list[list[Point]]:
    cells = []
    for seed in seeds:
        cell = _hull()
        for other in seeds:
            if other != seed:
                cell = _nearer(cell, seed, other)
        cells.append([(round(x, 7), round(y, 7)) for x, y in cell])
    return cells


def _nearer(cell: list[Point], seed: Point, other: Point) -> list[Point]:
    """The part of a convex cell that is nearer to the seed than to the other."""
    normal = (other[0] - seed[0], other[1] - seed[1])
    limit = (other[0] ** 2 + other[1] ** 2 - seed[0] ** 2 - seed[1] ** 2) / 2
    kept: list[Point] = []
    for a, b in pairwise((*cell, cell[0])):
        da = a[0] * normal[0] + a[1] * normal[1] - limit
        db = b[0] * normal[0] + b[1] * normal[1] - limit
        if da <= 0:
            kept.append(a)
        if (da < 0 < db) or (db < 0 < da):
            part = da / (da - db)
            kept.append((a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part))
    return kept


def _bent(cell: list[Point], bend: tuple[list[list[float]], list[list[float]]]) -> Ring:
    points: list[Point] = []
    for a, b in pairwise((*cell, cell[0])):
        points += _pieces(a, b) if a < b else _pieces(b, a)[::-1]
    unique = [p for p, q in pairwise((*points, points[0])) if p != q]
    warped = [(round(x + _noise(bend[0], x, y), 5), round(y + 0.82 * _noise(bend[1], x, y), 5)) for x, y in unique]
    return (*warped, warped[0])


def _pieces(a: Point, b: Point) -> list[Point]:
    count = max(1, math.ceil(math.dist(a, b) / STEP))
    return [(a[0] + (b[0] - a[0]) * n / count, a[1] + (b[1] - a[1]) * n / count) for n in range(count)] + [b]


def _lattice(rng: Random) -> list[list[float]]:
    return [[2 * rng.random() - 1 for _ in range(_GRID)] for _ in range(_GRID)]


def _noise(lattice: list[list[float]], x: float, y: float) -> float:
    return sum(_smooth(lattice, x * waves, y * waves) * height for waves, height in _WAVES)


def _smooth(lattice: list[list[float]], x: float, y: float) -> float:
    left, low = math.floor(x), math.floor(y)
    fx, fy = (t * t * (3 - 2 * t) for t in (x - left, y - low))
    upper, lower = lattice[(low + 1) % _GRID], lattice[low % _GRID]
    here, there = left % _GRID, (left + 1) % _GRID
    return (lower[here] * (1 - fx) + lower[there] * fx) * (1 - fy) + (upper[here] * (1 - fx) + upper[there] * fx) * fy


def _outer(rings: Sequence[Ring]) -> Ring:
    """Chain the edges that no neighbour shares."""
    edges = {edge for ring in rings for edge in pairwise(ring)}
    following = {a: b for a, b in edges if (b, a) not in edges}
    start = min(following)
    chain = [start]
    while (point := following[chain[-1]]) != start:
        chain.append(point)
    return (*chain, start)


def _to_border(ring: Ring, point: Point) -> float:
    return min(math.dist(point, corner) for corner in ring)
