"""``jingcun silence`` on the stores of a server."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from alerts.asks import fairness_book
from alerts.store.book import Book
from jingcun.__main__ import app
from tests.county.small import CAMERA, COUNTY, SPOT, VILLAGE
from tests.jingcun.servers import small_server

run = CliRunner()
NOW = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai"))


def local(hours: float) -> str:
    return f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return small_server(tmp_path)[0]


def said(config: Path, *words: str) -> tuple[int, str]:
    answer = run.invoke(app, ["silence", words[0], "-c", str(config), *words[1:]])
    return answer.exit_code, answer.output


def added(config: Path, *words: str, hours: float = 8) -> tuple[int, str]:
    return said(config, "add", "--by", "t1", "--reason", "修路", "--until", local(hours), *words)


def test_a_mute_is_added_listed_and_ended_and_stands_in_the_fairness_log(config: Path, tmp_path: Path) -> None:
    code, line = added(config, "--camera", CAMERA, "--category", "garbage")
    assert (code, "已生效" in line, "田乡官:修路" in line) == (0, True, True)
    facts = json.loads(said(config, "list", "--json")[1])
    assert (facts["number"], facts["camera"], facts["categories"], facts["looks"]) == (1, CAMERA, ["garbage"], 0)
    assert "已结束" in said(config, "end", "1", "--by", "t1", "--reason", "完工")[1]
    assert said(config, "list") == (0, "")
    assert "已结束" in said(config, "list", "--all")[1]
    with closing(Book(f"sqlite:///{tmp_path / 'var' / 'book.db'}", COUNTY)) as book:
        assert [one.entry.reason for one in fairness_book.lines(book)] == ["修路", "完工", "修路"]


def test_a_long_one_waits_for_the_level_above(config: Path) -> None:
    code, line = added(config, "--area", VILLAGE, "--works", "--daily", "08:00-18:00", hours=60)
    assert (code, "待批准" in line, "管控" in line, "每天 08:00 到 18:00" in line) == (0, True, True, True)
    assert said(config, "grant", "1", "--by", "t1") == (2, "jingcun: 自己申请的静默不能自己批\n")
    assert "批准人 郝县官" in said(config, "grant", "1", "--by", "c1")[1]
    added(config, "--spot", SPOT, "--category", "dumped")
    assert "未批准" in said(config, "grant", "2", "--by", "c1", "--refuse", "--reason", "不合适")[1]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--camera", CAMERA, "--daily", "early-late"], "write hours like"),
        (["--camera", CAMERA, "--daily", "08:00"], "write hours like"),
        (["--camera", CAMERA, "--from", "gestern"], "write times like"),
        (["--camera", CAMERA, "--from", "0001-01-01T00:00"], "过去"),
        (["--camera", CAMERA, "--from", "9999-12-31T23:59"], "提前一年"),
        (["--spot", "nowhere"], "没有登记"),
        ([], "只能选一样"),
        (["--camera", CAMERA, "--category", "smell"], "没有“smell”这一类"),
    ],
)
def test_what_makes_no_sense_ends_in_one_line(config: Path, words: list[str], why: str) -> None:
    code, line = added(config, *words)
    assert (code, line.count("\n"), why in line) == (2, 1, True), line


def test_a_reason_and_an_end_are_asked_for_and_an_empty_reason_is_refused(config: Path) -> None:
    bare = ["add", "--by", "t1", "--camera", CAMERA]
    assert said(config, *bare, "--until", local(1))[0] == 2
    assert said(config, *bare, "--reason", "修路")[0] == 2
    code, line = said(config, *bare, "--until", local(1), "--reason", " ")
    assert (code, "为什么" in line) == (2, True)
    assert said(config, "end", "7", "--by", "t1", "--reason", "完") == (2, "jingcun: 没有第7号静默\n")


@pytest.mark.parametrize("number", ["99999999999999999999", "0", "-1", "x"])
def test_a_number_that_no_mute_has_is_refused_in_one_line(config: Path, number: str) -> None:
    for words in (("grant", "--by", "c1"), ("end", "--by", "t1", "--reason", "完")):
        code, output = said(config, *words, "--", number)
        assert (code, "Traceback" in output) == (2, False), output
