"""What a process keeps at hand of the states of bins: good only while the book's counter says so."""

from __future__ import annotations

import pytest

from alerts.sensors.bins import BinState
from alerts.store.bin_shelf import Shelf

ONE, TWO, THREE = (BinState("bin-1", tilts=number) for number in (1, 2, 3))


def test_nothing_is_known_before_anything_was_put() -> None:
    assert dict(Shelf().at(0)) == {}


def test_what_was_put_is_known_at_its_number_and_no_other() -> None:
    shelf = Shelf()
    shelf.put(0, 1, {"bin-1": ONE})
    assert shelf.at(1)["bin-1"] is ONE
    assert dict(shelf.at(0)) == dict(shelf.at(2)) == {}


def test_one_transaction_adds_to_what_the_one_before_left() -> None:
    shelf = Shelf()
    shelf.put(0, 1, {"bin-1": ONE})
    shelf.put(1, 1, {"bin-2": TWO})  # it only read
    shelf.put(1, 2, {"bin-1": THREE})
    assert dict(shelf.at(2)) == {"bin-1": THREE, "bin-2": TWO}


def test_what_another_process_wrote_in_between_makes_the_rest_worthless() -> None:
    shelf = Shelf()
    shelf.put(0, 1, {"bin-1": ONE, "bin-2": ONE})
    shelf.put(2, 3, {"bin-2": TWO})
    assert dict(shelf.at(3)) == {"bin-2": TWO}


@pytest.mark.parametrize("late", [(0, 1), (1, 2)])
def test_who_is_late_to_say_what_was_committed_says_nothing(late: tuple[int, int]) -> None:
    shelf = Shelf()
    shelf.put(2, 3, {"bin-1": THREE})
    shelf.put(*late, {"bin-1": ONE})
    assert dict(shelf.at(3)) == {"bin-1": THREE}
