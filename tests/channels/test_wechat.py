"""The service account against a stand-in of WeChat: what arrives, what fits, and what each refusal means."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import By, Channel, Letter, Result, catalog
from alerts.channels.catalog import BadChannel
from alerts.channels.wechat import short_hash
from alerts.channels.wechat_fields import NoValue, filled
from tests.alerts.makes import T0
from tests.channels.letters import LETTER, LINK
from tests.channels.makes import Clock, opened
from tests.providers.standin import Play, StandIn, down, garbled, half_closed, says
from tests.providers.wechat import APPID, OPENID, SECRET, TEMPLATE, WeChat, good

DATA = {
    "thing1": "{what}", "thing2": "{place}", "phrase3": "{severity}", "time4": "{due}",
    "character_string5": "{number}",
}  # fmt: skip
TO = replace(LETTER, address=OPENID)


def told(base: str, **more: Any) -> dict[str, Any]:
    return {"kind": "wechat", "appid": APPID, "template_id": TEMPLATE, "data": DATA, "base": base, **more}


@pytest.fixture
def wechat() -> WeChat:
    return WeChat()


@pytest.fixture
def provider(wechat: WeChat) -> Iterator[StandIn]:
    with wechat.serving() as serving:
        yield serving


@pytest.fixture
def channel(provider: StandIn, tmp_path: Path) -> Iterator[Channel]:
    with opened(told(provider.base), Clock(), tmp_path, secret=SECRET) as channel:
        yield channel


def test_a_template_message_carries_fields_link_and_the_hash_of_the_notice(wechat: WeChat, channel: Channel) -> None:
    answer = channel.send(TO)
    assert (answer.result, answer.provider_id, channel.by) == (Result.ACCEPTED, "100", By.WECHAT)
    assert wechat.sent == [{
        "touser": OPENID, "template_id": TEMPLATE, "url": LINK, "client_msg_id": short_hash(TO.id),
        "data": {
            "thing1": {"value": "暴露垃圾"}, "thing2": {"value": "柳林镇 石门村 东街"}, "phrase3": {"value": "重要"},
            "time4": {"value": "2026年11月21日 18:00"}, "character_string5": {"value": "GD-1121-0001"},
        },
    }]  # fmt: skip


@pytest.mark.parametrize("play", [half_closed, garbled])
def test_what_is_sent_again_after_a_broken_answer_arrives_once(
    wechat: WeChat, provider: StandIn, channel: Channel, play: Play
) -> None:
    wechat.valid = "known"
    provider.plays = [says({"access_token": "known", "expires_in": 7200}), play]
    broken = channel.send(TO)
    assert (broken.result, broken.maybe_sent) == (Result.RETRY, True)
    assert channel.send(replace(TO, maybe_doubled=True)).result is Result.ACCEPTED
    assert len(wechat.sent) == 1


def test_an_announcement_needs_a_consent_for_each(wechat: WeChat, provider: StandIn, tmp_path: Path) -> None:
    with opened(told(provider.base, mode="subscribe"), Clock(), tmp_path, secret=SECRET) as channel:
        assert channel.send(TO).result is Result.ACCEPTED
        assert wechat.sent[0]["page"] == LINK
        refused = channel.send(replace(TO, id="n-2"))
    assert refused.result is Result.FAILED
    assert "没有同意" in refused.words


def test_who_is_not_bound_is_told_without_a_call(provider: StandIn, channel: Channel) -> None:
    answer = channel.send(LETTER)
    assert (answer.result, answer.words) == (Result.FAILED, "马村官还没有绑定微信")
    assert provider.heard == []


def test_a_token_that_ends_in_the_middle_is_renewed_once_for_all_threads(wechat: WeChat, channel: Channel) -> None:
    channel.send(TO)
    wechat.end_token()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: channel.send(replace(TO, id=f"m-{n}")), range(8)))
    assert {answer.result for answer in answers} == {Result.ACCEPTED}
    assert len(wechat.sent) == 9
    assert wechat.token_n == 2
    assert wechat.token_asks == 2


def test_two_channels_of_one_account_share_its_token(wechat: WeChat, provider: StandIn, tmp_path: Path) -> None:
    clock = Clock()
    with (
        opened(told(provider.base), clock, tmp_path, secret=SECRET) as one,
        opened(told(provider.base, mode="subscribe"), clock, tmp_path, secret=SECRET) as other,
    ):
        assert {one.send(TO).result, other.send(TO).result} == {Result.ACCEPTED}
    assert wechat.token_asks == 1


def spoil(wechat: WeChat, how: str) -> None:
    match how:
        case "gone":
            wechat.followers.clear()
        case "refusing":
            wechat.refusing.add(OPENID)
        case "quota":
            wechat.over = True
        case "right":
            wechat.right = False


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("gone", "没有关注服务号(错误码43004"),
        ("refusing", "错误码43101"),
        ("quota", "当天的次数用完了(错误码45009"),
        ("right", "没有这个接口的权限"),
    ],
)
def test_a_refusal_inside_http_200_is_for_good_and_said_in_words(
    wechat: WeChat, channel: Channel, how: str, words: str
) -> None:
    spoil(wechat, how)
    answer = channel.send(TO)
    assert answer.result is Result.FAILED
    assert words in answer.words
    assert wechat.sent == []


def test_a_foreign_openid_and_a_template_that_is_gone_are_said(
    wechat: WeChat, provider: StandIn, channel: Channel, tmp_path: Path
) -> None:
    assert "请重新绑定" in channel.send(replace(TO, address="zhang|li")).words
    with opened(told(provider.base, template_id="gone"), Clock(), tmp_path, secret=SECRET) as other:
        assert "模板编号不对" in other.send(TO).words
    assert wechat.sent == []


@pytest.mark.parametrize(
    ("play", "result", "words"),
    [
        (says({"errcode": -1, "errmsg": "system error"}), (Result.RETRY, 0), "微信系统忙"),
        (says({"errcode": 45011, "errmsg": "minute quota"}), (Result.RETRY, 60), "发得太快"),
        (says({"errcode": 47003, "errmsg": "data.thing9.value is empty"}), (Result.FAILED, 0), "data.thing9"),
        (says({"errcode": 61234, "errmsg": "neues Wort"}), (Result.FAILED, 0), "61234:neues Wort"),
        (says({"errcode": "0"}), (Result.RETRY, 0), "没有错误码"),
        (says({"errcode": True}), (Result.RETRY, 0), "没有错误码"),
        (says({}), (Result.RETRY, 0), "没有错误码"),
        (says([0]), (Result.RETRY, 0), "不是JSON"),
        (down(502), (Result.RETRY, 0), "HTTP 502"),
    ],
)
def test_every_other_answer_has_a_meaning(
    provider: StandIn, channel: Channel, play: Play, result: tuple[Result, float], words: str
) -> None:
    provider.plays = [says({"access_token": "t", "expires_in": 7200}), play]
    answer = channel.send(TO)
    assert (answer.result, answer.wait_s) == result
    assert words in answer.words


def test_nothing_is_written_as_an_escape_and_nothing_breaks_a_line(wechat: WeChat, channel: Channel) -> None:
    odd = replace(TO, what="垃圾\r\n\u2028一堆\x00\ud83d", place="东街" * 30 + "😀", severity="重要!!", number="单号-7")
    assert channel.send(odd).result is Result.ACCEPTED
    values = {key: field["value"] for key, field in wechat.sent[0]["data"].items()}
    assert values["thing1"] == "垃圾 一堆"
    assert values["thing2"] == ("东街" * 30)[:19] + "…"
    assert (values["phrase3"], values["character_string5"]) == ("重要", "-7")


def test_a_letter_without_a_due_time_is_not_given_a_false_one(provider: StandIn, channel: Channel) -> None:
    answer = channel.send(replace(TO, due=""))
    assert (answer.result, provider.heard) == (Result.FAILED, [])
    assert "time4要填时间" in answer.words


@pytest.mark.parametrize(
    ("due", "value"),
    [
        ("11月21日18:00", "2026年11月21日 18:00"),
        ("1月3日08:00", "2027年1月3日 08:00"),
        ("12月31日 9:05", "2026年12月31日 09:05"),
        ("2月29日08:00", None),
        ("13月1日08:00", None),
        ("明天", None),
    ],
)
def test_the_year_of_a_due_time_is_the_nearest(due: str, value: str | None) -> None:
    letter = replace(TO, due=due)
    if value is None:
        with pytest.raises(NoValue, match="time1要填时间"):
            filled({"time1": "{due}"}, letter, T0, 20)
    else:
        assert filled({"time1": "{due}"}, letter, T0, 20)["time1"]["value"] == value


def test_other_kinds_of_field_and_the_time_of_sending() -> None:
    data = {"date1": "{now}", "number2": "{code}", "thing3": "{due}", "keyword4": "{severity}:{what}"}
    letter = replace(TO, code="约12.5吨", due="")
    values = {key: field["value"] for key, field in filled(data, letter, T0, 20).items()}
    assert values == {"date1": "2026年11月21日", "number2": "12.5", "thing3": "无", "keyword4": "重要:暴露垃圾"}
    with pytest.raises(NoValue, match="number2要填数字"):
        filled({"number2": "{what}"}, letter, T0, 20)


@given(st.text(), st.text(), st.text(), st.sampled_from([20, 32]))
def test_whatever_the_words_are_each_field_keeps_the_rule_of_its_kind(a: str, b: str, c: str, longest: int) -> None:
    letter: Letter = replace(TO, what=a, place=b, severity=c, number=a + b)
    for key, field in filled(DATA, letter, T0, longest).items():
        assert good(key, field["value"], longest), (key, field)
        field["value"].encode()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"data": {"thing1": "{wat}"}}, r"thing1: no word \{wat\}; there are do, what"),
        ({"data": {"Thing 1": "x"}}, "is no field of a template"),
        ({"data": {"thing1": "{what"}}, "thing1: a { or } stands alone"),
        ({"data": {"title3": "{what}"}}, "title3: WeChat has no fields of this kind; there are amount"),
        ({"data": {"first": "{what}"}}, "has not shown first and remark since May 2023"),
        ({"data": {"phrase1": "{number}"}}, r"\{number\} does not fit into a field of kind phrase"),
        ({"data": {"name1": "{code}"}}, r"\{code\} does not fit into a field of kind name"),
        ({"data": {"thing1": "{what} {number}"}}, r"\{number\} must stand in a field of its own"),
        ({"templates": [{"id": "a", "data": {"wat1": "x"}}]}, "templates.0.data: .*no fields of this kind"),
        ({"templates": [{"id": "a"}, {"id": "b"}]}, "two templates are for the same"),
        ({"templates": [{"id": ""}]}, "templates.0.id"),
        ({"data": {}}, "data: Dictionary should have at least 1 item"),
        ({"mode": "push"}, "mode: Input should be 'template' or 'subscribe'"),
        ({"appid": ""}, "appid"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(tmp_path: Path, more: dict[str, Any], words: str) -> None:
    settings = {**told("https://x"), "name": "it", "secret_file": tmp_path / "s", **more}
    with pytest.raises(BadChannel, match=words):
        catalog.settings_of(settings)
