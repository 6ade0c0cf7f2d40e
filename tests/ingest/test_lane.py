"""The waiting line: bounded, fair, in order for each device; and how long a batch may grow follows the load."""

from __future__ import annotations

import threading
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.lane import CALM, Lane, Room, flow, linger
from tests.servers import wait_until

WIDE = Room(10_000, 1_000_000, share=1000, share_bytes=100_000)


def names(taken: list[str]) -> str:
    return " ".join(taken)


def test_each_device_has_its_turn_and_its_own_order() -> None:
    lane: Lane[str] = Lane(WIDE)
    for item in ("a1", "a2", "a3", "a4", "b1", "c1", "c2"):
        assert lane.put(item[0], item, 1)
    assert names(lane.take(4, 0, 0)) == "a1 b1 c1 a2"
    assert lane.put("b", "b2", 1)
    assert names(lane.take(9, 0, 0)) == "c2 a3 b2 a4"
    assert (len(lane), lane.take(1, 0, 0)) == (0, [])


def test_over_its_share_a_device_is_refused_at_once_and_nobody_else() -> None:
    lane: Lane[str] = Lane(Room(10, 1000, share=2, share_bytes=100))
    assert [lane.put("a", "x", 1, 60.0) for _ in range(3)] == [True, True, False]
    assert lane.put("b", "y", 60)
    assert not lane.put("b", "y", 60, 60.0), "over its share of bytes"
    lane.take(2, 0, 0)
    assert lane.put("a", "x", 1)


def test_without_room_a_sender_waits_and_goes_on_when_some_is_made() -> None:
    lane: Lane[str] = Lane(Room(2, 1000, share=9, share_bytes=1000))
    assert lane.put("a", "1", 1)
    assert lane.put("b", "2", 1)
    assert not lane.put("c", "3", 1, 0.01)
    done: list[bool] = []
    sender = threading.Thread(target=lambda: done.append(lane.put("c", "3", 1, 30.0)))
    sender.start()
    lane.take(1, 0, 0)
    sender.join(30)
    assert (done, len(lane)) == ([True], 2)


def test_bytes_are_bounded_but_one_alone_always_passes() -> None:
    lane: Lane[str] = Lane(Room(100, 50, share=100, share_bytes=50))
    assert lane.put("a", "huge", 5000)
    assert not lane.put("b", "small", 1)
    assert lane.take(1, 0, 0) == ["huge"]
    assert lane.put("b", "small", 1)


def test_a_batch_grows_until_its_oldest_has_waited_long_enough_or_it_is_full() -> None:
    now = [100.0]
    lane: Lane[str] = Lane(WIDE, clock=lambda: now[0])
    lane.put("a", "1", 1)
    now[0] = 103.0
    assert lane.take(9, 2.0, 0) == ["1"], "it had waited during the last commit"
    taken: list[list[str]] = []
    taker = threading.Thread(target=lambda: taken.append(lane.take(2, 60.0, 60.0)))
    taker.start()
    lane.put("a", "2", 1)
    lane.put("b", "3", 1)
    taker.join(30)
    assert [sorted(each) for each in taken] == [["2", "3"]]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 40)), max_size=60), st.integers(1, 7))
def test_nothing_is_lost_doubled_or_reordered_and_the_bounds_hold(said: list[tuple[str, int]], most: int) -> None:
    room = Room(20, 200, share=8, share_bytes=90)
    lane: Lane[tuple[str, int]] = Lane(room)
    inside: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, (key, size) in enumerate(said):
        if lane.put(key, (key, number), size):
            inside[key].append((number, size))
        held = [each for line in inside.values() for each in line]
        assert len(lane) == len(held) <= room.messages
        assert all(len(line) <= room.share for line in inside.values())
        if number % 5 == 4:
            for who, which in lane.take(most, 0, 0):
                assert inside[who].pop(0)[0] == which
    for who, which in lane.take(1000, 0, 0):
        assert inside[who].pop(0)[0] == which
    assert not any(inside.values())


def test_many_senders_and_one_taker_lose_nothing() -> None:
    lane: Lane[tuple[int, int]] = Lane(Room(50, 10_000, share=20, share_bytes=10_000))
    got: list[tuple[int, int]] = []
    over = threading.Event()

    def send(who: int) -> None:
        number = 0
        while number < 300:
            number += lane.put(str(who), (who, number), 1, 1.0)

    def take() -> None:
        while not over.is_set():
            got.extend(lane.take(7, 0.0005, 0.05))

    threads = [threading.Thread(target=send, args=(who,)) for who in range(6)] + [threading.Thread(target=take)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(got) == 1800, "everything to be taken", 60)
    over.set()
    for thread in threads:
        thread.join(30)
    assert sorted(got, key=lambda each: each[0]) == [(who, number) for who in range(6) for number in range(300)]


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [(0, 0.0), (CALM - 1, 0.0), (200, 0.001), (1000, 0.005), (2000, 0.01), (100_000, 0.01)],
)
def test_a_batch_grows_with_the_load_and_not_at_all_in_calm(rate: float, seconds: float) -> None:
    assert linger(rate, 0.01) == pytest.approx(seconds)


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 0.02))
def test_more_load_never_means_a_shorter_wait(one: float, other: float, longest: float) -> None:
    assert linger(min(one, other), longest) <= linger(max(one, other), longest) <= longest


def test_the_rate_follows_what_is_taken_and_fades() -> None:
    rate = 0.0
    for _ in range(200):
        rate = flow(rate, 10, 0.01)
    assert rate == pytest.approx(1000, rel=0.05)
    assert flow(rate, 0, 10.0) == 0.0
    assert flow(rate, 1, 0.0) == rate
