"""What came back, what may not be open at all, and who found what; on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from alerts.reports.reports import Reports
from alerts.store.book import Book
from alerts.store.figures import Figures
from alerts.store.outcomes import Relapses, together
from alerts.tickets.acts import Data
from alerts.values import Decision, Source, Status, Ticket, Word
from tests.alerts.cases import checking
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, T0, at, event
from tests.alerts.said import ALONE, GATE, SEAL, beside, report, reporting_county
from tests.county.small import OTHER_VILLAGE, TOWNSHIP, VILLAGE, small_county

DAY = timedelta(days=1)
DONE = Data(photos=(PHOTO,))


def put(book: Book, *tickets: Ticket) -> None:
    """Write tickets as they are, as if they had come so far."""
    with book.writing() as pen:
        for ticket in tickets:
            pen.apply([Decision(Word.MOVED, "试", ticket=replace(ticket, version=0))], "test", at(0))


def ended(number: int, days: float = 1, village: str = VILLAGE, **more: Any) -> Ticket:
    """A ticket of a site of its own, dealt with and closed so many days after the beginning."""
    done = replace(checking(small_county()), command=None, next_at=None, calling=False)
    scene = replace(done.scene, region=village, site=f"site-{number}", spot=f"spot-{number}")
    ready = replace(done, id=uuid4(), scene=scene, closed_at=T0 + days * DAY, status=Status.CLOSED)
    return replace(ready, **more)


def back(of: Ticket) -> Ticket:
    """The ticket of the same site that was opened when it came back."""
    return replace(of, id=uuid4(), status=Status.DISPATCHED, closed_at=None, earlier=of.id, relapse=of.relapse + 1)


def test_of_forty_closed_six_came_back_which_is_fifteen_percent(book: Book) -> None:
    closed = [ended(number) for number in range(40)]
    put(book, *closed, *(back(one) for one in closed[:6]))
    (village,) = Figures(book).relapses(T0, T0 + 30 * DAY)
    assert (village.village, village.closed, village.relapsed, village.percent) == (VILLAGE, 40, 6, 15.0)


def test_each_village_has_its_own_share_and_all_together_one(book: Book) -> None:
    here = [ended(number) for number in range(4)]
    there = [ended(number, village=OTHER_VILLAGE) for number in range(10, 13)]
    put(book, *here, *there, back(here[0]))
    villages = Figures(book).relapses(T0, T0 + 30 * DAY)
    assert villages == [Relapses(VILLAGE, 4, 1), Relapses(OTHER_VILLAGE, 3, 0)]
    assert [one.percent for one in (*villages, together(villages))] == [25.0, 0.0, 14.3]
    assert together([]).percent is None


def test_only_what_was_dealt_with_in_the_time_counts_and_each_once(book: Book) -> None:
    twice = ended(1)
    first = replace(back(twice), status=Status.CLOSED_UNAIDED, closed_at=T0 + 3 * DAY)
    forced = ended(2, status=Status.FORCED)
    void = ended(3, status=Status.NOT_FILED)
    put(book, twice, first, back(twice), forced, void, ended(4, days=-1), ended(5, days=30))
    assert Figures(book).relapses(T0, T0 + 30 * DAY) == [Relapses(VILLAGE, 2, 1)]
    assert Figures(book).relapses(T0 + 40 * DAY, T0 + 50 * DAY) == []


def test_a_zero_target_is_red_as_soon_as_one_is_open_and_green_again_when_it_is_gone(book: Book) -> None:
    county = reporting_county()
    room = Room(book, county)
    door = Reports(book, room.world, SEAL)
    (none,) = room.figures.backlog(county.policy)
    assert (none.category, none.name, none.open, none.red) == ("illegal_building", "乱搭乱建", 0, False)
    door.take(report(ALONE), "key-garbage")
    first = door.take(report(beside(ALONE, 100), what="illegal_building"), "key-1")
    door.take(report(beside(ALONE, 500), what="illegal_building"), "key-2")
    (two,) = room.figures.backlog(county.policy)
    assert (two.open, two.red) == (2, True)
    assert room.figures.backlog(county.policy, TOWNSHIP)[0].open == 2
    assert not room.figures.backlog(county.policy, "640999102")[0].red
    room.minutes = 5
    code = room.desk.mint(first.ticket)
    room.desk.act(code, "accept")
    room.desk.act(code, "done", DONE)
    room.desk.act(room.desk.mint(first.ticket), "verify_ok")
    assert room.figures.backlog(county.policy)[0].open == 1


def test_a_category_without_a_zero_target_is_no_backlog(book: Book) -> None:
    assert Figures(book).backlog(small_county().policy) == []


def test_what_each_source_found_is_counted_apart(book: Book) -> None:
    room = Room(book, reporting_county())
    door = Reports(book, room.world, SEAL)
    room.feed(event(0))
    door.take(report(GATE), "key-1")
    door.take(report(ALONE, source=Source.PATROL), "key-2")
    door.take(report(beside(ALONE, 300), source=Source.SUPERIOR), "key-3")
    door.take(report(beside(ALONE, 600)), "key-4")
    found = room.figures.by_source(T0, T0 + DAY)
    assert {one.value: (each.tickets, each.alarms) for one, each in found.items()} == {
        "camera": (1, 1), "sensor": (0, 0), "patrol": (1, 1), "report": (1, 2), "superior": (1, 1), "equipment": (0, 0),
    }  # fmt: skip
    assert sum(each.tickets for each in room.figures.by_source(T0 + DAY, T0 + 2 * DAY).values()) == 0


@pytest.mark.parametrize(("closed", "relapsed", "percent"), [(40, 6, 15.0), (3, 1, 33.3), (7, 7, 100.0), (0, 0, None)])
def test_the_share_is_told_to_a_tenth(closed: int, relapsed: int, percent: float | None) -> None:
    assert Relapses(VILLAGE, closed, relapsed).percent == percent
