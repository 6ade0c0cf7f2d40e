"""What drives through a village: a saloon car, a small van, a farm tricycle, a collection truck.

Each stands at the origin of its carrier and faces +x; z is up. Makes and plates are nobody's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from .blender import Thing, Vec, box, carry, cone, empty, mesh_of, thing, words
from .paints import look
from .person import Clothes, Pose, person
from .rubbish import bag

ON_SIDE = (math.pi / 2, 0.0, 0.0)
Section = tuple[float, float, float, float]  # x, foot, top, half width
PLATE = (0.44, 0.14)
DRIVER = Clothes("jacket_grey", "trousers")


@dataclass(frozen=True)
class Body:
    """A car's shape: sections of the body from rear to front, then the cabin's foot and roof (x from, x to, half width,
    z), the pillars between its windows (share of its length), wheels and lights.
    """

    sections: tuple[Section, ...]
    foot: tuple[float, float, float, float]
    roof: tuple[float, float, float, float]
    pillars: tuple[float, ...]
    axles: tuple[float, float]
    wheel: float
    lights: float  # height of the lamps


SALOON = Body(
    (
        (-2.18, 0.42, 0.80, 0.66), (-2.08, 0.30, 0.93, 0.80), (-1.3, 0.22, 0.97, 0.86), (0.0, 0.22, 0.94, 0.87),
        (1.0, 0.22, 0.92, 0.86), (1.75, 0.26, 0.82, 0.82), (2.08, 0.30, 0.70, 0.76), (2.18, 0.38, 0.60, 0.66),
    ),
    (-1.65, 1.02, 0.79, 0.93), (-1.0, 0.22, 0.60, 1.44), (0.46,), (-1.33, 1.33), 0.31, 0.64,
)  # fmt: skip
VAN = Body(
    (
        (-1.92, 0.34, 1.05, 0.72), (-1.88, 0.26, 1.08, 0.77), (0.0, 0.24, 1.08, 0.79), (1.3, 0.24, 1.06, 0.79),
        (1.75, 0.28, 0.95, 0.76), (1.92, 0.36, 0.80, 0.68),
    ),
    (-1.88, 1.68, 0.75, 1.05), (-1.84, 1.02, 0.66, 1.82), (0.36, 0.72), (-1.22, 1.22), 0.28, 0.76,
)  # fmt: skip


def car(paint: str, seed: int, body: Body = SALOON) -> Thing:
    """A car with windows, lamps, wheels and two number plates."""
    made = empty("car")
    carry(made, _skin(body.sections, paint))
    _cabin(made, body, paint)
    half = max(section[3] for section in body.sections)
    for x in body.axles:
        for side in (1, -1):
            _wheel(made, (x, side * (half - 0.09), body.wheel), body.wheel, side)
    front, rear = body.sections[-1][0], body.sections[0][0]
    _lamps(made, body)
    for side in (1, -1):
        mirror = (body.foot[1] - 0.35, side * (half + 0.06), body.foot[3] + 0.06)
        carry(made, box((0.12, 0.16, 0.12), mirror, look(paint), bevel=0.03))
        carry(made, box((2 * body.axles[1] - 0.75, 0.06, 0.10), (0, side * (half - 0.04), 0.27), look("rubber")))
        for x in (-0.32, 0.72):
            carry(made, box((0.016, 0.02, 0.56), (x, side * (half - 0.006), 0.60), look("rubber")))
            carry(made, box((0.16, 0.03, 0.03), (x - 0.18, side * half, 0.80), look("steel")))
    carry(made, box((0.12, 0.72, 0.11), (front - 0.055, 0, body.lights - 0.06), look("rubber"), bevel=0.02))
    for end in (front - 0.09, rear + 0.09):
        carry(made, box((0.22, 1.25, 0.13), (end, 0, 0.34), look("rubber"), bevel=0.03))
    for place, turn in plates(body):
        number_plate(made, place, turn, seed)
    return made


def _lamps(made: Thing, body: Body) -> None:
    """Headlights in dark frames, red lights behind."""
    front, rear = body.sections[-1][0], body.sections[0][0]
    for side in (1, -1):
        here = (front - 0.115, side * 0.55, body.lights - 0.02)
        carry(made, box((0.22, 0.36, 0.18), here, look("rubber"), bevel=0.04))
        carry(made, box((0.22, 0.28, 0.12), (here[0] + 0.015, here[1], here[2]), look("lamp"), bevel=0.03))
        carry(made, box((0.16, 0.26, 0.18), (rear + 0.07, side * 0.56, body.lights + 0.12), look("tail"), bevel=0.02))


def plates(body: Body) -> list[tuple[Vec, float]]:
    """Where a car's plates sit, and which way they face."""
    front, rear = body.sections[-1][0], body.sections[0][0]
    return [((front + 0.03, 0.0, 0.46), 0.0), ((rear - 0.025, 0.0, 0.62), math.pi)]


