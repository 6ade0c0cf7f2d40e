"""Windows of a rule: which moments lie inside, and when something has lasted long enough inside them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from county.calendar import Calendar, Day
from county.policy.schedule import Hours, Window

ZONE = ZoneInfo("Asia/Shanghai")
SPRING = {date(2027, 2, day): Day(date(2027, 2, day), works=False, name="春节") for day in range(5, 12)}
CALENDAR = Calendar({**SPRING, date(2027, 2, 13): Day(date(2027, 2, 13), works=True, name="调休")})
DAY, ALL_DAY = [("08:00", "18:00")], [("00:00", "00:00")]


def hours(*windows: dict[str, Any]) -> Hours:
    return Hours([Window.model_validate(one) for one in windows], CALENDAR)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of February 2027; the 1st is a Monday, 5 to 11 are the holiday, Saturday the 13th is worked."""
    return datetime(2027, 2, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("windows", "moment", "inside"),
    [
        ([], local(1, 3), True),
        ([{"hours": DAY}], local(1, 8), True),
        ([{"hours": DAY}], local(1, 7, 59), False),
        ([{"hours": DAY}], local(1, 18), False),
        ([{"days": ["mon"], "hours": [("22:00", "06:00")]}], local(2, 5, 59), True),
        ([{"days": ["mon"], "hours": [("22:00", "06:00")]}], local(1, 5), False),
        ([{"days": ["mon"], "hours": [("22:00", "06:00")]}], local(2, 23), False),
        ([{"days": ["sun"]}], local(7, 23, 59), True),
        ([{"days": ["sun"]}], local(8, 0), False),
        ([{"only": "holiday"}], local(5, 12), True),
        ([{"only": "holiday"}], local(6, 12), True),
        ([{"only": "holiday"}], local(13, 12), False),
        ([{"only": "holiday"}], local(14, 12), True),
        ([{"only": "worked", "hours": DAY}], local(13, 12), True),
        ([{"only": "worked", "hours": DAY}], local(5, 12), False),
        ([{"days": ["mon"]}, {"hours": [("20:00", "21:00")]}], local(3, 20, 30), True),
        ([{"hours": [("08:00", "09:00"), ("20:00", "21:00")]}], local(3, 20, 30), True),
        ([{"hours": [("08:00", "09:00"), ("20:00", "21:00")]}], local(3, 12), False),
    ],
)
def test_what_lies_inside(windows: list[dict[str, Any]], moment: datetime, inside: bool) -> None:
    assert hours(*windows).holds(moment) is inside


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_without_windows_time_runs_on() -> None:
    assert hours().first(local(1, 3), minutes(30), local(1, 3)) == local(1, 3, 30)
    assert hours().first(local(1, 3), minutes(30), local(2, 3)) == local(2, 3)


@pytest.mark.parametrize(
    ("since", "lasts", "not_before", "expected"),
    [
        (local(1, 9), 60, local(1, 9), local(1, 10)),
        (local(1, 9), 60, local(1, 12), local(1, 12)),
        (local(1, 17), 59, local(1, 17), local(1, 17, 59)),
        (local(1, 17), 60, local(1, 17), local(2, 9)),  # at the very end it is outside
        (local(1, 3), 0, local(1, 3), local(1, 8)),
        (local(1, 19), 30, local(1, 19), local(2, 8, 30)),
        (local(1, 9), 700, local(1, 9), None),  # longer than any day's hours
        (local(1, 9), 60, local(5, 12), local(5, 12)),
    ],
)
def test_a_duration_lies_within_one_span(
    since: datetime, lasts: float, not_before: datetime, expected: datetime | None
) -> None:
    assert hours({"hours": DAY}).first(since, minutes(lasts), not_before) == expected


def test_windows_that_touch_or_overlap_are_one_span() -> None:
    touching = hours({"hours": [("08:00", "12:00")]}, {"hours": [("12:00", "18:00")]})
    assert touching.first(local(1, 9), minutes(300), local(1, 9)) == local(1, 14)
    overlapping = hours({"hours": [("08:00", "14:00")]}, {"hours": [("10:00", "18:00")]})
    assert overlapping.first(local(1, 9), minutes(300), local(1, 9)) == local(1, 14)
    every_day = hours({"hours": ALL_DAY})
    assert every_day.first(local(1, 9), minutes(60 * 24 * 11), local(1, 9)) == local(12, 9)
    assert every_day.first(local(1, 9), minutes(30), local(27, 9)) == local(27, 9)


def test_a_window_of_holidays_is_found_weeks_away() -> None:
    holidays = hours({"only": "holiday", "days": ["mon"], "hours": DAY})
    assert holidays.first(local(9, 9), minutes(30), local(9, 9)) is None, "the next Monday off is not in the calendar"
    assert holidays.first(local(1, 9), minutes(30), local(1, 9)) == local(8, 8, 30)


def test_a_window_says_its_default_and_refuses_what_is_none() -> None:
    assert Window().hours == ((time(0), time(0)),)
    assert len(Window().days) == 7
    assert hours({}).holds(local(3, 4))
