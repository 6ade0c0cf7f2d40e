"""The stores of a chaos run: what is missing is told, or is an error; what is there is what the programs use."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from bench import chaos, props, stores
from bench.props import INFLUX, POSTGRES, Props, props_in
from bench.stores import Influx, Missing, Postgres, program
from county.book import CountyBook
from jingcun.demo.stage import COUNTY, set_stage
from tests.county.small import small_folder


def absent(_name: str) -> str:
    raise Missing("it is not installed; deploy/test-parts.sh installs what the tests run")


def test_a_program_that_is_not_there_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_a, **_k: None)
    with pytest.raises(Missing, match=r"influxd is not installed; deploy/test-parts\.sh"):
        program("influxd")


def test_without_influxdb_sqlite_stands_in_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JINGCUN_REQUIRE_REAL", raising=False)
    monkeypatch.setattr(stores, "program", absent)
    monkeypatch.setattr(props, "set_up_postgres", lambda *_: absent("postgres"))
    with props_in(tmp_path) as found:
        assert found.names == ()
        assert found.parts == {"stores": "sqlite", "series": "sqlite"}
    assert capsys.readouterr().err.count("SQLite stands in for it") == 2
    assert not found.folder.exists()


def test_where_everything_must_be_real_a_missing_part_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINGCUN_REQUIRE_REAL", "1")
    monkeypatch.setattr(props, "set_up_postgres", lambda *_: absent("postgres"))
    with pytest.raises(Missing), props_in(tmp_path):
        pass


def test_such_a_run_ends_at_once_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINGCUN_REQUIRE_REAL", "1")
    monkeypatch.setattr(props, "set_up_postgres", lambda *_: absent("postgres"))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert chaos.main(["--keep", str(tmp_path)]) == 2
    assert "deploy/test-parts.sh" in capsys.readouterr().err


def test_the_programs_are_sent_to_the_stores_that_are_killed(tmp_path: Path) -> None:
    influx = Influx(tmp_path, 1, 2, [], [])
    found = Props(tmp_path, None, influx)
    files = small_folder()
    stage = found.furnish(set_stage(tmp_path, files, 1883), files)
    server = stage.server
    assert (server.series.kind, server.series.address, server.database) == ("influx", "http://127.0.0.1:2", None)
    assert server.series.token_file is not None
    assert server.series.token_file.read_text() == stores.TOKEN
    assert server.notices.claim_lease_s == props.CLAIM_LEASE_S
    assert found.names == (INFLUX,)
    with CountyBook(server.store("county")) as book:
        assert book.current(COUNTY).code == COUNTY


def test_with_postgresql_the_county_lies_there_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'as-if-it-were-postgresql.db'}"
    monkeypatch.setattr(Postgres, "url", lambda _self: url)
    found = Props(tmp_path, Postgres(tmp_path, 1, []), None)
    files = small_folder()
    stage = found.furnish(set_stage(tmp_path, files, 1883), files)
    assert stage.server.database == url
    assert found.parts == {"stores": POSTGRES, "series": "sqlite"}
    with CountyBook(url) as book:
        assert book.current(COUNTY).code == COUNTY
