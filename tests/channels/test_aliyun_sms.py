"""SMS by Aliyun against a stand-in that checks and refuses as Aliyun does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import Answer, Letter, Result, catalog
from alerts.channels.aliyun_sms import AliyunSms
from alerts.channels.aliyun_wire import authorization, read
from alerts.channels.catalog import BadChannel
from alerts.channels.receipts import BadReceipts, Question, Receipt
from tests.alerts.makes import at
from tests.channels.letters import letter
from tests.channels.recorded import requests, vectors
from tests.providers.aliyun_sms import Dysms, Refused, Sent
from tests.providers.standin import Play, StandIn, down, garbled, half_closed, says

PHONE = "13900000001"
LETTER = letter(id="n-1", phone=PHONE, address=PHONE)
ALL = {"what": "what", "place": "place", "due": "due", "code": "code"}


@pytest.fixture
def dysms() -> Dysms:
    return Dysms(lambda: at(0), templates={"SMS_1": frozenset(ALL), "SMS_2": frozenset({"n"})})


@pytest.fixture
def provider(dysms: Dysms) -> Iterator[StandIn]:
    with StandIn(dysms.answer) as server:
        yield server


def told(folder: Path, base: str, **more: Any) -> dict[str, Any]:
    (folder / "secret").write_text("geheim\n", encoding="utf-8")
    return {
        "name": "sms", "kind": "aliyun_sms", "access_key_id": "LTAI5t", "secret_file": folder / "secret",
        "sign": "青峦县", "base": base, "templates": [
            {"id": "SMS_1", "variables": ALL},
            {"id": "SMS_2", "purpose": "remind", "severity": "紧急", "variables": {"n": "number"},
             "without_code": True},
        ],
    } | more  # fmt: skip


@pytest.fixture
def channel(provider: StandIn, tmp_path: Path) -> Iterator[AliyunSms]:
    made = catalog.opened(catalog.settings_of(told(tmp_path, provider.base)), lambda: at(0))
    assert isinstance(made, AliyunSms)
    yield made
    made.close()


def other(folder: Path, provider: StandIn, letter: Letter = LETTER, minutes: float = 0, **more: Any) -> Answer:
    """The answer that a channel with other settings gives."""
    made = catalog.opened(catalog.settings_of(told(folder, provider.base, **more)), lambda: at(minutes))
    answer = made.send(letter)
    made.close()
    return answer


def test_the_signature_is_the_one_of_the_vendors_sdk_and_the_stand_in_checks_the_same() -> None:
    recorded = vectors("aliyun_sms")
    key = (recorded["key"], recorded["secret"])
    assert len(recorded["requests"]) == 3
    for heard in requests(recorded):
        names = heard.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        headers = {name: heard.headers[name] for name in names}
        assert authorization(heard.query, headers, key) == heard.headers["authorization"]
        moment = datetime.strptime(heard.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        Dysms(lambda moment=moment: moment, keys=dict([key])).gate(heard)  # type: ignore[misc]
        with pytest.raises(Refused, match="SignatureDoesNotMatch"):
            Dysms(lambda moment=moment: moment, keys={key[0]: "other"}).gate(heard)  # type: ignore[misc]


def test_a_letter_is_taken_with_its_variables_its_notice_and_the_providers_number(
    channel: AliyunSms, dysms: Dysms, provider: StandIn
) -> None:
    answer = channel.send(LETTER)
    assert (answer.result, answer.provider_id) == (Result.ACCEPTED, "1^0")
    values = {"what": "暴露垃圾", "place": "柳林镇 石门村 东街", "due": "11月21日18:00", "code": "abcd2345efgh"}
    assert dysms.sent == [Sent("1^0", PHONE, "SMS_1", values, "n-1", at(0))]
    assert provider.heard[0].body == b""


def test_the_template_is_chosen_by_purpose_and_severity(channel: AliyunSms, dysms: Dysms) -> None:
    channel.send(replace(LETTER, purpose="remind", severity="紧急"))
    channel.send(replace(LETTER, purpose="remind"))
    assert [(one.template, one.values.get("n")) for one in dysms.sent] == [("SMS_2", "GD-1121-0001"), ("SMS_1", None)]


def test_names_with_emoji_line_breaks_and_addresses_arrive_without_them_and_cut(
    channel: AliyunSms, dysms: Dysms
) -> None:
    wild = replace(LETTER, what="垃圾🗑️\r\n很多 http://evil.cn/x", place="好" * 40, due="", code="abcd2345efgh")
    assert channel.send(wild).result is Result.ACCEPTED
    values = dysms.sent[0].values
    assert values["what"] == "垃圾 很多 evil·cn/x"
    assert values["place"] == "好" * 34 + "…"
    assert values["due"] == "无"


def test_a_number_that_does_not_fit_is_not_cut_but_refused(tmp_path: Path, provider: StandIn) -> None:
    answer = other(
        tmp_path, provider, replace(LETTER, number="GD-1121-" + "1" * 30, purpose="remind", severity="紧急"), limit=20
    )
    assert answer.result is Result.FAILED
    assert "number有38个字" in answer.words
    assert provider.heard == []


@pytest.mark.parametrize(
    "phone", ["13900000001", "+86 139-0000-0001", "008613900000001", "8613900000001", "１３９０００００００１"]
)
def test_a_mainland_number_goes_out_as_eleven_digits(channel: AliyunSms, dysms: Dysms, phone: str) -> None:
    assert channel.send(replace(LETTER, address=phone)).result is Result.ACCEPTED
    assert dysms.sent[0].phone == PHONE


def test_a_foreign_number_goes_out_with_its_country_and_the_refusal_is_told(
    channel: AliyunSms, provider: StandIn
) -> None:
    answer = channel.send(replace(LETTER, address="+852 0000 1234"))
    assert provider.heard[0].query["PhoneNumbers"] == "85200001234"
    assert answer.result is Result.FAILED
    assert answer.words.startswith("手机号不对(isv.MOBILE_NUMBER_ILLEGAL")


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("", "马村官:没有登记手机号"),
        (" \n", "没有登记手机号"),
        ("0898-66668888", "这个号码收不了短信"),
        ("+8612", "收不了短信"),
    ],
)
def test_without_a_mobile_number_nothing_is_asked(
    channel: AliyunSms, provider: StandIn, phone: str, words: str
) -> None:
    answer = channel.send(replace(LETTER, address=phone))
    assert answer.result is Result.FAILED
    assert words in answer.words
    assert provider.heard == []


@pytest.mark.parametrize(
    ("minutes", "more", "words"),
    [
        (16, {}, "服务器时钟不准"), (-16, {}, "服务器时钟不准"),
        (0, {"access_key_id": "LTAIx"}, "AccessKey不对"),
        (0, {"sign": "别的县"}, "签名不可用"),
        (0, {"templates": [{"id": "SMS_9"}]}, "模板不存在"),
        (0, {"templates": [{"id": "SMS_1", "variables": {"c": "code"}}]}, "变量没有给全"),
        (0, {"limit": 50}, "请把limit改小"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_settings_is_said_and_not_tried_again(
    tmp_path: Path, provider: StandIn, minutes: float, more: dict[str, Any], words: str
) -> None:
    answer = other(tmp_path, provider, replace(LETTER, place="好" * 40), minutes, **more)
    assert answer.result is Result.FAILED
    assert words in answer.words


def test_a_wrong_secret_is_said(channel: AliyunSms, dysms: Dysms) -> None:
    dysms.keys["LTAI5t"] = "another"
    answer = channel.send(LETTER)
    assert answer.result is Result.FAILED
    assert answer.words.startswith("AccessKey不对或已停用(SignatureDoesNotMatch")


def test_an_empty_balance_and_a_full_day_are_for_another_channel(channel: AliyunSms, dysms: Dysms) -> None:
    dysms.balance = 0
    assert "余额不足,请充值(isv.OUT_OF_SERVICE" in channel.send(LETTER).words
    dysms.balance, dysms.day_limit = 100, 0
    answer = channel.send(LETTER)
    assert answer.result is Result.FAILED
    assert "isv.DAY_LIMIT_CONTROL" in answer.words


def test_after_fifty_letters_of_a_day_to_one_phone_it_is_over(channel: AliyunSms, dysms: Dysms) -> None:
    dysms.sent = [Sent(f"{n}^1", PHONE, "SMS_1", {}, "", at(0)) for n in range(50)]
    answer = channel.send(LETTER)
    assert (answer.result, answer.wait_s) == (Result.FAILED, 0)
    assert "被流控" in answer.words


@pytest.mark.parametrize(
    ("code", "message", "result", "wait", "maybe"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", Result.RETRY, 60, False),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", Result.FAILED, 0, False),
        ("isv.MONTH_LIMIT_CONTROL", "", Result.FAILED, 0, False),
        ("isp.SYSTEM_ERROR", "", Result.RETRY, 0, True),
        ("isp.RAM_PERMISSION_DENY", "", Result.FAILED, 0, False),
        ("Throttling.User", "", Result.RETRY, 1, False),
        ("isv.NEVER_HEARD_OF", "怪", Result.FAILED, 0, False),
        ("", "", Result.RETRY, 0, True),
    ],
)
def test_what_a_code_means(code: str, message: str, result: Result, wait: float, maybe: bool) -> None:
    answer = read({"Code": code, "Message": message})
    assert (answer.result, answer.wait_s, answer.maybe_sent) == (result, wait, maybe)


@pytest.mark.parametrize(
    ("play", "taken"), [(half_closed, 1), (garbled, 1), (down(502), 0), (says({"unexpected": 1}), 0)]
)
def test_a_line_that_broke_leaves_it_open_and_the_provider_is_asked_before_the_letter_goes_again(
    channel: AliyunSms, dysms: Dysms, provider: StandIn, play: Play, taken: int
) -> None:
    provider.plays = [play]
    first = channel.send(LETTER)
    assert (first.result, first.maybe_sent) == (Result.RETRY, True)
    assert len(dysms.sent) == taken
    again = channel.send(replace(LETTER, maybe_doubled=True))
    assert again.result is Result.ACCEPTED
    assert len(dysms.sent) == 1
    assert ("未重发" in again.words) is bool(taken)


@pytest.mark.parametrize(
    ("delivered", "result", "words"),
    [
        (True, Result.DELIVERED, "此前已送达"),
        (False, Result.FAILED, "没有送达(MK:0001"),
        (None, Result.ACCEPTED, "等回执"),
    ],
)
def test_what_became_of_the_earlier_letter_is_the_answer(
    channel: AliyunSms, dysms: Dysms, delivered: bool | None, result: Result, words: str
) -> None:
    late = at(0) - timedelta(days=1)
    others = [Sent(f"{n}^1", PHONE, "SMS_1", {}, f"x-{n}", late) for n in range(70)]
    dysms.sent = [*others, Sent("9^9", PHONE, "SMS_1", {}, "n-1", late, delivered)]
    answer = channel.send(replace(LETTER, maybe_doubled=True))
    assert answer.result is result
    assert words in answer.words
    assert len(dysms.sent) == 71


def test_while_the_provider_cannot_be_asked_nothing_is_sent_and_if_it_will_not_say_it_is_sent(
    channel: AliyunSms, dysms: Dysms, provider: StandIn
) -> None:
    again = replace(LETTER, maybe_doubled=True)
    provider.plays = [down(503)]
    answer = channel.send(again)
    assert (answer.result, answer.maybe_sent, dysms.sent) == (Result.RETRY, True, [])
    assert answer.words.startswith("上次是否发出还没问到")
    provider.plays = [says({"Code": "isp.RAM_PERMISSION_DENY", "Message": "no"})]
    assert channel.send(again).result is Result.ACCEPTED
    assert len(dysms.sent) == 1


def test_receipts_are_read_also_before_the_answer_and_twice(channel: AliyunSms, dysms: Dysms) -> None:
    early: list[Receipt] = []
    dysms.on_taken = lambda sent: early.extend(channel.reads(dysms.report(replace(sent, delivered=True))))
    answer = channel.send(LETTER)
    wanted = Receipt("1^0", "+86" + PHONE, True, "DELIVERED", "用户接收成功", at(0), "n-1")
    assert early == [wanted]
    assert answer.provider_id == wanted.provider_id
    dysms.carrier(False)
    twice = channel.reads(dysms.report(*dysms.sent, *dysms.sent))
    assert twice == [replace(wanted, delivered=False, code="MK:0001", words="空号")] * 2


def test_an_entry_of_no_use_does_not_spoil_the_others(channel: AliyunSms, dysms: Dysms) -> None:
    channel.send(LETTER)
    entries = json.loads(dysms.report(*dysms.sent))
    bad = [7, {}, {"biz_id": "1", "phone_number": "x", "success": True}, entries[0] | {"success": "yes"}]
    assert [one.notice for one in channel.reads(json.dumps([*bad, *entries]).encode())] == ["n-1"]
    assert channel.reads(json.dumps([entries[0] | {"report_time": "soon"}]).encode())[0].at is None


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"\xff", b"[1]", b'[{"a":1}]', b"[" * 100_000])
def test_a_body_without_a_receipt_is_refused(channel: AliyunSms, body: bytes) -> None:
    with pytest.raises(BadReceipts):
        channel.reads(body)


def test_an_empty_report_holds_nothing(channel: AliyunSms) -> None:
    assert channel.reads(b"[ ]") == []


def test_all_letters_to_a_phone_on_a_day_can_be_asked_for(channel: AliyunSms, dysms: Dysms, provider: StandIn) -> None:
    dysms.sent = [Sent(f"{n}^1", PHONE, "SMS_1", {}, f"n-{n}", at(0), True) for n in range(60)]
    day = date(2026, 11, 21)
    found = channel.query(Question("+86" + PHONE, day))
    assert isinstance(found, list)
    assert {(one.notice, one.delivered, one.provider_id) for one in found} == {(f"n-{n}", True, "") for n in range(60)}
    assert channel.query(Question("+86" + PHONE, day - timedelta(days=1))) == []
    provider.plays = [says({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [{"SendStatus": 9}, 7]}})]
    assert channel.query(Question("+86" + PHONE, day)) == []


def test_a_query_ends_though_the_provider_does_not(channel: AliyunSms, dysms: Dysms, provider: StandIn) -> None:
    dysms.sent = [Sent(f"{n}^1", PHONE, "SMS_1", {}, "x", at(0)) for n in range(550)]
    found = channel.query(Question("+86" + PHONE, at(0).date()))
    assert isinstance(found, list)
    assert (len(found), len(provider.heard)) == (500, 10)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"templates": []}, "one template without purpose and severity"),
        ({"templates": [{"id": "a", "purpose": "remind"}]}, "one template without purpose and severity"),
        ({"templates": [{"id": "a"}, {"id": "b"}]}, "two templates are for the same"),
        ({"templates": [{"id": "a", "purpose": "breakfast"}]}, "templates.0.purpose"),
        ({"templates": [{"id": "a", "variables": {"x": "link"}}]}, "templates.0.variables.x"),
        (
            {"templates": [{"id": "a", "variables": {"x": "what"}}]},
            r"template a \(all\): somebody must act on it, and it has no code",
        ),
        ({"templates": [{"id": "a", "text": "${x}${y}", "variables": {"x": "code"}}]}, "do not agree about y"),
        ({"limit": 6}, "code has 12 characters and a variable only 6"),
        ({"limit": 0}, "limit"),
        ({"sign": ""}, "sign"),
    ],
)
def test_settings_that_could_not_work_are_refused_at_the_start(
    tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadChannel, match=words):
        catalog.settings_of(told(tmp_path, "http://127.0.0.1:1", **more))


def test_a_channel_without_its_secret_is_refused(tmp_path: Path) -> None:
    settings = catalog.settings_of(told(tmp_path, "http://127.0.0.1:1", secret_file=tmp_path / "none"))
    with pytest.raises(BadChannel, match="none"):
        catalog.opened(settings, lambda: at(0))
