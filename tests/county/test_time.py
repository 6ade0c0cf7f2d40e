"""Limits against a brute-force counter of minutes, across Spring Festival 2022 and 2026 and the ends of years.

The counter walks through every minute and asks nothing but the lists of free and worked days as the State Council's
notices of 2021-10-25 and 2025-11-04 give them: it shares no line with the calendar.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from county.calendar import Calendar, Day, NoWorkingTime
from county.policy import Limit
from county.policy.limits import Span, words_of
from county.qingluan import qingluan
from tests.county.small import limits, small_county

ZONE = ZoneInfo("Asia/Shanghai")
FREE = {
    *(date(2022, 1, n) for n in (1, 2, 3)),  # 元旦
    date(2022, 1, 31), *(date(2022, 2, n) for n in range(1, 7)),  # 春节
    *(date(2022, 4, n) for n in (3, 4, 5)),  # 清明节
    *(date(2026, 1, n) for n in (1, 2, 3)),
    *(date(2026, 2, n) for n in range(15, 24)),  # 春节
    *(date(2026, 4, n) for n in (4, 5, 6)),
}  # fmt: skip
WORKED = {
    date(2022, 1, 29),
    date(2022, 1, 30),
    date(2022, 4, 2),
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
}
CALENDAR = Calendar({day: Day(day, day in WORKED) for day in FREE | WORKED})
WINDOWS = ((date(2021, 12, 20), 120), (date(2025, 12, 20), 120))


def is_worked(minute: datetime) -> bool:
    """Whether this one minute is working time."""
    day, hour = minute.date(), minute.hour
    if day in FREE or (day.weekday() >= 5 and day not in WORKED):
        return False
    return 8 <= hour < 12 or 14 <= hour < 18


class Counter:
    """Every working minute of a window, counted one by one from its first day."""

    def __init__(self, first: date, days: int) -> None:
        self.start = datetime.combine(first, time(), ZONE)
        self.minutes = days * 24 * 60
        naive = datetime.combine(first, time())
        self.worked = [n for n in range(self.minutes) if is_worked(naive + timedelta(minutes=n))]

    def at(self, minute: float) -> datetime:
        return self.start + timedelta(minutes=minute)

    def after(self, minute: int, count: int) -> int:
        """The end of the working minute that is the ``count``-th after this moment."""
        return self.worked[bisect_left(self.worked, minute) + count - 1] + 1

    def between(self, minute: int, end: int) -> int:
        return bisect_left(self.worked, end) - bisect_left(self.worked, minute)


COUNTERS = [Counter(*window) for window in WINDOWS]
counters = st.sampled_from(COUNTERS)
# Half of the window to start in, so that the longest limit of the tests ends inside it.
minutes = st.integers(0, 60 * 24 * 60)
UNITS = {"second": 1 / 60, "minute": 1, "hour": 60, "day": 24 * 60, "work_hour": 60, "work_day": 8 * 60}


@given(counters, minutes, st.sampled_from(list(UNITS)), st.integers(1, 12 * 8 * 60))
def test_every_unit_ends_in_the_minute_to_which_a_counter_counts(
    counter: Counter, minute: int, unit: str, count: int
) -> None:
    limit = Limit.model_validate({"stage": "handle", "level": "village", "value": count / UNITS[unit], "unit": unit})
    wanted = counter.after(minute, count) if unit.startswith("work") else minute + count
    due = limit.due(counter.at(minute), CALENDAR)
    assert abs(due - counter.at(wanted)) < timedelta(milliseconds=1)


@given(counters, minutes, st.integers(0, 30 * 24 * 60))
def test_the_hours_between_two_moments_are_what_a_counter_counts(counter: Counter, minute: int, length: int) -> None:
    start, end = counter.at(minute), counter.at(minute + length)
    hours = counter.between(minute, minute + length) / 60
    assert CALENDAR.elapsed_work_hours(start, end) == pytest.approx(hours, abs=1e-9)
    assert CALENDAR.elapsed_work_hours(end, start) == pytest.approx(-hours, abs=1e-9)
    assert CALENDAR.elapsed_work_hours(start.astimezone(UTC), end) == pytest.approx(hours, abs=1e-9)


moments = st.builds(lambda counter, minute, second: counter.at(minute) + timedelta(seconds=second),
                    counters, minutes, st.floats(0, 59.999))  # fmt: skip


@given(moments, st.floats(0.01, 90))
def test_what_has_elapsed_at_the_end_of_a_limit_is_the_limit(start: datetime, hours: float) -> None:
    due = CALENDAR.after_work_hours(start, hours)
    assert CALENDAR.elapsed_work_hours(start, due) == pytest.approx(hours, abs=1e-6)


@given(counters, minutes, st.integers(1, 20 * 24 * 60))
def test_a_limit_of_what_has_elapsed_ends_at_that_moment_or_at_the_last_working_one_before(
    counter: Counter, minute: int, length: int
) -> None:
    start, end = counter.at(minute), counter.at(minute + length)
    hours = CALENDAR.elapsed_work_hours(start, end)
    assume(hours > 0)
    last = counter.worked[bisect_right(counter.worked, minute + length - 1) - 1] + 1
    assert abs(CALENDAR.after_work_hours(start, hours) - counter.at(last)) < timedelta(milliseconds=1)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=20)), st.timedeltas(timedelta(0), timedelta(days=20)))
@example(datetime(2026, 2, 14, 18, tzinfo=ZONE), timedelta(days=9), timedelta(days=1))
def test_elapsed_time_adds_up(start: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = start + first, start + first + second
    parts = CALENDAR.elapsed_work_hours(start, middle) + CALENDAR.elapsed_work_hours(middle, end)
    assert CALENDAR.elapsed_work_hours(start, end) == pytest.approx(parts, abs=1e-6)


@pytest.mark.parametrize(
    ("start", "unit", "value", "due"),
    [
        ("2022-01-28T16:00", "work_hour", 4, "2022-01-29T10:00"),  # a Saturday that is worked
        ("2022-01-30T17:00", "work_hour", 2, "2022-02-07T09:00"),  # over Spring Festival of the winter campaign
        ("2022-01-30T10:00", "work_day", 1, "2022-02-07T10:00"),
        ("2022-01-30T10:00", "day", 1, "2022-01-31T10:00"),  # natural days run on
        ("2026-02-14T16:00", "work_day", 1, "2026-02-24T16:00"),
        ("2026-02-14T16:00", "work_hour", 4, "2026-02-24T10:00"),
        ("2026-02-16T09:00", "hour", 24, "2026-02-17T09:00"),
        ("2026-02-27T17:00", "work_hour", 2, "2026-02-28T09:00"),  # the Saturday in exchange
        ("2021-12-31T17:00", "work_hour", 2, "2022-01-04T09:00"),  # the end of a year
        ("2025-12-31T17:00", "work_hour", 2, "2026-01-04T09:00"),  # into a worked Sunday
        ("2025-12-31T23:30", "hour", 1, "2026-01-01T00:30"),
    ],
)
def test_limits_over_the_holidays(start: str, unit: str, value: float, due: str) -> None:
    limit = Limit.model_validate({"stage": "handle", "level": "village", "value": value, "unit": unit})
    assert limit.due(datetime.fromisoformat(start).replace(tzinfo=ZONE), CALENDAR).isoformat()[:16] == due


def test_the_shipped_calendar_of_2026_agrees_with_the_counter() -> None:
    shipped, counter = qingluan().calendar, COUNTERS[1]
    for day in (datetime.combine(counter.start.date(), time(9)) + timedelta(days=n) for n in range(12, 105)):
        assert shipped.works(day.date()) == is_worked(day), day


def test_a_limit_in_working_time_that_never_ends_says_so() -> None:
    with pytest.raises(NoWorkingTime, match="no working time within two years"):
        CALENDAR.after_work_days(datetime(2026, 1, 1, tzinfo=UTC), 600)


MORE: list[dict[str, Any]] = [
    {"value": 8, "severity": "urgent"}, {"value": 7, "zone": "yard"},
    {"value": 6, "zone": "yard", "severity": "urgent"},
    {"value": 5, "category": "dumped"}, {"value": 4, "category": "dumped", "severity": "urgent"},
    {"value": 3, "category": "dumped", "zone": "yard"},
    {"value": 2, "category": "dumped", "zone": "yard", "severity": "urgent"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "zone", "severity", "minutes"),
    [
        ("garbage", "street", "minor", 30), ("garbage", "street", "urgent", 8), ("garbage", "yard", "minor", 7),
        ("garbage", "yard", "urgent", 6), ("dumped", "street", "minor", 5), ("dumped", "street", "urgent", 4),
        ("dumped", "yard", "minor", 3), ("dumped", "yard", "urgent", 2), ("", "", "", 30),
    ],
)  # fmt: skip
def test_category_weighs_more_than_zone_and_zone_more_than_severity(
    what: str, zone: str, severity: str, minutes: int
) -> None:
    more = [{"stage": "handle", "level": "village", "unit": "minute", **each} for each in MORE]
    for order in (more, more[::-1]):
        county = small_county(limits=[*limits(), *order])
        start = datetime(2026, 3, 2, 9, tzinfo=ZONE)
        for _ in range(2):  # the second time it is remembered
            assert county.due("handle", "village", start, what, zone, severity=severity) == start + timedelta(
                minutes=minutes
            )


def test_one_weightier_word_beats_any_lighter_ones() -> None:
    more = [
        {"stage": "handle", "level": "village", "unit": "minute", "value": 1, "category": "dumped"},
        {"stage": "handle", "level": "village", "unit": "minute", "value": 9, "zone": "yard", "severity": "urgent"},
    ]
    limit = small_county(limits=[*limits(), *more]).limit("handle", "village", "dumped", "yard", "urgent")
    assert limit is not None
    assert limit.value == 1


@pytest.mark.parametrize(
    ("written", "unit", "words"),
    [
        ("小时", "hour", "2小时"), ("工作时", "work_hour", "2工作时"), ("工作日", "work_day", "2工作日"),
        ("自然日", "day", "2自然日"), ("天", "day", "2自然日"), ("分钟", "minute", "2分钟"), ("秒", "second", "2秒"),
        ("work_day", "work_day", "2工作日"),
    ],
)  # fmt: skip
def test_a_unit_may_be_written_as_in_chinese_documents(written: str, unit: str, words: str) -> None:
    limit = Limit.model_validate({"stage": "handle", "level": "village", "value": 2, "unit": written})
    assert (limit.unit, words_of(limit)) == (unit, words)


def test_whole_minutes_that_are_written_in_seconds_are_read_as_minutes() -> None:
    spans = [Span(value=value, unit="second") for value in (180, 90, 45)]
    assert [words_of(one) for one in spans] == ["3分钟", "90秒", "45秒"]


@pytest.mark.parametrize("written", ["时", "", "WORK_DAY", 3, None, ["hour"]])
def test_an_unknown_unit_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="unit"):
        Limit.model_validate({"stage": "handle", "level": "village", "value": 2, "unit": written})


@pytest.mark.parametrize("stage", ["triage", "assess"])
def test_to_judge_and_to_assess_may_have_limits_and_need_none(stage: str) -> None:
    assert small_county().limit(stage, "village") is None  # type: ignore[arg-type]
    county = small_county(limits=[*limits(), {"stage": stage, "level": "village", "value": 2, "unit": "work_hour"}])
    due = county.due(stage, "village", datetime(2026, 3, 2, 9, tzinfo=ZONE))  # type: ignore[arg-type]
    assert due == datetime(2026, 3, 2, 11, tzinfo=ZONE)
