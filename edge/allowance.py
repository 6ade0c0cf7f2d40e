"""How many bytes of glimpses a day may take. No picture is opened here: the process that talks counts them."""

from __future__ import annotations

from datetime import date, datetime


class Allowance:
    """The bytes of glimpses that one day (UTC) may take; what was used is forgotten with a new process."""

    def __init__(self, day_bytes: int) -> None:
        self._most = day_bytes
        self._day: date | None = None
        self.used = 0

    def take(self, size: int, now: datetime) -> bool:
        """Use so many bytes; False when the day has not as many left."""
        if self._day != now.date():
            self._day, self.used = now.date(), 0
        if self.used + size > self._most:
            return False
        self.used += size
        return True
