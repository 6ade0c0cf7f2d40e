"""Red and black lists in the book: counted from its tickets, one of an area and month; on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alerts.lists import list_acts
from alerts.lists.list_office import ListOffice, NoList
from alerts.store.book import Book
from alerts.tickets.doing import Refused
from alerts.values import Source, Status
from alerts.world import World
from tests.alerts.list_cases import MONDAY, MONTH, listing_county
from tests.alerts.makes import T0
from tests.alerts.test_outcomes import ended, put
from tests.county.small import OTHER_VILLAGE, TOWNSHIP, VILLAGE

OVER = MONDAY + timedelta(days=4)


def office(book: Book, at: datetime = MONDAY) -> ListOffice:
    return ListOffice(book, World(listing_county, lambda: at))


def filled(book: Book) -> None:
    """石门村: six in time, of which one had come back. 上河村: five too late, and what counts for nobody."""
    good = [ended(n, in_time=True) for n in range(6)]
    bad = [ended(n, village=OTHER_VILLAGE, in_time=False, overdue=True) for n in range(10, 15)]
    others = [
        ended(20, village=OTHER_VILLAGE, status=Status.DISPATCHED, closed_at=None),
        ended(21, village=OTHER_VILLAGE, status=Status.NOT_FILED),
        ended(22, village=OTHER_VILLAGE, source=Source.EQUIPMENT, in_time=True),
        ended(23, village=OTHER_VILLAGE, in_time=True, opened_at=T0 - timedelta(days=30)),
    ]  # fmt: skip
    put(book, *good[1:], replace(good[0], relapse=1), *bad, *others)


def test_a_list_is_counted_from_the_months_tickets_and_goes_its_way_in_the_book(book: Book) -> None:
    filled(book)
    here = office(book)
    one = here.propose(TOWNSHIP, MONTH, "t1")
    (line,) = one.standing  # 石门村 has 83.3 points: neither red nor black
    assert (line.name, line.colour.words, line.words) == (
        "上河村", "黑榜", "发现6件，可评5件，按时办结0件，反弹0件，超期5件；得0分，低于70分",
    )  # fmt: skip
    assert [name for name, _ in one.left_out] == ["下河村"]
    one = here.do(one.number, 1, "t1", list_acts.submitted)
    later = office(book, OVER)
    later.do(one.number, 2, "c1", list_acts.approved)
    assert later.public() == []
    later.do(one.number, None, "t1", list_acts.published)
    assert [each.number for each in later.public()] == []  # the only village on it is black
    assert later.one(one.number).history[-1].at == OVER
    board = ListOffice(book, World(lambda: listing_county(black_public=True), lambda: OVER + timedelta(days=30)))
    assert [each.number for each in board.public()] == [one.number]
    over = ListOffice(book, World(lambda: listing_county(black_public=True), lambda: OVER + timedelta(days=31)))
    assert over.public() == []
    assert [each.number for each in later.listed()] == [one.number]


def test_there_is_one_list_of_an_area_and_month_until_it_is_withdrawn(book: Book) -> None:
    filled(book)
    here = office(book)
    first = here.propose(TOWNSHIP, MONTH, "t1")
    with pytest.raises(Refused, match="已经有了"):
        here.propose(TOWNSHIP, MONTH, "t2")
    with pytest.raises(Refused, match="刚刚有改动"):
        here.do(first.number, 7, "t1", list_acts.submitted)
    here.do(first.number, 1, "t1", lambda one, by: list_acts.withdrawn(one, by, "重拟"))
    second = here.propose(TOWNSHIP, MONTH, "t2")
    assert [(each.number, each.state.value) for each in here.listed()] == [
        (second.number, "draft"), (first.number, "withdrawn"),
    ]  # fmt: skip
    with pytest.raises(NoList):
        here.one(second.number + 1)
    with pytest.raises(Refused, match="没有登记这个人"):
        here.propose(TOWNSHIP, MONTH, "nobody")


def test_an_act_that_is_refused_changes_nothing(book: Book) -> None:
    filled(book)
    one = office(book).propose(TOWNSHIP, MONTH, "t1")
    with pytest.raises(Refused):
        office(book).do(one.number, 1, "v1", lambda each, by: list_acts.removed(each, by, VILLAGE, "不服"))
    assert office(book).one(one.number) == one
