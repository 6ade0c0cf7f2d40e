"""The log of messages: the own part, failed ones first, every message on one page, names and numbers masked."""

from __future__ import annotations

from uuid import uuid4

import pytest
import sqlalchemy as sa

from alerts.notices import message_log
from alerts.store.book import Book
from alerts.store.tables import NOTICES
from alerts.tickets.areas import Part
from county.snapshot import County
from tests.alerts.loop import Room
from tests.alerts.makes import event
from tests.county.small import OTHER_VILLAGE, VILLAGE


def test_messages_are_paged_failed_ones_first_and_each_once(book: Book, county: County) -> None:
    room = Room(book, county)
    room.feed(event(0))
    with book.writing() as pen:
        row = pen.conn.execute(sa.select(NOTICES)).one()
        at_us = [row.created_us + n // 2 for n in range(4)]
        more = [{**row._mapping, "id": uuid4(), "person_id": f"p{n}", "created_us": us} for n, us in enumerate(at_us)]
        more[1]["state"] = "failed"
        pen.conn.execute(NOTICES.insert(), more)
    every, after = message_log.page(book)
    assert [one.state for one in every].count("failed") == 1
    assert (every[0].state, len(every)) == ("failed", 5)
    assert after == ""
    paged, after = message_log.page(book, message_log.Which(limit=1))
    while after:
        further, after = message_log.page(book, message_log.Which(limit=1, after=after))
        paged += further
    assert paged == every
    assert message_log.page(book, message_log.Which(parts=(Part(region=OTHER_VILLAGE),)))[0] == []
    assert message_log.page(book, message_log.Which(parts=(Part(region=VILLAGE),)))[0] == every
    assert message_log.page(book, message_log.Which(parts=()))[0] == []


def test_who_was_told_and_what_the_provider_said_are_masked(book: Book, county: County) -> None:
    room = Room(book, county)
    room.feed(event(0))
    with book.writing() as pen:
        pen.conn.execute(NOTICES.update().values(state="failed", answer="空号 19900000001，编号 1234567890123456"))
    (first, *_), _ = message_log.page(book, message_log.Which(state="failed"))
    assert (first.person, first.words) == ("马**", "空号 199****0001，编号 1234567890123456")
    assert (message_log.masked(""), message_log.masked("马")) == ("", "马")


@pytest.mark.parametrize("forged", ["x", "1", "2.1." + "0" * 32, "1.-1." + "0" * 32, "1.1.g" + "0" * 31, "\x00"])
def test_a_forged_cursor_is_refused(sqlite_book: Book, forged: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        message_log.page(sqlite_book, message_log.Which(after=forged))
