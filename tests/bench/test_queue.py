"""The county of the queue's bench is what the figure says that it is, and each account asks as the page would."""

from __future__ import annotations

from contextlib import closing

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.queue_book import Queue, Tab
from alerts.store.tables import TICKETS
from bench.ground import ground
from bench.queue import OPEN_SHARE, fill
from county.qingluan import folder as qingluan_files


def test_the_tickets_lie_all_over_the_county_and_a_fifth_of_them_is_open() -> None:
    with ground(qingluan_files(demo=True), broker=False) as here:
        fill(here.stage, 2_000)
        server, county = here.stage.server, here.stage.county
        with closing(Book(server.store("book"), county.code, county.calendar.zone)) as book:
            counts = Queue(book).counts()
            with book.store.read() as conn:
                villages = conn.execute(sa.select(sa.func.count(TICKETS.c.village.distinct()))).scalar_one()
                again = conn.execute(sa.select(sa.func.count(TICKETS.c.id.distinct()))).scalar_one()
            pages = Queue(book).page(Tab.ALL, limit=200)
    assert counts.all == again == 2_000
    assert abs(counts.open / 2_000 - OPEN_SHARE) < 0.05
    assert counts.accept + counts.work + counts.check == counts.open
    assert counts.overdue > 100
    assert villages > 100
    assert (len(pages.lines), pages.after != "") == (200, True)
