"""The auditor proves that every limit of the past was followed by a step, in time, and says which was not."""

from __future__ import annotations

from uuid import uuid4

import pytest

from alerts.audit import Promise, kept
from alerts.desk import Desk
from alerts.engine import Engine, Sweep
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.world import World
from county.snapshot import County
from tests.alerts.makes import FakeInbox, at, event


@pytest.mark.parametrize(
    ("next_minute", "now", "words"),
    [
        (30, 100, None), (34.9, 100, None), (36, 100, "晚了 6 分钟才执行"), (None, 34, None),
        (None, 60, "已过 30 分钟,一步也没有执行"), (10, 100, None),
    ],
)  # fmt: skip
def test_a_limit_of_minute_30_is_kept_when_something_happened_by_then(
    next_minute: float | None, now: float, words: str | None
) -> None:
    found = kept(Promise(uuid4(), "GD-1", at(30), at(next_minute) if next_minute is not None else None), at(now))
    assert (found is None) == (words is None)
    assert found is None or words is None or words in found.words


class Life:
    """One ticket from minute 0, and the programs that may or may not look after it."""

    def __init__(self, book: Book, county: County) -> None:
        self.minutes = 0.0
        self.world = World(lambda: county, lambda: at(self.minutes))
        self.sweep = Sweep(book, self.world)
        self.reader = Reader(book)
        self.desk = Desk(book, self.world)
        inbox = FakeInbox()
        inbox.add(event(0))
        Engine(book, inbox, self.world).step()
        self.ticket = self.reader.recent()[0].id

    def sweep_at(self, minutes: float) -> None:
        self.minutes = minutes
        self.sweep.step()

    def broken(self, minutes: float) -> list[str]:
        return [finding.words for finding in self.reader.broken_promises(at(minutes), at(0))]


def test_a_sweep_that_runs_leaves_nothing_to_find(book: Book, county: County) -> None:
    life = Life(book, county)
    for minutes in range(0, 200, 5):
        life.sweep_at(minutes)
    assert life.broken(200) == []


def test_a_step_that_never_ran_and_one_that_ran_late_are_both_found(book: Book, county: County) -> None:
    life = Life(book, county)
    assert life.broken(34) == []
    (never,) = life.broken(45)
    assert "一步也没有执行" in never
    life.sweep_at(50)
    (late,) = life.broken(52)
    assert "晚了 20 分钟" in late


def test_what_was_accepted_in_time_owes_no_climb(book: Book, county: County) -> None:
    life = Life(book, county)
    life.minutes = 10
    life.desk.act(life.desk.mint(life.ticket), "accept")
    assert life.broken(39) == []
    assert "一步也没有执行" in life.broken(50)[0], "the limit to deal with it, of minute 40"


def test_only_what_ended_in_the_asked_time_is_proved(book: Book, county: County) -> None:
    life = Life(book, county)
    assert life.reader.broken_promises(at(60), at(31)) == []
