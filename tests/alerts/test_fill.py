"""Distances to a level: what counts, what is passed over, when a bin was emptied and when it will be full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sensors.fill import (
    KEPT_FOR,
    KEPT_POINTS,
    Emptying,
    Forecast,
    Level,
    forecast,
    measured,
    percent_of,
    rate_of,
    said,
)
from county.policy import BinThresholds

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
LIMITS = BinThresholds()


def hour(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def after(*percents: float, limits: BinThresholds = LIMITS, start: Level | None = None, step: float = 0.5) -> Level:
    level = start or Level()
    begin = (level.at - T0) / timedelta(hours=1) + step if level.at else 0.0
    for number, percent in enumerate(percents):
        level = measured(level, hour(begin + number * step), percent, limits)
    return level


@pytest.mark.parametrize(
    ("distance", "expected"), [(1000, 0), (200, 100), (600, 50), (100, 100), (1050, 0), (1101, None), (60_000, None)]
)
def test_a_distance_is_a_fill_between_the_empty_and_the_full_bin(distance: float, expected: float | None) -> None:
    assert percent_of(distance, 1000, 200) == expected


def test_the_level_is_the_median_of_the_last_distances() -> None:
    assert after(50, 52, 58).percent == 52
    assert after(50, 52, 58, 60).percent == 58
    assert after(50, 52, limits=BinThresholds(median=1)).percent == 52


def test_one_distance_that_lies_far_off_moves_nothing_and_is_forgotten_when_the_next_is_usual() -> None:
    level = after(50, 50, 50, 95)
    assert (level.percent, level.held) == (50, (hour(1.5), 95))
    assert after(51, start=level).held is None


def test_two_that_agree_are_believed() -> None:
    assert after(50, 50, 50, 95, 93).percent == 93
    assert after(50, 50, 50, 95, 10).percent == 50, "two that contradict each other are not"


def test_an_emptying_is_told_from_the_fall_with_time_before_and_after() -> None:
    level = after(90, 91, 92, 4, 5)
    assert level.emptied == Emptying(hour(1.5), 91, 5)
    assert after(90, 91, 92, 4).emptied is None, "one reading may be an open lid"
    assert after(90, 80, 75).emptied is None, "waste sinks"


def test_a_fill_that_the_sensor_stands_for_counts_at_once() -> None:
    level = said(said(Level(), hour(0), 92, LIMITS), hour(1), 3, LIMITS)
    assert (level.percent, level.emptied) == (3, Emptying(hour(1), 92, 3))


def test_the_trail_is_bounded_in_number_and_time() -> None:
    level = after(*(20 + number % 7 for number in range(500)))
    assert len(level.trail) <= KEPT_POINTS
    assert level.trail[-1][0] - level.trail[0][0] <= KEPT_FOR
    assert level.trail == tuple(sorted(level.trail))


def test_a_steady_rise_is_forecast_with_its_time_and_a_narrow_band() -> None:
    level = after(*(10 + 2 * number for number in range(8)), limits=BinThresholds(median=1))  # 4 % an hour
    told = forecast(level, 90, hour(3.5))
    assert told is not None
    assert abs(told.at - hour(3.5 + (90 - 24) / 4)) < timedelta(minutes=1)
    assert told.latest is not None
    assert told.earliest <= told.at <= told.latest
    assert told.latest - told.earliest < timedelta(hours=1)


def test_an_outlier_does_not_turn_the_forecast() -> None:
    clean = [(hour(number), 10 + 4.0 * number) for number in range(8)]
    bent = [(at, percent if number != 4 else 95) for number, (at, percent) in enumerate(clean)]
    steady, rate = rate_of(clean), rate_of(bent)
    assert steady is not None
    assert rate is not None
    assert steady.per_hour == pytest.approx(4)
    assert rate.per_hour == pytest.approx(4, abs=0.5)


def test_levels_that_waver_give_a_wider_band() -> None:
    rate = rate_of([(hour(number), 10 + 4.0 * number + (3 if number % 2 else -3)) for number in range(8)])
    assert rate is not None
    assert rate.slow <= rate.per_hour <= rate.fast
    assert rate.fast - rate.slow > 1


@pytest.mark.parametrize("percents", [(), (10,), (10, 12, 14), (50, 50, 50, 50), (50, 48, 46, 44, 42)])
def test_too_few_points_or_none_that_rise_give_no_forecast(percents: tuple[float, ...]) -> None:
    assert forecast(after(*percents), 90, hour(9)) is None


def test_a_full_bin_is_full_now_and_an_emptied_one_begins_anew() -> None:
    assert forecast(after(95), 90, hour(2)) == Forecast(hour(2), hour(2), hour(2))
    assert forecast(after(70, 80, 90, 92, 3, 4), 90, hour(9)) is None


def test_a_forecast_is_never_in_the_past_and_the_late_end_may_be_open() -> None:
    level = after(10, 20, 12, 24, 18, 30, limits=BinThresholds(median=1))
    told = forecast(level, 90, hour(500))
    assert told is not None
    assert (told.at, told.earliest) == (hour(500), hour(500))


@given(st.lists(st.floats(0, 100), max_size=120), st.integers(1, 9), st.floats(0, 100))
def test_any_fills_keep_the_level_inside_the_bin_and_the_forecast_in_order(
    percents: list[float], window: int, limit: float
) -> None:
    level = after(*percents, limits=BinThresholds(median=window))
    assert level.percent is None or 0 <= level.percent <= 100
    assert all(0 <= percent <= 100 for _, percent in level.trail)
    told = forecast(level, limit, hour(60))
    if told is not None:
        assert hour(60) <= told.earliest <= told.at
        assert told.latest is None or told.at <= told.latest
