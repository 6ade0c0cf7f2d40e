"""``jingcun bins`` on the stores of a server."""

from __future__ import annotations

import csv
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from alerts.alarms.applying import Moment, Sitting
from alerts.alarms.condition_book import Conditions
from alerts.sensors.bin_book import Page
from alerts.sensors.bins import Heard
from alerts.sensors.readings import take
from alerts.store.book import Book
from broker.messages import Reading
from county.values import Device, DeviceKind
from jingcun.__main__ import app
from tests.county.small import BIN, BOX, COUNTY, DEVICES, OTHER_VILLAGE, VILLAGE
from tests.jingcun.servers import small_server

run = CliRunner()
NOW = datetime.now(UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A server whose bin filled, was emptied, and filled again, over the last hours."""
    path, county = small_server(tmp_path)
    with closing(Book(f"sqlite:///{tmp_path / 'var' / 'book.db'}", COUNTY)) as book, book.writing() as pen:
        page = Page(pen)
        for hours, fill in enumerate((85, 92, 4, 10, 20)):
            at = NOW - timedelta(hours=5 - hours)
            one = Reading(message_id=uuid4(), device=BOX, at=at, spot=BIN, fill_percent=fill, battery_percent=9)
            take(page, one, Heard(at, at), Sitting(Conditions(pen), county, Moment(at, at, "test")))
        page.write()
    return path


def told(config: Path, *words: str) -> str:
    answer = run.invoke(app, ["bins", words[0], "--config", str(config), *words[1:]])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_the_list_says_fill_and_what_is_wrong(config: Path) -> None:
    line = told(config, "list")
    assert all(words in line for words in (BIN, "20%", "plain", "柳林镇 石门村 1号桶", "bin_battery"))
    row = json.loads(told(config, "list", "--json"))
    assert (row["fill_percent"], row["battery_percent"], row["wrong"]) == (20, 9, ["bin_battery"])


def test_the_emptyings_are_listed_as_proof(config: Path) -> None:
    day, next_day = (f"{NOW + timedelta(days=days):%Y-%m-%d}" for days in (-2, 2))
    row = json.loads(told(config, "collections", "--from", day, "--to", next_day, "--json"))
    assert (row["bin"], row["before"], row["after"]) == (BIN, 92, 4)
    assert "92% → 4%  1号桶" in told(config, "collections", "--from", day, "--to", next_day)
    assert told(config, "collections", "--from", day, "--to", next_day, "--bin", "bin-9") == ""
    wrong = run.invoke(app, ["bins", "collections", "--config", str(config), "--from", "gestern", "--to", next_day])
    assert wrong.exit_code == 2
    assert "write times like" in wrong.output


def test_the_export_is_an_array_of_entities_or_a_table(config: Path) -> None:
    (entity,) = json.loads(told(config, "export", "--ngsi-ld"))
    assert (entity["type"], entity["fillingLevel"]["value"]) == ("WasteContainer", 0.2)
    (row,) = csv.DictReader(told(config, "export").splitlines())
    assert (row["id"], row["fill_percent"], row["wrong"]) == (BIN, "20.0", "bin_battery")


def test_a_round_says_how_many_bins_were_emptied(config: Path) -> None:
    day, next_day = (f"{NOW + timedelta(days=days):%Y-%m-%d}" for days in (-2, 2))
    row = json.loads(told(config, "rounds", "--from", day, "--to", next_day, "--json"))
    assert (row["township"], [one["bin"] for one in row["emptied"]]) == ("640999101", [BIN])
    assert (row["passed_by"], row["missed"]) == ([], [])
    assert "柳林镇  1/1 emptied" in told(config, "rounds", "--from", day, "--to", next_day)
    assert told(config, "rounds", "--from", "2020-01-01", "--to", "2020-01-02") == ""


def test_a_full_bin_that_was_passed_by_and_one_never_heard_are_named(tmp_path: Path) -> None:
    more = tuple(Device(name, DeviceKind.BIN, f"{name}号", VILLAGE, BOX) for name in ("full", "half", "mute"))
    away = Device("away", DeviceKind.BIN, "别村", OTHER_VILLAGE, BOX)
    path, county = small_server(tmp_path, devices=(*DEVICES, *more, away))
    with closing(Book(f"sqlite:///{tmp_path / 'var' / 'book.db'}", COUNTY)) as book, book.writing() as pen:
        page = Page(pen)
        for minutes, place, fill in (
            (300, BIN, 92),
            (290, "full", 95),
            (280, "half", 40),
            (200, BIN, 3),
            (90, "full", 2),
        ):
            at = NOW - timedelta(minutes=minutes)
            one = Reading(message_id=uuid4(), device=BOX, at=at, spot=place, fill_percent=fill)
            take(page, one, Heard(at, at), Sitting(Conditions(pen), county, Moment(at, at, "test")))
        page.write()
    span = ("--from", f"{NOW - timedelta(days=2):%Y-%m-%d}", "--to", f"{NOW + timedelta(days=2):%Y-%m-%d}")
    first, second = (json.loads(line) for line in told(path, "rounds", *span, "--json").splitlines())
    assert first["passed_by"] == [
        {"bin": "full", "percent": 95}, {"bin": "half", "percent": 40}, {"bin": "mute", "percent": None},
    ]  # fmt: skip
    assert first["missed"] == ["full", "mute"]
    assert [one["bin"] for one in second["emptied"]] == ["full"]
    words = told(path, "rounds", *span)
    assert "1/4 emptied" in words
    assert "passed by: full" in words
    assert "half" not in words
    assert len(told(path, "rounds", *span, "--gap", "120", "--json").splitlines()) == 1
