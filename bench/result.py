"""One figure, how it was come by, and its one line of JSON; medians and percentiles over what was measured."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A measured value in its unit, beside a peer's where there is one; ``runs`` is how many runs the median is of."""

    bench: str
    value: float
    unit: str
    runs: int
    peer: str | None = None
    peer_value: float | None = None

    def line(self) -> str:
        """The JSON line. ``ratio`` is value / peer_value, null without a peer."""
        ratio = self.value / self.peer_value if self.peer_value else None
        return json.dumps(
            {
                "bench": self.bench,
                "value": _short(self.value),
                "unit": self.unit,
                "peer": self.peer,
                "peer_value": _short(self.peer_value),
                "ratio": _short(ratio),
                "runs": self.runs,
            },
            ensure_ascii=False,
        )


def median(values: Sequence[float]) -> float:
    """The middle value; ``ValueError`` when nothing was measured, which must never be printed as a figure."""
    if not values:
        raise ValueError("nothing was measured")
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` (0..1) of the values do not exceed; ``ValueError`` without values."""
    if not values:
        raise ValueError("nothing was measured")
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * share) - 1)]


def _short(value: float | None) -> float | None:
    """Four significant digits: more would be noise."""
    return None if value is None else float(f"{value:.4g}")
