"""A village dog out of lofted tubes, standing at the origin of its carrier and facing +x."""

from __future__ import annotations

import math

from .blender import Thing, carry, cone, empty
from .paints import look
from .person import ellipsoid, tube


def dog(phase: float, paint: str = "fur") -> Thing:
    """A dog of half a metre at a phase 0..1 of its trot."""
    made = empty("dog")
    a = 2 * math.pi * phase
    trunk = [
        ((-0.34, 0, 0.44), 0.05, 0.05), ((-0.30, 0, 0.44), 0.105, 0.095), ((-0.10, 0, 0.43), 0.10, 0.09),
        ((0.12, 0, 0.42), 0.13, 0.11), ((0.26, 0, 0.46), 0.12, 0.10), ((0.36, 0, 0.56), 0.085, 0.075),
        ((0.42, 0, 0.64), 0.07, 0.065),
    ]  # fmt: skip
    carry(made, tube(trunk, paint))
    carry(made, ellipsoid((0.46, 0, 0.68), (0.105, 0.08, 0.085), paint))
    carry(
        made,
        tube([((0.50, 0, 0.66), 0.05, 0.05), ((0.60, 0, 0.635), 0.042, 0.04), ((0.65, 0, 0.63), 0.03, 0.03)], paint),
    )
    carry(made, ellipsoid((0.66, 0, 0.645), (0.02, 0.02, 0.018), "rubber"))
    for side in (1, -1):
        carry(made, ellipsoid((0.42, side * 0.065, 0.755), (0.03, 0.022, 0.055), f"{paint}_dark"))
        carry(made, ellipsoid((0.52, side * 0.055, 0.70), (0.014, 0.012, 0.014), "rubber"))
        for x, turn in ((0.22, side), (-0.24, -side)):
            swing = 0.42 * math.sin(a) * turn
            foot = (x + 0.34 * math.sin(swing), side * 0.075, 0.03 + 0.05 * max(0.0, math.cos(a) * turn))
            knee = (x + 0.16 * math.sin(swing) + (-0.04 if x < 0 else 0.02), side * 0.075, 0.22)
            leg = [((x, side * 0.07, 0.40), 0.07, 0.05), (knee, 0.035, 0.032), (foot, 0.026, 0.026)]
            carry(made, tube(leg, paint))
            carry(made, ellipsoid((foot[0] + 0.02, foot[1], foot[2] - 0.005), (0.045, 0.03, 0.022), f"{paint}_dark"))
    tail = [((-0.33, 0, 0.50), 0.035, 0.035), ((-0.44, 0, 0.60), 0.035, 0.035), ((-0.46, 0, 0.72), 0.03, 0.03),
            ((-0.38, 0, 0.78), 0.02, 0.02)]  # fmt: skip
    carry(made, tube(tail, paint))
    carry(made, cone((0.078, 0.078), 0.03, (0.385, 0, 0.60), look("red"), (0, 0.55, 0)))
    return made
