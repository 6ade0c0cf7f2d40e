"""The places of the demo village: what stands where, from where the camera looks, where the bins are.

Each place has a spot frame: its origin lies at the foot of the wall behind the bins, +x points out of that wall
into the open, +y runs along it to the left as one looks out.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .blender import Layer, Vec, box, cone
from .buildings import House, crop, ground, hills, house, planter, pole, railing, slogan, tree, wall
from .paints import look
from .person import Clothes

NORTH, WEST, EAST = math.pi / 2, math.pi, 0.0
SOUTH = -math.pi / 2


@dataclass(frozen=True)
class Sun:
    """Height and compass angle in degrees (0 is +y), strength of sun and sky, exposure in stops."""

    height: float
    towards: float
    sun: float = 0.5
    sky: float = 0.1
    exposure: float = 0.4


@dataclass(frozen=True)
class Place:
    """One camera's view."""

    title: str
    seed: int
    build: Callable[[], None]
    camera: Vec
    look: Vec
    view: float
    sun: Sun
    spot: tuple[float, float, float]  # x, y and turn of the spot frame
    bins: tuple[tuple[float, str], ...]  # along the wall, colour
    dump: tuple[float, float]  # where it is dumped, in the spot frame
    walk: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]  # from, stop, to (world)
    clothes: Clothes = field(default_factory=Clothes)
    step: float = 0.325  # metres between two layers of the walk
    rests: str = "bins"  # the state that a clean place is in
    outline: tuple[Vec, ...] = ()  # the watched spot where it is not the ground around bins and dump


def _lane() -> None:
    with Layer("ground"):
        ground("asphalt", (-2.4, 3.2), (-12, 70))
        ground("dirt", (3.2, 30), (-12, 70), -0.02)
        ground("dirt", (-40, -2.4), (-12, 70), -0.02)
        ground("pale_concrete", (-3.1, -2.4), (-12, 70), 0.03)
    with Layer("scenery"):
        for i, paint in enumerate(("grey_brick", "plaster", "plaster", "brick", "plaster", "grey_brick")):
            wall((-3.2, -4 + i * 6.6), (-3.2, 2.5 + i * 6.6), 1.9, paint)
        slogan("讲卫生 树新风", (-3.07, 12.35, 1.05), NORTH, 0.72)
        house((-7.6, 9.5), NORTH, House(9, 5, 3.4))
        house((-7.8, 21), NORTH, House(10, 5, 3.7, "brick"))
        house((-1, 47), 0, House(11, 5, 3.6, "cream", "red_tile"))
        crop((4.2, 9.5), (1, 34), 3)
        for k in range(26):
            for lean in (0.5, -0.5):
                cone((0.02, 0.02), 1.15, (3.75, 2 + k * 1.2, 0.5), look("bamboo"), (lean, 0, 0))
        for i, (x, y) in enumerate(((-5, 15.4), (7, 21), (-4.9, 27), (5, 32), (10, 16), (-6, 37))):
            tree((x, y), 3.4 + 0.2 * i, 1.5, i)
        pole((3.5, 17.5))


def _square() -> None:
    with Layer("ground"):
        ground("paving", (-30, 30), (-10, 12))
        ground("paving_red", (-30, 30), (10.2, 11.2), 0.012)
        ground("grass", (-40, 40), (12, 70), 0.02)
    with Layer("scenery"):
        wall((-14, 12.2), (11, 12.2), 2.3, "cream", "red_tile")
        box((25, 0.27, 0.75), (-1.5, 12.2, 0.38), look("green"))
        slogan("爱护环境  人人有责", (-1.2, 12.07, 1.55), 0, 0.5)
        house((-9, 19), 0, House(11, 6, 3.8, "plaster", "tile"))
        house((5, 20), 0, House(12, 6, 4.0, "plaster", "red_tile"))
        for i, (x, y) in enumerate(((-3.6, 14), (1.2, 14.4), (7.6, 14), (-12, 14.5))):
            tree((x, y), 3.6 + 0.3 * (i % 2), 1.6, 20 + i)
        planter((-6.2, 10.4), 4)
        planter((-8.4, 8.0), 5)
        _gym(-3.1, 11.2)


