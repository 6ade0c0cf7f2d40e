"""``jingcun ticket`` on the stores of a server: show, act, ask, decide, reply."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from alerts.engine import Engine
from alerts.store.book import Book
from alerts.world import World
from jingcun.__main__ import app
from tests.alerts.makes import FakeInbox, event
from tests.county.small import COUNTY
from tests.jingcun.servers import small_server

run = CliRunner()
NOW = datetime.now(UTC)
LONG_AGO = (NOW - datetime(2026, 11, 21, 2, 0, tzinfo=UTC)) / timedelta(minutes=1)


@pytest.fixture
def server(tmp_path: Path) -> tuple[Path, str]:
    """A server with one ticket of this very moment, and its number."""
    config, county = small_server(tmp_path)
    inbox = FakeInbox()
    inbox.add(event(LONG_AGO))
    with closing(Book(f"sqlite:///{tmp_path / 'var' / 'book.db'}", COUNTY)) as book:
        Engine(book, inbox, World(lambda: county, lambda: NOW)).step()
    local = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
    return config, f"GD-{local:%m%d}-0001"


def call(server: tuple[Path, str], *words: str) -> Result:
    return run.invoke(app, ["ticket", *words, "-c", str(server[0])])


def test_a_ticket_is_accepted_extended_and_shown(server: tuple[Path, str]) -> None:
    _, number = server
    assert "已接单  马村官接单" in call(server, "act", number, "accept", "--as", "v1").output
    said = call(server, "act", number, "extend", "--as", "v1", "--reason", "等铲车").output
    assert "马村官申请延期到" in said
    (line,) = call(server, "asks", "--as", "t1").output.splitlines()
    assert number in line
    ask = json.loads(call(server, "asks", "--json").output)
    assert (ask["move"], ask["by"], ask["decider"], ask["reason"]) == ("extend", "v1", "t1", "等铲车")
    assert "同意" in call(server, "grant", ask["ask"], "--as", "t1", "--reason", "行").output
    assert call(server, "asks").output == ""
    shown = call(server, "show", number).output
    assert [word in shown for word in (number, "任务派遣", "等铲车", "田乡官同意马村官延期")] == [True] * 4
    whole = json.loads(call(server, "show", number, "--json").output)
    assert (whole["state"], len(whole["stages"]), whole["asks"][0]["state"]) == ("accepted", 7, "granted")
    assert "延期  田乡官" in run.invoke(app, ["fairness", "list", "-c", str(server[0])]).output


def test_a_refusal_and_a_reply(server: tuple[Path, str]) -> None:
    _, number = server
    call(server, "act", number, "accept", "--as", "v1")
    call(
        server, "act", number, "hold", "--as", "v1", "--reason", "等", "--until", f"{NOW + timedelta(days=9):%Y-%m-%d}"
    )
    ask = json.loads(call(server, "asks", "--json").output)["ask"]
    assert call(server, "refuse", ask, "--as", "t1", "--reason", "不").exit_code == 2, "the county decides a hold"
    assert "不同意" in call(server, "refuse", ask, "--as", "c1", "--reason", "先清一部分").output
    call(server, "act", number, "supervise", "--as", "c1", "--reason", "三天了")
    order = json.loads(call(server, "asks", "--as", "v1", "--json").output)["ask"]
    assert "已回复" in call(server, "reply", order, "--as", "v1", "--reason", "今晚清完").output
    call(server, "act", number, "void", "--as", "t1", "--reason", "重复了")
    void = json.loads(call(server, "asks", "--json").output)["ask"]
    assert "已失效" in call(server, "withdraw", void, "--as", "t1", "--reason", "看错了").output
    assert "撤回  田乡官" in run.invoke(app, ["fairness", "list", "-c", str(server[0])]).output


def test_an_alarm_is_cleared_by_a_superior(server: tuple[Path, str]) -> None:
    _, number = server
    (alarm,) = json.loads(call(server, "show", number, "--json").output)["alarms"]
    assert "自行清除" in call(server, "clear", number, alarm, "--as", "t1", "--reason", "是玉米堆").output
    assert call(server, "clear", number, alarm, "--as", "t1", "--reason", "x").exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("act", "GD-0000-9999", "accept", "--as", "v1"), "no such ticket"),
        (("act", "{number}", "accept", "--as", "nobody"), "nobody in people.csv"),
        (("act", "{number}", "accept", "--as", "v2"), "不负责这个地方"),
        (("act", "{number}", "fly", "--as", "v1"), "没有“fly”这个操作"),
        (("act", "{number}", "force_close", "--as", "v1", "--reason", "x"), "没有强制结案"),
        (("act", "{number}", "hold", "--as", "v1"), "请写明挂账的原因"),
        (("grant", "x", "--as", "t1"), "no id of an ask"),
        (("grant", "01937c1e-5f7a-7c3e-9d55-0b1f5a6c7d8e", "--as", "t1"), "没有这件申请"),
        (("show", "' OR 1=1 --"), "no such ticket"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    server: tuple[Path, str], words: tuple[str, ...], said: str
) -> None:
    before = call(server, "show", server[1], "--json").output
    refused = call(server, *(word.format(number=server[1]) for word in words))
    assert refused.exit_code != 0
    assert said in f"{refused.output}{refused.exception}"
    assert call(server, "show", server[1], "--json").output == before
