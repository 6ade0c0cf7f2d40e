"""How much strangers may bring in: a bucket for each address that fills up again, and one for all. In memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from screen.access.patience import counted_as

MOST_SOURCES = 20_000
EVERYBODY = "*"


class Tap:
    """``each`` takes at once from one source and ``everybody`` from all together; both fill up again in ``window``."""

    def __init__(self, now: Callable[[], datetime], each: int, everybody: int, window: timedelta) -> None:
        self._now = now
        self._each = each
        self._everybody = everybody
        self._window = window.total_seconds()
        self._levels: OrderedDict[str, tuple[float, datetime]] = OrderedDict()  # what was taken, and when that was so
        self._lock = threading.Lock()

    def take(self, source: str) -> int:
        """Take once; returns 0, or the seconds after which it would be given. What is refused takes nothing."""
        source, now = counted_as(source), self._now()
        with self._lock:
            wait = max(self._wait(source, self._each, now), self._wait(EVERYBODY, self._everybody, now))
            if not wait:
                for name, most in ((source, self._each), (EVERYBODY, self._everybody)):
                    self._levels[name] = (self._level(name, most, now) + 1, now)
                    self._levels.move_to_end(name)
                while len(self._levels) > MOST_SOURCES:
                    self._levels.popitem(last=False)
        return wait

    def _level(self, name: str, most: int, now: datetime) -> float:
        level, then = self._levels.get(name, (0.0, now))
        gone = max(0.0, (now - then).total_seconds())  # a clock set back fills nothing and empties nothing
        return max(0.0, level - gone * most / self._window)

    def _wait(self, name: str, most: int, now: datetime) -> int:
        over = self._level(name, most, now) + 1 - most
        return max(1, int(over * self._window / most + 0.999)) if over > 0 else 0
