"""Places at the water without bins or villager: only what floats there is to be seen."""

from __future__ import annotations

from .blender import Layer, box
from .buildings import House, crop, ground, house, pole, tree, wall
from .paints import look
from .places import NORTH, Place, Sun


def _pond() -> None:
    with Layer("ground"):
        ground("pale_concrete", (-14, 14), (-6, 4.2))
        ground("stone", (-14, 14), (4.2, 4.6), 0.04)
        ground("water", (-11, 11), (4.6, 17.5), -0.5)
        ground("grass", (-60, -11), (4.2, 70), -0.02)
        ground("grass", (11, 60), (4.2, 70), -0.02)
        ground("grass", (-60, 60), (17.9, 90), 0.0)
        ground("stone", (-14, 14), (17.5, 17.9), 0.02)
    with Layer("scenery"):
        house((-7.5, 24), 0, House(10, 6, 3.8, "plaster", "tile", "wood"))
        house((5.5, 25), 0, House(11, 6, 3.9, "cream", "red_tile", "wood"))
        for i, x in enumerate((-12.6, -1.4, 12.5, 13.4)):
            tree((x, 19.5 + i % 2), 3.5, 1.6, 120 + i)
        for k in range(9):
            box((0.12, 0.12, 0.5), (-11 + k * 2.75, 4.4, 0.25), look("pale_concrete"))


def _ditch() -> None:
    with Layer("ground"):
        ground("asphalt", (-9, -1.5), (-6, 80))
        ground("grass", (-1.5, -0.6), (-6, 80), -0.03)
        ground("concrete", (-0.6, -0.3), (-6, 80), 0.03)
        ground("water", (-0.3, 2.6), (-6, 80), -0.45)
        ground("concrete", (2.6, 2.9), (-6, 80), 0.03)
        ground("grass", (2.9, 60), (-6, 120), -0.03)
        ground("grass", (-60, -9), (-6, 120), -0.03)
    with Layer("scenery"):
        crop((4.0, 14), (2, 40), 71)
        wall((-9.4, 2), (-9.4, 40), 1.8, "grey_brick")
        house((-14, 18), NORTH, House(9, 5, 3.6, "brick"))
        house((0, 60), 0, House(12, 6, 4, "plaster", "tile", "wood"))
        for k in range(3):
            pole((-1.9, 14 + k * 14))


WATERS: dict[str, Place] = {
    "pond": Place(
        "村塘", 61, _pond, (1.5, 0.2, 3.9), (-0.4, 9.6, 0.0), 52, Sun(44, 140, 0.35, 0.13, 0.5),
        (0, 4.6, NORTH), (), (0, 0), ((0, 0), (0, 0), (0, 0)), rests="plate",
        outline=((-5, 5.4, -0.5), (5, 5.4, -0.5), (7, 15, -0.5), (-7, 15, -0.5)),
    ),
    "ditch": Place(
        "沟渠", 67, _ditch, (-1.6, -0.4, 3.7), (1.0, 9.0, 0.0), 48, Sun(38, 215, 0.4, 0.13, 0.5),
        (1.1, 6.0, NORTH), (), (0, 0), ((0, 0), (0, 0), (0, 0)), rests="plate",
        outline=((-0.3, 4.5, -0.45), (2.6, 4.5, -0.45), (2.6, 16, -0.45), (-0.3, 16, -0.45)),
    ),
}  # fmt: skip
