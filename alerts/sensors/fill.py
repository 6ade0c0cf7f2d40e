"""How full a bin is: distances to a level, an emptying told from its fall, and when it will be full. Pure.

Fill is in percent of the bin, times are aware and rise from call to call; what came late is kept out by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from statistics import median, quantiles
from struct import Struct

from county.policy import BinThresholds
from ingest.store import micros, moment_of

Points = tuple[tuple[datetime, float], ...]

SLACK = 1.1  # a distance so much beyond the bottom is still the bottom: nothing in a bin is quite level
KEPT_POINTS, KEPT_FOR = 64, timedelta(hours=48)
RECENT = 8  # points that are never thinned out
_KEPT_US = KEPT_FOR // timedelta(microseconds=1)
_POINT = Struct("<qh")  # microseconds since 1970, tenths of a percent
LEAST_POINTS, MOST_POINTS = 4, 12  # of a rate: 66 pairs
LEAST_RATE = 0.02  # percent an hour; slower is no filling but drift
FARTHEST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Emptying:
    """Somebody emptied the bin: proof of a collection. ``at`` is the first reading of the lower level."""

    at: datetime
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Rate:
    """Percent an hour since the last emptying: the median of all pairs of points, and their quartiles."""

    per_hour: float
    slow: float
    fast: float


@dataclass(frozen=True, slots=True)
class Level:
    """The level of one bin. ``near`` are the fills that the median is taken of; ``held`` is one that lay too far off
    and waits for the next to agree. ``packed`` is the trail in ten bytes a point: five thousand bins have three hundred
    thousand points, and each reading writes those of its bin.
    """

    percent: float | None = None
    at: datetime | None = None
    near: tuple[float, ...] = ()
    held: tuple[datetime, float] | None = None
    packed: bytes = b""
    emptied: Emptying | None = None

    @property
    def trail(self) -> Points:
        """The points of the last two days, thinned, oldest first; fills in steps of a tenth."""
        return tuple((moment_of(at_us), tenths / 10) for at_us, tenths in _POINT.iter_unpack(self.packed))

    @property
    def rate(self) -> Rate | None:
        """How fast it has filled since the last emptying; made when it is asked for, which no reading does."""
        return rate_of([one for one in self.trail if self.emptied is None or one[0] >= self.emptied.at])


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a limit is reached; ``earliest`` to ``latest`` holds the middle half of what the points allow.

    ``latest`` is None where some of them do not rise at all.
    """

    at: datetime
    earliest: datetime
    latest: datetime | None


def percent_of(distance_mm: float, empty_mm: float, full_mm: float) -> float | None:
    """Fill from a distance, 0 to 100; None for one beyond the bottom: it was not measured inside the bin."""
    if distance_mm > empty_mm * SLACK:
        return None
    return min(100.0, max(0.0, (empty_mm - distance_mm) / (empty_mm - full_mm) * 100))


def said(level: Level, at: datetime, percent: float, limits: BinThresholds) -> Level:
    """The level after a fill that the sensor itself stands for: it counts as it is."""
    return _moved(level, (percent,), (at, percent), at, limits)


def measured(level: Level, at: datetime, percent: float, limits: BinThresholds) -> Level:
    """The level after one distance; unchanged but for ``held`` where it lies too far off to be believed alone."""
    if level.percent is None or abs(percent - level.percent) < limits.jump:
        near = (*level.near, percent)[-limits.median :]
        return _moved(level, near, (at, float(median(near))), at, limits)
    if level.held is None or abs(percent - level.held[1]) > limits.jump / 2:
        return replace(level, held=(at, percent))
    near = (level.held[1], percent)
    return _moved(level, near, (at, percent), level.held[0], limits)


def forecast(level: Level, limit: float, now: datetime) -> Forecast | None:
    """When the level reaches ``limit`` percent: now, if it has; None when nothing tells."""
    if level.percent is None or level.at is None:
        return None
    left = limit - level.percent
    if left <= 0:
        return Forecast(now, now, now)
    rate = level.rate
    middle = _after(level.at, left, rate.per_hour) if rate is not None else None
    if rate is None or middle is None:
        return None
    earliest = _after(level.at, left, rate.fast) or middle
    latest = _after(level.at, left, rate.slow)
    return Forecast(max(now, middle), max(now, earliest), None if latest is None else max(now, latest))


def rate_of(points: Sequence[tuple[datetime, float]]) -> Rate | None:
    """The rate of filling (Theil-Sen); None where the points are too few, or do not rise."""
    if len(points) < LEAST_POINTS:
        return None
    step = max(1, -(-len(points) // MOST_POINTS))
    used = [(at.timestamp() / 3_600, percent) for at, percent in points[::-1][::step]]
    slopes = [(one[1] - other[1]) / hours for one, other in combinations(used, 2) if (hours := one[0] - other[0]) > 0]
    if len(slopes) < LEAST_POINTS - 1:
        return None
    slow, middle, fast = quantiles(slopes, n=4)
    return Rate(middle, slow, fast) if middle >= LEAST_RATE else None


def _moved(
    level: Level, near: tuple[float, ...], point: tuple[datetime, float], began: datetime, limits: BinThresholds
) -> Level:
    at, percent = point
    emptied = level.emptied
    if level.percent is not None and level.percent - percent >= limits.emptied_drop:
        emptied = Emptying(began, round(level.percent, 1), round(percent, 1))
    at_us = micros(at)
    packed = level.packed + _POINT.pack(at_us, round(percent * 10))
    return Level(percent, at, near, None, _thinned(packed, at_us - _KEPT_US), emptied)


def pack(*points: tuple[datetime, float]) -> bytes:
    """A trail of these points."""
    return b"".join(_POINT.pack(micros(at), round(percent * 10)) for at, percent in points)


def _thinned(packed: bytes, oldest: int) -> bytes:
    size, gone = _POINT.size, 0
    while _POINT.unpack_from(packed, gone)[0] < oldest:
        gone += size
    young = packed[gone:]
    if len(young) <= KEPT_POINTS * size:
        return young
    old, recent = young[: -RECENT * size], young[-RECENT * size :]
    return b"".join(old[start : start + size] for start in range(0, len(old), 2 * size)) + recent


def _after(at: datetime, left: float, per_hour: float) -> datetime | None:
    if per_hour < LEAST_RATE or left / per_hour > FARTHEST / timedelta(hours=1):
        return None
    return at + timedelta(hours=left / per_hour)
