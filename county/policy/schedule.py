"""[[rule.schedule]]: the days and local hours in which a rule counts, and when that is for a given county."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from county.calendar import Calendar
from county.policy.base import Strict

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[datetime, datetime]
_DAY = timedelta(days=1)
_BACK = timedelta(days=13)  # no duration of a rule is longer than a million seconds
_AHEAD = 400  # days: a window of holidays only may be far away


class Window(Strict):
    """Some hours of some days. An end at or before the start lies on the next day: 22:00 to 06:00, 00:00 to 00:00.

    ``only``: worked days or holidays, by the county's calendar.csv (weekends are holidays unless worked).
    """

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = _WEEK
    only: Literal["", "worked", "holiday"] = ""
    hours: Annotated[tuple[tuple[time, time], ...], Field(min_length=1)] = ((time(0), time(0)),)

    @field_validator("hours")
    @classmethod
    def _in_order(cls, hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
        for (_, end), (start, _) in pairwise(hours):
            if start < end:
                raise ValueError("the hours of a window must rise and not overlap; write what overlaps as one")
        if any(end <= start for start, end in hours[:-1]):
            raise ValueError("only the last hours of a window may reach into the next day")
        return hours

    def begins_on(self, day: date, calendar: Calendar) -> bool:
        """Whether its hours begin on this day."""
        if _WEEK[day.weekday()] not in self.days:
            return False
        return not self.only or calendar.works(day) == (self.only == "worked")


class Hours:
    """A rule's windows by the calendar of a county. Without windows it is always."""

    def __init__(self, windows: Sequence[Window], calendar: Calendar) -> None:
        self._windows = tuple(windows)
        self._calendar = calendar
        self._zone = ZoneInfo(calendar.zone)
        self._known: dict[date, tuple[Span, ...]] = {}

    def holds(self, moment: datetime) -> bool:
        """Whether a moment (aware) lies inside."""
        return not self._windows or any(
            start <= moment < end for start, end in self._spans(self._day(moment) - _DAY, 2)
        )

    def first(self, since: datetime, at_least: timedelta, not_before: datetime) -> datetime | None:
        """The first moment, ``not_before`` or later, at which something that began at ``since`` has lasted so long.

        Only time inside counts, and each new span begins to count anew. None: not within a year.
        """
        if not self._windows:
            return max(since + at_least, not_before)
        begins = max(since, not_before - _BACK)
        whole: Span | None = None
        for start, end in self._spans(self._day(begins) - _DAY, _AHEAD):
            whole = (start, end) if whole is None or start > whole[1] else (whole[0], max(whole[1], end))
            reached = max(max(whole[0], since) + at_least, not_before)
            if reached < whole[1]:
                return reached
        return None

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def _spans(self, first: date, days: int) -> Iterator[Span]:
        for offset in range(days):
            day = first + offset * _DAY
            if day not in self._known:
                self._known[day] = tuple(sorted(self._of_day(day)))
            yield from self._known[day]

    def _of_day(self, day: date) -> Iterator[Span]:
        for window in self._windows:
            if window.begins_on(day, self._calendar):
                for start, end in window.hours:
                    last = day if end > start else day + _DAY
                    yield datetime.combine(day, start, self._zone), datetime.combine(last, end, self._zone)
