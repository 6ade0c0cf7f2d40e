"""Books for the tests of this room: on SQLite, and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.store.book import Book
from county.snapshot import County
from tests.county.small import COUNTY, small_county
from tests.servers_postgres import postgres_cluster, real_postgres

__all__ = ["postgres_cluster", "real_postgres"]


@pytest.fixture
def county() -> County:
    return small_county()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def book_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'book.db'}"
    url: Any = request.getfixturevalue("real_postgres")
    return str(url)


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    opened = Book(book_url, COUNTY)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_book(tmp_path: Path) -> Iterator[Book]:
    opened = Book(f"sqlite:///{tmp_path / 'book.db'}", COUNTY)
    yield opened
    opened.close()
