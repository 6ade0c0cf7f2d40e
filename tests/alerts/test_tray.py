"""The tray: many hands, each letter once, and never two letters of one ticket to one person at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from uuid import UUID, uuid4

import pytest

from alerts.notices.tray import Tray, Waiting

HANDS = 4
PATIENCE_S = 20.0


def letters(*turns: str) -> list[Waiting]:
    return [Waiting(UUID(int=n), "sms", False, (turn, "v1")) for n, turn in enumerate(turns, 1)]


def numbers(waiting: Iterable[Waiting]) -> list[int]:
    return [one.id.int for one in waiting]


def test_letters_are_delivered_in_their_order_and_what_was_not_wanted_is_not_counted() -> None:
    seen: list[Waiting] = []

    def deliver(letter: Waiting) -> bool:
        seen.append(letter)
        return letter.id.int != 2

    assert Tray().empty(lambda: letters("a", "b", "a"), deliver) == 2
    assert numbers(seen) == [1, 2, 3]


def test_it_is_looked_once_a_step() -> None:
    looks: list[int] = []

    def look() -> list[Waiting]:
        looks.append(1)
        return letters("a", "b")

    tray = Tray()
    tray.empty(look, lambda _one: True)
    assert len(looks) == 1
    tray.empty(look, lambda _one: True)
    assert len(looks) == 2


def test_another_hand_passes_over_the_turn_that_is_under_way_and_takes_the_next() -> None:
    tray, first, go_on = Tray(), threading.Event(), threading.Event()
    seen: list[int] = []

    def slowly(letter: Waiting) -> bool:
        seen.append(letter.id.int)
        first.set()
        assert go_on.wait(PATIENCE_S)
        return True

    def quickly(letter: Waiting) -> bool:
        seen.append(letter.id.int)
        return True

    hand = threading.Thread(target=tray.empty, args=(lambda: letters("a", "a", "b"), slowly))
    hand.start()
    assert first.wait(PATIENCE_S)
    assert tray.empty(list, quickly) == 1
    assert seen == [1, 3], "2 is of the same ticket and person as 1"
    assert tray.empty(lambda: letters("a", "a", "c")[1:], quickly) == 1, "what waits behind 1 does not keep others back"
    go_on.set()
    hand.join(PATIENCE_S)
    assert seen == [1, 3, 3, 2]


def test_after_a_fault_it_is_looked_again_and_the_turn_is_free() -> None:
    tray = Tray()

    def away(_letter: Waiting) -> bool:
        raise ConnectionError("the book is away")

    with pytest.raises(ConnectionError):
        tray.empty(lambda: letters("a", "b"), away)
    seen: list[Waiting] = []

    def deliver(letter: Waiting) -> bool:
        seen.append(letter)
        return True

    assert tray.empty(lambda: letters("a"), deliver) == 1
    assert numbers(seen) == [1]


def test_many_hands_deliver_each_letter_once_and_one_turn_never_overlaps() -> None:
    tray = Tray()
    waiting = [Waiting(uuid4(), "sms", False, (f"t{n % 7}", "v1")) for n in range(300)]
    done: Counter[UUID] = Counter()
    order: dict[str, list[UUID]] = {}
    busy: set[str] = set()
    overlaps: list[str] = []
    lock = threading.Lock()

    def deliver(letter: Waiting) -> bool:
        turn = letter.turn[0]
        with lock:
            overlaps.extend([turn] if turn in busy else [])
            busy.add(turn)
            done[letter.id] += 1
            order.setdefault(turn, []).append(letter.id)
        threading.Event().wait(0.001)
        with lock:
            busy.discard(turn)
        return True

    def look() -> list[Waiting]:
        with lock:
            return [one for one in waiting if not done[one.id]][:50]

    def work() -> None:
        while len(done) < len(waiting) or any(not count for count in done.values()):
            tray.empty(look, deliver)

    hands = [threading.Thread(target=work) for _ in range(HANDS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(PATIENCE_S)
    assert not overlaps
    assert set(done.values()) == {1}
    for turn, got in order.items():
        assert got == [one.id for one in waiting if one.turn[0] == turn]
