"""A small electric three-wheeler with a load bed, as every village has them, and its driver. It faces +x."""

from __future__ import annotations

import math

from .blender import Thing, Vec, box, carry, cone, empty
from .paints import look
from .person import Clothes, Pose, person

ON_SIDE = (math.pi / 2, 0.0, 0.0)


def three_wheeler(at: Vec, turn: float, colour: str, clothes: Clothes) -> Thing:
    """The vehicle with its driver, 2.7 m long, standing on its wheels."""
    made = empty("three_wheeler", at, (0, 0, turn))
    _wheels(made)
    _bed(made, colour)
    _front(made, colour)
    driver = person(Pose((1.35, 1.35), (1.35, 1.35), (0.95, 0.95), 0.05), clothes, (0.05, 0, 0.18), 0.0, False)
    carry(made, driver)
    return made


def _wheels(made: Thing) -> None:
    for x, y in ((1.15, 0.0), (-0.85, 0.48), (-0.85, -0.48)):
        carry(made, cone((0.27, 0.27), 0.11, (x, y, 0.27), look("rubber"), ON_SIDE))
        carry(made, cone((0.13, 0.13), 0.13, (x, y, 0.27), look("steel"), ON_SIDE))


def _bed(made: Thing, colour: str) -> None:
    skin, rail = look(colour), look("steel")
    carry(made, box((1.5, 1.02, 0.07), (-0.85, 0, 0.56), skin))
    carry(made, box((2.3, 0.3, 0.08), (-0.2, 0, 0.42), look("rubber")))
    for s in (1, -1):
        carry(made, box((1.5, 0.05, 0.34), (-0.85, s * 0.5, 0.74), skin, bevel=0.01))
        carry(made, box((0.05, 1.02, 0.34), (-0.85 + s * 0.74, 0, 0.74), skin, bevel=0.01))
        carry(made, box((1.56, 0.07, 0.05), (-0.85, s * 0.5, 0.93), rail))
        for k in range(4):
            carry(made, box((0.05, 0.02, 0.3), (-1.4 + k * 0.37, s * 0.535, 0.74), rail))
        carry(made, box((0.03, 0.14, 0.09), (-1.61, s * 0.36, 0.66), look("red")))


def _front(made: Thing, colour: str) -> None:
    skin, dark = look(colour), look("rubber")
    carry(made, box((0.42, 0.5, 0.34), (0.0, 0, 0.66), skin, bevel=0.04))
    carry(made, box((0.46, 0.54, 0.1), (0.0, 0, 0.86), dark, bevel=0.04))
    carry(made, box((0.75, 0.62, 0.05), (0.45, 0, 0.36), dark))
    carry(made, box((0.10, 0.62, 0.75), (0.86, 0, 0.76), skin, (0, -0.25, 0), 0.04))
    carry(made, box((0.5, 0.2, 0.06), (1.15, 0, 0.58), skin, (0, 0.1, 0), 0.02))
    for s in (1, -1):
        carry(made, cone((0.025, 0.025), 0.4, (1.12, s * 0.09, 0.45), look("steel"), (0, 0.2, 0)))
        carry(made, cone((0.02, 0.02), 0.35, (0.72, s * 0.27, 1.12), dark, ON_SIDE))
        carry(made, box((0.02, 0.13, 0.08), (0.80, s * 0.45, 1.28), dark))
    carry(made, cone((0.09, 0.07), 0.1, (0.98, 0, 1.0), look("white"), (0, math.pi / 2, 0)))
    carry(made, cone((0.03, 0.03), 0.5, (0.80, 0, 0.95), dark, (0, -0.3, 0)))
