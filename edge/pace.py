"""Time that never goes back: a box whose clock is set back by an hour or a day goes on looking, waiting and telling.

Every wait of a camera (gate, re-check, reminder, dumping) and the order of its events on the server rest on times that
rise. A clock that jumps back without a time service behind it is carried on from the last time told, at its own speed,
until it has caught up. One that a time service has just put right is believed: then it was wrong before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TICK = timedelta(milliseconds=1)
JITTER = timedelta(seconds=5)  # two threads ask in turn; so little is no clock set back
NONE = timedelta(0)
STEP_BACK = timedelta(minutes=10)  # from here on the watcher begins its waits anew by itself


@dataclass(frozen=True, slots=True)
class Pace:
    """The last time given out, and how far it runs ahead of the clock."""

    last: datetime | None = None
    ahead: timedelta = NONE

    @property
    def carried(self) -> bool:
        """Whether the times given out are not the clock's own."""
        return self.ahead > JITTER

    def take(self, at: datetime, synchronised: bool) -> tuple[Pace, datetime]:
        """Take in what the clock says; returns a time later than every one before, unless the clock was put right."""
        last = self.last
        if last is None or at > last or (synchronised and last - at >= STEP_BACK):
            return Pace(at), at
        carried = at + self.ahead
        if carried <= last:
            carried = last + TICK
        return Pace(carried, carried - at), carried
