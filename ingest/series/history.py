"""History as people look at it: curves of raw values, hours or days, and where nothing was measured. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

By = Literal["hour", "day"]
LENGTHS: Mapping[str, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
LEAST_GAP_S = 60.0
PATIENCE = 3.0  # usual steps that may pass before something is missing


@dataclass(frozen=True, slots=True)
class Span:
    """Which curves: one field of one measurement, narrowed by tags, from ``start`` until before ``end`` (aware)."""

    measurement: str
    field: str
    start: datetime
    end: datetime
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bars:
    """One series by the hour or the day: only windows that hold something, oldest first.

    ``at`` are the beginnings in seconds since 1970 (UTC); the other columns are as long.
    """

    tags: Mapping[str, str]
    at: Sequence[float]
    n: Sequence[int]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was measured from ``start`` until ``end`` (seconds since 1970, UTC)."""

    start: float
    end: float


def gaps(at: Sequence[float], start: float, end: float, covers: float = 0.0, longest: float | None = None) -> list[Gap]:
    """Say where nothing was measured between ``start`` and ``end``; times are seconds since 1970, oldest first.

    A value speaks for ``covers`` seconds (an hour's bar for its hour, a raw value for its moment). After that
    ``longest`` seconds may pass; unless told, no second for a bar, and for raw values three times the usual step.
    """
    allowed = longest if longest is not None else (0.0 if covers else _usual(at) * PATIENCE)
    found, free = list[Gap](), start
    for moment in at:
        if moment - free > max(allowed, 0.0):
            found.append(Gap(free, moment))
        free = max(free, moment + covers)
    if end - free > max(allowed, 0.0):
        found.append(Gap(free, end))
    return found


def _usual(at: Sequence[float]) -> float:
    steps = [later - earlier for earlier, later in pairwise(at)]
    return max(LEAST_GAP_S / PATIENCE, median(steps)) if steps else LEAST_GAP_S / PATIENCE