def plate_corners(place: Vec, turn: float) -> list[Vec]:
    """The four corners of a plate at a place, facing `turn` (0 is +x)."""
    x, y, z = place
    sides = [(s * PLATE[0] / 2, u * PLATE[1] / 2) for s in (-1, 1) for u in (-1, 1)]
    return [(x - s * math.sin(turn), y + s * math.cos(turn), z + u) for s, u in sides]


def number_plate(made: Thing, place: Vec, turn: float, seed: int) -> None:
    """A blue plate with white characters, drawn by chance."""
    dice = random.Random(seed)
    text = "".join([dice.choice("苏浙皖豫鲁湘"), dice.choice("ABCDEF"), "·", *dice.choices("0123456789KLMNP", k=5)])
    one = empty("plate", place, (0, 0, turn))
    carry(one, box((0.012, *PLATE), (0, 0, 0), look("plate_blue")))
    carry(one, words(text, 0.075, (0.012, 0, 0), look("plate_white"), (math.pi / 2, 0, math.pi / 2)))
    carry(made, one)


def tricycle(seed: int, loaded: bool, riding: bool) -> Thing:
    """A farm tricycle with an open box behind, bags in it when loaded, its driver on the seat when riding."""
    made = empty("tricycle")
    skin = look("tricycle")
    carry(made, box((1.55, 1.12, 0.06), (-0.75, 0, 0.56), skin))
    for side in (1, -1):
        carry(made, box((1.55, 0.04, 0.36), (-0.75, side * 0.56, 0.76), skin, bevel=0.01))
        for k in range(4):
            carry(made, box((0.05, 0.06, 0.38), (-1.35 + k * 0.4, side * 0.575, 0.76), look("blue_dark")))
        _wheel(made, (-0.85, side * 0.50, 0.29), 0.29, side)
        carry(made, box((0.62, 0.16, 0.04), (-0.85, side * 0.60, 0.60), look("rubber")))
        carry(made, cone((0.02, 0.02), 0.34, (0.62, side * 0.22, 1.08), look("steel"), ON_SIDE))
        carry(made, box((0.05, 0.13, 0.10), (-1.55, side * 0.4, 0.62), look("tail")))
    for x in (-1.52, 0.02):
        carry(made, box((0.04, 1.12, 0.36), (x, 0, 0.76), skin, bevel=0.01))
    carry(made, box((0.9, 0.10, 0.08), (0.35, 0, 0.42), look("steel")))
    carry(made, box((0.34, 0.40, 0.12), (0.28, 0, 0.70), look("rubber"), bevel=0.03))
    carry(made, box((0.34, 0.36, 0.28), (0.28, 0, 0.52), skin, bevel=0.02))
    carry(made, box((0.09, 0.44, 0.62), (0.78, 0, 0.66), skin, (0, -0.3, 0), 0.03))
    carry(made, box((0.08, 0.15, 0.15), (0.92, 0, 0.86), look("lamp"), bevel=0.03))
    carry(made, cone((0.03, 0.03), 0.80, (0.80, 0, 0.72), look("steel"), (0, -0.35, 0)))
    carry(made, cone((0.26, 0.26), 0.11, (0.98, 0, 0.26), look("rubber"), ON_SIDE))
    carry(made, cone((0.14, 0.14), 0.12, (0.98, 0, 0.26), look("steel"), ON_SIDE))
    if loaded:
        for i in range(5):
            here = (-1.2 + 0.42 * (i % 3), 0.24 if i < 3 else -0.26, 0.58)
            carry(made, bag(here, 0.30, ("bag_black", "bag_white", "bag_black")[i % 3], seed * 20 + i))
    if riding:
        sitting = Pose((1.25, 1.25), (1.3, 1.3), (0.75, 0.75), 0.12)
        carry(made, person(sitting, DRIVER, (0.20, 0, 0.12), 0.0, loaded=False))
    return made


def truck(seed: int) -> Thing:
    """A collection truck: white cab, green body, a slanting hopper behind."""
    made = empty("truck")
    carry(made, box((1.35, 1.95, 1.45), (2.15, 0, 1.35), look("car_white"), bevel=0.10))
    carry(made, box((0.06, 1.66, 0.68), (2.81, 0, 1.58), look("glass"), bevel=0.03))
    carry(made, box((4.0, 1.9, 0.22), (-0.3, 0, 0.66), look("rubber")))
    carry(made, box((3.1, 2.0, 1.55), (-0.2, 0, 1.55), look("truck_green"), bevel=0.07))
    hopper = [(-1.7, 0.55), (-2.75, 0.75), (-2.75, 1.25), (-2.2, 2.35), (-1.7, 2.35)]
    points = [(x, side * 0.98, z) for side in (-1, 1) for x, z in hopper]
    faces = [[4, 3, 2, 1, 0], [5, 6, 7, 8, 9], *([i, (i + 1) % 5, (i + 1) % 5 + 5, i + 5] for i in range(5))]
    carry(made, thing("hopper", mesh_of("hopper", points, faces), look("truck_green")))
    carry(made, box((0.1, 1.7, 0.62), (-2.52, 0, 1.55), look("rubber"), (0, 0.46, 0)))
    for side in (1, -1):
        carry(made, box((0.66, 0.05, 0.62), (2.28, side * 0.97, 1.58), look("glass"), bevel=0.02))
        carry(made, box((0.05, 0.30, 0.17), (2.83, side * 0.70, 0.92), look("lamp"), bevel=0.03))
        carry(made, box((0.05, 0.14, 0.20), (-2.74, side * 0.84, 0.86), look("tail")))
        carry(made, box((0.08, 0.10, 0.40), (2.75, side * 1.12, 1.75), look("rubber")))
        carry(made, box((1.9, 0.02, 0.12), (-0.2, side * 1.005, 1.1), look("white")))
        one = words(
            "环卫收集", 0.42, (-0.2, side * 1.02, 1.65), look("white"), (math.pi / 2, 0, 0 if side < 0 else math.pi)
        )
        carry(made, one)
        for x in (1.95, -1.15):
            _wheel(made, (x, side * 0.86, 0.42), 0.42, side)
    carry(made, box((0.06, 1.9, 0.26), (2.84, 0, 0.60), look("steel"), bevel=0.02))
    for place, turn in truck_plates():
        number_plate(made, place, turn, seed)
    return made


