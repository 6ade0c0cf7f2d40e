"""Quiet hours: against every minute of two days, across midnight and not."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from county.policy.quiet import Quiet

ZONE = ZoneInfo("Asia/Shanghai")
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))


@given(begin=MINUTES, end=MINUTES, minute=st.integers(0, 2 * 24 * 60 - 1))
def test_a_letter_waits_exactly_while_it_is_quiet_and_until_the_first_minute_that_is_not(
    begin: time, end: time, minute: int
) -> None:
    if begin == end:
        return
    quiet = Quiet(hours=(begin, end))
    now = datetime(2026, 2, 16, tzinfo=ZONE).astimezone(UTC) + timedelta(minutes=minute)

    def counted(at: datetime) -> bool:
        clock = at.astimezone(ZONE).time()
        return begin <= clock < end if begin < end else not end <= clock < begin

    until = quiet.until(now, ZONE, "major")
    if not counted(now):
        assert until is None
        return
    assert until is not None
    first = next(now + timedelta(minutes=k) for k in range(24 * 60 + 1) if not counted(now + timedelta(minutes=k)))
    assert until == first


def test_what_is_grave_enough_rings_at_any_hour_and_without_hours_everything_does() -> None:
    night = datetime(2026, 11, 21, 19, tzinfo=UTC)
    assert Quiet(hours=(time(22), time(6))).until(night, ZONE, "urgent") is None
    assert Quiet(hours=(time(22), time(6)), but=()).until(night, ZONE, "urgent") is not None
    assert Quiet().until(night, ZONE, "minor") is None


@pytest.mark.parametrize("hours", [("22:00", "22:00"), ("22:00+08:00", "06:00"), ("25:00", "06:00"), ("22:00",)])
def test_hours_that_are_none_are_refused(hours: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Quiet.model_validate({"hours": hours})
