from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.pace import Pace

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
DAY = 86_400.0


def given_out(seconds: list[float], synchronised: bool = False) -> list[float]:
    pace, told = Pace(), []
    for one in seconds:
        pace, at = pace.take(NOON + timedelta(seconds=one), synchronised)
        told.append((at - NOON).total_seconds())
    return told


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([0, -DAY, 1 - DAY, 2 - DAY], [0, 0.001, 1.001, 2.001]),
        ([0, -DAY, 1 - DAY, 5, 6], [0, 0.001, 1.001, 5, 6]),
        ([0, -DAY, 1 - DAY, 1 - 2 * DAY, 2 - 2 * DAY], [0, 0.001, 1.001, 1.002, 2.002]),
        ([0, 0, 0], [0, 0.001, 0.002]),
        ([0, -0.5, 0.5, 1.5], [0, 0.001, 0.5, 1.5]),
    ],
)
def test_a_clock_set_back_is_carried_on_at_its_own_speed_until_it_has_caught_up(
    clock: list[float], told: list[float]
) -> None:
    assert given_out(clock) == pytest.approx(told)


def test_a_clock_that_a_time_service_put_right_is_believed() -> None:
    assert given_out([0, -DAY, 1 - DAY], synchronised=True) == [0, -DAY, 1 - DAY]
    assert given_out([0, -5, -4], synchronised=True) == pytest.approx([0, 0.001, 1.001])


def test_it_says_when_its_times_are_not_the_clocks_own() -> None:
    pace, _ = Pace().take(NOON, False)
    assert not pace.carried
    pace, _ = pace.take(NOON - timedelta(seconds=3), False)
    assert not pace.carried
    pace, _ = pace.take(NOON - timedelta(days=1), False)
    assert pace.carried
    pace, _ = pace.take(NOON + timedelta(seconds=5), False)
    assert not pace.carried


@given(st.lists(st.floats(-1e6, 1e6), max_size=50))
def test_whatever_the_clock_does_times_rise(clock: list[float]) -> None:
    assert all(before < after for before, after in pairwise(given_out(clock)))
