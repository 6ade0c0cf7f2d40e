"""What lies about in a village and is no household rubbish: straw, manure, earth, coal, and waste on the water."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from .blender import Thing, Vec, ball_points, box, carry, empty, lump, mesh_of, thing, vector
from .paints import look
from .rubbish import bag, bottle, scrap

Heap = Callable[[float, int], Thing]  # radius in metres, seed; built at the origin of its carrier


def straw_pile(radius: float, seed: int) -> Thing:
    """Stalks, long and thin: an odd seed gives tied bundles thrown onto each other, an even one a loose heap."""
    return _bundles(radius, seed) if seed % 2 else _loose_straw(radius, seed)


def manure_pile(radius: float, seed: int) -> Thing:
    """Dark wet clumps with a few stalks in them, lower than wide."""
    dice = random.Random(seed)
    made = empty("manure")
    carry(made, _mound((radius, radius * 0.42), seed, 0.30, "manure"))
    for i in range(150):
        d, a = radius * math.sqrt(dice.random()) * 1.08, dice.uniform(0, 6.28)
        high = _height(d / radius, radius * 0.42) * 0.93
        size = dice.uniform(0.04, 0.12)
        clump = scrap((d * math.cos(a), d * math.sin(a), high), size, f"manure{i % 2}", seed * 300 + i, 0.75)
        carry(made, clump)
    carry(made, _stalks([_on_dome(dice, radius, radius * 0.44, 0.22) for _ in range(90)], "straw1"))
    return made


def earth_pile(radius: float, seed: int) -> Thing:
    """A cone of tipped earth with a ragged foot, clods and stones that rolled down."""
    dice = random.Random(seed)
    made = empty("earth")
    paint = ("earth", "earth_red")[seed % 2]
    carry(made, _mound((radius, radius * 0.72), seed, 0.16, paint, 1.25))
    for i in range(70):
        d, a = radius * dice.uniform(0.25, 1.2), dice.uniform(0, 6.28)
        high = max(_height(d / radius, radius * 0.72, 1.25) * 0.96, 0.0)
        skin = "stone_pale" if dice.random() < 0.3 else paint
        size = dice.uniform(0.02, 0.07)
        carry(made, scrap((d * math.cos(a), d * math.sin(a), high), size, skin, seed * 300 + i, 0.8))
    return made


def coal_pile(radius: float, seed: int) -> Thing:
    """Black angular lumps with shining faces: an odd seed gives round honeycomb briquettes beside the lumps."""
    dice = random.Random(seed)
    made = empty("coal")
    carry(made, _mound((radius * 0.95, radius * 0.5), seed, 0.2, "coal"))
    stones = [_angular(seed * 10 + i) for i in range(7)]
    for _ in range(420):
        d, a = radius * math.sqrt(dice.random()) * (1.3 if dice.random() < 0.12 else 1.0), dice.uniform(0, 6.28)
        high = max(_height(d / radius, radius * 0.52), 0.0)
        turn = (dice.uniform(0, 6), dice.uniform(0, 6), dice.uniform(0, 6))
        stone = thing("coal", dice.choice(stones), look("coal"), (d * math.cos(a), d * math.sin(a), high + 0.02), turn)
        stone.scale = (dice.uniform(0.035, 0.1),) * 3
        carry(made, stone)
    return made


def floating_waste(radius: float, seed: int) -> Thing:
    """A raft of bottles, bags, foam, leaves and weed that the water has driven together; it lies at z = 0."""
    dice = random.Random(seed)
    made = empty("floating")
    carry(made, _leaves(dice, radius))
    for i in range(round(16 * radius + 10)):
        here = _in_raft(dice, radius)
        kind = dice.random()
        if kind < 0.35:
            carry(made, bottle((here[0], here[1], -0.02), dice.uniform(0, 6)))
        elif kind < 0.6:
            paint = dice.choice(("bag_white", "bag_white", "bag_red", "bag_blue"))
            carry(made, scrap((here[0], here[1], -0.04), dice.uniform(0.13, 0.28), paint, seed * 90 + i, 0.3))
        elif kind < 0.8:
            size = (dice.uniform(0.12, 0.38), dice.uniform(0.1, 0.26), dice.uniform(0.05, 0.14))
            carry(made, box(size, (here[0], here[1], 0.03), look("foam"), (0.1, 0.05, dice.uniform(0, 3)), 0.012))
        elif kind < 0.88:
            carry(made, bag((here[0], here[1], -0.1), dice.uniform(0.18, 0.26), "bag_black", seed * 90 + i, 0.6))
        else:
            paint = f"scrap{dice.randrange(7)}"
            carry(made, scrap((here[0], here[1], -0.02), dice.uniform(0.07, 0.13), paint, seed * 90 + i, 0.4))
    return made


HEAPS: dict[str, Heap] = {
    "straw_pile": straw_pile,
    "manure_pile": manure_pile,
    "earth_pile": earth_pile,
    "coal_pile": coal_pile,
    "floating_waste": floating_waste,
}


def _height(share: float, top: float, point: float = 2.0) -> float:
    """Height of a mound at a share of its radius: round for a large `point`, a cone for one near 1."""
    height: float = top * (1 - min(share, 1.0) ** point)
    return height


def _mound(size: tuple[float, float], seed: int, rough: float, paint: str, point: float = 2.0) -> Thing:
    """A heap's body of this radius and height: rings of points, unevenly high, its foot ragged."""
    radius, top = size
    off = vector(seed * 3.1, seed * 1.7, 0)
    points: list[Vec] = [(0.0, 0.0, top * (1 + rough * lump(off)))]
    rings, around = 16, 48
    for ring in range(1, rings + 1):
        for k in range(around):
            a = 2 * math.pi * k / around
            reach = radius * ring / rings * (1 + 0.22 * lump(vector(math.cos(a), math.sin(a), seed * 2.3)))
            x, y = reach * math.cos(a), reach * math.sin(a)
            uneven = lump(vector(x, y, 0) * 3.0 + off) + 0.5 * lump(vector(x, y, 0) * 9.0 + off)
            high = _height(ring / rings, top, point)
            points.append((x, y, max(high + top * rough * uneven * (1 - (ring / rings) ** 4), -0.01)))
    faces = [[0, 1 + k, 1 + (k + 1) % around] for k in range(around)]
    for ring in range(rings - 1):
        for k in range(around):
            a, b = 1 + ring * around + k, 1 + ring * around + (k + 1) % around
            faces.append([a, a + around, b + around, b])
    return thing("mound", mesh_of("mound", points, faces, smooth=True), look(paint))


