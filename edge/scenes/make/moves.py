"""What comes and goes: for each place a few positions along the way of a dog, a car, a tricycle, a truck."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .animals import dog
from .blender import Layer, Thing, Vec, carry, empty
from .places import Place
from .vehicles import SALOON, VAN, car, plate_corners, plates, tricycle, truck, truck_plates, unloading

Plates = list[tuple[Vec, float]]


@dataclass(frozen=True)
class Position:
    """One layer: the part of the way, where (world), facing (degrees, 0 is +x)."""

    part: str
    x: float
    y: float
    turn: float


@dataclass(frozen=True)
class Mover:
    """How it is built for a part of the way and a number of the layer, how large, where its plates are."""

    build: Callable[[str, int], Thing]
    reach: float  # half length
    high: float
    plates: tuple[tuple[Vec, float], ...] = ()


def _ridden(part: str, _: int) -> Thing:
    """A tricycle: it comes loaded, is unloaded where it stands, and leaves empty."""
    made = tricycle(5, loaded=part in ("in", "stand", "unload"), riding=part not in ("unload", "rise"))
    if part in ("unload", "rise"):
        unloading(made, 0.55 if part == "unload" else 1.0)
    return made


MOVERS: dict[str, Mover] = {
    "dog": Mover(lambda _, i: dog(0.15 + 0.29 * i), 0.7, 0.9),
    "car": Mover(lambda _, __: car("car_silver", 3), 2.3, 1.5, tuple(plates(SALOON))),
    "red_car": Mover(lambda _, __: car("car_red", 8), 2.3, 1.5, tuple(plates(SALOON))),
    "van": Mover(lambda _, __: car("car_white", 4, VAN), 2.1, 1.9, tuple(plates(VAN))),
    "tricycle": Mover(_ridden, 2.0, 1.8),
    "truck": Mover(lambda _, __: truck(6), 3.0, 2.5, tuple(truck_plates())),
}


def _way(*stops: tuple[str, float, float, float]) -> tuple[Position, ...]:
    return tuple(Position(*stop) for stop in stops)


MOVES: dict[str, dict[str, tuple[Position, ...]]] = {
    "lane": {
        "car": _way(
            ("in", 1.3, 34, -90), ("in", 1.3, 23, -90), ("in", 1.2, 16, -90), ("stand", 1.0, 10.8, -92),
            ("hide", -0.55, 7.0, -88), ("out", 1.2, 6.6, -90),
        ),
        "tricycle": _way(
            ("in", 0.6, 26, -90), ("in", 0.4, 16, -92), ("stand", -0.2, 9.4, -95), ("unload", -0.2, 9.4, -95),
            ("rise", -0.2, 9.4, -95), ("out", 0.2, 6.6, -86), ("out", 0.6, 5.0, -84),
        ),
        "dog": _way(
            ("in", 2.4, 8.2, 176), ("in", 1.2, 8.3, 176), ("in", 0.0, 8.4, 172), ("stand", -1.0, 8.5, 170),
            ("out", -0.6, 10.2, 70), ("out", 0.0, 12.4, 75),
        ),
    },
    "shop": {
        "red_car": _way(
            ("in", 7.0, 8.7, 180), ("in", 4.6, 8.7, 180), ("stand", 0.2, 9.0, 180), ("hide", 3.0, 9.9, 180),
            ("out", -2.0, 8.7, 180),
        ),
        "truck": _way(("in", 8.0, 9.1, 180), ("in", 5.6, 9.2, 180), ("stand", 2.4, 9.6, 180), ("out", -1.6, 9.2, 180)),
        "dog": _way(
            ("in", -1.6, 10.3, 0), ("in", -0.2, 10.5, 0), ("in", 1.1, 10.7, 5), ("stand", 2.4, 11.0, 10),
            ("out", 4.2, 10.6, -10), ("out", 5.8, 10.3, -10),
        ),
    },
    "field": {
        "van": _way(
            ("in", 0.6, 32, -90), ("in", 0.6, 20, -90), ("in", 0.7, 13, -88), ("stand", 0.6, 9.8, -90),
            ("hide", 1.6, 6.9, -80), ("out", 0.2, 5.6, -90),
        ),
        "tricycle": _way(
            ("in", 0.8, 28, -90), ("in", 0.8, 17, -88), ("stand", 1.9, 9.6, -75), ("unload", 1.9, 9.6, -75),
            ("rise", 1.9, 9.6, -75), ("out", 1.0, 7.2, -100), ("out", 0.4, 5.6, -95),
        ),
    },
    "square": {
        "van": _way(
            ("in", -5.6, 8.6, 0), ("in", -2.8, 8.7, 0), ("stand", -0.9, 9.0, 0), ("hide", 1.5, 9.9, 0),
            ("out", 4.0, 8.7, 0),
        ),
        "truck": _way(("in", -4.6, 8.6, 0), ("in", -1.6, 8.8, 0), ("stand", 1.4, 9.2, 0), ("out", 4.6, 8.8, 0)),
        "dog": _way(
            ("in", 5.4, 9.0, 180), ("in", 4.0, 9.2, 175), ("in", 2.7, 9.6, 170), ("stand", 1.6, 10.2, 150),
            ("out", -0.6, 9.8, 185), ("out", -2.6, 9.4, 185),
        ),
    },
}  # fmt: skip


def drive(name: str, number: int, position: Position) -> None:
    """Put one position of a mover into the subject layer, alone."""
    with Layer("subject") as layer:
        layer.clear()
        frame = empty("mover", (position.x, position.y, 0), (0, 0, math.radians(position.turn)))
        carry(frame, MOVERS[name].build(position.part, number))


def space(place: Place, name: str, position: Position) -> list[Vec]:
    """Corners of the room that a mover and its shadow take."""
    mover, x, y = MOVERS[name], position.x, position.y
    reach = mover.reach + 0.3
    long, towards = mover.high / math.tan(math.radians(place.sun.height)), math.radians(place.sun.towards)
    shadow = (-long * math.sin(towards), -long * math.cos(towards))
    flat = [(a, b) for a in (-reach, reach) for b in (-reach, reach)]
    body = [(x + a, y + b, z) for a, b in flat for z in (0.0, mover.high + 0.2)]
    return body + [(x + a + shadow[0], y + b + shadow[1], 0.0) for a, b in flat]


def plates_towards(place: Place, name: str, position: Position) -> list[list[Vec]]:
    """The corners (world) of those number plates that face the camera."""
    turn = math.radians(position.turn)
    c, s = math.cos(turn), math.sin(turn)
    found = []
    for at, facing in MOVERS[name].plates:
        here = (position.x + at[0] * c - at[1] * s, position.y + at[0] * s + at[1] * c, at[2])
        away = (place.camera[0] - here[0], place.camera[1] - here[1])
        if math.cos(turn + facing) * away[0] + math.sin(turn + facing) * away[1] > 0.25 * math.hypot(*away):
            found.append(plate_corners(here, turn + facing))
    return found
