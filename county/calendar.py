"""Working time: which days and hours count, and when a limit that starts now runs out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_LONGEST_SEARCH = timedelta(days=800)


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
        raise ValueError("no working time within two years; check calendar.csv and [work] hours in policy.toml")

    def after_work_days(self, start: datetime, days: float) -> datetime:
        """So many working days later: a working day is all the hours of one day."""
        per_day = sum(
            (datetime.combine(date.min, closes) - datetime.combine(date.min, opens) for opens, closes in self.hours),
            timedelta(0),
        )
        return self.after_work_hours(start, days * (per_day / timedelta(hours=1)))

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        first = start.astimezone(zone).date()
        for offset in range(_LONGEST_SEARCH.days):
            day = first + timedelta(days=offset)
            if not self.works(day):
                continue
            for opens, closes in self.hours:
                end = datetime.combine(day, closes, zone)
                if end > start:
                    yield datetime.combine(day, opens, zone), end
