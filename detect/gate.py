"""The cheap question before the detector: does this frame differ from the usual picture?

A running average at 320 x 180 and an absolute difference. A frame passes when enough of it changed, for some seconds
afterwards, and every ``at_least_s`` anyhow. Until the average is learnt everything passes: the gate is never blind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

SIZE = (320, 180)


@dataclass(frozen=True, slots=True)
class GateRule:
    """Grey levels, share of the picture, seconds, frames."""

    level: float = 18.0
    share: float = 0.0015
    hold_s: float = 6.0
    at_least_s: float = 10.0
    learn: int = 5
    rate: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class GateMemory:
    """The running average, how many frames are in it, when it last passed, when something last moved."""

    usual: Floats | None = None
    frames: int = 0
    passed_at: datetime | None = None
    moved_at: datetime | None = None


def consider(
    memory: GateMemory, picture: Picture, at: datetime, rule: GateRule | None = None
) -> tuple[GateMemory, bool]:
    """Take in one frame (BGR uint8); returns whether the detector should look at it."""
    rule = rule or GateRule()
    small = cv2.resize(picture, SIZE, interpolation=cv2.INTER_LINEAR)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3), 0).astype(np.float32)
    if memory.usual is None:
        return GateMemory(grey, 1, at, None), True
    difference = grey - memory.usual
    difference -= np.float32(np.median(difference[::4, ::4]))  # a lamp or a cloud changes all of it alike
    moved = float(np.count_nonzero(np.abs(difference) > rule.level)) / difference.size >= rule.share
    moved_at = at if moved else memory.moved_at
    held = moved_at is not None and (at - moved_at).total_seconds() < rule.hold_s
    due = memory.passed_at is None or (at - memory.passed_at).total_seconds() >= rule.at_least_s
    passes = memory.frames < rule.learn or held or due
    rate = np.float32(max(rule.rate, 1 / (memory.frames + 1)))
    usual = memory.usual + (grey - memory.usual) * rate
    return GateMemory(usual, memory.frames + 1, at if passes else memory.passed_at, moved_at), passes
