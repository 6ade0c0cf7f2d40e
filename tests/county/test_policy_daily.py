"""日产日清 as a county writes it: moments of a row, and what may not be written."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.policy.daily import Daily
from tests.county.small import small_policy

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 3, 1, 8, 0, tzinfo=ZONE)
BY_HOURS = Daily(categories=("garbage",), after_hours=24)
BY_CLOCK = Daily(categories=("garbage",), by=time(8))


@pytest.mark.parametrize(
    ("row", "since", "now", "days"),
    [
        (BY_HOURS, MORNING, MORNING + timedelta(hours=23, minutes=59), 0),
        (BY_HOURS, MORNING, MORNING + timedelta(hours=24), 0),
        (BY_HOURS, MORNING, MORNING + timedelta(hours=24, minutes=1), 1),
        (BY_HOURS, MORNING, MORNING + timedelta(hours=48), 1),
        (BY_HOURS, MORNING, MORNING + timedelta(hours=48, minutes=1), 2),
        (BY_HOURS, MORNING, MORNING + timedelta(days=7, hours=1), 7),
        (BY_CLOCK, MORNING, MORNING + timedelta(hours=23, minutes=59), 0),
        (BY_CLOCK, MORNING, MORNING + timedelta(hours=24, minutes=1), 1),
        (BY_CLOCK, MORNING.replace(hour=7), MORNING + timedelta(minutes=1), 0),
        (BY_CLOCK, MORNING.replace(hour=23, minute=59), MORNING + timedelta(hours=24, minutes=1), 1),
        (BY_CLOCK, MORNING.replace(hour=0), MORNING + timedelta(minutes=1), 0),
    ],
)
def test_the_moment_itself_has_not_passed_a_minute_later_it_has(
    row: Daily, since: datetime, now: datetime, days: int
) -> None:
    assert row.days(since, now, ZONE) == days
    assert row.days(since.astimezone(UTC), now.astimezone(UTC), ZONE) == days


def slow(row: Daily, since: datetime, now: datetime) -> int:
    """Count the moments one by one."""
    moment = row.first(since, ZONE)
    count = 0
    while moment < now:
        count += 1
        moment += timedelta(days=1)
    return count


@given(
    row=st.one_of(
        st.builds(lambda hours: Daily(categories=("a",), after_hours=hours), st.integers(1, 72)),
        st.builds(lambda by: Daily(categories=("a",), by=by), st.times(timezones=st.none())),
    ),
    since=st.integers(0, 365 * 1440).map(lambda minute: MORNING + timedelta(minutes=minute)),
    later=st.timedeltas(timedelta(0), timedelta(days=9)),
)
def test_days_are_as_many_as_a_slow_count_finds_and_never_fall(row: Daily, since: datetime, later: timedelta) -> None:
    now = since + later
    assert row.days(since, now, ZONE) == slow(row, since, now)
    assert row.days(since, now + timedelta(days=1), ZONE) <= row.days(since, now, ZONE) + 1
    assert row.first(since, ZONE) > since


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"categories": ["garbage"]}], "just one of"),
        ([{"categories": ["garbage"], "after_hours": 24, "by": "08:00"}], "just one of"),
        ([{"categories": [], "after_hours": 24}], "at least 1"),
        ([{"categories": ["noise"], "after_hours": 24}], "names noise"),
        ([{"categories": ["garbage"], "by": "08:00+08:00"}], "without a zone"),
        ([{"categories": ["garbage"], "after_hours": 0}], "greater than 0"),
        (
            [{"categories": ["garbage"], "after_hours": 24}, {"categories": ["garbage"], "by": "08:00"}],
            "belongs to one",
        ),
    ],
)
def test_what_a_county_may_not_write_is_named(rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        small_policy(daily=rows)
