"""``jingcun fairness list`` on the stores of a server."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from alerts.asks import fairness_book
from alerts.asks.fairness import Deed, Entry
from alerts.store.book import Book
from alerts.values import Who
from county.values import Level
from jingcun.__main__ import app
from tests.alerts.makes import T0
from tests.county.small import COUNTY, POLICY_TOML, VILLAGE
from tests.jingcun.servers import small_server

run = CliRunner()


def filled(folder: Path) -> Path:
    config, _ = small_server(folder)
    village, township = Who("v1", "马村官", "", Level.VILLAGE), Who("t1", "田乡官", "", Level.TOWNSHIP)
    with closing(Book(f"sqlite:///{folder / 'var' / 'book.db'}", COUNTY)) as book, book.writing() as pen:
        fairness_book.note(pen, Entry(Deed.EXTENDED, village, "=1+1", T0, VILLAGE, "石门村", words="到明天"))
        fairness_book.note(pen, Entry(Deed.SILENCED, township, "修路", T0, "640999102", "别的乡"))
    return config


def test_the_log_is_read_by_area_and_level(tmp_path: Path) -> None:
    config = str(filled(tmp_path))
    everything = run.invoke(app, ["fairness", "list", "-c", config]).output.splitlines()
    assert ["修路" in everything[0], "延期  马村官  石门村" in everything[1]] == [True, True]
    own = run.invoke(app, ["fairness", "list", "--area", VILLAGE[:9], "--json", "-c", config]).output
    assert json.loads(own) == {
        "at": "2026-11-21T10:00:00+08:00", "deed": "extended", "name": "延期", "author": "马村官", "level": "village",
        "area": VILLAGE, "place": "石门村", "ticket": "", "reason": "=1+1", "words": "到明天",
    }  # fmt: skip
    assert "修路" in run.invoke(app, ["fairness", "list", "--level", "township", "-c", config]).output
    assert run.invoke(app, ["fairness", "list", "--level", "county", "-c", config]).output == ""


def test_the_table_for_a_spreadsheet_holds_no_formula(tmp_path: Path) -> None:
    config, table = filled(tmp_path), tmp_path / "log.csv"
    said = run.invoke(app, ["fairness", "list", "--csv", str(table), "-c", str(config)])
    assert "2 lines" in said.output
    text = table.read_text(encoding="utf-8-sig")
    assert text.count("\n") == 3
    assert ",'=1+1," in text


def test_the_table_speaks_the_countys_own_time_and_names_of_levels(tmp_path: Path) -> None:
    config, table = filled(tmp_path), tmp_path / "log.csv"
    folder = tmp_path / "county"
    own = '[levels]\nvillage = "社区"\n\n[work]\nzone = "Asia/Urumqi"\n'
    (folder / "policy.toml").write_text(f"{POLICY_TOML}\n{own}", encoding="utf-8")
    loaded = run.invoke(app, ["county", "load", str(folder), "--author", "a", "--reason", "r", "-c", str(config)])
    assert loaded.exit_code == 0, loaded.output
    run.invoke(app, ["fairness", "list", "--csv", str(table), "-c", str(config)])
    assert "2026-11-21 08:00:00,延期,马村官,社区," in table.read_text(encoding="utf-8-sig")
    assert run.invoke(app, ["fairness", "list", "-c", str(config)]).output.startswith("2026-11-21T08:00  ")


def test_a_wrong_level_and_a_missing_server_are_named(tmp_path: Path) -> None:
    assert run.invoke(app, ["fairness", "list", "--level", "god", "-c", str(filled(tmp_path))]).exit_code == 2
    assert run.invoke(app, ["fairness", "list", "-c", str(tmp_path / "none.toml")]).exit_code != 0


def test_a_table_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    config = filled(tmp_path)
    said = run.invoke(app, ["fairness", "list", "--csv", str(tmp_path / "nowhere" / "log.csv"), "-c", str(config)])
    assert (said.exit_code, said.output.count("\n"), "nowhere" in said.output) == (2, 1, True), said.output
