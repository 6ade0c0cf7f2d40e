"""Fixtures of the county tests: each book test runs on SQLite and on a real PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from county.book import CountyBook
from county.files import Folder
from tests.county.small import small_folder

SHARED = Path(os.environ.get("JINGCUN_SHARED", Path(__file__).parents[2].parent / "shared"))


@pytest.fixture(scope="session")
def real() -> bytes:
    """Real division codes of five counties; they are not shipped."""
    fixture = SHARED / "fixtures" / "divisions.json"
    if not fixture.is_file():
        pytest.skip(f"{fixture} is missing; set JINGCUN_SHARED to the folder that holds fixtures/divisions.json")
    return fixture.read_bytes()


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
