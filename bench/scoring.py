"""How a detector is scored: mean average precision of boxes, and dumping events by the rule of the IWDD contest. Pure.

Event rule: an alarm is a hit when it comes from 3 s before to 10 s after the drop, and, by place, when its box meets
the true one. An alarm at another time or place is a false one; a drop without a hit is a miss; in a clean clip every
alarm is false. One drop takes one alarm; further alarms for it are false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

Corners = tuple[float, float, float, float]  # x1, y1, x2, y2

EARLY_S, LATE_S = 3.0, 10.0
MEETS = 0.1  # IoU from which two boxes are at one place: a heap grows after the first bag


@dataclass(frozen=True, slots=True)
class Seen:
    """One detection: its picture, score 0..1, corners."""

    picture: str
    score: float
    box: Corners


@dataclass(frozen=True, slots=True)
class Moment:
    """An alarm or a drop: seconds into the clip, and where."""

    at: float
    box: Corners


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip: what was alarmed, what really happened."""

    alarms: tuple[Moment, ...]
    drops: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class EventScore:
    """Hits, false alarms, misses, and the delays of the hits in seconds."""

    hits: int
    false: int
    missed: int
    delays: tuple[float, ...]

    @property
    def precision(self) -> float | None:
        """Share of alarms that were right; None without alarms."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else None

    @property
    def recall(self) -> float | None:
        """Share of drops that were alarmed; None without drops."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None where neither alarm nor drop was there."""
        wrong = self.false + self.missed
        return 2 * self.hits / (2 * self.hits + wrong) if self.hits + wrong else None

    @property
    def delay(self) -> float | None:
        """Median delay of the hits in seconds."""
        return median(self.delays) if self.delays else None


def iou(a: Corners, b: Corners) -> float:
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def average_precision(seen: Sequence[Seen], truth: Mapping[str, Sequence[Corners]], least: float = 0.5) -> float | None:
    """Average precision of one class at one IoU, interpolated at 101 recalls; None when the class does not occur."""
    envelope = recall_curve(seen, truth, least)
    if envelope is None:
        return None
    return sum(precision_at(envelope, step / 100) for step in range(101)) / 101


def recall_curve(
    seen: Sequence[Seen], truth: Mapping[str, Sequence[Corners]], least: float = 0.5
) -> list[tuple[float, float]] | None:
    """Recall and the best precision from there on, rising; None when the class does not occur."""
    total = sum(len(boxes) for boxes in truth.values())
    if not total:
        return None
    hits, points = 0, []
    for count, (_, right) in enumerate(judged(seen, truth, least), 1):
        hits += right
        points.append((hits / total, hits / count))
    best_from = 0.0
    envelope = []
    for recall, precision in reversed(points):
        best_from = max(best_from, precision)
        envelope.append((recall, best_from))
    envelope.reverse()
    return envelope


def reliability(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> tuple[list[tuple[float, float, int]], float]:
    """Of (score, right) pairs: mean score, share right and number in each tenth, and the expected calibration error."""
    rows = []
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        part = [(score, right) for score, right in pairs if low < score <= high]
        if part:
            rows.append((fmean(score for score, _ in part), fmean(right for _, right in part), len(part)))
    error = sum(abs(score - right) * count for score, right, count in rows) / (len(pairs) or 1)
    return rows, error


def judged(
    seen: Sequence[Seen], truth: Mapping[str, Sequence[Corners]], least: float = 0.5
) -> list[tuple[float, bool]]:
    """Each box's score and whether it is right: the best one of a true box is, a second one is not."""
    free = {picture: list(boxes) for picture, boxes in truth.items()}
    rows = []
    for one in sorted(seen, key=lambda each: -each.score):
        left = free.get(one.picture, [])
        best = max(left, key=lambda box: iou(one.box, box), default=None)
        right = best is not None and iou(one.box, best) >= least
        if right and best is not None:
            left.remove(best)
        rows.append((one.score, right))
    return rows


def interval(
    clips: Sequence[Clip], figure: Callable[[Sequence[Clip]], float | None], seed: int = 3, times: int = 400
) -> tuple[float, float] | None:
    """95 % of what a figure would be if the clips were drawn anew, with replacement; None where it has no value."""
    dice = np.random.default_rng(seed)
    values = [figure([clips[index] for index in dice.integers(len(clips), size=len(clips))]) for _ in range(times)]
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = np.percentile(known, (2.5, 97.5))
    return float(low), float(high)


def score_events(clips: Sequence[Clip], *, by_place: bool = True) -> EventScore:
    """Score all clips together."""
    hits = false = missed = 0
    delays: list[float] = []
    for clip in clips:
        found = _match(clip, by_place)
        delays += [alarm.at - drop.at for alarm, drop in found]
        hits += len(found)
        false += len(clip.alarms) - len(found)
        missed += len(clip.drops) - len(found)
    return EventScore(hits, false, missed, tuple(delays))


def _match(clip: Clip, by_place: bool) -> list[tuple[Moment, Moment]]:
    open_drops, found = list(clip.drops), []
    for alarm in sorted(clip.alarms, key=lambda each: each.at):
        drop = next((one for one in open_drops if _hits(alarm, one, by_place)), None)
        if drop is not None:
            open_drops.remove(drop)
            found.append((alarm, drop))
    return found


def _hits(alarm: Moment, drop: Moment, by_place: bool) -> bool:
    in_time = -EARLY_S <= alarm.at - drop.at <= LATE_S
    return in_time and (not by_place or iou(alarm.box, drop.box) >= MEETS)


def precision_at(envelope: Sequence[tuple[float, float]], recall: float) -> float:
    """The best precision at this recall or beyond; 0 where it is never reached."""
    return next((precision for reached, precision in envelope if reached >= recall), 0.0)