def _gym(x: float, y: float) -> None:
    """Fitness bars as they stand on every village square."""
    for i, paint in enumerate(("blue", "yellow")):
        left = x + i * 1.5
        for dx in (-0.55, 0.55):
            cone((0.05, 0.05), 1.5, (left + dx, y, 0.75), look(paint))
        cone((0.035, 0.035), 1.1, (left, y, 1.45), look(paint), (0, math.pi / 2, 0))


def _field() -> None:
    with Layer("ground"):
        ground("pale_concrete", (-2.0, 2.0), (-12, 90))
        ground("grass", (-60, -2.0), (-12, 160), -0.03)
        ground("grass", (2.0, 60), (-12, 160), -0.03)
        ground("concrete", (2.0, 4.7), (6.6, 11.8), 0.0)
    with Layer("scenery"):
        crop((-13, -3.1), (2, 42), 11, "rape")
        crop((5.4, 16), (2, 42), 12, "rape")
        crop((3.2, 5.3), (14, 42), 13, "rape")
        wall((4.7, 6.6), (4.7, 11.8), 1.1, "grey_brick", "concrete")
        wall((2.9, 11.8), (4.7, 11.8), 1.1, "grey_brick", "concrete")
        for k in range(5):
            pole((-2.6, 16 + k * 13))
        house((-12, 58), 0, House(12, 6, 4, "plaster", "tile", "wood"))
        house((3, 62), 0, House(12, 6, 4, "plaster", "red_tile", "wood"))
        house((19, 56), 0, House(11, 6, 4, "cream", "tile", "wood"))
        for i in range(9):
            tree((-26 + i * 6.3, 51 + 3 * math.sin(i * 2.1)), 3.8, 1.9, 40 + i, 1600)
        hills(120, 5)


def _shop() -> None:
    with Layer("ground"):
        ground("concrete", (-30, 30), (-10, 13))
        ground("asphalt", (-30, 30), (-10, 6.2), 0.004)
        ground("grass", (-30, 30), (13, 60), -0.02)
        box((60, 0.16, 0.12), (0, 6.2, 0.05), look("pale_concrete"))
    with Layer("scenery"):
        _shop_front(-2.4, 12.6)
        wall((1.75, 12.9), (12, 12.9), 2.0, "brick", "tile")
        house((8, 20), 0, House(11, 6, 4, "plaster", "tile"))
        for i, (x, y) in enumerate(((4.2, 15), (8.4, 15.5), (11.5, 14.5))):
            tree((x, y), 3.4 + 0.3 * i, 1.5, 60 + i)


def _shop_front(x: float, y: float) -> None:
    """A village shop: white tiles, a blue roller shutter, a red sign, a striped awning."""
    box((8.0, 5, 3.9), (x, y + 2.5, 1.95), look("plaster"))
    box((8.3, 5.3, 0.22), (x, y + 2.5, 4.0), look("concrete"))
    box((6.6, 0.16, 0.8), (x, y - 0.06, 3.2), look("red"))
    slogan("便民小卖部", (x + 1.2, y - 0.16, 3.2), 0, 0.52, "gold")
    box((2.5, 0.1, 2.45), (x - 2.3, y, 1.22), look("steel"))
    for k in range(14):
        box((2.4, 0.06, 0.11), (x - 2.3, y - 0.06, 0.15 + k * 0.17), look("blue"), bevel=0.02)
    box((3.0, 0.12, 1.5), (x + 1.5, y, 1.65), look("white"))
    for k in (-1, 0, 1):
        box((0.88, 0.14, 1.32), (x + 1.5 + k * 0.96, y - 0.01, 1.65), look("glass"))
    for k in range(15):
        paint = "red" if k % 2 else "white"
        box((0.44, 1.15, 0.03), (x - 3.1 + k * 0.44, y - 0.55, 2.6), look(paint), (0.32, 0, 0))
    box((8.0, 1.0, 0.14), (x, y - 0.5, 0.07), look("pale_concrete"))
    for at in (0.3, 1.05):
        cone((0.17, 0.17), 0.04, (x + at, y - 1.3, 0.45), look("wood"))
        cone((0.03, 0.05), 0.43, (x + at, y - 1.3, 0.22), look("wood"))