def _loose_straw(radius: float, seed: int) -> Thing:
    dice = random.Random(seed)
    made = empty("straw")
    carry(made, _mound((radius * 0.93, radius * 0.72), seed, 0.2, "straw2"))
    for shade in range(3):
        stalks = [_on_dome(dice, radius, radius * 0.76, dice.uniform(0.35, 0.8)) for _ in range(700)]
        carry(made, _stalks(stalks, f"straw{shade}"))
    return made


def _bundles(radius: float, seed: int) -> Thing:
    dice = random.Random(seed)
    made = empty("straw")
    thick, run = 0.17, 1.15
    rows = (max(2, round(radius / thick * 0.8)), max(1, round(radius / thick * 0.55)), 1)
    for level, count in enumerate(rows):
        for i in range(count):
            at = ((i - (count - 1) / 2) * thick * 1.85, dice.uniform(-0.12, 0.12), thick * (0.95 + level * 1.6))
            turn = (dice.uniform(-0.08, 0.08), 0, dice.uniform(-0.22, 0.22) + (0.9 if level == 2 else 0))
            one = empty("bundle", at, turn)
            for shade in range(3):
                carry(one, _stalks([_in_bundle(dice, thick, run) for _ in range(190)], f"straw{shade}"))
            carry(one, box((thick * 1.5, 0.05, thick * 1.5), (0, 0, 0), look("straw2"), (0, 0.78, 0), 0.04))
            carry(made, one)
    return made


