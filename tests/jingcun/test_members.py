"""``jingcun notify bind-members`` on a server: by asking WeCom, by a list, and what it never prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.bindings import binding_book
from alerts.channels import By
from alerts.store.book import Book
from jingcun.__main__ import app
from tests.county.small import COUNTY, PEOPLE
from tests.jingcun.servers import small_server
from tests.jingcun.test_notify import told
from tests.providers.wecom import AGENT, CORPID, SECRET, WeCom

run = CliRunner()


@pytest.fixture
def corporation() -> WeCom:
    made = WeCom()
    made.mobiles = {PEOPLE[0].phone: "MaCunGuan"}
    return made


@pytest.fixture
def config(tmp_path: Path, corporation: WeCom) -> Iterator[Path]:
    path, _ = small_server(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8") + '[notices]\nbase_url = "https://desk.example/"\n', encoding="utf-8"
    )
    (tmp_path / "hook.secret").write_text(SECRET)
    with corporation.serving() as serving:
        told(path, name="wecom", kind="wecom", corpid=CORPID, agentid=AGENT, base=serving.base)
        yield path


def members(config: Path, *words: str) -> tuple[int, list[str]]:
    answer = run.invoke(app, ["notify", "bind-members", "-c", str(config), *words])
    assert "MaCunGuan" not in answer.output, "by which userid somebody is known is told to nobody"
    return answer.exit_code, answer.output.splitlines()


def bound(config: Path) -> int:
    with closing(Book(f"sqlite:///{config.parent / 'var' / 'book.db'}", COUNTY)) as book:
        return binding_book.counts(book).get(By.WECOM, 0)


def test_it_says_who_was_found_and_who_was_not(config: Path) -> None:
    code, lines = members(config, "--dry-run")
    assert (code, bound(config)) == (0, 0)
    code, lines = members(config)
    assert (code, bound(config)) == (0, 1)
    assert "v1 马村官:绑定了" in lines
    assert lines[-1] == "绑定1人,原来就有0人,没有找到4人"
    assert members(config)[1][-1] == "绑定0人,原来就有1人,没有找到4人"


def test_a_test_notice_goes_to_whom_it_has_bound(config: Path, corporation: WeCom) -> None:
    missing = run.invoke(app, ["notify", "test", "--to", "v1", "--channel", "wecom", "-c", str(config)])
    assert "导入企业微信成员" in missing.output
    members(config)
    answer = run.invoke(app, ["notify", "test", "--to", "v1", "--channel", "wecom", "-c", str(config)])
    assert (answer.exit_code, [one["touser"] for one in corporation.sent]) == (0, ["MaCunGuan"])


def test_a_list_does_without_asking_wecom(config: Path, corporation: WeCom, tmp_path: Path) -> None:
    corporation.trusted = False
    file = tmp_path / "members.csv"
    file.write_text(f"账号,手机\nMaCunGuan,{PEOPLE[0].phone}\n", encoding="utf-8")
    code, lines = members(config, "--list", str(file), "--json")
    assert (code, bound(config)) == (0, 1)
    assert {"person": "v1", "name": "马村官", "came": "bound", "words": "绑定了"} in [json.loads(one) for one in lines]


def test_where_wecom_refuses_it_stops_and_says_why(config: Path, corporation: WeCom) -> None:
    corporation.trusted = False
    code, lines = members(config)
    assert (code, len(lines)) == (1, 2)
    assert "可信IP" in lines[0]
    assert lines[1].endswith("还有5人没有查")


@pytest.mark.parametrize("words", [["--channel", "other"], ["--list", "/nowhere.csv"]])
def test_what_cannot_be_asked_is_one_line(config: Path, words: list[str]) -> None:
    code, lines = members(config, *words)
    assert (code, len(lines)) == (2, 1)
