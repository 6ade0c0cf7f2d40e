"""Chance that repeats, the agenda, and the sky."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jingcun.simulate.agenda import Agenda
from jingcun.simulate.chance import NEVER, Dice
from jingcun.simulate.sky import Sky
from tests.jingcun.simulate.month import BEGIN, later

SKY = Sky(ZoneInfo("Asia/Shanghai"), 6.5, 18.0)


def draws(dice: Dice) -> list[object]:
    return [
        dice.happens(0.5),
        dice.wait(2),
        dice.about(timedelta(hours=1), 1),
        dice.factor(1),
        dice.id(),
        dice.number(9),
    ]


def test_one_stream_of_one_seed_gives_the_same_draws() -> None:
    assert draws(Dice(1, "a")) == draws(Dice(1, "a"))


@pytest.mark.parametrize("other", [Dice(2, "a"), Dice(1, "b")])
def test_another_seed_or_stream_gives_others(other: Dice) -> None:
    assert draws(Dice(1, "a")) != draws(other)


def test_what_never_happens_is_waited_for_for_ever() -> None:
    assert Dice(1, "a").wait(0) == NEVER
    assert all(Dice(seed, "a").wait(1e-12) <= NEVER for seed in range(50))


def test_things_happen_in_the_order_of_time_and_then_of_being_put_down() -> None:
    agenda, told = Agenda(), list[str]()
    agenda.put(later(hours=2), lambda _: told.append("late"))
    agenda.put(later(hours=1), lambda _: told.append("first"))
    agenda.put(later(hours=1), lambda at: agenda.put(at, lambda _: told.append("put down meanwhile")))
    agenda.run(later(hours=2))
    assert told == ["first", "put down meanwhile"]
    agenda.run(later(hours=3))
    assert told[-1] == "late"


def test_it_is_light_by_day() -> None:
    assert [SKY.is_light(later(hours=hour)) for hour in (0, 6.4, 6.5, 12, 17.9, 18)] == [
        False, False, True, True, True, False,
    ]  # fmt: skip


def test_the_next_time_by_the_countys_clock_is_later_and_keeps_the_zone() -> None:
    assert SKY.next(7, BEGIN) == later(hours=7)
    assert SKY.next(7, later(hours=7)) == later(hours=31)
    assert SKY.next(7, BEGIN).tzinfo is BEGIN.tzinfo


@pytest.mark.parametrize(("hour", "expected"), [(3, 7), (7, 7), (12, 12), (17, 31), (23, 31)])
def test_what_is_done_by_day_waits_for_the_day(hour: float, expected: float) -> None:
    found: datetime = SKY.within(7, 17, later(hours=hour))
    assert found == later(hours=expected)
