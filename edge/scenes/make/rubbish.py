"""What lies about: bins, bags, cartons, bottles, scraps, and heaps of them, each out of a seed."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from .blender import Thing, Vec, ball_points, box, carry, cone, empty, lump, mesh_of, thing, vector
from .paints import look

SCRAPS = (0, 0, 0, 1, 2, 3, 4, 5, 5, 6)
MIXED = ("bag_black", "bag_black", "bag_white", "bag_white", "bag_red", "bag_blue", "sack")


def bag(at: Vec, radius: float, colour: str, seed: int, flat: float = 0.8) -> Thing:
    """A tied bag: lumps of what is inside, creases, a gathered neck and a fan of plastic above the knot."""
    dice = random.Random(seed)
    off = vector(*(dice.uniform(-50, 50) for _ in range(3)))
    points, faces = ball_points(5)
    shaped = [_bag_point(p.normalized(), off, flat) for p in points]
    _fan(shaped, faces, dice)
    low = min(p[2] for p in shaped)
    shaped = [(x, y, z - low) for x, y, z in shaped]
    turn = (dice.uniform(-0.12, 0.12), dice.uniform(-0.12, 0.12), dice.uniform(0, 6.28))
    made = thing("bag", mesh_of("bag", shaped, faces, smooth=True), look(colour), at, turn)
    made.scale = (radius * dice.uniform(0.85, 1.15), radius * dice.uniform(0.85, 1.15), radius)
    return made


def _bag_point(n: Vec, off: object, flat: float) -> Vec:
    p = vector(*n)
    swell = 0.30 * lump(p * 1.1 + off) - 0.224 * abs(lump(p * 3.2 + off))
    swell -= 0.096 * abs(lump(p * 7.5 + off * 2)) + 0.04 * abs(lump(p * 16 + off))  # type: ignore[operator]
    x, y, z = (c * (1 + swell) for c in n)
    z *= flat
    if n[2] > 0.72:
        t = (n[2] - 0.72) / 0.28
        x, y, z = x * (1 - 0.85 * t), y * (1 - 0.85 * t), z + 0.42 * t * t
    if z < -0.55 * flat:
        z = -0.55 * flat + 0.12 * (z + 0.55 * flat)
    return x, y, z


def _fan(points: list[Vec], faces: list[list[int]], dice: random.Random) -> None:
    top = max(p[2] for p in points)
    for i in range(5):
        a = i * 1.256 + dice.random()
        n = len(points)
        points.append((0.02 * math.cos(a), 0.02 * math.sin(a), top - 0.05))
        points.append((0.28 * math.cos(a), 0.28 * math.sin(a), top + 0.16))
        points.append((0.26 * math.cos(a + 0.8), 0.26 * math.sin(a + 0.8), top + 0.10))
        faces.append([n, n + 1, n + 2])


def scrap(at: Vec, radius: float, colour: str, seed: int, flat: float = 0.5) -> Thing:
    """A crumpled piece of paper or film."""
    dice = random.Random(seed)
    off = vector(*(dice.uniform(-50, 50) for _ in range(3)))
    points, faces = ball_points(3)
    grown = [p * (1 + 0.7 * lump(p * 1.8 + off) + 0.35 * lump(p * 4 + off)) for p in points]
    low = min(p.z for p in grown) * flat
    mesh = mesh_of("scrap", [(p.x, p.y, p.z * flat - low) for p in grown], faces)
    made = thing("scrap", mesh, look(colour), at, (0, 0, dice.uniform(0, 6)))
    made.scale = (radius, radius * dice.uniform(0.5, 1.2), radius)
    return made


def carton(at: Vec, size: Vec, turn: float, seed: int, tip: float = 0.0) -> Thing:
    """An open carton with its flaps hanging out."""
    dice = random.Random(seed)
    made = empty("carton", at, (tip, 0, turn))
    x, y, z = size
    t = 0.012
    sides: list[tuple[Vec, Vec]] = [
        ((x, y, t), (0, 0, t / 2)),
        ((x, t, z), (0, y / 2, z / 2)),
        ((x, t, z), (0, -y / 2, z / 2)),
        ((t, y, z), (x / 2, 0, z / 2)),
        ((t, y, z), (-x / 2, 0, z / 2)),
    ]
    carry(made, *(box(s, p, look("card")) for s, p in sides))
    for s in (1, -1):
        up = z - 0.03 + dice.uniform(-0.02, 0.05)
        carry(
            made, box((x, y * 0.48, t), (0, s * y * 0.69, up), look("card_dark"), (s * dice.uniform(-0.9, -0.3), 0, 0))
        )
        carry(
            made, box((x * 0.4, y, t), (s * x * 0.65, 0, z - 0.02), look("card_dark"), (0, s * dice.uniform(0.3, 1), 0))
        )
    return made


def bottle(at: Vec, turn: float) -> Thing:
    """A drink bottle lying down."""
    made = empty("bottle", (at[0], at[1], at[2] + 0.035), (0, math.pi / 2, turn))
    carry(made, cone((0.034, 0.034), 0.17, (0, 0, 0), look("bottle")))
    carry(made, cone((0.034, 0.013), 0.05, (0, 0, 0.11), look("bottle")))
    carry(made, cone((0.015, 0.015), 0.02, (0, 0, 0.135), look("scrap2")))
    carry(made, cone((0.0345, 0.0345), 0.06, (0, 0, 0), look("scrap1")))
    return made


def litter(at: tuple[float, float], count: int, spread: tuple[float, float], seed: int, least_x: float) -> list[Thing]:
    """Scraps, bottles and empty bags around a point, none behind least_x (the wall)."""
    dice = random.Random(seed)
    made = []
    for i in range(count):
        x = max(dice.gauss(at[0], spread[0] / 2), least_x + dice.random() * 0.3)
        here = (x, dice.gauss(at[1], spread[1] / 2), 0.0)
        kind = dice.random()
        if kind < 0.55:
            paint = f"scrap{dice.choice(SCRAPS)}"
            made.append(scrap(here, dice.uniform(0.05, 0.13), paint, seed * 100 + i, dice.uniform(0.25, 0.8)))
        elif kind < 0.75:
            made.append(bottle(here, dice.uniform(0, 6)))
        else:
            paint = "bag_white" if dice.random() < 0.7 else "bag_red"
            made.append(scrap(here, dice.uniform(0.12, 0.22), paint, seed * 100 + i, 0.35))
    return made


def heap(at: tuple[float, float], bags: int, seed: int, least_x: float) -> list[Thing]:
    """A pile of garbage: two layers of bags, two cartons, scraps all round."""
    dice = random.Random(seed)
    made: list[Thing] = []
    for i in range(bags):
        low = i < bags * 0.65
        a, d = dice.uniform(0, 6.28), 0.55 * math.sqrt(dice.random()) * (1 if low else 0.5)
        here = (max(at[0] + d * math.cos(a), least_x + 0.3), at[1] + 1.4 * d * math.sin(a), 0.0 if low else 0.26)
        made.append(bag(here, dice.uniform(0.2, 0.33), dice.choice(MIXED), seed * 50 + i, dice.uniform(0.65, 0.9)))
    for i in range(2):
        here = (at[0] + dice.uniform(0.1, 0.9), at[1] + dice.uniform(-1, 1), 0.0)
        size = (dice.uniform(0.3, 0.5), dice.uniform(0.25, 0.4), dice.uniform(0.2, 0.35))
        made.append(carton(here, size, dice.uniform(0, 3), seed + i, dice.choice((0.0, 0.0, 0.5))))
    return made + litter((at[0] + 0.35, at[1]), 25, (1.2, 1.7), seed, least_x)


@dataclass(frozen=True)
class BinLook:
    """A wheeled bin: colour, how far the lid is open (radians), whether content is heaped above the rim."""

    colour: str = "bin_green"
    lid: float = 0.0
    full: bool = False
    height: float = 0.95
    width: float = 0.55
    depth: float = 0.62


def wheeled_bin(at: Vec, turn: float, spec: BinLook, seed: int) -> Thing:
    """A wheeled bin whose front faces +x when turn is 0."""
    made = empty("bin", at, (0, 0, turn))
    h, w, d = spec.height, spec.width, spec.depth
    skin = look(spec.colour)
    carry(made, _bin_body(spec))
    for z, k in ((h - 0.03, 1.09), (h - 0.12, 1.03)):
        for s in (1, -1):
            carry(made, box((d * k, 0.035, 0.05), (0, s * w / 2 * k, z), skin))
            carry(made, box((0.035, w * k, 0.05), (s * d / 2 * k, 0, z), skin))
    on_side = (math.pi / 2, 0.0, 0.0)
    for s in (1, -1):
        carry(made, cone((0.11, 0.11), 0.05, (-d * 0.42, s * w * 0.44, 0.11), look("rubber"), on_side))
        carry(made, box((0.10, 0.03, 0.04), (-d * 0.58, s * w * 0.36, h - 0.02), skin))
    carry(made, cone((0.018, 0.018), w * 0.8, (-d * 0.64, 0, h - 0.02), skin, on_side))
    lid = empty("lid", (-d * 0.52, 0, h + 0.01), (0, -spec.lid, 0))
    carry(lid, box((d * 1.14, w * 1.1, 0.05), (d * 0.55, 0, 0.03), skin, (0, 0.04, 0), 0.02))
    carry(lid, box((d * 0.85, w * 0.85, 0.04), (d * 0.5, 0, 0.07), skin, (0, 0.04, 0), 0.02))
    carry(made, lid)
    _bin_sign(made, spec)
    if spec.full:
        _bin_content(made, h, seed)
    return made


def _bin_body(spec: BinLook) -> Thing:
    h, w, d, t = spec.height, spec.width, spec.depth, 0.03
    rings = (
        (d * 0.72, w * 0.72, 0.06),
        (d, w, h),
        (d - 2 * t, w - 2 * t, h),
        (d * 0.72 - 2 * t, w * 0.72 - 2 * t, 0.09),
    )
    points = [(px * a / 2, py * b / 2, z) for a, b, z in rings for px, py in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    faces = [[3, 2, 1, 0], [12, 13, 14, 15]]
    for ring in range(3):
        for i in range(4):
            j = (i + 1) % 4
            faces.append([ring * 4 + i, ring * 4 + j, ring * 4 + 4 + j, ring * 4 + 4 + i])
    return thing("body", mesh_of("body", points, faces), look(spec.colour))


def _bin_sign(made: Thing, spec: BinLook) -> None:
    """A white triangle of bars and a caption, our own sign."""
    h, d = spec.height, spec.depth
    for a in (0.0, 2.094, 4.189):
        here = (d * 0.455, 0.075 * math.sin(a), h * 0.62 + 0.075 * math.cos(a))
        carry(made, box((0.006, 0.11, 0.026), here, look("white"), (a, 0.13, 0)))
    for k in range(4):
        carry(made, box((0.006, 0.035, 0.045), (d * 0.435, (k - 1.5) * 0.055, h * 0.45), look("white"), (0, 0.13, 0)))


def _bin_content(made: Thing, h: float, seed: int) -> None:
    dice = random.Random(seed + 5)
    third = dice.choice(("bag_white", "bag_red", "bag_blue"))
    carry(made, bag((0, 0.08, h - 0.20), 0.26, "bag_white", seed + 1))
    carry(made, bag((0.10, -0.12, h - 0.15), 0.24, "bag_black", seed + 2))
    carry(made, bag((-0.08, -0.05, h - 0.02), 0.24, third, seed + 3))
    carry(made, bag((0.12, 0.12, h - 0.06), 0.19, dice.choice(("bag_white", "bag_yellow")), seed + 4))
    carry(made, carton((0, -0.1, h + 0.05), (0.3, 0.22, 0.16), dice.uniform(0, 3), seed, 0.5))
    for i in range(10):
        here = (dice.uniform(-0.25, 0.28), dice.uniform(-0.24, 0.24), h + dice.uniform(0, 0.18))
        carry(made, scrap(here, dice.uniform(0.05, 0.1), f"scrap{dice.randrange(7)}", seed * 31 + i, 0.8))
