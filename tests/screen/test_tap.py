"""How much strangers may bring in: so much at once, then as fast as the bucket fills up again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from screen.access import tap
from screen.access.tap import Tap
from tests.alerts.makes import T0


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now


def test_a_source_takes_so_much_at_once_and_then_waits_for_its_bucket() -> None:
    clock = Clock()
    door = Tap(clock, 5, 100, timedelta(minutes=10))
    assert [door.take("a") for _ in range(6)] == [0, 0, 0, 0, 0, 120]
    assert door.take("b") == 0, "a neighbour is not held up"
    clock.now += timedelta(seconds=119)
    assert door.take("a") == 1
    clock.now += timedelta(seconds=1)
    assert [door.take("a"), door.take("a")] == [0, 120]
    clock.now += timedelta(hours=1)
    assert [door.take("a") for _ in range(6)] == [0] * 5 + [120]


def test_all_together_have_a_bucket_too() -> None:
    clock = Clock()
    door = Tap(clock, 2, 10, timedelta(minutes=10))
    assert [door.take(f"source {number}") for number in range(11)] == [0] * 10 + [60]
    clock.now += timedelta(seconds=60)
    assert door.take("source 11") == 0


def test_a_clock_set_back_gives_nothing_away_and_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    door = Tap(clock, 1, 10**9, timedelta(minutes=10))
    assert door.take("a") == 0
    clock.now -= timedelta(hours=1)
    assert door.take("a") > 0
    monkeypatch.setattr(tap, "MOST_SOURCES", 50)
    for number in range(200):
        door.take(f"flood {number}")
    assert len(door._levels) == 50