def _canal() -> None:
    with Layer("ground"):
        ground("slabs", (-3.4, 2.2), (-12, 80))
        ground("stone", (2.2, 2.6), (-12, 80), 0.05)
        ground("water", (2.6, 9.2), (-12, 80), -0.9)
        ground("stone", (9.2, 10.4), (-12, 80), 0.0)
        ground("grass", (10.4, 40), (-12, 80), -0.02)
        ground("dirt", (-40, -3.4), (-12, 80), -0.02)
    with Layer("scenery"):
        railing((2.4, -2.0), (2.4, 46.0))
        for i in range(4):
            house((14.0, 8 + i * 10.5), -NORTH, House(8.5, 5, 3.6, "plaster", "tile", "wood", "stone"))
            house((-6.6, 16 + i * 10.5), NORTH, House(9.0, 5, 3.7, "plaster", "tile", "wood", "stone"))
        house((-2, 62), 0, House(12, 6, 4, "plaster", "tile"))
        for i, y in enumerate((13.0, 21.5, 30.0)):
            tree((10.0, y), 3.6, 1.7, 80 + i)
        _lamps()


def _lamps() -> None:
    dice = random.Random(9)
    for k in range(4):
        y = 15.5 + k * 8 + dice.uniform(-0.3, 0.3)
        cone((0.05, 0.04), 3.2, (1.9, y, 1.6), look("rubber"))
        cone((0.12, 0.16), 0.3, (1.9, y, 3.3), look("white"))


PLACES: dict[str, Place] = {
    "lane": Place(
        "村东巷口", 11, _lane, (1.9, -0.4, 3.9), (-1.0, 9.6, 0.75), 48, Sun(46, 125),
        (-3.05, 8.3, EAST), ((0.4, "bin_green"), (1.25, "bin_black"), (2.1, "bin_green")), (1.15, -1.1),
        ((1.2, 3.0), (-0.8, 8.0), (2.3, 3.0)),
    ),
    "square": Place(
        "文化广场", 23, _square, (-2.4, 2.3, 3.9), (0.3, 11.2, 0.75), 50, Sun(42, 235),
        (2.3, 12.0, SOUTH), ((0.2, "bin_green"), (1.05, "bin_blue")), (1.0, -1.3),
        ((6.0, 9.4), (1.4, 9.9), (-4.2, 8.4)), Clothes("jacket_red", "trousers"),
    ),
    "field": Place(
        "村南田头", 37, _field, (-1.5, -0.6, 3.9), (1.5, 10.4, 0.95), 50, Sun(32, 285, 0.45, 0.13, 0.6),
        (4.5, 8.9, WEST), ((-1.7, "bin_black"), (-0.85, "bin_green")), (1.2, 0.7),
        ((-0.9, 2.8), (2.0, 8.5), (0.7, 2.8)), Clothes("jacket_grey", "trousers_tan"), 0.65,
    ),
    "shop": Place(
        "小卖部门口", 41, _shop, (3.6, 2.6, 3.8), (1.3, 11.9, 1.1), 50, Sun(52, 205),
        (3.1, 12.75, SOUTH), ((-0.75, "bin_blue"), (0.1, "bin_green"), (0.95, "bin_black")), (1.5, -1.75),
        ((6.3, 9.9), (2.6, 10.5), (-3.2, 9.4)), Clothes(), 0.65,
    ),
    "canal": Place(
        "河埠头", 53, _canal, (-2.1, 0.2, 3.8), (0.6, 10.0, 0.8), 48, Sun(50, 60, 0.3, 0.14, 0.6),
        (2.2, 9.0, WEST), ((-1.3, "bin_green"), (-0.45, "bin_green")), (1.0, 1.1),
        ((-1.7, 3.4), (0.0, 8.8), (-0.4, 3.4)), Clothes("jacket_grey", "trousers"), 0.65,
    ),
}  # fmt: skip
