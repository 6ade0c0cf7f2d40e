"""Fixtures of the county tests: each book test runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from county.book import CountyBook
from county.files import Folder
from tests.county.small import small_folder
from tests.servers_postgres import postgres_cluster, real_postgres

__all__ = ["postgres_cluster", "real_postgres"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'county.db'}"
    return str(request.getfixturevalue("real_postgres"))


@pytest.fixture
def book(url: str) -> Iterator[CountyBook]:
    with CountyBook(url) as opened:
        yield opened


@pytest.fixture
def folder() -> Folder:
    return small_folder()
