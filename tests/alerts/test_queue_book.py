"""The office's queue on SQLite and PostgreSQL: its order, its pages, its tabs, and what it is sifted by."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.queue_book import Counts, Mine, Queue, Sift, Tab
from alerts.store.tables import TICKETS
from alerts.tickets.areas import Part
from alerts.values import Check, Status
from county.snapshot import County
from ingest.store import micros
from tests.alerts.loop import Room
from tests.alerts.makes import at, event
from tests.county.small import OTHER_VILLAGE, TOWNSHIP, VILLAGE

DISPATCHED, WORK, TO_CHECK, CLOSED = (one.value for one in (
    Status.DISPATCHED, Status.ACCEPTED, Status.TO_CHECK, Status.CLOSED,
))  # fmt: skip


@pytest.fixture
def pattern(book: Book, county: County) -> dict[str, Any]:
    """The row of a real ticket, of which others are made."""
    Room(book, county).feed(event(0))
    with book.store.read() as conn:
        return dict(conn.execute(sa.select(TICKETS)).one()._mapping)


def filled(book: Book, pattern: dict[str, Any], *rows: dict[str, Any]) -> None:
    """Only these tickets in the book; ``n`` is the number of each, ``due`` its minute."""
    with book.writing() as pen:
        pen.conn.execute(TICKETS.delete())
        pen.conn.execute(TICKETS.insert(), [_row(pattern, **row) for row in rows])


def _row(pattern: dict[str, Any], n: int, due: float | None = 30, **more: Any) -> dict[str, Any]:
    status = more.get("status", DISPATCHED)
    own = {
        "id": UUID(int=n), "number": f"GD-1121-{n:04}", "site": f"site {n}", "opened_us": micros(at(n)),
        "due_us": None if due is None else micros(at(due)), "is_open": status != CLOSED, "change": n,
    }  # fmt: skip
    return {**pattern, **own, **more}


def numbers(queue: Queue, tab: Tab = Tab.OPEN, limit: int = 2) -> list[int]:
    """Every ticket of a tab by its number, page after page."""
    found: list[int] = []
    after = ""
    while True:
        page = queue.page(tab, after, limit)
        assert len(page.lines) <= limit
        found += [int(line.number[-4:]) for line in page.lines]
        after = page.after
        if not after:
            return found


def test_what_presses_comes_first_and_no_page_leaves_one_out_or_shows_one_twice(
    book: Book, pattern: dict[str, Any]
) -> None:
    filled(
        book, pattern, {"n": 1, "due": 50}, {"n": 2, "due": 10}, {"n": 3, "due": 20, "overdue": True},
        {"n": 4, "due": 5, "overdue": True}, {"n": 5, "due": None}, {"n": 6, "due": 10}, {"n": 7, "status": CLOSED},
    )  # fmt: skip
    queue = Queue(book)
    for limit in (1, 2, 3, 6, 50):
        assert numbers(queue, limit=limit) == [4, 3, 5, 2, 6, 1], "overdue, then by limit; without one by its age"
        assert numbers(queue, Tab.ALL, limit) == [7, 6, 5, 4, 3, 2, 1]


def test_a_ticket_that_comes_in_between_moves_no_page(book: Book, pattern: dict[str, Any]) -> None:
    filled(book, pattern, *({"n": n, "due": n * 10} for n in range(1, 7)))
    first = Queue(book).page(Tab.OPEN, limit=3)
    with book.writing() as pen:
        pen.conn.execute(TICKETS.insert(), [_row(pattern, 9, due=1)])
    rest = Queue(book).page(Tab.OPEN, first.after, 3)
    assert [line.number[-1] for line in rest.lines] == ["4", "5", "6"]


@pytest.mark.parametrize(
    "broken", ["x", "1", "2.5." + "0" * 32, "1.5." + "g" * 32, "1.5." + "0" * 32 + "\n", "１.5." + "0" * 32]
)
def test_a_cursor_that_is_none_is_refused(sqlite_book: Book, broken: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        Queue(sqlite_book).page(Tab.OPEN, broken)


def test_each_tab_holds_what_its_name_says_and_is_counted(book: Book, pattern: dict[str, Any]) -> None:
    filled(
        book, pattern, {"n": 1}, {"n": 2, "status": WORK, "overdue": True}, {"n": 3, "status": "on_site"},
        {"n": 4, "status": TO_CHECK, "check_by": Check.CAMERA.value}, {"n": 5, "status": CLOSED},
        {"n": 6, "status": TO_CHECK, "check_by": Check.PERSON.value, "person_id": "t1"},
        {"n": 7, "status": "to_confirm", "person_id": "t1"}, {"n": 8, "status": "on_hold", "person_id": "t1"},
        {"n": 9, "person_id": "t1"},
    )  # fmt: skip
    queue = Queue(book, mine=Mine("t1", (UUID(int=2), UUID(int=5))))
    held = {tab: sorted(numbers(queue, tab)) for tab in Tab}
    assert held == {
        Tab.MINE: [2, 6, 7, 9], Tab.ACCEPT: [1, 9], Tab.WORK: [2, 3], Tab.CHECK: [4, 6], Tab.OVERDUE: [2],
        Tab.OPEN: [1, 2, 3, 4, 6, 7, 8, 9], Tab.ALL: list(range(1, 10)),
    }  # fmt: skip
    assert queue.counts() == Counts(mine=4, accept=2, work=2, check=2, overdue=1, open=8, all=9)
    assert Queue(book).counts().mine == 0, "nothing waits for the admin"


def test_an_empty_book_counts_nothing(book: Book) -> None:
    assert Queue(book).counts() == Counts()
    assert numbers(Queue(book)) == []


@pytest.mark.parametrize(
    ("sift", "found"),
    [
        (Sift(scope=VILLAGE), [1, 2]), (Sift(scope=TOWNSHIP), [1, 2, 3]), (Sift(severity="urgent"), [2]),
        (Sift(what="dumped"), [3]), (Sift(person="v2"), [3]), (Sift(overdue=True), [1]), (Sift(words="上河"), [3]),
        (Sift(words="gd-1121-0002"), [2]), (Sift(words="何村"), [3]), (Sift(words="%"), []), (Sift(words="_"), []),
        (Sift(words="'; drop table tickets; --"), []), (Sift(scope="64%"), []), (Sift(parts=()), []),
        (Sift(parts=(Part(region=OTHER_VILLAGE),)), [3]), (Sift(parts=(Part(person="v2"),), severity="urgent"), []),
    ],
)  # fmt: skip
def test_sifting_is_exact_and_takes_every_sign_as_it_is(
    book: Book, pattern: dict[str, Any], sift: Sift, found: list[int]
) -> None:
    filled(
        book, pattern, {"n": 1, "overdue": True, "severity": "major"}, {"n": 2, "severity": "urgent"},
        {"n": 3, "region": OTHER_VILLAGE, "place_name": "柳林镇 上河村", "what": "dumped", "person_id": "v2",
         "person_name": "何村官", "severity": "major"},
    )  # fmt: skip
    queue = Queue(book, sift)
    assert sorted(numbers(queue)) == found
    assert queue.counts().open == (3 if sift.words else len(found))


def test_the_pages_and_the_tabs_of_a_large_book_are_read_from_an_index(sqlite_book: Book, county: County) -> None:
    room = Room(sqlite_book, county)
    room.feed(event(0))
    told: list[str] = []

    def explain(conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            plan = conn.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            told.extend(str(row[3]) for row in plan.fetchall())

    sa.event.listen(sa.Engine, "before_cursor_execute", explain)
    queue = Queue(sqlite_book, Sift((Part(region=TOWNSHIP),)), Mine("t1"))
    queue.page(Tab.OPEN, f"1.5.{'0' * 32}")
    queue.page(Tab.ALL, f"1.5.{'0' * 32}")
    queue.counts()
    sa.event.remove(sa.Engine, "before_cursor_execute", explain)
    assert any("tickets_pressing" in line for line in told), told
    assert any("tickets_newest" in line for line in told), told
    assert any("COVERING INDEX tickets_tabs" in line for line in told), told
    assert not any("TEMP B-TREE" in line for line in told), "nothing is sorted"
