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
        ((-0.34, 0, 0.43), 0.06, 0.06), ((-0.29, 0, 0.43), 0.125, 0.115), ((-0.10, 0, 0.42), 0.12, 0.11),
        ((0.12, 0, 0.41), 0.15, 0.135), ((0.27, 0, 0.46), 0.14, 0.12), ((0.36, 0, 0.54), 0.11, 0.10),
        ((0.41, 0, 0.60), 0.09, 0.085),
    ]  # fmt: skip
    carry(made, tube(trunk, paint))
    carry(made, ellipsoid((-0.06, 0, 0.48), (0.30, 0.112, 0.075), f"{paint}_dark"))  # the darker back
    carry(made, ellipsoid((0.46, 0, 0.64), (0.12, 0.10, 0.10), paint))
    snout = [((0.50, 0, 0.62), 0.072, 0.066), ((0.60, 0, 0.595), 0.056, 0.052), ((0.67, 0, 0.59), 0.036, 0.036)]
    carry(made, tube(snout, f"{paint}_dark"))
    carry(made, ellipsoid((0.68, 0, 0.605), (0.024, 0.026, 0.022), "rubber"))
    for side in (1, -1):
        ear = cone((0.052, 0.008), 0.13, (0.42, side * 0.07, 0.765), look(f"{paint}_dark"), (side * -0.18, -0.1, 0))
        carry(made, ear)
        carry(made, ellipsoid((0.545, side * 0.058, 0.665), (0.016, 0.014, 0.016), "rubber"))
        for x, turn in ((0.22, side), (-0.24, -side)):
            swing = 0.40 * math.sin(a) * turn
            foot = (x + 0.32 * math.sin(swing), side * 0.085, 0.03 + 0.05 * max(0.0, math.cos(a) * turn))
            knee = (x + 0.16 * math.sin(swing) + (-0.05 if x < 0 else 0.02), side * 0.085, 0.21)
            leg = [((x, side * 0.08, 0.40), 0.10, 0.065), (knee, 0.05, 0.043), (foot, 0.036, 0.034)]
            carry(made, tube(leg, paint))
            carry(made, ellipsoid((foot[0] + 0.025, foot[1], foot[2]), (0.06, 0.042, 0.032), paint))
    tail = [
        ((-0.33, 0, 0.49), 0.045, 0.045), ((-0.43, 0, 0.60), 0.05, 0.05), ((-0.40, 0, 0.70), 0.045, 0.045),
        ((-0.31, 0, 0.72), 0.025, 0.025),
    ]  # fmt: skip
    carry(made, tube(tail, paint))
    carry(made, cone((0.105, 0.105), 0.03, (0.375, 0, 0.565), look("red"), (0, 0.75, 0)))
    return made
