"""[quiet]: the hours in which a phone does not ring, but for what is grave enough; letters wait for the morning."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from county.policy.base import HoursOfDay, Severity, Strict, within


class Quiet(Strict):
    """``hours`` are a local from and to; past midnight where to is the earlier. ``but``: severities that ring."""

    hours: HoursOfDay | None = None
    but: tuple[Severity, ...] = Field(default=("urgent",))

    @model_validator(mode="after")
    def _hours_that_are_some(self) -> Quiet:
        if self.hours is not None:
            begin, end = self.hours
            if begin == end or begin.tzinfo is not None or end.tzinfo is not None:
                raise ValueError("hours is a local from and to, like ['22:00', '06:30']")
        return self

    def until(self, now: datetime, zone: ZoneInfo, severity: str) -> datetime | None:
        """When a letter of this severity may go out; None where it may now. ``now`` is aware."""
        if self.hours is None or severity in self.but:
            return None
        local, end = now.astimezone(zone), self.hours[1]
        if not within(self.hours, local.time()):
            return None
        day = local.date() + timedelta(days=0 if local.time() < end else 1)
        return datetime.combine(day, end, zone).astimezone(now.tzinfo)
