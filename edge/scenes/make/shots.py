"""Which pictures a place needs: its states, and the layers of a villager who comes, puts bags down and goes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .blender import Layer, Vec, carry, empty
from .person import Pose, bending, person, walking
from .places import Place
from .rubbish import BinLook, bag, heap, litter, wheeled_bin

STATES = ("plate", "bins", "bags", "pile", "full", "fullpile")
STRIDE = 1.3  # metres of two steps
WALL = 0.2  # nothing lies nearer to the wall than this


@dataclass(frozen=True)
class WalkShot:
    """One layer: which part of the walk, the pose, where (world), facing, carrying or not."""

    part: str
    pose: Pose
    at: Vec
    turn: float
    loaded: bool


def furnish(place: Place, state: str) -> None:
    """Put what lies there in this state into the subject layer."""
    with Layer("subject") as layer:
        layer.clear()
        if state == "plate":
            return
        x, y, turn = place.spot
        frame = empty("spot", (x, y, 0), (0, 0, turn))
        full = state in ("full", "fullpile")
        for i, (along, colour) in enumerate(place.bins):
            spec = BinLook(colour, (1.75, 0.85)[i], True) if full and i < 2 else BinLook(colour)
            carry(frame, wheeled_bin((0.55, along, 0), 0.25 - 0.12 * i, spec, place.seed + 7 * i))
        dump = place.dump
        if state == "bags":
            for i in range(3):
                here = (dump[0] + (-0.3, 0.28, 0.05)[i], dump[1] + (-0.1, -0.22, 0.36)[i], 0)
                carry(frame, bag(here, 0.31, place.clothes.bags, place.seed * 9 + i))
            carry(frame, *litter((dump[0] + 0.25, dump[1]), 12, (0.9, 1.1), place.seed, WALL))
        if state in ("pile", "fullpile"):
            carry(frame, *heap(dump, 13, place.seed, WALL))


def spot_corners(place: Place) -> list[Vec]:
    """Corners of the watched spot: the ground around bins and dump, and a bin's height above its back."""
    if place.outline:
        return list(place.outline)
    alongs = [a for a, _ in place.bins] + [place.dump[1]]
    low, high = min(alongs) - 1.3, max(alongs) + 1.3
    local = [(2.7, low, 0.0), (2.7, high, 0.0), (0.0, low, 0.0), (0.0, high, 0.0), (0.0, low, 1.6), (0.0, high, 1.6)]
    x, y, turn = place.spot
    c, s = math.cos(turn), math.sin(turn)
    return [(x + a * c - b * s, y + a * s + b * c, z) for a, b, z in local]


def dump_of(place: Place) -> tuple[float, float]:
    """Where it is dumped, in the world."""
    x, y, turn = place.spot
    return (
        x + place.dump[0] * math.cos(turn) - place.dump[1] * math.sin(turn),
        y + place.dump[0] * math.sin(turn) + place.dump[1] * math.cos(turn),
    )


def skyline(place: Place) -> Vec:
    """A point as high as the camera, far away before it: where level ground ends in the picture."""
    x, y, z = place.camera
    ahead = math.atan2(place.look[1] - y, place.look[0] - x)
    return (x + 10_000 * math.cos(ahead), y + 10_000 * math.sin(ahead), z)


def walk(place: Place) -> list[WalkShot]:
    """The layers of the walk in playing order: in (loaded), bend, out (empty-handed)."""
    start, stop, leave = place.walk
    if start == stop:
        return []
    dump = dump_of(place)
    facing = math.atan2(dump[1] - stop[1], dump[0] - stop[0])
    at = (stop[0], stop[1], 0.0)
    shots = _leg("in", (start, stop), True, place.step)
    shots += [WalkShot("bend", bending(share), at, facing, True) for share in (0.35, 0.8)]
    shots += [WalkShot("rise", bending(share), at, facing, False) for share in (1.0, 0.5)]
    return shots + _leg("out", (stop, leave), False, place.step)


def _leg(part: str, way: tuple[tuple[float, float], tuple[float, float]], loaded: bool, step: float) -> list[WalkShot]:
    start, end = way
    run = math.dist(start, end)
    turn = math.atan2(end[1] - start[1], end[0] - start[0])
    shots = []
    for i in range(round(run / step)):
        share = i * step / run
        at = (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share, 0.0)
        phase = (0.25 + i * step / STRIDE) % 1  # legs apart first: it reads as walking even in a single picture
        shots.append(WalkShot(part, walking(phase, loaded), at, turn, loaded))
    return shots


def stand_in(place: Place, shot: WalkShot) -> None:
    """Put the villager of this shot into the subject layer, alone."""
    with Layer("subject") as layer:
        layer.clear()
        person(shot.pose, place.clothes, shot.at, shot.turn, shot.loaded)


def window_points(place: Place, shot: WalkShot) -> list[Vec]:
    """Corners of the room that the villager and the shadow take."""
    x, y, _ = shot.at
    body = [(x + a, y + b, z) for a in (-0.65, 0.65) for b in (-0.65, 0.65) for z in (0.0, 1.8)]
    reach, towards = 1.75 / math.tan(math.radians(place.sun.height)), math.radians(place.sun.towards)
    tip = (x - reach * math.sin(towards), y - reach * math.cos(towards))
    return body + [(tip[0] + a, tip[1] + b, 0.0) for a in (-0.4, 0.4) for b in (-0.4, 0.4)]
