"""How people are: asleep, away, forgetful, slow; and what they do with their messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.store.book import Book
from alerts.values import Purpose, Status
from jingcun.simulate.agenda import Agenda
from jingcun.simulate.chance import Dice
from jingcun.simulate.hands import Hands, Mailbag, Office, Place
from jingcun.simulate.people import Answer, Folk, Habits, Person
from jingcun.simulate.rates import Rates
from jingcun.simulate.sky import Sky
from tests.alerts.loop import Room
from tests.alerts.makes import at, event
from tests.county.small import COUNTY, small_county
from tests.jingcun.simulate.month import BEGIN, later, rates

SURE = {
    "forgets": 0.0, "refuses": 0.0, "accepts_forgets": 0.0, "half_done": 0.0, "denies_truth": 0.0,
    "admits_nothing": 1.0, "judges_unclear": 0.0, "judges_wrong": 0.0, "away_share": 0.0,
}  # fmt: skip


def of(**changes: float) -> Rates:
    return rates({"people": SURE | changes})


def somebody(told: Rates, name: str = "x", begin: datetime = BEGIN) -> Person:
    return Person(habits(told, name, begin), Dice(1, f"letter {name}"))


def habits(told: Rates, name: str = "x", begin: datetime = BEGIN) -> Habits:
    return Habits(Folk(told, Sky(ZoneInfo("Asia/Shanghai"), 6.5, 18.0), begin), Dice(1, name))


def test_who_is_asleep_reads_in_the_morning() -> None:
    person = somebody(of())
    read = [person.reads(later(hours=2), Purpose.DISPATCH) for _ in range(50)]
    assert all(one is not None and later(hours=6.5) < one for one in read)
    assert all(one is not None and one < later(days=1) for one in read)


def test_who_forgets_all_reads_nothing() -> None:
    assert somebody(of(forgets=1.0)).reads(later(hours=9), Purpose.DISPATCH) is None


def test_about_so_many_days_somebody_is_away() -> None:
    told = of(away_share=0.2, away_days=3)
    days = [later(days=day, hours=12) for day in range(300)]
    away = sum(habits(told, f"p{n}").is_away(day) for n in range(20) for day in days) / 6_000
    assert 0.12 < away < 0.28
    gone = next(day for day in days if habits(told, "p1").is_away(day))
    assert somebody(told, "p1").reads(gone, Purpose.DISPATCH) is None


def test_work_is_done_by_daylight() -> None:
    person = somebody(of())
    hours = {(person.goes(later(hours=22)).astimezone(ZoneInfo("Asia/Shanghai"))).hour for _ in range(50)}
    assert min(hours) >= 6
    assert max(hours) < 21


@pytest.mark.parametrize(("dirty", "expected"), [(True, Answer.YES), (False, Answer.NO)])
def test_who_judges_says_what_is_there(dirty: bool, expected: Answer) -> None:
    assert {somebody(of(), f"p{n}").judges(dirty) for n in range(20)} == {expected}
    assert somebody(of(judges_unclear=1.0)).judges(dirty) is Answer.UNCLEAR
    assert somebody(of(judges_wrong=1.0)).judges(dirty) is not expected


class Village:
    """The real desk and post around one book, the agenda of the people, and whether the place is dirty."""

    def __init__(self, book: Book, told: Rates) -> None:
        self.room = Room(book, small_county(channels={"village": ("console",), "township": ("console",)}))
        self.bag = Mailbag()
        self.room.post._channels = {"console": self.bag}
        self.dirty = True
        self.agenda = Agenda()
        place = Place(lambda _site: self.dirty, self._clean)
        office = Office(self.room.desk, self.room.reader, place, self.agenda)
        self.hands = Hands(office, lambda name, _letter: somebody(told, name, at(0)))

    def _clean(self, _site: str, _at: datetime) -> None:
        self.dirty = False

    def pass_minutes(self, until: int) -> None:
        while self.room.minutes < until:
            self.room.minutes += 5
            self.agenda.run(at(self.room.minutes))
            self.room.sweep.step()
            while self.room.post.step():
                pass
            for letter in self.bag.empty():
                self.hands.receive(letter, at(self.room.minutes))


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    opened = Book(f"sqlite:///{tmp_path / 'book.db'}", COUNTY)
    yield opened
    opened.close()


def test_who_is_told_accepts_goes_there_cleans_and_says_done(book: Book) -> None:
    village = Village(book, of())
    village.room.feed(event(0))
    village.pass_minutes(600)
    (ticket,) = village.room.tickets()
    assert not village.dirty
    assert village.hands.acts["accept"] == village.hands.acts["done"] == 1
    assert village.hands.acts["verify_ok"] == 1, "no camera answers here, so somebody else looked"
    assert ticket.status is Status.CLOSED


def test_who_finds_nothing_says_so_and_somebody_else_judges(book: Book) -> None:
    village = Village(book, of())
    village.dirty = False
    village.room.feed(event(0))
    village.pass_minutes(60 * 24)
    (ticket,) = village.room.tickets()
    assert ticket.status is Status.NOT_FILED
    assert village.hands.acts == {"accept": 1, "not_true": 1, "confirm_false": 1}


def test_who_does_half_the_work_says_done_and_the_place_stays_dirty(book: Book) -> None:
    village = Village(book, of(half_done=1.0))
    village.room.feed(event(0))
    village.pass_minutes(600)
    assert village.dirty
    assert village.hands.acts["done"] > 1, "and is sent back"
    assert village.hands.letters["rework"] > 0


def test_who_refuses_hands_it_up_and_at_the_top_has_to_take_it(book: Book) -> None:
    village = Village(book, of(refuses=1.0))
    village.room.feed(event(0))
    village.pass_minutes(60 * 24)
    (ticket,) = village.room.tickets()
    assert village.hands.acts["not_mine"] == 2
    assert village.hands.acts["accept"] == 1
    assert any("最高一级" in words for words in village.hands.refused)
    assert ticket.status is not Status.DISPATCHED


def test_what_everybody_forgets_climbs_and_is_reminded_of(book: Book) -> None:
    village = Village(book, of(forgets=1.0))
    village.room.feed(event(0))
    village.pass_minutes(60 * 6)
    (ticket,) = village.room.tickets()
    assert (ticket.status, ticket.person.id) == (Status.DISPATCHED, "c1")
    assert village.hands.letters["climb"] == 2
    assert village.hands.letters["remind"] > 2


def test_who_forgot_after_accepting_goes_when_the_one_above_asks(book: Book) -> None:
    village = Village(book, of(accepts_forgets=1.0))
    village.room.feed(event(0))
    village.pass_minutes(60 * 6)
    assert village.hands.letters["overdue"] >= 1
    assert not village.dirty
