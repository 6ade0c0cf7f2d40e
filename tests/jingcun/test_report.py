"""``jingcun report …`` on the stores of a server: from an order from above to a reward that is paid."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import pytest
from typer.testing import CliRunner, Result

from county.values import Duty, Level, Person, PersonKind
from jingcun.__main__ import app
from tests.county.small import DUTIES, PEOPLE, POLICY_TOML, SPOT, VILLAGE
from tests.detect.conftest import a_place
from tests.jingcun.servers import small_server

run = CliRunner()
CHINA = ZoneInfo("Asia/Shanghai")
OTHERS = (
    Person("idle", "闲不管", "19900000008", "青峦县政府"),
    Person("help", "邵协管", "19900000009", "石门村", kind=PersonKind.VOLUNTEER),
)
HELPS = Duty("help", VILLAGE, Level.VILLAGE, "协管员")
HERE = ("--at", "106.25,36.15")


@pytest.fixture
def config(tmp_path: Path) -> str:
    return str(small_server(tmp_path)[0])


def report(config: str, *words: str) -> Result:
    return run.invoke(app, ["report", *words, "-c", config])


def added(config: str, *words: str, by: str = "c1") -> Any:
    made = report(config, "add", "--what", "garbage", *(("--by", by) if by else ()), *words, "--json")
    assert made.exit_code == 0, made.output
    return json.loads(made.output)


def listed(config: str) -> list[Any]:
    return [json.loads(line) for line in report(config, "list", "--json").output.splitlines()]


def test_an_order_from_above_becomes_a_ticket_and_is_listed(config: str, tmp_path: Path) -> None:
    photo = tmp_path / "p.jpg"
    photo.write_bytes(cv2.imencode(".jpg", a_place(1, 96, 64))[1].tobytes())
    order = added(config, "--source", "superior", *HERE, "--origin", "市环委办〔2026〕12号", "--words", "省级通报",
                  "--photo", str(photo))  # fmt: skip
    assert order["new"]
    assert order["number"].startswith("GD-")
    again = added(config, "--source", "patrol", *HERE)
    assert (again["new"], again["ticket"]) == (False, order["ticket"])
    newest, oldest = listed(config)
    assert (newest["source"], oldest["source"], oldest["origin"]) == ("patrol", "superior", "市环委办〔2026〕12号")
    text = report(config, "list").output
    assert f"  {order['number']}  " in text
    assert "上级交办  garbage  640999101200  未核实  省级通报" in text


def test_names_whose_key_is_lost_are_given_up_on_purpose_and_the_log_says_so(tmp_path: Path) -> None:
    config = str(small_server(tmp_path, people=(*PEOPLE, *OTHERS))[0])
    key = tmp_path / "var" / "secrets" / "reporters.key"
    added(config, *HERE, "--source", "report", "--reporter", "王小明 13912345678", by="")
    assert "密钥还在" in report(config, "give-up-names", "--by", "c1", "--reason", "硬盘坏了").output
    key.unlink()
    stopped = report(config, "list")
    assert (stopped.exit_code, "jingcun report give-up-names" in stopped.output) == (2, True)
    assert not key.exists(), "no new key is made in its place"
    for words, told in (
        (("--by", "nobody", "--reason", "x"), "nobody in people.csv"), (("--by", "t1", "--reason", "x"), "只有县级"),
        (("--by", "idle", "--reason", "x"), "今天没有职责"), (("--by", "c1", "--reason", " "), "请写明原因"),
    ):  # fmt: skip
        refused = report(config, "give-up-names", *words)
        assert (refused.exit_code, told in refused.output) == (2, True)
    assert "1 条反映人信息已作废" in report(config, "give-up-names", "--by", "c1", "--reason", "硬盘坏了").output
    assert [one["named"] for one in listed(config)] == [True], "the report stays"
    log = run.invoke(app, ["fairness", "list", "-c", config]).output
    assert "放弃反映人信息  郝县官" in log
    assert "硬盘坏了" in log


def test_each_way_to_say_where(config: str) -> None:
    assert added(config, "--spot", SPOT)["new"]
    assert not added(config, "--at", "106.2,36.1", "--crs", "CGCS2000")["new"]
    assert added(config, "--region", VILLAGE, "--place", "小学门口")["new"]
    assert added(config, "--at", "106.25,36.15", "--crs", "GCJ-02")["new"]
    once = [added(config, "--spot", SPOT, "--key", "paper-2026-12") for _ in range(2)]
    assert once[0]["report"] == once[1]["report"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--at", "here"), "write LONGITUDE,LATITUDE"), (("--at", "1,2,3"), "write LONGITUDE,LATITUDE"),
        (("--at", "900,36"), "经纬度不对"), (("--at", "106.2,36.1", "--crs", "BD-09"), "不认识坐标系"),
        (("--spot", "nothing"), "没有点位"), ((), "请说明地点"), (("--region", "1"), "没有这个村"),
        ((*HERE, "--what", "gold"), "没有这个问题类别"), ((*HERE, "--photo", __file__), "jingcun:"),
    ],
)  # fmt: skip
def test_what_makes_no_report_ends_in_one_line(config: str, words: tuple[str, ...], told: str) -> None:
    refused = report(config, "add", "--what", "garbage", "--by", "c1", *words)
    assert (refused.exit_code, refused.output.count("\n")) == (2, 1)
    assert told in refused.output
    assert listed(config) == []


@pytest.mark.parametrize(
    ("source", "by", "told"),
    [
        ("superior", "", "上级交办要写明由谁录入"), ("patrol", "", "督查要写明由谁录入"),
        ("patrol", "郝县官", "'郝县官' is nobody in people.csv"), ("patrol", "idle", "闲不管今天没有登记职责"),
        ("report", "idle", "闲不管今天没有登记职责"), ("superior", "help", "协管员可以上报,不能录入督查和上级交办"),
    ],
)  # fmt: skip
def test_what_an_office_has_found_is_entered_by_somebody_who_may(
    tmp_path: Path, source: str, by: str, told: str
) -> None:
    config = str(small_server(tmp_path, people=(*PEOPLE, *OTHERS), duties=(*DUTIES, HELPS))[0])
    refused = report(config, "add", "--what", "garbage", "--source", source, *HERE, *(("--by", by) if by else ()))
    assert (refused.exit_code, refused.output.count("\n")) == (2, 1)
    assert told in refused.output
    assert listed(config) == []
    assert added(config, "--source", "report", *HERE, by="help")["new"], "a helper reports as a citizen does"


def test_who_enters_a_patrol_has_reported_it_and_judges_it_never(config: str) -> None:
    made = added(config, "--source", "patrol", *HERE, by="t1")
    assert listed(config)[0]["named"]
    own = report(config, "verify", made["number"], "true", "--by", "t1")
    assert (own.exit_code, own.output) == (2, "jingcun: 不能核实自己的反映,请由别人核实\n")
    assert report(config, "reporter", made["number"], "--by", "c1", "--reason", "核对").output == "田乡官 19900000004\n"
    named = added(config, "--source", "patrol", *HERE, "--reporter", "张三 13900000000", by="t1")
    assert report(config, "verify", named["report"], "true", "--by", "t1").exit_code == 2, "whomever they name"
    assert report(config, "verify", named["report"], "true", "--by", "c1").output == "属实\n"


def test_a_ticket_with_several_reports_asks_which_is_meant(config: str) -> None:
    first, second = added(config, *HERE), added(config, *HERE)
    asked = report(config, "verify", first["number"], "true", "--by", "t1")
    assert asked.exit_code == 2
    assert (
        asked.output == f"jingcun: {first['number']} 有 2 条反映,请写明是哪一条:{first['report']}、{second['report']}\n"
    )
    assert report(config, "verify", "GD-0101-0001", "true", "--by", "t1").exit_code == 2
    assert report(config, "verify", second["report"], "true", "--by", "t1").output == "属实\n"


@pytest.mark.parametrize(
    ("by", "told"),
    [("郝县官", "'郝县官' is nobody in people.csv"), ("v2", "何村官今天不负责这个地方"), ("t1", "奖励由县级批准")],
)
def test_nobody_acts_under_a_name_or_beyond_their_rights(config: str, by: str, told: str) -> None:
    made = added(config, "--source", "report", *HERE, "--reporter", "王小明 13912345678", by="")
    refused = report(config, "reward", "approve", made["number"], "--by", by)
    assert (refused.exit_code, refused.output.count("\n")) == (2, 1)
    assert told in refused.output


def test_who_reported_is_named_for_a_reason_that_is_logged_and_forgotten(config: str) -> None:
    made = added(config, "--source", "report", *HERE, "--reporter", "王小明 13912345678", by="")
    assert "王" not in report(config, "list").output
    said = report(config, "reporter", made["report"], "--by", "c1", "--reason", "核对收款人")
    assert (said.exit_code, said.output) == (0, "王小明 13912345678\n")
    assert report(config, "reporter", made["report"], "--by", "c1", "--reason", " ").exit_code == 2
    gone = report(config, "reporter", made["report"], "--by", "c1", "--reason", "本人要求", "--forget")
    assert gone.output == "1 条反映的反映人信息已删除\n"
    assert report(config, "reporter", made["report"], "--by", "c1", "--reason", "核对").exit_code == 1
    log = run.invoke(app, ["fairness", "list", "-c", config]).output
    assert "查看反映人  郝县官" in log
    assert "删除反映人信息  郝县官" in log
    assert "王小明" not in log


def test_a_reward_is_granted_once_paid_and_written_into_a_table(config: str, tmp_path: Path) -> None:
    policy = tmp_path / "county" / "policy.toml"
    policy.write_text(POLICY_TOML + '\n[reward]\namounts = { garbage = "10.50" }\n', encoding="utf-8")
    loaded = run.invoke(app, ["county", "load", str(policy.parent), "--author", "a", "--reason", "r", "-c", config])
    assert loaded.exit_code == 0, loaded.output
    made = added(config, "--source", "report", *HERE, "--reporter", "王小明 13912345678", by="")
    ticket, by, other = made["number"], ("--by", "c1"), ("--by", "t1")
    assert "还没有核实" in report(config, "reward", "approve", ticket, *by).output
    assert report(config, "verify", made["report"], "false", *by).exit_code == 2
    assert report(config, "verify", ticket, "true", *by).output == "属实\n"
    assert report(config, "rewards").output == f"待批准  10.50元  {ticket}  {datetime.now(CHINA):%Y-%m}\n"
    assert "请别人再核实" in report(config, "reward", "approve", ticket, *by).output, "nobody verifies and pays alone"
    assert report(config, "verify", ticket, "true", *other).output == "属实\n"
    assert report(config, "reward", "approve", ticket, *by).output == "已批准  10.50元\n"
    assert report(config, "reward", "approve", made["ticket"], *by).exit_code == 2
    assert report(config, "reward", "pay", ticket, *by, "--words", "=HYPERLINK(1)").output == "已发放  10.50元\n"
    lines = [json.loads(line) for line in report(config, "rewards", "--json").output.splitlines()]
    assert [(line["deed"], line["amount"]) for line in lines] == [("approved", "10.50"), ("paid", "10.50")]
    assert {(line["ticket"], line["number"]) for line in lines} == {(made["ticket"], ticket)}
    away = report(config, "rewards", "--csv", str(tmp_path / "nowhere" / "ledger.csv"))
    assert (away.exit_code, away.output.count("\n"), "nowhere" in away.output) == (2, 1, True), away.output
    table = tmp_path / "ledger.csv"
    report(config, "rewards", "--csv", str(table))
    text = table.read_text(encoding="utf-8-sig")
    head, *rows = text.splitlines()
    assert head == "序号,时间,事项,金额(元),月份,工单,反映编号,经办人,说明"
    assert [(row.split(",")[2], row.split(",")[5]) for row in rows] == [("已批准", ticket), ("已发放", ticket)]
    assert ",郝县官,'=HYPERLINK(1)" in text
    assert "王小明" not in text
    assert report(config, "reward", "pay", "01937c1e-5f7a-7c3e-9d55-0b1f5a6c7d8e", *by, "--words", "x").exit_code == 2
