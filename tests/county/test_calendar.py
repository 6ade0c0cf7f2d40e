"""Working time: nights, weekends and holidays stop the clock, worked weekends do not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.calendar import Calendar, Day
from county.policy import Limit
from county.values import Level

ZONE = ZoneInfo("Asia/Shanghai")
# A Friday holiday before a worked Saturday.
CALENDAR = Calendar(
    {day.date: day for day in (Day(date(2026, 9, 25), False, "中秋节"), Day(date(2026, 9, 26), True, "调休"))}
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02T09:00", 2, "2026-03-02T11:00"),  # Monday morning
        ("2026-03-02T11:00", 2, "2026-03-02T15:00"),  # over noon
        ("2026-03-02T12:30", 1, "2026-03-02T15:00"),  # the break itself does not count
        ("2026-03-02T17:00", 4, "2026-03-03T11:00"),  # over night
        ("2026-03-02T03:00", 4, "2026-03-02T12:00"),  # reported at night
        ("2026-03-06T17:00", 2, "2026-03-09T09:00"),  # over the weekend
        ("2026-03-07T10:00", 1, "2026-03-09T09:00"),  # reported on Saturday
        ("2026-09-24T17:00", 2, "2026-09-26T09:00"),  # over a holiday to a worked Saturday
        ("2026-03-02T08:00", 8, "2026-03-02T18:00"),  # a whole day ends the same evening
    ],
)
def test_working_hours(start: str, hours: float, due: str) -> None:
    assert CALENDAR.after_work_hours(local(start), hours) == local(due)


def test_a_working_day_is_its_hours() -> None:
    start = local("2026-03-02T10:00")
    assert CALENDAR.after_work_days(start, 1) == CALENDAR.after_work_hours(start, 8) == local("2026-03-03T10:00")


def test_the_answer_keeps_the_zone_of_the_question() -> None:
    due = CALENDAR.after_work_hours(datetime(2026, 3, 2, 1, tzinfo=UTC), 2)
    assert due.isoformat() == "2026-03-02T03:00:00+00:00"


def test_a_calendar_without_work_says_so_instead_of_searching_for_ever() -> None:
    never = Calendar({date(2026, 1, 1) + timedelta(days=n): Day(date(2026, 1, 1), False) for n in range(1000)})
    with pytest.raises(ValueError, match="no working time within two years"):
        never.after_work_hours(local("2026-01-01T08:00"), 1)


moments = st.integers(0, 364 * 24 * 60).map(lambda minutes: local("2026-01-01T00:00") + timedelta(minutes=minutes))
spans = st.integers(1, 60 * 100).map(lambda minutes: minutes / 60)


@given(moments, spans, spans)
def test_a_longer_limit_never_ends_earlier_and_ends_in_working_time(start: datetime, one: float, two: float) -> None:
    first, second = sorted((one, two))
    due = CALENDAR.after_work_hours(start, first)
    assert start < due <= CALENDAR.after_work_hours(start, second)
    assert CALENDAR.works(due.date())
    assert any(opens < due.time() <= closes for opens, closes in CALENDAR.hours)


UNITS = [("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400)]


@pytest.mark.parametrize(("unit", "seconds"), UNITS)
def test_plain_units_run_day_and_night(unit: str, seconds: int) -> None:
    start = local("2026-03-07T23:00")
    limit = Limit.model_validate({"stage": "accept", "level": Level.VILLAGE, "value": 1.5, "unit": unit})
    assert limit.due(start, CALENDAR) - start == timedelta(seconds=1.5 * seconds)


@pytest.mark.parametrize(("unit", "due"), [("work_hour", "2026-03-09T09:00"), ("work_day", "2026-03-09T18:00")])
def test_working_units_wait_for_monday(unit: str, due: str) -> None:
    limit = Limit.model_validate({"stage": "accept", "level": Level.VILLAGE, "value": 1, "unit": unit})
    assert limit.due(local("2026-03-07T23:00"), Calendar()) == local(due)


def test_hours_of_the_county_count() -> None:
    early = Calendar(hours=((time(6), time(9)),))
    assert early.after_work_hours(local("2026-03-02T08:00"), 2) == local("2026-03-03T07:00")