def _in_bundle(dice: random.Random, thick: float, run: float) -> tuple[Vec, Vec]:
    """A stalk along y, gathered in the middle by the tie and spread at the ends."""
    a, d = dice.uniform(0, 6.28), thick * math.sqrt(dice.random())
    length, shift = run * dice.uniform(0.8, 1.1) / 2, dice.uniform(-0.08, 0.08)
    ends = []
    for side in (-1, 1):
        wide = 1.25 + dice.uniform(-0.1, 0.35)
        ends.append((d * wide * math.cos(a), side * length + shift, d * wide * math.sin(a)))
    return ends[0], ends[1]


def _on_dome(dice: random.Random, radius: float, top: float, length: float) -> tuple[Vec, Vec]:
    """A stalk that lies on a dome, at its foot or sticking out a little."""
    d, a = radius * math.sqrt(dice.random()) * 1.05, dice.uniform(0, 6.28)
    x, y = d * math.cos(a), d * math.sin(a)
    course = a + math.pi / 2 + dice.gauss(0, 0.8)
    dx, dy = length / 2 * math.cos(course), length / 2 * math.sin(course)
    ends = []
    for s in (-1, 1):
        px, py = x + s * dx, y + s * dy
        high = _height(math.hypot(px, py) / radius, top)
        ends.append((px, py, max(high, 0.0) + dice.uniform(0.01, 0.07)))
    return ends[0], ends[1]


def _stalks(ends: list[tuple[Vec, Vec]], paint: str) -> Thing:
    """Stalks as three-sided slivers of two centimetres."""
    points: list[Vec] = []
    faces: list[list[int]] = []
    for i, (start, end) in enumerate(ends):
        along = vector(*end) - vector(*start)
        side = along.cross(vector(0.3, 0.2, 1.0)).normalized() * 0.010
        up = vector(0, 0, 0.012)
        corners = (-side, side, up)
        points += [tuple(vector(*start) + c) for c in corners] + [tuple(vector(*end) + c) for c in corners]
        n = 6 * i
        faces += [[n, n + 1, n + 4, n + 3], [n + 1, n + 2, n + 5, n + 4], [n + 2, n, n + 3, n + 5]]
    return thing("stalks", mesh_of("stalks", points, faces), look(paint))


def _angular(seed: int) -> Thing:
    """A broken stone: few faces, every corner somewhere else."""
    dice = random.Random(seed)
    points, faces = ball_points(1)
    shaped = [tuple(p * dice.uniform(0.6, 1.2)) for p in points]
    made = mesh_of("coal", shaped, faces)
    made.materials.append(look("coal"))
    return made


def _in_raft(dice: random.Random, radius: float) -> tuple[float, float]:
    """A place in a raft that is half as wide (x) as long (y), thinner at its edge."""
    d, a = radius * dice.random() ** 0.7, dice.uniform(0, 6.28)
    return 0.5 * d * math.cos(a), d * math.sin(a)


def _leaves(dice: random.Random, radius: float) -> Thing:
    """Dead leaves and duckweed lying on the water."""
    made = empty("leaves")
    for paint, count, size in (("leaf_dead", 240, 0.05), ("leaf1", 260, 0.035), ("foam", 90, 0.03)):
        points: list[Vec] = []
        for _ in range(round(count * radius)):
            x, y = _in_raft(dice, radius * 1.15)
            a, s = dice.uniform(0, 6.28), size * dice.uniform(0.6, 1.5)
            c, d = s * math.cos(a), s * math.sin(a)
            points += [(x + c, y + d, 0.012), (x - d, y + c, 0.012), (x - c, y - d, 0.012), (x + d, y - c, 0.012)]
        faces = [[i, i + 1, i + 2, i + 3] for i in range(0, len(points), 4)]
        carry(made, thing("leaves", mesh_of("leaves", points, faces), look(paint)))
    return made
