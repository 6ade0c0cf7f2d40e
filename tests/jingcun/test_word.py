"""From a camera's message to a person's phone and back, on real processes: SMS and a call; WeChat, WeCom, a group."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.messages import Kind
from tests.channels.test_wechat import DATA
from tests.jingcun.word import OTHER_SPOT, SOON_S, Town, code_of, town
from tests.providers.aliyun_sms import Dysms
from tests.providers.hooks import SECRET, call_centre, signed
from tests.providers.standin import StandIn
from tests.providers.wechat import APPID, OPENID, TEMPLATE, WeChat
from tests.providers.wechat import SECRET as WECHAT_SECRET
from tests.providers.wecom import AGENT, CORPID, MEMBER, ROBOT, WeCom
from tests.providers.wecom import SECRET as WECOM_SECRET
from tests.servers import wait_until

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400)]
RECEIPTS = "receipts-0123456789"
PARTS = ("what", "place", "due", "code")


def secret(folder: Path, name: str, value: str) -> str:
    """A secret in a file beside server.toml; returns what the settings call it."""
    (folder / name).write_text(value + "\n", encoding="utf-8")
    return name


def test_a_heap_rings_a_phone_by_sms_is_accepted_by_its_code_and_what_is_urgent_is_called_for(tmp_path: Path) -> None:
    dysms = Dysms(lambda: datetime.now(UTC), templates={"SMS_1": frozenset(PARTS)})
    with ExitStack() as stack:
        aliyun = stack.enter_context(StandIn(dysms.answer))
        centre = stack.enter_context(StandIn(signed(call_centre, time.time())))
        sms = {
            "name": "sms", "kind": "aliyun_sms", "base": aliyun.base, "access_key_id": "LTAI5t", "sign": dysms.sign,
            "secret_file": secret(tmp_path, "aliyun", "geheim"),
            "receipts_file": secret(tmp_path, "receipts", RECEIPTS),
            "templates": [{"id": "SMS_1", "variables": {part: part for part in PARTS}}],
        }  # fmt: skip
        call = {"name": "call", "kind": "voice", "url": centre.base, "secret_file": secret(tmp_path, "call", SECRET)}
        here = stack.enter_context(town(tmp_path, ["sms"], [sms, call]))
        here.sees(Kind.GARBAGE)
        wait_until(lambda: dysms.sent, "the letter is with Aliyun", SOON_S)
        code = dysms.sent[0].values["code"]
        number = here.desk(code)["number"]
        wait_until(lambda: here.letters(number)["sms", 1] == "accepted", "the answer is written down", SOON_S)
        by_sms(here, dysms, number)
        assert (dysms.sent[0].phone, dysms.sent[0].values["what"]) == ("19900000001", "暴露垃圾")
        shown = here.act(code, "accept")
        assert (shown["state"], shown["person"]["name"]) == ("accepted", "马村官")
        here.sees(Kind.DUMPED, OTHER_SPOT)
        wait_until(lambda: centre.heard, "the phone rings for what nobody accepts", SOON_S)
        rung = centre.heard[0].json()
        assert (rung["phone"], rung["person"]) == ("19900000001", "马村官")
        assert "乱倾倒" in rung["text"]
        assert len([one for one in dysms.sent if one.values["what"] == "暴露垃圾"]) == 1, "accepted: nothing more"
        urgent = next(one.values["code"] for one in dysms.sent if one.values["what"] == "乱倾倒")
        assert here.act(urgent, "accept")["state"] == "accepted"
        calls = len(centre.heard)
        time.sleep(5)  # the next two calls would be due
        assert len(centre.heard) <= calls + 1, "only what was on its way still rings for what somebody has accepted"


def by_sms(here: Town, dysms: Dysms, number: str) -> None:
    """The provider brings its receipt: the letter is there, and a second one like it changes nothing."""
    dysms.carrier(delivered=True)
    report = dysms.report(dysms.sent[0])
    assert here.web.post(f"/api/v1/receipts/sms/{'x' * 20}", content=report).status_code == 404
    for _ in range(2):
        answer = here.web.post(f"/api/v1/receipts/sms/{RECEIPTS}", content=report)
        assert (answer.status_code, answer.json()["code"]) == (200, 0)
    wait_until(lambda: here.letters(number)["sms", 1] == "delivered", "the receipt counts", SOON_S)


def test_a_heap_is_told_by_wechat_wecom_and_in_the_group_also_after_their_tokens_have_ended(tmp_path: Path) -> None:
    wechat, wecom = WeChat(), WeCom()
    with ExitStack() as stack:
        weixin, qyapi = stack.enter_context(wechat.serving()), stack.enter_context(wecom.serving())
        told: list[dict[str, Any]] = [
            {"name": "wechat", "kind": "wechat", "base": weixin.base, "appid": APPID, "template_id": TEMPLATE,
             "data": DATA, "secret_file": secret(tmp_path, "wechat", WECHAT_SECRET)},
            {"name": "wecom", "kind": "wecom", "base": qyapi.base, "corpid": CORPID, "agentid": AGENT,
             "secret_file": secret(tmp_path, "wecom", WECOM_SECRET)},
            {"name": "group", "kind": "wecom_robot", "base": qyapi.base, "key_file": secret(tmp_path, "robot", ROBOT)},
        ]  # fmt: skip
        here = stack.enter_context(town(tmp_path, ["wechat", "wecom", "group"], told))
        for count, (what, spot) in enumerate(((Kind.GARBAGE, "cam-1.spot-1"), (Kind.OVERFLOW, OTHER_SPOT)), 1):
            here.sees(what, spot)
            wait_until(lambda n=count: len(wechat.sent) == len(wecom.sent) == len(wecom.robot_sent) == n,
                       "all three have it", SOON_S)  # fmt: skip
            accepted_by_either(here, wechat.sent[-1], wecom.sent[-1])
            said = wecom.robot_sent[-1]["text"]
            assert "马村官" in said["content"]
            assert "/t/" not in said["content"], "a group gets no key"
            wechat.end_token()
            wecom.valid = ""
        assert (wechat.token_n, wecom.token_n) == (2, 2), "each refused token was renewed once"
    assert {one["touser"] for one in wechat.sent} == {OPENID}
    assert {one["touser"] for one in wecom.sent} == {MEMBER}


def accepted_by_either(here: Town, template: Any, card: Any) -> None:
    """The link of WeChat accepts, and that of WeCom shows it then."""
    mine, other = code_of(template["url"]), code_of(card["textcard"]["url"])
    number = here.desk(mine)["number"]
    assert template["data"]["character_string5"]["value"] == number
    assert here.act(mine, "accept")["state"] == "accepted"
    assert (here.desk(other)["number"], here.desk(other)["state"]) == (number, "accepted")
    wait_until(lambda: set(here.letters(number).values()) <= {"delivered", "accepted"}, "it is written down", SOON_S)
