"""The room runs alone: ``python -m alerts`` lists a book."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.__main__ import main
from alerts.store.book import Book
from county.snapshot import County
from tests.alerts.loop import Room
from tests.alerts.makes import event
from tests.county.small import COUNTY


def test_it_lists_open_tickets_and_findings(tmp_path: Path, county: County, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'book.db'}"
    book = Book(url, COUNTY)
    room = Room(book, county)
    room.feed(event(0))
    room.minutes = 31
    room.sweep.step()
    book.close()
    code = main([url, COUNTY])
    shown = capsys.readouterr().out
    assert "GD-1121-0001 已派遣(待接单) 柳林镇 石门村 村口垃圾点 garbage 田乡官 11-21 03:01Z 超期" in shown
    assert code == ("!" in shown)


def test_an_empty_book_has_nothing_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'book.db'}"
    Book(url, COUNTY).close()
    assert main([url, COUNTY, "--all"]) == 0
    assert capsys.readouterr().out == ""


def test_a_mistyped_address_is_said_and_no_book_is_made_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bok.db"
    with pytest.raises(SystemExit):
        main([f"sqlite:///{file}", COUNTY])
    assert str(file) in capsys.readouterr().err
    assert not file.exists()
