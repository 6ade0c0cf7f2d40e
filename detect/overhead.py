"""What our own work around the model costs: letterbox, boxes and suppression against the bare model."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from detect.finder import Finder

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Overhead:
    """Medians in milliseconds: the bare model, laying the picture in, reading the boxes out, a whole look."""

    bare_ms: float
    prepare_ms: float
    decode_ms: float
    look_ms: float

    @property
    def added_ms(self) -> float:
        return self.prepare_ms + self.decode_ms

    @property
    def ratio(self) -> float:
        """A look's cost in bare model runs; 1.0 would be free."""
        return (self.bare_ms + self.added_ms) / self.bare_ms


def measure(finder: Finder, picture: Picture, runs: int = 31) -> Overhead:
    """Time ``runs`` interleaved looks at one BGR picture, after a few to warm up."""
    for _ in range(3):
        finder.find(picture)
    rows = [_once(finder, picture) for _ in range(runs)]
    return Overhead(*(median(column) * 1000 for column in zip(*rows, strict=True)))


def _once(finder: Finder, picture: Picture) -> tuple[float, float, float, float]:
    """Seconds of the bare model, of what comes before and after it, and of a whole look."""
    begin = time.perf_counter()
    place = finder.prepare(picture)
    laid = time.perf_counter()
    raw = finder.run()
    ran = time.perf_counter()
    finder.decode(raw, place)
    read = time.perf_counter()
    finder.find(picture)
    return ran - laid, laid - begin, read - ran, time.perf_counter() - read
