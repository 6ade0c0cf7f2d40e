"""What comes and goes: for each place a few positions along the way of a dog, a car, a tricycle, a truck."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .animals import dog
from .blender import Layer, Thing, Vec, below, carry, empty, outline, seen
from .person import Clothes, Pose, bending, person, walking
from .places import Place
from .shots import dump_of
from .vehicles import DRIVER, SALOON, VAN, car, plate_corners, plates, tricycle, truck, truck_plates

AFOOT = ("unload", "rise")  # the driver stands beside the tricycle: with bags in his hands, then without


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
    return tricycle(5, loaded=part in ("in", "stand", "unload"), riding=part not in AFOOT)


def _resident(part: str, number: int) -> Thing:
    """A villager who carries two bags to the bin, reaches over its rim and leaves without them."""
    loaded = part in ("in", "reach")
    pose = Pose(arms=(1.15, 1.15), lean=0.22) if part in ("reach", "drop") else walking(0.25 + 0.5 * number, loaded)
    return person(pose, Clothes("jacket_blue", "trousers_tan", bags="bag_red"), (0, 0, 0), 0.0, loaded)


MOVERS: dict[str, Mover] = {
    "resident": Mover(_resident, 0.7, 1.75),
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
            ("in", 0.6, 26, -90), ("in", 0.4, 16, -92), ("stand", 0.3, 9.9, -95), ("unload", 0.3, 9.9, -95),
            ("rise", 0.3, 9.9, -95), ("out", 0.2, 6.6, -86), ("out", 0.6, 5.0, -84),
        ),
        "resident": _way(
            ("in", 0.6, 5.0, 120), ("in", -0.2, 6.4, 120), ("in", -1.0, 7.8, 125), ("reach", -1.72, 9.3, 175),
            ("drop", -1.72, 9.3, 175), ("out", -0.8, 7.6, -55), ("out", 0.2, 6.1, -58), ("out", 1.0, 4.7, -60),
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
        "truck": _way(
            ("in", 8.0, 9.8, 180), ("in", 5.6, 10.0, 180), ("stand", 2.4, 10.3, 180), ("out", -1.6, 9.8, 180),
        ),
        "resident": _way(
            ("in", 6.2, 9.9, 165), ("in", 5.2, 10.3, 160), ("in", 4.2, 10.8, 150), ("reach", 3.2, 11.3, 90),
            ("drop", 3.2, 11.3, 90), ("out", 1.9, 10.7, 195), ("out", 0.6, 10.3, 195), ("out", -0.9, 9.9, 195),
        ),
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
            ("in", 0.8, 28, -90), ("in", 0.8, 17, -88), ("stand", 0.8, 10.2, -85), ("unload", 0.8, 10.2, -85),
            ("rise", 0.8, 10.2, -85), ("out", 1.0, 7.2, -100), ("out", 0.4, 5.6, -95),
        ),
    },
    "square": {
        "van": _way(
            ("in", -5.6, 8.6, 0), ("in", -2.8, 8.7, 0), ("stand", -0.9, 9.0, 0), ("hide", 1.5, 9.9, 0),
            ("out", 4.0, 8.7, 0),
        ),
        "truck": _way(("in", -4.6, 8.6, 0), ("in", -1.6, 8.8, 0), ("stand", 1.4, 9.2, 0), ("out", 4.6, 8.8, 0)),
        "resident": _way(
            ("in", -2.0, 9.4, 15), ("in", -0.5, 9.8, 15), ("in", 1.0, 10.2, 20), ("reach", 2.6, 10.6, 88),
            ("drop", 2.6, 10.6, 88), ("out", 3.9, 10.2, -18), ("out", 5.2, 9.8, -18),
        ),
        "dog": _way(
            ("in", 5.4, 9.0, 180), ("in", 4.0, 9.2, 175), ("in", 2.7, 9.6, 170), ("stand", 1.6, 10.2, 150),
            ("out", -0.6, 9.8, 185), ("out", -2.6, 9.4, 185),
        ),
    },
}  # fmt: skip


def drive(place: Place, name: str, number: int, position: Position) -> None:
    """Put one position of a mover into the subject layer, alone."""
    with Layer("subject") as layer:
        layer.clear()
        frame = empty("mover", (position.x, position.y, 0), (0, 0, math.radians(position.turn)))
        carry(frame, MOVERS[name].build(position.part, number))
        if position.part in AFOOT:
            x, y = place.walk[1]
            turn = math.atan2(dump_of(place)[1] - y, dump_of(place)[0] - x)
            loaded = position.part == "unload"
            person(bending(0.55 if loaded else 1.0), DRIVER, (x, y, 0), turn, loaded)


def space(place: Place, name: str, position: Position) -> list[Vec]:
    """Corners of the room that a mover and its shadow take."""
    mover, x, y = MOVERS[name], position.x, position.y
    reach = mover.reach + 0.3
    long, towards = mover.high / math.tan(math.radians(place.sun.height)), math.radians(place.sun.towards)
    shadow = (-long * math.sin(towards), -long * math.cos(towards))
    flat = [(a, b) for a in (-reach, reach) for b in (-reach, reach)]
    body = [(x + a, y + b, z) for a, b in flat for z in (0.0, mover.high + 0.2)]
    if position.part in AFOOT:
        stop = place.walk[1]
        body += [(stop[0] + a, stop[1] + b, z) for a in (-1, 1) for b in (-1, 1) for z in (0.0, 1.8)]
    return body + [(x + a + shadow[0], y + b + shadow[1], 0.0) for a, b in flat]


def shown(place: Place, name: str, number: int, position: Position) -> list[tuple[str, list[float]]]:
    """What a layer shows: class and box in 0..1, perhaps reaching out of the picture; number plates if they face us."""
    drive(place, name, number, position)
    things = Layer("subject").things()
    people = [one for one in things if one.name.startswith("person")]
    theirs = {one.name for person in people for one in below(person)}
    found = [("dog" if name == "dog" else "vehicle", outline(one for one in things if one.name not in theirs))]
    bodies = ([one for one in below(person) if not one.name.startswith("bag")] for person in people)
    found += [("person", outline(body)) for body in bodies]
    for corners in plates_towards(place, name, position):
        xs, ys = zip(*seen(corners), strict=True)
        found.append(("plate", (min(xs), min(ys), max(xs), max(ys))))
    return [(kind, [round(edge, 4) for edge in box]) for kind, box in found if box is not None]


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
