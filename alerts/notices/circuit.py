"""Leaves a channel alone for a while that answers nobody: one that is away must not hold up every letter behind it."""

from __future__ import annotations

from datetime import datetime, timedelta

TRIPS_AFTER = 5  # failures in a row
_FIRST, _LONGEST = timedelta(seconds=10), timedelta(minutes=2)


class Circuit:
    """One channel's: closed while it answers, open for a growing while after it failed so often in a row."""

    def __init__(self) -> None:
        self._failures = 0
        self._until: datetime | None = None
        self._pause = timedelta()

    def allows(self, now: datetime) -> bool:
        """Whether the channel may be tried; after the pause one letter finds out whether it is back."""
        # a clock that was set back must not make the pause any longer
        return self._until is None or now >= self._until or self._until - now > self._pause

    def note(self, now: datetime, *, answered: bool) -> None:
        """Tell what an attempt came to."""
        if answered:
            self._failures, self._until = 0, None
            return
        self._failures += 1
        if self._failures >= TRIPS_AFTER:
            self._pause = min(_FIRST * 2 ** min(self._failures - TRIPS_AFTER, 10), _LONGEST)
            self._until = now + self._pause
