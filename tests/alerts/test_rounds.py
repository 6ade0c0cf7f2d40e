"""Rounds of collection, from emptyings alone: what belongs together, and who was left standing."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.sensors.bin_book import Collected
from alerts.sensors.bins import BinState
from alerts.sensors.fill import Emptying, Level, pack
from alerts.sensors.rounds import GAP, PassedBy, held, rounds
from county.values import Device, DeviceKind
from tests.alerts.makes import at

VILLAGES = {"a": "640999101200", "b": "640999101201", "c": "640999102200"}  # a and b in one township
BINS = {
    f"{village}{number}": Device(f"{village}{number}", DeviceKind.BIN, "桶", code)
    for village, code in VILLAGES.items()
    for number in (1, 2, 3)
}


def emptied(place: str, minute: float) -> Collected:
    return Collected(place, Emptying(at(minute), 90, 5))


def known(place: str, *points: tuple[float, float]) -> BinState:
    return BinState(place, level=Level(packed=pack(*((at(minute), percent) for minute, percent in points))))


def test_emptyings_of_a_township_that_follow_each_other_are_one_round() -> None:
    (one,) = rounds([emptied("b1", 50), emptied("a1", 0), emptied("a2", 20)], BINS, {})
    assert [each.place for each in one.emptied] == ["a1", "a2", "b1"]
    assert (one.township, one.began, one.ended) == ("640999101", at(0), at(50))


def test_a_longer_pause_or_another_township_is_another_round() -> None:
    pause = GAP.total_seconds() / 60
    found = rounds([emptied("a1", 0), emptied("c1", 5), emptied("a2", pause + 0.1)], BINS, {})
    assert [(one.township, [each.place for each in one.emptied]) for one in found] == [
        ("640999101", ["a1"]), ("640999102", ["c1"]), ("640999101", ["a2"]),
    ]  # fmt: skip
    assert len(rounds([emptied("a1", 0), emptied("a2", pause)], BINS, {})) == 1


def test_who_is_left_standing_in_a_visited_village_is_told_with_what_it_held_then() -> None:
    states = {"a2": known("a2", (-60, 95), (5, 96), (30, 99)), "a3": known("a3", (20, 50))}
    (one,) = rounds([emptied("a1", 10)], BINS, states)
    assert one.passed_by == (PassedBy("a2", 96), PassedBy("a3", None))
    assert one.missed(lambda _: 80) == one.passed_by
    assert one.missed({"a2": 97, "a3": 97}.__getitem__) == (PassedBy("a3", None),)


def test_a_bin_that_is_no_longer_registered_makes_no_round() -> None:
    assert rounds([emptied("gone", 0)], BINS, {}) == []


def test_nobody_knows_what_an_unheard_bin_held() -> None:
    assert held(None, at(0)) is None
    assert held(known("a1"), at(0)) is None


@given(st.lists(st.tuples(st.sampled_from(sorted(BINS)), st.integers(0, 3_000)), unique=True, max_size=40))
def test_every_emptying_stands_in_one_round_and_no_bin_is_both_emptied_and_passed_by(
    said: list[tuple[str, int]],
) -> None:
    made = [emptied(place, minute) for place, minute in said]
    found = rounds(reversed(made), BINS, {})
    assert sorted((one.place, one.emptying.at) for each in found for one in each.emptied) == sorted(
        (one.place, one.emptying.at) for one in made
    )
    for one in found:
        places = {each.place for each in one.emptied}
        villages = {BINS[place].village for place in places}
        assert places | {each.place for each in one.passed_by} == {
            name for name, device in BINS.items() if device.village in villages
        }
        times = [each.emptying.at for each in one.emptied]
        assert all(later - sooner <= GAP for sooner, later in pairwise(times))
        assert all(later - sooner >= timedelta(0) for sooner, later in pairwise(times))
