"""What else can lie in or cross a place: a layer each, laid over any state when a picture is composed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .blender import Layer, Vec, carry, empty
from .heaps import HEAPS
from .places import Place


@dataclass(frozen=True)
class Lying:
    """A heap: of which kind, where in the world (x, y and the surface's z), how large, of which form."""

    kind: str
    at: Vec
    radius: float
    seed: int
    turn: float = 0.0


# Name of the layer (the class, with a number when there is a second one), place by place.
LYING: dict[str, dict[str, Lying]] = {
    "lane": {
        "straw_pile": Lying("straw_pile", (-1.7, 6.4, 0.0), 0.75, 2),
        "straw_pile_2": Lying("straw_pile", (-1.5, 6.2, 0.0), 0.8, 3, 0.5),
        "manure_pile": Lying("manure_pile", (-1.5, 6.4, 0.0), 0.7, 1),
        "earth_pile": Lying("earth_pile", (-1.4, 6.3, 0.0), 0.8, 2),
        "coal_pile": Lying("coal_pile", (-1.6, 6.4, 0.0), 0.65, 1),
    },
    "square": {
        "straw_pile": Lying("straw_pile", (3.3, 9.5, 0.0), 0.8, 4),
        "manure_pile": Lying("manure_pile", (3.3, 9.6, 0.0), 0.7, 4),
        "earth_pile": Lying("earth_pile", (3.3, 9.5, 0.0), 0.8, 4),
        "coal_pile": Lying("coal_pile", (3.3, 9.6, 0.0), 0.7, 4),
    },
    "field": {
        "straw_pile": Lying("straw_pile", (3.5, 7.6, 0.0), 0.7, 6),
        "straw_pile_2": Lying("straw_pile", (3.5, 7.6, 0.0), 0.8, 7, 1.2),
        "manure_pile": Lying("manure_pile", (3.5, 7.6, 0.0), 0.75, 6),
        "earth_pile": Lying("earth_pile", (3.4, 7.6, 0.0), 0.8, 7),
        "coal_pile": Lying("coal_pile", (3.5, 7.6, 0.0), 0.65, 6),
    },
    "shop": {
        "straw_pile": Lying("straw_pile", (4.3, 10.2, 0.0), 0.7, 8),
        "manure_pile": Lying("manure_pile", (4.3, 10.2, 0.0), 0.65, 8),
        "earth_pile": Lying("earth_pile", (4.3, 10.1, 0.0), 0.8, 8),
        "coal_pile": Lying("coal_pile", (4.3, 10.2, 0.0), 0.7, 8),
        "coal_pile_2": Lying("coal_pile", (1.9, 10.9, 0.0), 0.55, 9),
    },
    "canal": {
        "straw_pile": Lying("straw_pile", (0.6, 6.9, 0.0), 0.6, 11, 0.4),
        "manure_pile": Lying("manure_pile", (0.9, 7.6, 0.0), 0.7, 10),
        "earth_pile": Lying("earth_pile", (0.8, 7.6, 0.0), 0.8, 11),
        "coal_pile": Lying("coal_pile", (0.9, 7.6, 0.0), 0.65, 10),
        "floating_waste": Lying("floating_waste", (6.9, 15.2, -0.9), 1.8, 10),
        "floating_waste_2": Lying("floating_waste", (6.4, 18.5, -0.9), 2.4, 11),
        "floating_waste_3": Lying("floating_waste", (7.3, 13.0, -0.9), 1.3, 12),
    },
    "pond": {
        "floating_waste": Lying("floating_waste", (-0.6, 7.6, -0.5), 1.5, 13, 1.1),
        "floating_waste_2": Lying("floating_waste", (1.6, 10.5, -0.5), 2.2, 14, 1.7),
        "floating_waste_3": Lying("floating_waste", (-2.6, 11.0, -0.5), 1.1, 15, 0.4),
    },
    "ditch": {
        "floating_waste": Lying("floating_waste", (1.2, 8.0, -0.45), 1.5, 16),
        "floating_waste_2": Lying("floating_waste", (1.3, 11.5, -0.45), 2.3, 17),
    },
}


def lay(lying: Lying) -> None:
    """Put a heap into the subject layer, alone."""
    with Layer("subject") as layer:
        layer.clear()
        frame = empty("heap", lying.at, (0, 0, lying.turn))
        carry(frame, HEAPS[lying.kind](lying.radius, lying.seed))


def room(place: Place, lying: Lying) -> list[Vec]:
    """Corners of the room that a heap and its shadow take."""
    x, y, z = lying.at
    wide = lying.radius * 1.4 + 0.2
    body = [(x + a, y + b, z + c) for a in (-wide, wide) for b in (-wide, wide) for c in (0.0, lying.radius)]
    reach, towards = lying.radius / math.tan(math.radians(place.sun.height)), math.radians(place.sun.towards)
    return [*body, (x - reach * math.sin(towards) * 1.3, y - reach * math.cos(towards) * 1.3, z)]
