"""A database that one test after another is lent: nothing of a test before is in it."""

from __future__ import annotations

from contextlib import closing

import pytest
import sqlalchemy as sa

from alerts.schema import METADATA
from alerts.store.book import Book
from alerts.store.tables import HISTORY, TICKETS
from tests.alerts.loop import Room
from tests.alerts.makes import event
from tests.county.small import COUNTY, small_county
from tests.servers_postgres import Copies

pytestmark = pytest.mark.real


def test_a_copy_is_lent_again_without_a_row_and_its_numbers_begin_anew(postgres_tables: Copies) -> None:
    numbers = []
    for _ in range(2):
        with postgres_tables.lent() as name, closing(Book(postgres_tables.cluster.url(name), COUNTY)) as book:
            assert all(_rows(book, table) == 0 for table in METADATA.sorted_tables)
            Room(book, small_county()).feed(event(0))
            assert _rows(book, TICKETS) == 1
            with book.store.read() as conn:
                numbers.append((name, conn.execute(sa.select(sa.func.min(HISTORY.c.n))).scalar_one()))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    "change", ["ALTER TABLE register DISABLE TRIGGER ALL", "CREATE TABLE more (n int)", "DROP INDEX relay_done"]
)
def test_a_copy_whose_tables_or_rules_were_changed_is_lent_to_nobody_again(
    postgres_tables: Copies, change: str
) -> None:
    with postgres_tables.lent() as name:
        book = Book(postgres_tables.cluster.url(name), COUNTY)
        with closing(book), book.store.write() as conn:
            conn.execute(sa.text(change))
    with postgres_tables.lent() as other:
        assert other != name


def _rows(book: Book, table: sa.Table) -> int:
    with book.store.read() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
