"""Books for the tests of this room: on SQLite, and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.store.book import Book
from county.snapshot import County
from tests.county.small import COUNTY, small_county
from tests.servers_postgres import Cluster, Copies


@pytest.fixture
def county() -> County:
    return small_county()


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book without rows: a copy of it is quicker than making sixty tables for each test."""
    path = tmp_path_factory.mktemp("tables") / "book.db"
    Book(f"sqlite:///{path}", COUNTY).close()
    return path


@pytest.fixture(scope="session")
def postgres_tables(postgres_cluster: Cluster) -> Iterator[Copies]:
    """The same as databases to lend."""
    with postgres_cluster.database() as name:
        Book(postgres_cluster.url(name), COUNTY).close()
        copies = Copies(postgres_cluster, name)
        yield copies
        copies.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def book_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without rows, once of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_tables"), tmp_path / "book.db")
        yield f"sqlite:///{tmp_path / 'book.db'}"
        return
    copies: Copies = request.getfixturevalue("postgres_tables")
    with copies.lent() as name:
        yield copies.cluster.url(name)


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    opened = Book(book_url, COUNTY)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_book(tmp_path: Path, sqlite_tables: Path) -> Iterator[Book]:
    shutil.copy(sqlite_tables, tmp_path / "book.db")
    opened = Book(f"sqlite:///{tmp_path / 'book.db'}", COUNTY)
    yield opened
    opened.close()
