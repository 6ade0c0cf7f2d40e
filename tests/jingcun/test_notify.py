"""``jingcun notify`` on a server with stand-ins: what each channel answered, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alerts.channels import Answer, Result
from alerts.channels.trial import hint, said
from county.values import Duty, Level, Person
from jingcun.__main__ import app
from tests.county.small import DUTIES, PEOPLE, SPOT, TOWNSHIP, VILLAGE
from tests.jingcun.servers import small_server
from tests.providers.hooks import SECRET, call_centre, horns, signed
from tests.providers.mailserver import MailServer
from tests.providers.standin import StandIn, down, half_closed, says

run = CliRunner()
LEVELS = {"village": ["file", "call"], "township": ["file"]}


@pytest.fixture
def centre() -> Iterator[StandIn]:
    with StandIn(signed(call_centre, datetime.now(UTC).timestamp())) as centre:
        yield centre


@pytest.fixture
def config(tmp_path: Path, centre: StandIn) -> Path:
    people = (*PEOPLE, Person("v9", "马村官", "19900000009"), Person("x1", "闲人", "19900000008"),
              Person("c2", "毛县官", "19900000010"))  # fmt: skip
    duties = (*DUTIES, Duty("v9", SPOT, Level.VILLAGE, "点位长"), Duty("c1", VILLAGE, Level.VILLAGE, "包村", rank=2),
              Duty("c2", TOWNSHIP, Level.COUNTY, "包乡领导", rank=1))  # fmt: skip
    path, _ = small_server(tmp_path, people=people, duties=duties)
    (tmp_path / "hook.secret").write_text(SECRET)
    told(path, name="call", kind="voice", url=centre.base, severities=["紧急", "一般"])
    policy = "\n".join(["[channels]", *(f"{level} = {json.dumps(names)}" for level, names in LEVELS.items())])
    reloaded(path, policy)
    return path


def told(path: Path, **keys: Any) -> None:
    """One more channel in server.toml."""
    keys.setdefault("secret_file", "hook.secret")
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items() if value is not None)
    path.write_text(path.read_text(encoding="utf-8") + "\n[[channel]]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def reloaded(path: Path, policy: str) -> None:
    """The county anew, with more in its policy."""
    file = path.parent / "county" / "policy.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n" + policy + "\n", encoding="utf-8")
    words = ["county", "load", str(file.parent), "--author", "测试", "--reason", "通道", "-c", str(path)]
    answer = run.invoke(app, words)
    assert answer.exit_code == 0, answer.output


def notify(config: Path, *words: str) -> tuple[int, list[str]]:
    answer = run.invoke(app, ["notify", words[0], "-c", str(config), *words[1:]])
    return answer.exit_code, answer.output.splitlines()


def test_a_person_is_tried_by_each_channel_of_the_own_level(config: Path, centre: StandIn, tmp_path: Path) -> None:
    code, lines = notify(config, "test", "--to", "v1")
    assert (code, lines) == (0, ["file → 马村官:已送到。", "call → 马村官:对方已收下。请问一问本人是否收到。"])
    body = centre.heard[0].json()
    assert (body["phone"], "测试通知,不用处理" in body["text"]) == ("19900000001", True)
    written = json.loads((tmp_path / "var" / "files" / "notices.jsonl").read_text(encoding="utf-8"))
    assert (written["number"], written["place"], written["village"]) == ("测试", "柳林镇 石门村", VILLAGE)


def test_an_exact_name_does_and_only_one_channel_may_be_named(config: Path, centre: StandIn) -> None:
    assert notify(config, "test", "--to", "田乡官") == (0, ["file → 田乡官:已送到。"])
    code, lines = notify(config, "test", "--to", "x1", "--channel", "call", "--json")
    answer = json.loads(lines[0])
    assert (code, answer["went"], answer["result"], answer["person"]) == (0, True, "accepted", "x1")
    assert answer["provider_id"].startswith("job-test-")
    assert len(centre.heard) == 1


def test_the_lowest_duty_says_the_level_and_a_spot_its_village(config: Path, tmp_path: Path) -> None:
    assert [line.split(" ")[0] for line in notify(config, "test", "--to", "c1")[1]] == ["file", "call"]
    notify(config, "test", "--to", "v9", "--channel", "file")
    written = (tmp_path / "var" / "files" / "notices.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(written[-1])["village"] == VILLAGE


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("nobody", "people.csv里没有'nobody'"),
        ("马村", "people.csv里没有"),
        ("马村官", "people.csv里有2个马村官,请写编号:v1、v9"),
        ("闲人", "闲人今天没有责任,不知道按哪一级通知;用 --channel 指明通道"),
    ],
)
def test_whom_nobody_can_tell_apart_is_one_line(config: Path, centre: StandIn, who: str, why: str) -> None:
    code, lines = notify(config, "test", "--to", who)
    assert (code, len(lines), why in lines[0]) == (2, 1, True), lines
    assert centre.heard == []


def test_each_way_of_failing_says_what_to_do_and_ends_in_one(config: Path, centre: StandIn) -> None:
    busy = says({"accepted": False, "words": "线路忙", "retry_s": 30})
    refused = says({"accepted": False, "words": "号码在黑名单"})
    centre.plays = [down(502), half_closed, busy, refused]
    wanted = ["先问本人,没有收到再试一次", "先问本人,没有收到再试一次", "30秒以后再试", "号码在黑名单。按上面的原因改"]
    for words in wanted:
        code, lines = notify(config, "test", "--to", "v1", "--channel", "call")
        assert (code, len(lines), words in lines[0]) == (1, 1, True), lines
    code, lines = notify(config, "test", "--to", "v1", "--channel", "call", "--severity", "major")
    assert (code, "通道自己的设定,不是故障" in lines[0]) == (1, True)


def test_one_channel_that_fails_keeps_no_other_from_being_tried(config: Path, centre: StandIn) -> None:
    centre.plays = [down()]
    reloaded(config, 'county = ["call", "file"]')
    code, lines = notify(config, "test", "--to", "c2")
    assert (code, lines[1], len(lines)) == (1, "file → 毛县官:已送到。", 2)


def test_a_person_whom_the_channel_does_not_know_is_told_with_the_cure(config: Path, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("k")
    told(config, name="mail", kind="email", host="127.0.0.1", port=9, sender="a@b.cn", user="a", secret_file=0)
    code, lines = notify(config, "test", "--to", "v1", "--channel", "mail")
    assert (code, "secret_file: Extra inputs" in lines[0]) == (1, True)
    config.write_text(config.read_text(encoding="utf-8").replace("secret_file = 0", 'password_file = "p"'))
    code, lines = notify(config, "test", "--to", "v1", "--channel", "mail")
    assert (code, "不知道马村官的邮箱。在people.csv的email列填上邮箱" in lines[0]) == (1, True)


def test_a_person_is_told_by_the_own_ways_also_without_a_duty(tmp_path: Path) -> None:
    people = (
        *PEOPLE[1:],
        replace(PEOPLE[0], email="ma@qingluan.example", channels=("mail > file",)),
        Person("x1", "闲人", "19900000008", channels=("mail",)),
    )
    config, _ = small_server(tmp_path, people=people)
    with MailServer() as server:
        plain = {"host": "127.0.0.1", "port": server.port, "security": "plain", "sender": "a@b.cn"}
        told(config, name="mail", kind="email", secret_file=None, **plain)
        took = "对方已收下:250 2.0.0 Ok: queued as 4Bq7Xz1。请问一问本人是否收到。"
        assert notify(config, "test", "--to", "v1") == (0, [f"mail → 马村官:{took}", "file → 马村官:已送到。"])
        assert server.mails[0].to == "ma@qingluan.example"
        code, lines = notify(config, "test", "--to", "x1")
    assert (code, "不知道闲人的邮箱" in lines[0]) == (1, True)
    listed = {line.split()[0]: line.split()[-1] for line in notify(config, "channels")[1]}
    assert (listed["mail"], listed["file"]) == ("自选2人", "自选1人")


def test_a_loudspeaker_needs_no_address_and_a_village_may_be_named(config: Path) -> None:
    with StandIn(signed(horns, datetime.now(UTC).timestamp())) as gateway:
        told(config, name="horn", kind="loudspeaker", url=gateway.base, quiet_from="00:00", quiet_to="00:00")
        assert notify(config, "test", "--to", "v1", "--channel", "horn")[0] == 0
        assert gateway.heard[0].json()["village"] == VILLAGE
        assert "没有村代码" in notify(config, "test", "--to", "t1", "--channel", "horn")[1][0]
        assert notify(config, "test", "--to", "t1", "--channel", "horn", "--village", VILLAGE)[0] == 0


def test_a_channel_that_nobody_made_is_told_with_those_that_are(config: Path) -> None:
    code, lines = notify(config, "test", "--to", "v1", "--channel", "pigeon")
    assert (code, "没有名为'pigeon'的通道;有console、file、call" in lines[0]) == (1, True)


def test_the_console_does_not_mix_with_what_a_program_reads(config: Path) -> None:
    answer = run.invoke(app, ["notify", "test", "-c", str(config), "--to", "v1", "--channel", "console", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["result"] == "delivered"
    assert "通知 → 马村官" in answer.stderr


def test_the_channels_are_listed_with_kind_address_and_levels(config: Path) -> None:
    code, lines = notify(config, "channels")
    assert code == 0
    assert [line.split() for line in lines] == [
        ["console", "console", "不认人", "没有哪一级用它"], ["file", "file", "不认人", "村", "乡镇"],
        ["call", "voice", "手机号", "村"],
    ]  # fmt: skip
    row = json.loads(notify(config, "channels", "--json")[1][-1])
    assert (row["channel"], row["by"], row["levels"], row["fault"]) == ("call", "phone", ["村"], "")


def test_a_channel_that_cannot_be_used_is_listed_with_its_fault(config: Path) -> None:
    told(config, name="dead", kind="voice", url="ftp://x")
    reloaded(config, 'county = ["sms"]')
    code, lines = notify(config, "channels")
    assert code == 1
    assert any(line.startswith("dead") and "url: String should match" in line for line in lines)
    assert any(line.startswith("sms") and "没有名为'sms'的通道" in line for line in lines)


@pytest.mark.parametrize(
    ("keys", "table"),
    [
        ({"kind": "aliyun_sms", "access_key_id": "k", "sign": "青峦县", "receipts_file": "none"},
         '[[channel.templates]]\nid = "SMS_1"'),
        ({"kind": "wechat", "appid": "a", "template_id": "t", "events_token_file": "none"},
         '[channel.data]\nthing1 = "{what}"'),
    ],
    ids=["receipts", "events"],
)  # fmt: skip
def test_a_secret_that_only_the_screen_reads_is_looked_at_as_well(
    config: Path, keys: dict[str, Any], table: str
) -> None:
    told(config, name="new", **keys)
    config.write_text(f"{config.read_text(encoding='utf-8')}{table}\n", encoding="utf-8")
    code, lines = notify(config, "channels")
    assert code == 1
    assert any(line.startswith("new") and "none不在那里" in line for line in lines)


def test_a_severity_that_the_county_has_not_is_told(config: Path) -> None:
    told(config, name="night", kind="voice", url="http://x", severities=["紧急", "緊急"])
    told(config, name="horn", kind="loudspeaker", url="http://x", urgent=["特急"])
    code, lines = notify(config, "channels")
    assert code == 1
    assert "本县没有緊急这个级别,只有紧急、重要、一般" in lines[-2]
    assert "本县没有特急这个级别" in lines[-1]


def test_no_secret_is_in_what_is_printed(config: Path) -> None:
    told(config, name="leak", kind="voice", url="http://x", secret=SECRET)
    for words in (["channels"], ["test", "--to", "v1", "--channel", "leak"]):
        assert SECRET not in " ".join(notify(config, *words)[1])


@pytest.mark.parametrize("result", list(Result))
def test_every_answer_has_words_and_only_what_arrived_has_no_hint(result: Result) -> None:
    answer = Answer(result)
    assert said(answer)
    assert bool(hint(answer)) is (result is not Result.DELIVERED)
