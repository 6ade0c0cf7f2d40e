"""Slow down who guesses: failures counted by source, a growing wait after too many. In memory, bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

MOST_SOURCES = 20_000


class Patience:
    """``allowed`` failures within ``window`` are free; each further one doubles the wait, up to the window."""

    def __init__(self, now: Callable[[], datetime], allowed: int, window: timedelta) -> None:
        self._now = now
        self._allowed = allowed
        self._window = window
        self._failures: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, source: str) -> int:
        """Return the seconds that this source must still wait, 0 when it may try."""
        with self._lock:
            count, last = self._known(source)
        if count < self._allowed:
            return 0
        pause = min(self._window, timedelta(seconds=2 ** min(count - self._allowed + 3, 20)))
        return max(0, int((last + pause - self._now()).total_seconds() + 0.999))

    def failed(self, source: str) -> None:
        """Count one failure."""
        with self._lock:
            count, _ = self._known(source)
            self._failures[source] = (count + 1, self._now())
            self._failures.move_to_end(source)
            while len(self._failures) > MOST_SOURCES:
                self._failures.popitem(last=False)

    def succeeded(self, source: str) -> None:
        """Forget the failures of a source that proved itself."""
        with self._lock:
            self._failures.pop(source, None)

    def _known(self, source: str) -> tuple[int, datetime]:
        count, last = self._failures.get(source, (0, self._now()))
        return (0, last) if self._now() - last >= self._window else (count, last)
