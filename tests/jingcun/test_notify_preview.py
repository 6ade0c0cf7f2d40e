"""``jingcun notify preview`` and ``check`` on a server: what would go out, counted, and the exit code of a gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jingcun.__main__ import app
from tests.jingcun.servers import small_server
from tests.jingcun.test_notify import reloaded, told

run = CliRunner()
SMS = {"access_key_id": "k", "sign": "青峦县城管", "secret_file": "none"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path, _ = small_server(tmp_path)
    told(path, name="group", kind="dingtalk_robot", token_file="none", secret_file=None)
    told(path, name="sms", kind="aliyun_sms", **SMS)
    lines = '[[channel.templates]]\nid = "SMS_1"\n[[channel.templates]]\nid = "SMS_2"\nseverity = "紧急"\n'
    lines += '[[channel.templates]]\nid = "SMS_3"\npurpose = "grant"\n'
    path.write_text(path.read_text(encoding="utf-8") + lines, encoding="utf-8")
    return path


def notify(config: Path, *words: str) -> tuple[int, list[str]]:
    answer = run.invoke(app, ["notify", words[0], "-c", str(config), *words[1:]])
    return answer.exit_code, answer.output.splitlines()


def test_what_would_go_out_is_shown_with_its_count(config: Path) -> None:
    code, lines = notify(config, "preview", "--channel", "sms", "--severity", "urgent", "--purpose", "dispatch")
    assert code == 0
    assert lines[0] == "── sms urgent dispatch 平常"
    assert any(" 条短信)" in line and "【青峦县城管】紧急!立即处置:柳林镇 石门村" in line for line in lines)


def test_the_address_is_the_county_s_own(config: Path) -> None:
    config.write_text(
        config.read_text(encoding="utf-8") + '[notices]\nbase_url = "https://jc.example"\n', encoding="utf-8"
    )
    _, lines = notify(config, "preview", "--channel", "sms", "--severity", "urgent", "--purpose", "dispatch")
    assert any("点开办理:https://jc.example/t/" in line for line in lines)


def test_a_letter_that_the_county_never_writes_is_said_not_left_out(config: Path) -> None:
    answer = run.invoke(app, ["notify", "preview", "-c", str(config), "--purpose", "digest"])
    assert "写了[cap]才有汇总" in str(answer.exception)


def test_a_program_gets_the_body_itself_and_no_secret_is_needed(config: Path) -> None:
    code, lines = notify(config, "preview", "--channel", "group", "--purpose", "remind", "--json")
    rows = [json.loads(line) for line in lines]
    assert code == 0
    assert {(row["severity"], row["size"]) for row in rows} == {
        (severity, size) for severity in ("urgent", "major", "minor") for size in ("typical", "longest")
    }
    assert rows[0]["body"]["msgtype"] == "text"
    assert rows[0]["fields"][0]["most"] == 5000


def test_the_gate_is_open_where_all_is_well(config: Path) -> None:
    code, lines = notify(config, "check")
    assert (code, len(lines)) == (0, 1)
    assert lines[0].startswith("2个通道,")


def test_the_gate_is_shut_where_something_would_never_go_out(config: Path) -> None:
    told(config, name="wechat", kind="wechat", appid="a", template_id="t", data=None, secret_file="none")
    config.write_text(config.read_text(encoding="utf-8") + '[channel.data]\ntime1 = "{due}"\n', encoding="utf-8")
    code, lines = notify(config, "check")
    assert (code, lines) == (1, ["wechat minor grant:模板的time1要填时间,这条通知没有时限"])
    assert notify(config, "preview")[0] == 1


def test_a_channel_that_is_none_is_said(config: Path) -> None:
    answer = run.invoke(app, ["notify", "check", "--channel", "pigeon", "-c", str(config)])
    assert answer.exit_code != 0
    assert "pigeon" in str(answer.exception)


def test_the_gate_is_shut_where_a_reminder_goes_by_a_channel_that_is_none(config: Path) -> None:
    reloaded(config, '[[remind.also]]\nfrom_round = 3\nroutes = ["call > sms"]')
    code, lines = notify(config, "check")
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith("policy.toml的[[remind.also]](第3次起)写了通道“call”")
    assert notify(config, "channels")[0] == 1
