"""Walls, houses, trees and what else stands in a village. A wall runs along its own x; turn it to place it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from .blender import Thing, Vec, box, carry, cone, empty, lump, mesh_of, thing, vector, words
from .paints import look

UPRIGHT = math.pi / 2


def ground(paint: str, x: tuple[float, float], y: tuple[float, float], top: float = 0.0) -> Thing:
    """A flat piece of ground whose surface lies at `top`."""
    size = (x[1] - x[0], y[1] - y[0], 0.3)
    return box(size, ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, top - 0.15), look(paint))


def wall(start: tuple[float, float], end: tuple[float, float], height: float, paint: str, cap: str = "tile") -> Thing:
    """A garden wall with a little roof of tiles, between two points."""
    run, turn = math.dist(start, end), math.atan2(end[1] - start[1], end[0] - start[0])
    made = empty("wall", ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, 0), (0, 0, turn))
    body = box((run, 0.24, height), (0, 0, height / 2), look(paint))
    carry(made, body)
    for side in (1, -1):
        slope = (side * -0.45, 0, 0)
        carry(made, box((run + 0.06, 0.27, 0.05), (0, side * 0.11, height + 0.05), look(cap), slope))
    carry(made, box((run + 0.06, 0.10, 0.07), (0, 0, height + 0.12), look(cap)))
    return made


@dataclass(frozen=True)
class House:
    """A house: outer size, wall and roof paint; its front is its own -y side."""

    width: float
    depth: float
    height: float
    paint: str = "plaster"
    roof: str = "tile"
    door: str = "red"
    band: str = "grey_brick"


def house(at: tuple[float, float], turn: float, spec: House) -> Thing:
    """A house with a pitched roof, a door with couplets and two windows in its front."""
    made = empty("house", (at[0], at[1], 0), (0, 0, turn))
    w, d, h = spec.width, spec.depth, spec.height
    carry(made, box((w, d, h), (0, 0, h / 2), look(spec.paint)))
    carry(made, box((w + 0.06, d + 0.06, 0.7), (0, 0, 0.35), look(spec.band)))
    for side in (1, -1):
        carry(
            made,
            box((w + 0.7, d * 0.62, 0.12), (0, side * d * 0.26, h + d * 0.11), look(spec.roof), (-side * 0.42, 0, 0)),
        )
    carry(made, box((w + 0.7, 0.25, 0.2), (0, 0, h + d * 0.235), look(spec.roof)))
    front = -d / 2
    for share in (-0.31, 0.31):
        _window(made, share * w, front, h * 0.55)
    carry(made, box((1.25, 0.1, 2.2), (0, front, 1.1), look("wood")))
    carry(made, box((1.05, 0.14, 2.05), (0, front, 1.03), look(spec.door)))
    for side in (1, -1):
        carry(made, box((0.2, 0.05, 1.5), (side * 0.85, front - 0.02, 1.3), look("red")))
    carry(made, box((1.6, 0.9, 0.1), (0, front - 0.4, 2.55), look(spec.roof), (0.25, 0, 0)))
    return made


def _window(made: Thing, x: float, front: float, z: float) -> None:
    carry(made, box((1.3, 0.1, 1.2), (x, front, z), look("white")))
    for side in (1, -1):
        carry(made, box((0.55, 0.13, 1.05), (x + side * 0.3, front, z), look("glass")))
    carry(made, box((1.5, 0.25, 0.08), (x, front - 0.06, z - 0.64), look("concrete")))


def slogan(text: str, at: Vec, turn: float, height: float, paint: str = "red") -> None:
    """Painted characters on a wall, read from its own -y side."""
    words(text, height, at, look(paint), (UPRIGHT, 0, turn))


def tree(at: tuple[float, float], height: float, radius: float, seed: int, leaves: int = 3600) -> None:
    """A round tree: a trunk and clouds of leaves."""
    dice = random.Random(seed)
    cone((0.14, 0.09), height * 0.8, (at[0], at[1], height * 0.4), look("bark"))
    for shade in range(4):
        points: list[Vec] = []
        for _ in range(leaves // 4):
            v = vector(dice.gauss(0, 1), dice.gauss(0, 1), dice.gauss(0, 1)).normalized()
            reach = dice.random() ** 0.4 * radius * (1 + 0.5 * lump(v * 2 + vector(seed * 7, 0, 0)))
            points.extend(_leaf((v.x * reach, v.y * reach, v.z * reach * 0.8), dice.uniform(0.06, 0.14), dice))
        thing("leaves", _quads(points), look(f"leaf{shade}"), (at[0], at[1], height))


def _leaf(centre: Vec, size: float, dice: random.Random) -> list[Vec]:
    a = vector(dice.gauss(0, 1), dice.gauss(0, 1), dice.gauss(0, 1)).normalized()
    b = a.cross(vector(dice.gauss(0, 1), dice.gauss(0, 1), dice.gauss(0, 1)).normalized()).normalized() * 0.45
    c = vector(*centre)
    return [tuple(c + s) for s in (-a * size, b * size, a * size, -b * size)]


def _quads(points: list[Vec]) -> object:
    return mesh_of("quads", points, [[i, i + 1, i + 2, i + 3] for i in range(0, len(points), 4)])


def crop(x: tuple[float, float], y: tuple[float, float], seed: int, flower: str | None = None) -> None:
    """Rows of a crop along y: a plant every third of a metre, leaves below, flowers on top when named."""
    dice = random.Random(seed)
    low: list[Vec] = []
    high: list[Vec] = []
    row = x[0] + 0.2
    while row < x[1]:
        along = y[0]
        while along < y[1]:
            root = (row + dice.gauss(0, 0.04), along, 0.0)
            for _ in range(7):
                spot = (root[0] + dice.gauss(0, 0.09), root[1] + dice.gauss(0, 0.09), dice.uniform(0.08, 0.42))
                low.extend(_leaf(spot, dice.uniform(0.07, 0.15), dice))
            for _ in range(6 if flower else 0):
                spot = (root[0] + dice.gauss(0, 0.1), root[1] + dice.gauss(0, 0.1), dice.uniform(0.42, 0.58))
                high.extend(_leaf(spot, dice.uniform(0.03, 0.06), dice))
            along += 0.3 if along < y[0] + 14 else 0.55
        row += 0.5
    thing("crop", _quads(low), look("leaf1"))
    if flower:
        thing("flowers", _quads(high), look(flower))


def pole(at: tuple[float, float], height: float = 7.0) -> None:
    """A concrete pole with a cross arm."""
    cone((0.14, 0.10), height, (at[0], at[1], height / 2), look("pale_concrete"))
    box((1.4, 0.09, 0.09), (at[0], at[1], height - 0.5), look("steel"))


def railing(start: tuple[float, float], end: tuple[float, float]) -> None:
    """A stone balustrade: posts with round heads, a rail and slabs between."""
    run, turn = math.dist(start, end), math.atan2(end[1] - start[1], end[0] - start[0])
    made = empty("railing", (start[0], start[1], 0), (0, 0, turn))
    for i in range(round(run / 1.6) + 1):
        carry(made, box((0.2, 0.2, 1.0), (i * 1.6, 0, 0.5), look("pale_concrete"), bevel=0.02))
        carry(made, cone((0.10, 0.06), 0.16, (i * 1.6, 0, 1.08), look("pale_concrete")))
    carry(made, box((run, 0.14, 0.12), (run / 2, 0, 0.85), look("pale_concrete"), bevel=0.02))
    carry(made, box((run, 0.10, 0.45), (run / 2, 0, 0.38), look("pale_concrete")))


def planter(at: tuple[float, float], seed: int) -> None:
    """A round brick planter with a bush."""
    cone((0.62, 0.66), 0.5, (at[0], at[1], 0.25), look("pale_concrete"))
    dice = random.Random(seed)
    points: list[Vec] = []
    for _ in range(900):
        v = vector(dice.gauss(0, 1), dice.gauss(0, 1), dice.gauss(0, 1)).normalized() * dice.random() ** 0.4 * 0.6
        points.extend(_leaf((v.x, v.y, abs(v.z) * 0.9), dice.uniform(0.04, 0.08), dice))
    thing("bush", _quads(points), look(f"leaf{seed % 2}"), (at[0], at[1], 0.45))


def hills(far: float, seed: int) -> None:
    """A line of wooded hills at the end of the view."""
    dice = random.Random(seed)
    for i in range(7):
        made = cone(
            (dice.uniform(28, 45), 4), dice.uniform(12, 22), (-90 + i * 30, far + dice.uniform(0, 25), 5), look("leaf2")
        )
        made.scale = (1.4, 0.6, 1)
