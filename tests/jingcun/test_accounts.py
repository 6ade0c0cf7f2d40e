"""``jingcun account`` on the folder of a server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jingcun.__main__ import app
from screen.access.account import Account
from screen.access.codes import code_at
from screen.access.factors import Factors
from tests.alerts.side_cases import MORE_DUTIES, MORE_PEOPLE
from tests.jingcun.servers import small_server

run = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    config, _ = small_server(tmp_path, people=MORE_PEOPLE, duties=MORE_DUTIES)
    Account(tmp_path / "var" / "secrets")
    return config


def call(config: Path, *words: str) -> Result:
    return run.invoke(app, ["account", *words, "-c", str(config)])


def test_an_account_is_made_listed_reset_and_removed(config: Path) -> None:
    running = Account(config.parent / "var" / "secrets")
    password = call(config, "add", "t1").output.strip()
    assert running.right("t1", password)
    assert password not in (config.parent / "var" / "secrets" / "screen-people.json").read_text()
    call(config, "add", "h1")
    lines = call(config, "list").output.splitlines()
    assert lines == ["h1  于协管  协管员  640999101200", "t1  田乡官  640999101"]
    token = running.open_session(datetime.now(UTC), "t1")
    fresh = json.loads(call(config, "reset", "t1", "--json").output)["password"]
    assert (running.right("t1", password), running.right("t1", fresh)) == (False, True)
    assert running.name_of(token, datetime.now(UTC)) is None
    assert call(config, "remove", "t1").exit_code == 0
    assert not running.right("t1", fresh)
    assert [json.loads(line)["person"] for line in call(config, "list", "--json").output.splitlines()] == ["h1"]


@pytest.mark.parametrize("person", ["nobody", "admin", "", "../x", "t1\n"])
def test_an_account_belongs_to_a_person_of_the_county(config: Path, person: str) -> None:
    refused = call(config, "add", person)
    assert isinstance(refused.exception, ValueError | SystemExit)
    assert refused.exit_code != 0
    assert call(config, "list").output == ""


@pytest.mark.parametrize("words", [("add", "t1"), ("reset", "v1"), ("remove", "v1")])
def test_what_cannot_be_done_is_said_in_one_line(config: Path, words: tuple[str, str]) -> None:
    call(config, "add", "t1")
    refused = call(config, *words)
    assert refused.exit_code == 2
    assert len(refused.output.strip().splitlines()) == 1


def test_before_the_screen_was_ever_started_there_are_no_accounts(tmp_path: Path) -> None:
    config, _ = small_server(tmp_path)
    assert "never been started" in str(call(config, "add", "t1").exception)


def test_a_lost_phone_is_taken_off_the_account_and_its_sessions_end(config: Path) -> None:
    folder = config.parent / "var" / "secrets"
    factors, now = Factors(folder), datetime.now(UTC)
    call(config, "add", "t1")
    secret = factors.begin("t1")
    assert factors.confirm("t1", code_at(secret, now), now)
    assert call(config, "second-factor", "off", "t1").exit_code == 0
    assert not factors.of("t1").on
    refused = call(config, "second-factor", "off", "t1")
    assert refused.exit_code != 0
    assert call(config, "second-factor", "on", "t1").exit_code == 2
