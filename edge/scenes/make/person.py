"""A villager out of lofted tubes: nobody real, only proportions, clothes and a walk.

The person stands at the origin of its own carrier and faces +x; z is up. The walk is a plain sine gait.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .blender import Thing, Vec, ball_points, box, carry, empty, mesh_of, thing
from .paints import look
from .rubbish import bag

Ring = tuple[Vec, float, float]  # centre, half width along x, half width along y
THIGH, SHIN, UPPER_ARM, FOREARM = 0.43, 0.41, 0.29, 0.27


@dataclass(frozen=True)
class Clothes:
    """Names of paints."""

    jacket: str = "jacket_blue"
    trousers: str = "trousers"
    hair: str = "hair"
    bags: str = "bag_black"


@dataclass(frozen=True)
class Pose:
    """Angles in radians: hips and knees (left, right), arms, how far the trunk leans forward."""

    hips: tuple[float, float] = (0.0, 0.0)
    knees: tuple[float, float] = (0.05, 0.05)
    arms: tuple[float, float] = (0.05, 0.05)
    lean: float = 0.05


def walking(phase: float, loaded: bool) -> Pose:
    """The pose at a phase 0..1 of two steps. Loaded arms hang still."""
    a = 2 * math.pi * phase
    swing = 0.06 if loaded else 0.42
    knees = (0.08 + 0.75 * max(0.0, math.cos(a)) ** 2, 0.08 + 0.75 * max(0.0, -math.cos(a)) ** 2)
    hips = (0.48 * math.sin(a), -0.48 * math.sin(a))
    return Pose(hips, knees, (-swing * math.sin(a), swing * math.sin(a)), 0.1 if loaded else 0.05)


def bending(share: float) -> Pose:
    """Putting something down: share 0 stands, 1 is fully bent."""
    return Pose((0.75 * share,) * 2, (0.95 * share + 0.05,) * 2, (0.35 * share,) * 2, 0.95 * share + 0.05)


def person(pose: Pose, clothes: Clothes, at: Vec, turn: float, loaded: bool) -> Thing:
    """A person of 1.68 m at a place, facing `turn` (0 is +x), with a full bag in each hand when loaded."""
    made = empty("person", at, (0, 0, turn))
    hip = max(_foot_drop(h, k) for h, k in zip(pose.hips, pose.knees, strict=True)) + 0.07
    for side, h, k in zip((1, -1), pose.hips, pose.knees, strict=True):
        _leg(made, (0.0, side * 0.10, hip), h, k, clothes)
    top = _trunk(made, hip, pose.lean, clothes)
    for side, swing in zip((1, -1), pose.arms, strict=True):
        hand = _arm(made, (top[0], side * 0.215, top[2]), swing, clothes)
        if loaded:
            low = max(hand[2] - 0.52, 0.02)
            carry(made, bag((hand[0], side * 0.36, low), 0.25, clothes.bags, 40 + side))
    _head(made, top, pose.lean, clothes)
    return made


def _foot_drop(hip: float, knee: float) -> float:
    return THIGH * math.cos(hip) + SHIN * math.cos(hip - knee)


def _leg(made: Thing, hip: Vec, swing: float, flex: float, clothes: Clothes) -> None:
    knee = (hip[0] + THIGH * math.sin(swing), hip[1], hip[2] - THIGH * math.cos(swing))
    ankle = (knee[0] + SHIN * math.sin(swing - flex), hip[1], knee[2] - SHIN * math.cos(swing - flex))
    rings: list[Ring] = [
        ((hip[0], hip[1], hip[2] + 0.06), 0.06, 0.06),
        (hip, 0.105, 0.095),
        (_between(hip, knee, 0.35), 0.098, 0.09),
        (_between(hip, knee, 0.9), 0.07, 0.07),
        (_between(knee, ankle, 0.12), 0.07, 0.068),
        (_between(knee, ankle, 0.4), 0.073, 0.068),
        (_between(knee, ankle, 1.0), 0.06, 0.06),
    ]
    carry(made, tube(rings, clothes.trousers))
    shoe = box((0.26, 0.095, 0.085), (ankle[0] + 0.05, ankle[1], ankle[2] - 0.03), look("rubber"), bevel=0.03)
    shoe.rotation_euler = (0, (flex - swing) * 0.6, 0)
    carry(made, shoe)


def _trunk(made: Thing, hip: float, lean: float, clothes: Clothes) -> Vec:
    """Build it and return the height of the shoulders."""

    def up(z: float) -> Vec:
        return (z * math.sin(lean), 0.0, hip + z * math.cos(lean))

    sizes = (
        (-0.10, 0.10, 0.16),
        (-0.07, 0.135, 0.185),
        (0.06, 0.14, 0.19),
        (0.20, 0.125, 0.175),
        (0.34, 0.135, 0.195),
        (0.45, 0.125, 0.215),
        (0.51, 0.10, 0.19),
        (0.555, 0.07, 0.10),
        (0.57, 0.062, 0.066),
    )
    carry(made, tube([(up(z), a, b) for z, a, b in sizes], clothes.jacket))
    carry(made, tube([(up(0.55), 0.055, 0.055), (up(0.65), 0.052, 0.052)], "skin"))
    return up(0.47)


def _arm(made: Thing, shoulder: Vec, swing: float, clothes: Clothes) -> Vec:
    """Build it and return where the hand is."""
    out = math.copysign(0.028, shoulder[1])
    elbow = (
        shoulder[0] + UPPER_ARM * math.sin(swing),
        shoulder[1] + out,
        shoulder[2] - UPPER_ARM * math.cos(swing),
    )
    bent = swing + 0.22
    wrist = (elbow[0] + FOREARM * math.sin(bent), elbow[1] + out * 0.4, elbow[2] - FOREARM * math.cos(bent))
    rings: list[Ring] = [
        ((shoulder[0], shoulder[1] - out * 0.6, shoulder[2] + 0.045), 0.05, 0.04),
        (shoulder, 0.072, 0.062),
        (_between(shoulder, elbow, 0.5), 0.062, 0.058),
        (elbow, 0.054, 0.052),
        (_between(elbow, wrist, 0.5), 0.05, 0.048),
        (wrist, 0.044, 0.044),
    ]
    carry(made, tube(rings, clothes.jacket))
    carry(made, ellipsoid((wrist[0] + 0.01, wrist[1], wrist[2] - 0.07), (0.045, 0.032, 0.085), "skin"))
    return wrist[0], wrist[1], wrist[2] - 0.12


def _head(made: Thing, shoulders: Vec, lean: float, clothes: Clothes) -> None:
    nod = lean * 0.8
    x, z = shoulders[0] + 0.24 * math.sin(nod) + 0.02, shoulders[2] + 0.27 * math.cos(nod)
    carry(made, ellipsoid((x, 0, z), (0.098, 0.078, 0.125), "skin"))
    carry(made, ellipsoid((x + 0.085, 0, z - 0.015), (0.028, 0.018, 0.028), "skin"))
    carry(made, ellipsoid((x - 0.018, 0, z + 0.035), (0.103, 0.088, 0.108), clothes.hair))
    for side in (1, -1):
        carry(made, ellipsoid((x - 0.005, side * 0.08, z - 0.01), (0.022, 0.012, 0.034), "skin"))


def _between(a: Vec, b: Vec, share: float) -> Vec:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def ellipsoid(at: Vec, half: Vec, colour: str) -> Thing:
    """A round body with these half axes."""
    points, faces = ball_points(3)
    shaped = [(p.x * half[0], p.y * half[1], p.z * half[2]) for p in points]
    return thing("round", mesh_of("round", shaped, faces, smooth=True), look(colour), at)


def tube(rings: Sequence[Ring], colour: str, sides: int = 20) -> Thing:
    """A closed skin over rings that stand across the way from one centre to the next (in the x-z plane)."""
    points: list[Vec] = []
    for i, (centre, rx, ry) in enumerate(rings):
        before, after = rings[max(i - 1, 0)][0], rings[min(i + 1, len(rings) - 1)][0]
        along = math.atan2(after[0] - before[0], after[2] - before[2])
        for k in range(sides):
            a = 2 * math.pi * k / sides
            dx, dy = rx * math.cos(a), ry * math.sin(a)
            points.append((centre[0] + dx * math.cos(along), centre[1] + dy, centre[2] - dx * math.sin(along)))
    faces = [list(range(sides)), [len(points) - 1 - k for k in range(sides)]]
    for ring in range(len(rings) - 1):
        for k in range(sides):
            a, b = ring * sides + k, ring * sides + (k + 1) % sides
            faces.append([a, b, b + sides, a + sides])
    return thing("tube", mesh_of("tube", points, faces, smooth=True), look(colour))
