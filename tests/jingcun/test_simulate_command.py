"""``jingcun simulate``: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from county.files import dump
from county.qingluan import folder as qingluan_files
from county.snapshot import Content
from jingcun.__main__ import app
from tests.county.small import small_county

pytestmark = pytest.mark.timeout(300)
RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small county as files: one box with a camera and a bin."""
    content: Content = small_county().content
    where = tmp_path / "county"
    where.mkdir()
    for name, data in dump(content, qingluan_files()["policy.toml"]).items():
        (where / name).write_bytes(data)
    return where


def run(*arguments: str) -> tuple[int, str, str]:
    done = RUN.invoke(app, ["simulate", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_a_countys_own_folder_is_lived_through_and_told_in_chinese(folder: Path) -> None:
    code, out, err = run("--county", str(folder), "--days", "1")
    assert code == 0
    assert "摄像机 1 台、垃圾桶 1 个,从 2026-11-02 起模拟 1 天" in out
    assert "账目:平" in out
    assert "第 1 天" in err


def test_the_figures_come_as_one_json_object(folder: Path) -> None:
    size = ("--cameras", "3", "--bins", "5")
    code, out, _ = run("--county", str(folder), "--days", "1", *size, "--noise", "2", "--seed", "7", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["cameras"], told["bins"], told["days"], told["seed"], told["noise"]) == (3, 5, 1, 7, 2.0)
    assert told["balanced"] is True


@pytest.mark.parametrize(("asked", "cameras", "bins"), [("--cameras", 3, 1), ("--bins", 1, 3)])
def test_what_is_not_asked_for_stays_as_many_as_the_county_has(
    folder: Path, asked: str, cameras: int, bins: int
) -> None:
    code, out, _ = run("--county", str(folder), "--days", "1", asked, "3", "--json")
    told = json.loads(out)
    assert (code, told["cameras"], told["bins"]) == (0, cameras, bins)


@pytest.mark.parametrize("begin", ["1970-01-01", "2999-12-31"])
def test_the_earliest_and_the_latest_day_are_lived_through(folder: Path, begin: str) -> None:
    assert run("--county", str(folder), "--days", "1", "--begin", begin)[0] == 0


def test_books_that_do_not_balance_end_with_exit_code_1(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jingcun.simulate.books.single", lambda _tickets: ["s1 has two"])
    code, out, _ = run("--county", str(folder), "--days", "1")
    assert code == 1
    assert "账目不平(1 处)" in out
    assert "s1 has two" in out


def test_another_policy_is_tried(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "new.toml"
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    other.write_text(text.replace("report_s = 1800", "report_s = 3600") + "\n", encoding="utf-8")
    assert run("--county", str(folder), "--days", "1", "--policy", str(other))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--days", "0"), "0 days: simulate 1 to 366"),
        (("--days", "99999"), "simulate 1 to 366"),
        (("--noise", "-1"), "noise is -1"),
        (("--noise", "nan"), "noise is nan"),
        (("--noise", "1e9"), "noise is 1e+09"),
        (("--cameras", "-5"), "give numbers from 0 to 100000"),
        (("--cameras", "0", "--bins", "0"), "neither a camera"),
        (("--begin", "tomorrow"), "no day"),
        (("--begin", "2026-02-30"), "no day"),
        (("--begin", "0001-01-01"), "from 1970-01-01 to 2999-12-31"),
        (("--begin", "9999-12-31"), "from 1970-01-01 to 2999-12-31"),
        (("--county", "/nowhere"), "/nowhere"),
        (("--policy", "/nowhere.toml"), "/nowhere.toml"),
        (("--rates", "/nowhere.toml"), "/nowhere.toml"),
    ],
)
def test_a_hostile_argument_ends_in_one_line(arguments: tuple[str, ...], words: str) -> None:
    code, out, err = run("--days", "1", *arguments) if "--days" not in arguments else run(*arguments)
    assert code == 2
    assert out == ""
    assert words in err
    assert len(err.strip().splitlines()) == 1


def test_a_policy_and_rates_that_are_wrong_name_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("ladder = 3", encoding="utf-8")
    assert "ladder" in run("--policy", str(wrong), "--days", "1")[2]
    assert "places: Field required" in run("--rates", str(wrong), "--days", "1")[2]
