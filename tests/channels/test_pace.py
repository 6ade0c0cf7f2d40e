"""Windows: the one too many is never taken, from however many threads and whatever the clock does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.pace import Pace, Window
from tests.alerts.makes import T0


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_there_is_room_until_so_many_and_again_when_the_first_is_over() -> None:
    pace = Pace(Window(2, 60))
    assert [pace.take(T0), pace.take(T0 + after(10)), pace.take(T0 + after(20))] == [0, 0, 40]
    assert pace.take(T0 + after(59.9)) > 0
    assert pace.take(T0 + after(60)) == 0
    assert pace.take(T0 + after(60)) == 10


def test_of_several_windows_the_longest_wait_counts_and_nothing_is_taken_meanwhile() -> None:
    pace = Pace(Window(1, 60), Window(2, 3600))
    assert pace.take(T0) == 0
    assert pace.take(T0 + after(60)) == 0
    assert pace.take(T0 + after(120)) == 3480
    assert pace.take(T0 + after(3600)) == 0


def test_each_key_has_windows_of_its_own() -> None:
    pace = Pace(Window(1, 60))
    assert (pace.take(T0, "zhang"), pace.take(T0, "li"), pace.take(T0, "li")) == (0, 0, 60)


def test_a_door_that_the_provider_shut_stays_shut_and_opens_again() -> None:
    pace = Pace(Window(5, 60))
    pace.hold(T0, 600)
    assert pace.take(T0 + after(1)) == 599
    assert pace.take(T0 + after(600)) == 0


def test_a_clock_that_is_set_back_shuts_nothing_for_longer_than_the_window() -> None:
    pace = Pace(Window(1, 60))
    pace.hold(T0, 600, "held")
    assert pace.take(T0) == 0
    assert pace.take(T0 - after(86_400)) == 60
    assert pace.take(T0 - after(86_400), "held") == 600


def test_threads_together_take_no_more_than_one_alone() -> None:
    pace = Pace(Window(20, 60))
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: pace.take(T0), range(200)))
    assert waits.count(0) == 20


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.integers(1, 5))
def test_in_no_span_of_the_window_are_there_too_many_and_whoever_waits_as_told_has_room(
    steps: list[float], most: int
) -> None:
    pace, now, taken = Pace(Window(most, 20)), T0, []
    for step in steps:
        now += after(step)
        wait = pace.take(now)
        if wait:
            now += after(wait) + timedelta(microseconds=1)
            assert pace.take(now) == 0
        taken.append(now)
    for first, later in zip(taken, taken[most:], strict=False):
        assert later - first >= after(20)
