"""Working time: which days and hours count, and when a limit that starts now runs out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_LONGEST_SEARCH = timedelta(days=800)


class NoWorkingTime(ValueError):
    """A limit in working time does not end within two years; the check refuses it."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day that differs from its weekday: a holiday, or a weekend day that is worked."""

    date: date
    works: bool
    name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Monday to Friday are worked unless ``days`` says otherwise; ``hours`` are local (start, end) pairs, in order."""

    days: Mapping[date, Day] = field(default_factory=dict)
    hours: tuple[tuple[time, time], ...] = ((time(8, 0), time(12, 0)), (time(14, 0), time(18, 0)))
    zone: str = "Asia/Shanghai"

    def works(self, day: date) -> bool:
        """Whether a day is worked."""
        exception = self.days.get(day)
        return exception.works if exception else day.weekday() < 5

    def after_work_hours(self, start: datetime, hours: float) -> datetime:
        """The moment at which so many working hours have passed since ``start`` (aware)."""
        left = timedelta(hours=hours)
        for opens, closes in self._spans(start):
            begin = max(opens, start)
            if closes - begin >= left:
                return (begin + left).astimezone(start.tzinfo)
            left -= max(closes - begin, timedelta(0))
        raise NoWorkingTime("no working time within two years; check calendar.csv and [work] hours in policy.toml")

    def elapsed_work_hours(self, start: datetime, end: datetime) -> float:
        """How many working hours lie between two moments (aware); negative when ``end`` comes first.

        The inverse of ``after_work_hours``: how much is left until a limit, or by how much it has passed.
        """
        if end < start:
            return -self.elapsed_work_hours(end, start)
        zone = ZoneInfo(self.zone)
        days = (end.astimezone(zone).date() - start.astimezone(zone).date()).days + 1
        passed = (min(closes, end) - max(opens, start) for opens, closes in self._spans(start, days))
        return sum((span for span in passed if span > timedelta(0)), timedelta(0)) / timedelta(hours=1)

    def after_work_days(self, start: datetime, days: float) -> datetime:
        """So many working days later: a working day is all the hours of one day."""
        return self.after_work_hours(start, days * self.day_hours)

    @property
    def day_hours(self) -> float:
        """The working hours of one day."""
        spans = (datetime.combine(date.min, closes) - datetime.combine(date.min, opens) for opens, closes in self.hours)
        return sum(spans, timedelta(0)) / timedelta(hours=1)

    def _spans(self, start: datetime, days: int = _LONGEST_SEARCH.days) -> Iterator[tuple[datetime, datetime]]:
        """The working spans that end after a moment, on so many days from its own on; in UTC, so that they subtract."""
        zone = ZoneInfo(self.zone)
        first = start.astimezone(zone).date()
        for offset in range(days):
            day = first + timedelta(days=offset)
            if not self.works(day):
                continue
            for opens, closes in self.hours:
                end = datetime.combine(day, closes, zone).astimezone(UTC)
                if end > start:
                    yield datetime.combine(day, opens, zone).astimezone(UTC), end
