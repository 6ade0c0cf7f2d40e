"""SMS by Tencent against a stand-in that checks and refuses as Tencent does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import Answer, Letter, Result, catalog
from alerts.channels.catalog import BadChannel
from alerts.channels.receipts import BadReceipts, Question, Receipt
from alerts.channels.tencent_sms import TencentSms
from alerts.channels.tencent_wire import authorization, read
from tests.alerts.makes import at
from tests.channels.letters import letter
from tests.channels.recorded import requests, vectors
from tests.providers.standin import Play, StandIn, down, garbled, half_closed, said, says
from tests.providers.tencent_sms import Qcloud, Refused, Sent

PHONE = "+8613900000001"
LETTER = letter(id="n-1", phone=PHONE, address=PHONE)
PARTS = ["what", "place", "due", "code"]


@pytest.fixture
def qcloud() -> Qcloud:
    return Qcloud(lambda: at(0), templates={"101": 4, "102": 1})


@pytest.fixture
def provider(qcloud: Qcloud) -> Iterator[StandIn]:
    with StandIn(qcloud.answer) as server:
        yield server


def told(folder: Path, base: str, **more: Any) -> dict[str, Any]:
    (folder / "secret").write_text("geheim\n", encoding="utf-8")
    return {
        "name": "sms", "kind": "tencent_sms", "secret_id": "AKIDx", "secret_file": folder / "secret", "base": base,
        "sdk_app_id": "1400006666", "sign": "青峦县", "templates": [
            {"id": "101", "variables": PARTS}, {"id": "102", "severity": "紧急", "variables": ["number"],
                                                "without_code": True},
        ],
    } | more  # fmt: skip


@pytest.fixture
def channel(provider: StandIn, tmp_path: Path) -> Iterator[TencentSms]:
    made = catalog.opened(catalog.settings_of(told(tmp_path, provider.base)), lambda: at(0))
    assert isinstance(made, TencentSms)
    yield made
    made.close()


def other(folder: Path, provider: StandIn, sent: Letter = LETTER, minutes: float = 0, **more: Any) -> Answer:
    """The answer that a channel with other settings gives."""
    made = catalog.opened(catalog.settings_of(told(folder, provider.base, **more)), lambda: at(minutes))
    answer = made.send(sent)
    made.close()
    return answer


def test_the_signature_is_the_one_of_the_vendors_sdk_and_the_stand_in_checks_the_same() -> None:
    recorded = vectors("tencent_sms")
    key = (recorded["key"], recorded["secret"])
    assert len(recorded["requests"]) == 3
    for heard in requests(recorded):
        stamp = int(heard.headers["x-tc-timestamp"])
        assert authorization(heard.body, heard.headers["host"], stamp, key) == heard.headers["authorization"]
        moment = datetime.fromtimestamp(stamp, UTC)
        Qcloud(lambda moment=moment: moment, keys=dict([key])).gate(heard)  # type: ignore[misc]
        with pytest.raises(Refused, match="SignatureFailure"):
            Qcloud(lambda moment=moment: moment, keys={key[0]: "other"}).gate(heard)  # type: ignore[misc]


def test_a_letter_is_taken_with_its_variables_in_order_and_its_notice(channel: TencentSms, qcloud: Qcloud) -> None:
    answer = channel.send(LETTER)
    assert (answer.result, answer.provider_id) == (Result.ACCEPTED, "2019:1")
    values = ("暴露垃圾", "柳林镇 石门村 东街", "11月21日18:00", "abcd2345efgh")
    assert qcloud.sent == [Sent("2019:1", PHONE, "101", values, "n-1", at(0))]


def test_the_template_is_chosen_by_severity(channel: TencentSms, qcloud: Qcloud) -> None:
    channel.send(replace(LETTER, severity="紧急"))
    assert [(one.template, one.values) for one in qcloud.sent] == [("102", ("GD-1121-0001",))]


def test_no_address_no_emoji_and_no_line_break_is_in_a_variable_and_none_is_too_long(
    channel: TencentSms, qcloud: Qcloud
) -> None:
    wild = replace(LETTER, what="🗑️www.x.cn", place="http://evil.cn\n" + "好" * 40, due="")
    assert channel.send(wild).result is Result.ACCEPTED
    assert qcloud.sent[0].values == ("x·cn", "evil·cn 好好好…", "无", "abcd2345efgh")


def test_an_account_of_six_characters_takes_no_code_and_is_told_so(tmp_path: Path, provider: StandIn) -> None:
    with pytest.raises(BadChannel, match="code has 12 characters and a variable only 6"):
        other(tmp_path, provider, limit=6)
    assert provider.heard == []


def test_such_an_account_takes_the_code_in_two_halves(tmp_path: Path, qcloud: Qcloud, provider: StandIn) -> None:
    halves = [{"id": "101", "variables": ["what", "place", "code_a", "code_b"]}]
    assert other(tmp_path, provider, limit=6, templates=halves).result is Result.ACCEPTED
    assert qcloud.sent[0].values == ("暴露垃圾", "柳林镇 石…", "abcd23", "45efgh")


@pytest.mark.parametrize("parts", [["code_a"], ["code_b"], ["code", "code_a"], ["code", "code_a", "code_b"]])
def test_half_a_code_or_one_and_a_half_is_refused(tmp_path: Path, provider: StandIn, parts: list[str]) -> None:
    with pytest.raises(BadChannel, match="both of them, or the whole code alone"):
        other(tmp_path, provider, templates=[{"id": "101", "variables": ["what", *parts]}])


@pytest.mark.parametrize("phone", ["13900000001", "+86 13900000001", "0086-139-0000-0001", "8613900000001"])
def test_a_mainland_number_goes_out_with_its_country(channel: TencentSms, qcloud: Qcloud, phone: str) -> None:
    assert channel.send(replace(LETTER, address=phone)).result is Result.ACCEPTED
    assert qcloud.sent[0].phone == PHONE


def test_a_foreign_number_is_refused_by_the_mainland_template(channel: TencentSms, provider: StandIn) -> None:
    answer = channel.send(replace(LETTER, address="+852 0000 1234"))
    assert provider.heard[0].json()["PhoneNumberSet"] == ["+85200001234"]
    assert answer.result is Result.FAILED
    assert answer.words.startswith("模板和号码不是同一类")


@pytest.mark.parametrize("phone", ["", " ", "110", "0898-66668888"])
def test_without_a_mobile_number_nothing_is_asked(channel: TencentSms, provider: StandIn, phone: str) -> None:
    answer = channel.send(replace(LETTER, address=phone))
    assert answer.result is Result.FAILED
    assert answer.words.startswith("马村官:")
    assert provider.heard == []


@pytest.mark.parametrize(
    ("minutes", "more", "words"),
    [
        (6, {}, "服务器时钟不准"), (-6, {}, "服务器时钟不准"),
        (0, {"secret_id": "AKIDy"}, "SecretId或SecretKey不对"),
        (0, {"sdk_app_id": "1400007777"}, "SmsSdkAppId不属于这个账号"),
        (0, {"sign": "别的县"}, "签名不存在"),
        (0, {"templates": [{"id": "999"}]}, "模板不存在"),
        (0, {"templates": [{"id": "101", "variables": ["code"]}]}, "变量个数不对"),
        (0, {"limit": 50}, "请把limit改成控制台显示的字数"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_settings_is_said_and_not_tried_again(
    tmp_path: Path, provider: StandIn, minutes: float, more: dict[str, Any], words: str
) -> None:
    answer = other(tmp_path, provider, replace(LETTER, place="好" * 40), minutes, **more)
    assert answer.result is Result.FAILED
    assert words in answer.words


def test_a_wrong_secret_and_an_empty_balance_are_said(channel: TencentSms, qcloud: Qcloud) -> None:
    qcloud.balance = 0
    assert channel.send(LETTER).words.startswith("腾讯云短信余额不足或欠费")
    qcloud.keys["AKIDx"] = "another"
    answer = channel.send(LETTER)
    assert answer.result is Result.FAILED
    assert answer.words.startswith("SecretId或SecretKey不对或已停用(AuthFailure.SignatureFailure")


def test_the_same_again_within_thirty_seconds_waits_and_after_thirty_of_an_hour_it_is_over(
    channel: TencentSms, qcloud: Qcloud
) -> None:
    assert channel.send(LETTER).result is Result.ACCEPTED
    again = channel.send(LETTER)
    assert (again.result, again.wait_s, again.maybe_sent) == (Result.RETRY, 30, False)
    qcloud.sent = [Sent(f"2019:{n}", PHONE, "101", (), "", at(-5)) for n in range(30)]
    over = channel.send(LETTER)
    assert (over.result, over.wait_s) == (Result.FAILED, 0)


@pytest.mark.parametrize(
    ("inside", "result", "wait", "maybe"),
    [
        ({"Error": {"Code": "RequestLimitExceeded", "Message": ""}}, Result.RETRY, 1, False),
        ({"Error": {"Code": "InternalError.Timeout", "Message": ""}}, Result.RETRY, 0, True),
        ({"Error": {"Code": "InternalError.RequestTimeException"}}, Result.FAILED, 0, False),
        ({"Error": {"Code": "NeverHeardOf"}}, Result.FAILED, 0, False),
        ({"Error": {}}, Result.FAILED, 0, False),
        ({"SendStatusSet": [{"Code": "LimitExceeded.DeliveryFrequencyLimit"}]}, Result.RETRY, 60, False),
        ({"SendStatusSet": [{"Code": "LimitExceeded.AppDailyLimit"}]}, Result.FAILED, 0, False),
        ({"SendStatusSet": [{"Code": "UnauthorizedOperation.ServiceSuspendDueToArrears"}]}, Result.FAILED, 0, False),
        ({"SendStatusSet": []}, Result.RETRY, 0, True),
        ({"SendStatusSet": "Ok"}, Result.RETRY, 0, True),
        ({}, Result.RETRY, 0, True),
        ("Ok", Result.RETRY, 0, True),
    ],
)
def test_what_an_answer_means(inside: Any, result: Result, wait: float, maybe: bool) -> None:
    answer = read({"Response": inside})
    assert (answer.result, answer.wait_s, answer.maybe_sent) == (result, wait, maybe)


@pytest.mark.parametrize("play", [half_closed, garbled, down(502), says({"x": 1})])
def test_a_line_that_broke_leaves_it_open(channel: TencentSms, provider: StandIn, play: Play) -> None:
    provider.plays = [play]
    answer = channel.send(LETTER)
    assert (answer.result, answer.maybe_sent) == (Result.RETRY, True)


@pytest.mark.parametrize(
    ("contexts", "delivered", "result"),
    [
        (True, True, Result.DELIVERED),
        (True, False, Result.FAILED),
        (True, None, Result.ACCEPTED),
        (False, True, Result.ACCEPTED),
    ],
)
def test_a_letter_that_may_have_gone_out_goes_again_unless_its_receipt_names_it(
    channel: TencentSms, qcloud: Qcloud, contexts: bool, delivered: bool | None, result: Result
) -> None:
    late = at(0) - timedelta(days=1)
    qcloud.contexts = contexts
    qcloud.sent = [Sent("2019:9", PHONE, "101", (), "n-1", late, delivered)]
    answer = channel.send(replace(LETTER, maybe_doubled=True))
    assert answer.result is result
    named = contexts and delivered is not None
    assert len(qcloud.sent) == (1 if named else 2)
    assert ("此前" in answer.words) is named


def test_an_app_that_may_not_query_sends_again(channel: TencentSms, qcloud: Qcloud, provider: StandIn) -> None:
    provider.plays = [says({"Response": {"Error": {"Code": "UnauthorizedOperation", "Message": "not opened"}}})]
    assert channel.send(replace(LETTER, maybe_doubled=True)).result is Result.ACCEPTED
    assert len(qcloud.sent) == 1


def test_receipts_are_read_also_before_the_answer_and_twice(channel: TencentSms, qcloud: Qcloud) -> None:
    early: list[Receipt] = []
    qcloud.on_taken = lambda sent: early.extend(channel.reads(qcloud.report(replace(sent, delivered=True))))
    answer = channel.send(LETTER)
    wanted = Receipt("2019:1", PHONE, True, "DELIVRD", "用户短信送达成功", at(0))
    assert early == [wanted]
    assert answer.provider_id == wanted.provider_id
    qcloud.carrier(False)
    twice = channel.reads(qcloud.report(*qcloud.sent, *qcloud.sent))
    assert twice == [replace(wanted, delivered=False, code="UNDELIV", words="空号")] * 2


def test_an_entry_of_no_use_does_not_spoil_the_others(channel: TencentSms, qcloud: Qcloud) -> None:
    channel.send(LETTER)
    entries = json.loads(qcloud.report(*qcloud.sent))
    bad = [None, {}, entries[0] | {"report_status": "MAYBE"}, entries[0] | {"mobile": None}]
    assert [one.provider_id for one in channel.reads(json.dumps([*bad, *entries]).encode())] == ["2019:1"]


@pytest.mark.parametrize("body", [b"", b"{}", b'"x"', b"\xff", b'[{"sid":"1"}]'])
def test_a_body_without_a_receipt_is_refused(channel: TencentSms, body: bytes) -> None:
    with pytest.raises(BadReceipts):
        channel.reads(body)


def test_all_receipts_that_wait_are_pulled_once(channel: TencentSms, qcloud: Qcloud) -> None:
    qcloud.sent = [Sent(f"s-{n}", PHONE, "101", (), f"n-{n}", at(0), n % 2 == 0) for n in range(230)]
    qcloud.sent.append(Sent("s-w", PHONE, "101", (), "n-w", at(0)))
    found = channel.pull()
    assert isinstance(found, list)
    assert [(one.provider_id, one.notice, one.delivered, one.at) for one in found] == [
        (f"s-{n}", f"n-{n}", n % 2 == 0, at(0)) for n in range(230)
    ]
    assert channel.pull() == []


def test_a_pull_ends_though_the_provider_does_not_and_rows_of_no_use_are_left_out(tmp_path: Path) -> None:
    row = {"SerialNo": "s", "PhoneNumber": PHONE, "ReportStatus": "SUCCESS"}
    rows = [row, row | {"ReportStatus": "?"}, *[row | {"SerialNo": None}] * 98]
    with StandIn(lambda _: said({"Response": {"PullSmsSendStatusSet": rows}})) as endless:
        made = catalog.opened(catalog.settings_of(told(tmp_path, endless.base)), lambda: at(0))
        assert isinstance(made, TencentSms)
        assert made.pull() == [Receipt("s", PHONE, True)] * 50
        made.close()


def test_what_was_pulled_before_the_line_broke_is_not_lost(
    channel: TencentSms, qcloud: Qcloud, provider: StandIn
) -> None:
    qcloud.sent = [Sent(f"s-{n}", PHONE, "101", (), f"n-{n}", at(0), True) for n in range(150)]
    provider.plays = [lambda heard, answering: answering(heard), down(503)]
    first = channel.pull()
    assert isinstance(first, list)
    assert len(first) == 100
    provider.plays = [down(503)]
    broken = channel.pull()
    assert isinstance(broken, Answer)
    assert broken.result is Result.RETRY
    rest = channel.pull()
    assert isinstance(rest, list)
    assert len(rest) == 50


def test_the_letters_to_a_phone_can_be_asked_for_within_a_week(channel: TencentSms, qcloud: Qcloud) -> None:
    qcloud.sent = [Sent("s-1", PHONE, "101", (), "n-1", at(0), True), Sent("s-2", PHONE, "101", (), "n-2", at(0), True)]
    today = at(0).date()
    found = channel.query(Question(PHONE, today))
    assert isinstance(found, list)
    assert [one.notice for one in found] == ["n-1", "n-2"]
    assert channel.query(Question(PHONE, today, "n-3")) == []
    old = channel.query(Question(PHONE, today - timedelta(days=30)))
    assert isinstance(old, Answer)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"templates": []}, "one template without purpose and severity"),
        ({"templates": [{"id": "a", "variables": ["link"]}]}, "templates.0.variables.0"),
        ({"sdk_app_id": "app"}, "sdk_app_id"),
        ({"secret_id": ""}, "secret_id"),
    ],
)
def test_settings_that_could_not_work_are_refused_at_the_start(
    tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadChannel, match=words):
        catalog.settings_of(told(tmp_path, "http://127.0.0.1:1", **more))
