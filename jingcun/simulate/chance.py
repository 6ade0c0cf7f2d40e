"""Chance that repeats: every stream of draws is named, so that one more draw here changes nothing there."""

from __future__ import annotations

import math
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

DAY = timedelta(days=1)
NEVER = timedelta(days=36_500)


class Dice:
    """Draws of one named stream of one seed."""

    def __init__(self, seed: int, name: str) -> None:
        """The same seed and name give the same draws on every machine."""
        self._random = Random(f"{seed}/{name}")

    def happens(self, share: float) -> bool:
        """Whether something happens whose probability this is."""
        return self._random.random() < share

    def wait(self, per_day: float) -> timedelta:
        """Until the next of what happens so often (Poisson); ``NEVER`` for what does not."""
        return DAY * min(NEVER / DAY, self._random.expovariate(per_day)) if per_day > 0 else NEVER

    def about(self, median: timedelta, spread: float) -> timedelta:
        """A log-normal time; never more than forty medians."""
        return median * min(40.0, math.exp(self._random.gauss(0.0, spread)))

    def factor(self, spread: float) -> float:
        """A log-normal factor around one."""
        return math.exp(self._random.gauss(0.0, spread))

    def between(self, low: float, high: float) -> float:
        """Any number from ``low`` up to ``high``."""
        return low + (high - low) * self._random.random()

    def shaken(self, value: float, sigma: float) -> float:
        """A value with a normal error."""
        return value + self._random.gauss(0.0, sigma)

    def number(self, below: int) -> int:
        """A whole number from 0, less than ``below``."""
        return int(self._random.random() * below)

    def id(self) -> UUID:
        """An id that nobody else draws."""
        return UUID(int=self._random.getrandbits(128))

    def shuffle(self, things: list[Any]) -> None:
        """Put things into any order."""
        self._random.shuffle(things)
