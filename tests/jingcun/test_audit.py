"""``jingcun audit`` on a server's stores, and the commands that are rows of the register before they run."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alerts.register.register import Register
from jingcun.__main__ import app
from screen.access.account import Account
from tests.alerts.side_cases import MORE_DUTIES, MORE_PEOPLE
from tests.county.small import COUNTY
from tests.jingcun.servers import small_server

run = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    config, _ = small_server(tmp_path, people=MORE_PEOPLE, duties=MORE_DUTIES)
    Account(tmp_path / "var" / "secrets")
    return config


def call(config: Path, *words: str) -> Result:
    return run.invoke(app, [*words, "-c", str(config)])


def rows(config: Path, *words: str) -> list[dict[str, str]]:
    """The register, oldest first."""
    lines = call(config, "audit", "list", "--json", *words).output.splitlines()
    return [json.loads(line) for line in reversed(lines)]


def test_a_command_is_a_row_with_the_user_of_the_machine_and_no_secret(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "zhangsan")
    monkeypatch.delenv("SUDO_USER", raising=False)
    password = call(config, "account", "add", "t1").output.strip()
    assert password
    row = rows(config)[0]
    assert {name: row[name] for name in ("account", "name", "source", "deed", "kind", "subject", "+command")} == {
        "account": "os:zhangsan", "name": "zhangsan", "source": "命令行", "deed": "account", "kind": "person",
        "subject": "t1", "+command": "add",
    }  # fmt: skip
    assert password not in json.dumps(rows(config))
    monkeypatch.setenv("SUDO_USER", "lisi")
    call(config, "account", "reset", "t1")
    assert rows(config)[-1]["name"] == "lisi → zhangsan"


def test_a_loaded_revision_tells_who_why_and_its_number(config: Path, tmp_path: Path) -> None:
    loaded = call(config, "county", "load", str(tmp_path / "county"), "--author", "李主任", "--reason", "换届")
    assert loaded.exit_code == 0, loaded.output
    asked, done = rows(config, "--deed", "county")
    assert (asked["reason"], asked["+author"], asked["kind"]) == ("换届", "李主任", "folder")
    assert (done["subject"], done["+result"]) == ("1", "revision 1")


def test_what_fails_is_told_as_refused(config: Path) -> None:
    assert call(config, "account", "reset", "v1").exit_code == 2
    asked, refused = rows(config)
    assert (asked["deed"], refused["deed"], refused["subject"]) == ("account", "refused", str(asked["n"]))


def test_verify_names_the_first_wrong_row_and_ends_with_one(config: Path, tmp_path: Path) -> None:
    for person in ("t1", "v1", "h1"):
        call(config, "account", "add", person)
    head = call(config, "audit", "head").output.strip()
    good = call(config, "audit", "verify", "--head", head)
    assert (good.exit_code, good.output) == (0, f"3 rows, none altered or removed; head {head}\n")
    with closing(sqlite3.connect(tmp_path / "var" / "book.db")) as conn:
        conn.executescript("DROP TRIGGER register_no_UPDATE; UPDATE register SET account='x' WHERE n=2;")
    bad = call(config, "audit", "verify")
    assert (bad.exit_code, "row 2 is the first" in bad.output) == (1, True)
    assert json.loads(call(config, "audit", "verify", "--json").output)["broken"]["n"] == 2
    with closing(sqlite3.connect(tmp_path / "var" / "book.db")) as conn:
        conn.executescript("DROP TRIGGER register_no_DELETE; DELETE FROM register WHERE n>=2;")
    assert call(config, "audit", "verify").exit_code == 0
    cut = call(config, "audit", "verify", "--head", head)
    assert (cut.exit_code, "3 was noted before" in cut.output) == (1, True)


@pytest.mark.parametrize("head", ["", "3", "3:xyz", "x:" + "a" * 64])
def test_a_head_that_is_none_is_said_in_one_line(config: Path, head: str) -> None:
    assert call(config, "audit", "verify", "--head", head).exit_code == 2


def test_an_export_says_why_and_is_itself_a_row(config: Path, tmp_path: Path) -> None:
    call(config, "account", "add", "t1")
    out = tmp_path / "登记.csv"
    assert call(config, "audit", "export", str(out), "--reason", "=年度检查").exit_code == 0
    text = out.read_text(encoding="utf-8-sig")
    assert "账号变更" in text
    assert "'=年度检查" in text
    assert call(config, "audit", "export", str(tmp_path / "a.json"), "--reason", "检查").exit_code == 0
    assert [json.loads(line)["deed"] for line in (tmp_path / "a.json").read_text().splitlines()] == [
        "exported", "exported", "account",
    ]  # fmt: skip
    assert call(config, "audit", "export", str(tmp_path / "a.xls"), "--reason", "检查").exit_code != 0
    assert call(config, "audit", "export", str(out), "--reason", " ").exit_code != 0


def test_rows_are_listed_by_day_deed_and_account(config: Path) -> None:
    call(config, "account", "add", "t1")
    assert "账号变更" in call(config, "audit", "list").output
    assert rows(config, "--day", "2020-01-01") == []
    assert call(config, "audit", "list", "--deed", "nothing").exit_code != 0
    assert call(config, "audit", "list", "--day", "yesterday").exit_code != 0


def test_nothing_is_done_that_cannot_be_told(config: Path, tmp_path: Path) -> None:
    """The database is no database: the command ends before it does anything."""
    with closing(Register(f"sqlite:///{tmp_path}/var/book.db", COUNTY)):
        pass
    for file in (tmp_path / "var").glob("book.db*"):
        file.write_bytes(b"not a database " * 100)
    refused = call(config, "account", "add", "t1")
    assert refused.exit_code == 2
    assert Account(tmp_path / "var" / "secrets").named.get("t1") is None