def truck_plates() -> list[tuple[Vec, float]]:
    """Where the truck's plates sit."""
    return [((2.89, 0.0, 0.60), 0.0), ((-2.78, 0.0, 0.95), math.pi)]


def _wheel(made: Thing, at: Vec, radius: float, side: int) -> None:
    """A tyre in a dark arch, a bright hub on its outer side."""
    x, y, z = at
    carry(made, cone((radius * 1.17, radius * 1.17), 0.20, (x, y - side * 0.012, z + 0.03), look("rubber"), ON_SIDE))
    carry(made, cone((radius, radius), 0.22, (x, y + side * 0.01, z), look("tyre"), ON_SIDE))
    carry(made, cone((radius * 0.62, radius * 0.62), 0.02, (x, y + side * 0.125, z), look("steel"), ON_SIDE))
    for k in range(5):
        a = k * 1.2566
        here = (x + 0.34 * radius * math.cos(a), y + side * 0.137, z + 0.34 * radius * math.sin(a))
        carry(made, box((radius * 0.30, 0.006, radius * 0.11), here, look("rubber"), (0, 0.9 - a, 0)))


def _skin(sections: Sequence[Section], paint: str, around: int = 28) -> Thing:
    """The body's closed skin over rounded sections."""
    points: list[Vec] = []
    for x, low, high, half in sections:
        for k in range(around):
            a = 2 * math.pi * k / around
            c, s = math.cos(a), math.sin(a)
            y = half * math.copysign(abs(c) ** 0.42, c)
            points.append((x, y, (low + high) / 2 + (high - low) / 2 * math.copysign(abs(s) ** 0.42, s)))
    n = len(points)
    faces = [list(range(around))[::-1], list(range(n - around, n))]
    for ring in range(len(sections) - 1):
        for k in range(around):
            a, b = ring * around + k, ring * around + (k + 1) % around
            faces.append([a, b, b + around, a + around])
    return thing("skin", mesh_of("skin", points, faces, smooth=True), look(paint))


def _cabin(made: Thing, body: Body, paint: str) -> None:
    """Glass all round, a roof, and pillars at the corners and between the windows."""
    low, top = _corners(body.foot), _corners(body.roof)
    faces = [[3, 2, 1, 0], [4, 5, 6, 7], *([i, (i + 1) % 4, (i + 1) % 4 + 4, i + 4] for i in range(4))]
    carry(made, thing("cabin", mesh_of("cabin", [*low, *top], faces), look("glass")))
    x0, x1, half, z = body.roof
    carry(made, box((x1 - x0 + 0.16, 2 * half + 0.10, 0.07), ((x0 + x1) / 2, 0, z + 0.01), look(paint), bevel=0.03))
    for foot, head in zip(low, top, strict=True):
        carry(made, _bar(foot, head, paint))
    for share in body.pillars:
        for side in (1, -1):
            foot = (body.foot[0] + share * (body.foot[1] - body.foot[0]), side * body.foot[2], body.foot[3])
            carry(made, _bar(foot, (x0 + share * (x1 - x0), side * half, z), paint))


def _corners(plan: tuple[float, float, float, float]) -> list[Vec]:
    x0, x1, half, z = plan
    return [(x0, -half, z), (x1, -half, z), (x1, half, z), (x0, half, z)]


def _bar(foot: Vec, head: Vec, paint: str) -> Thing:
    """A pillar of eight centimetres between two points."""
    points = [
        (p[0] + a, p[1] + b, p[2])
        for p in (foot, head)
        for a, b in ((-0.05, -0.03), (0.05, -0.03), (0.05, 0.03), (-0.05, 0.03))
    ]
    faces = [[3, 2, 1, 0], [4, 5, 6, 7], *([i, (i + 1) % 4, (i + 1) % 4 + 4, i + 4] for i in range(4))]
    return thing("pillar", mesh_of("pillar", points, faces), look(paint))
