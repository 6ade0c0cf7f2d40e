"""How well boxes fit labels: average precision at IoU 0.5, precision and recall. Pictures come one by one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from detect.boxes import Found, iou

LEAST_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Fit:
    """What was reached on ``pictures`` with ``boxes`` labels; precision and recall of boxes from a score.

    None where nothing was labelled, or nothing seen. ``classes`` is the average precision of each class that occurs.
    """

    pictures: int
    boxes: int
    map50: float | None
    precision: float | None
    recall: float | None
    classes: dict[str, float]


@dataclass(slots=True)
class Tally:
    """Counts for the classes ``names`` only: what a model was never taught is not held against it here."""

    names: Collection[str]
    pictures: int = 0
    truth: dict[str, int] = field(default_factory=dict)
    seen: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)

    def add(self, found: Sequence[Found], labelled: Sequence[Found]) -> None:
        """One picture: what was found and what is labelled, in the same units."""
        self.pictures += 1
        for name in self.names:
            wanted = [box for box in labelled if box.label == name]
            self.truth[name] = self.truth.get(name, 0) + len(wanted)
            self.seen.setdefault(name, []).extend(matched([one for one in found if one.label == name], wanted))

    def fit(self, score: float) -> Fit:
        """The figures so far; ``score`` is from where a box counts for precision and recall."""
        classes = {name: _average(self.seen[name], total) for name, total in self.truth.items() if total}
        boxes = sum(self.truth.values())
        shown = [hit for name in self.seen for one, hit in self.seen[name] if one >= score]
        mean = sum(classes.values()) / len(classes) if classes else None
        precision = sum(shown) / len(shown) if shown else None
        return Fit(self.pictures, boxes, mean, precision, sum(shown) / boxes if boxes else None, classes)


def matched(found: Sequence[Found], wanted: Sequence[Found], least: float = LEAST_IOU) -> list[tuple[float, bool]]:
    """Score and whether it hits, for each box, best first; each wanted box is hit once."""
    left, told = list(wanted), []
    for one in sorted(found, key=lambda each: -each.score):
        best = max(left, key=lambda box: iou(one, box), default=None)
        hit = best is not None and iou(one, best) >= least
        if hit and best is not None:
            left.remove(best)
        told.append((one.score, hit))
    return told


def _average(seen: Sequence[tuple[float, bool]], total: int) -> float:
    """Precision at 101 recalls, each the best that is reached at that recall or beyond."""
    hits, points = 0, []
    for count, (_, hit) in enumerate(sorted(seen, key=lambda one: -one[0]), 1):
        hits += hit
        points.append((hits, hits / count))
    best_from, reached = 0.0, [0.0] * 101
    for step in range(100, -1, -1):
        while points and points[-1][0] * 100 >= step * total:
            best_from = max(best_from, points.pop()[1])
        reached[step] = best_from
    return sum(reached) / 101
