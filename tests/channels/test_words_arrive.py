"""The words that ship, to the providers' stand-ins: each severity and purpose, the longest letter, is taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alerts.channels import Letter, Result
from alerts.channels.preview import Case, letter
from alerts.channels.sms_texts import SHIPPED
from alerts.terms import Purpose
from county.policy.base import Severity
from tests.alerts.makes import at
from tests.channels.makes import Clock, opened
from tests.county.small import SPOTS, small_county
from tests.providers.aliyun_sms import Dysms
from tests.providers.standin import StandIn
from tests.providers.tencent_sms import Qcloud
from tests.providers.wechat import APPID, OPENID, SECRET, TEMPLATE, WeChat

COUNTY = small_county(spots=(replace(SPOTS[0], name="红旗渠二支渠东侧乐善巷口临时垃圾收集点" * 3),))
GRADES: tuple[Severity, ...] = ("urgent", "major", "minor")
TEMPLATES = [
    {"id": f"T{n}"} | ({"purpose": one.purpose.value} if one.purpose else {})
    | ({"severity": one.severity} if one.severity else {})
    for n, one in enumerate(SHIPPED)
]  # fmt: skip


def letters(address: str, *but: Purpose) -> list[Letter]:
    """The longest of each severity and purpose."""
    cases = [Case(grade, purpose, "longest") for grade in GRADES for purpose in Purpose if purpose not in but]
    made = [letter(case, COUNTY, at(0)) for case in cases]
    return [replace(one, id=f"n-{n}", address=address) for n, one in enumerate(made)]


def phone(n: int) -> str:
    return f"139{n:08}"


def test_aliyun_takes_every_letter_by_the_texts_that_ship(tmp_path: Path) -> None:
    dysms = Dysms(lambda: at(0), templates={f"T{n}": frozenset(one.parts) for n, one in enumerate(SHIPPED)})
    told = {"kind": "aliyun_sms", "access_key_id": "LTAI5t", "sign": "青峦县", "templates": TEMPLATES}
    with (
        StandIn(dysms.answer) as server,
        opened({**told, "base": server.base}, Clock(at(0)), tmp_path, secret="geheim") as channel,
    ):
        made = letters("")
        answers = [channel.send(replace(one, address=phone(n))) for n, one in enumerate(made)]
    assert [one.words for one in answers if one.result is not Result.ACCEPTED] == []
    assert {one.template for one in dysms.sent} == {one["id"] for one in TEMPLATES}


@pytest.mark.parametrize("mode", ["template", "subscribe"])
def test_wechat_takes_every_letter_of_a_ticket(tmp_path: Path, mode: str) -> None:
    wechat = WeChat()
    wechat.consents[OPENID] = 1000
    data = {"thing1": "{do}", "thing2": "{place}", "phrase3": "{severity}", "time4": "{due}",
            "character_string5": "{number}"}  # fmt: skip
    told = {"kind": "wechat", "appid": APPID, "template_id": TEMPLATE, "data": data, "mode": mode}
    with wechat.serving() as server, opened({**told, "base": server.base}, Clock(), tmp_path, secret=SECRET) as channel:
        made = letters(OPENID, Purpose.GRANT, Purpose.BIND)
        answers = [channel.send(one) for one in made]
    assert [one.words for one in answers if one.result is not Result.ACCEPTED] == []
    assert {one["data"]["thing1"]["value"] for one in wechat.sent} >= {"立即处置", "请处置", "立即核实"}


def test_tencent_takes_every_letter_by_the_texts_that_ship(tmp_path: Path) -> None:
    qcloud = Qcloud(lambda: at(0), templates={f"T{n}": len(one.parts) for n, one in enumerate(SHIPPED)})
    told = {"kind": "tencent_sms", "secret_id": "AKIDx", "sdk_app_id": "1400006666", "sign": "青峦县",
            "templates": TEMPLATES}  # fmt: skip
    with (
        StandIn(qcloud.answer) as server,
        opened({**told, "base": server.base}, Clock(at(0)), tmp_path, secret="geheim") as channel,
    ):
        made = letters("")
        answers = [channel.send(replace(one, address=phone(n))) for n, one in enumerate(made)]
    assert [one.words for one in answers if one.result is not Result.ACCEPTED] == []
