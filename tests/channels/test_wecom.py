"""The WeCom application against a stand-in: limits in bytes, partly good answers, nothing that is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import By, Channel, Result
from tests.channels.letters import LINK, letter
from tests.channels.makes import Clock, opened
from tests.providers.standin import Play, StandIn, down, half_closed, says
from tests.providers.wecom import AGENT, CORPID, MEMBER, SECRET, WeCom

TO = letter(address=MEMBER)


def told(base: str, **more: Any) -> dict[str, Any]:
    return {"kind": "wecom", "corpid": CORPID, "agentid": AGENT, "base": base, **more}


@pytest.fixture
def wecom() -> WeCom:
    return WeCom()


@pytest.fixture
def provider(wecom: WeCom) -> Iterator[StandIn]:
    with wecom.serving() as serving:
        yield serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def channel(provider: StandIn, clock: Clock, tmp_path: Path) -> Iterator[Channel]:
    with opened(told(provider.base), clock, tmp_path, secret=SECRET) as channel:
        yield channel


def test_a_card_has_title_words_and_the_link(wecom: WeCom, channel: Channel) -> None:
    answer = channel.send(TO)
    assert (answer.result, answer.provider_id, channel.by) == (Result.ACCEPTED, "msg-1", By.WECOM)
    sent = wecom.sent[0]
    assert (sent["touser"], sent["msgtype"], sent["enable_duplicate_check"]) == (MEMBER, "textcard", 1)
    assert sent["textcard"]["title"] == "请处置:暴露垃圾 重要"
    assert sent["textcard"]["url"] == LINK
    assert LINK not in sent["textcard"]["description"]
    assert sent["textcard"]["description"].endswith("办结。")


@pytest.mark.parametrize("form", ["text", "markdown", "textcard"])
def test_a_long_text_is_cut_between_characters_and_keeps_its_link(
    wecom: WeCom, provider: StandIn, tmp_path: Path, form: str
) -> None:
    long = letter(address=MEMBER, text="垃😀圾" * 500 + f"。处理:{LINK}", what="堆" * 99)
    with opened(told(provider.base, form=form), Clock(), tmp_path, secret=SECRET) as channel:
        assert channel.send(long).result is Result.ACCEPTED
    part = wecom.sent[0][form]
    content = part.get("content", part.get("description"))
    assert "…" in content
    assert LINK in (part["url"] if form == "textcard" else content)
    assert len(content.encode()) > (500 if form == "textcard" else 2030)


@pytest.mark.parametrize("form", ["text", "markdown", "textcard"])
def test_what_a_citizen_wrote_is_no_markup_and_nothing_is_an_escape(
    wecom: WeCom, provider: StandIn, tmp_path: Path, form: str
) -> None:
    odd = letter(
        address=MEMBER, text=f"<a href='http://bad'>点</a>\x00\ud83d[点我](http://bad)。处理:{LINK}", what="<b>"
    )
    with opened(told(provider.base, form=form), Clock(), tmp_path, secret=SECRET) as channel:
        assert channel.send(odd).result is Result.ACCEPTED
    content = str(wecom.sent[0][form])
    assert "<" not in content
    assert form != "markdown" or "](http://bad" not in content


def test_a_letter_without_a_link_goes_out_as_text(wecom: WeCom, channel: Channel) -> None:
    channel.send(letter(address=MEMBER, text="县平台没有动静。", link=""))
    assert wecom.sent[0]["text"] == {"content": "县平台没有动静。"}


def test_errcode_0_with_the_member_among_the_invalid_is_a_failure(wecom: WeCom, channel: Channel) -> None:
    answer = channel.send(letter(address="GoneAway"))
    assert answer.result is Result.FAILED
    assert "企业里没有此人" in answer.words
    assert wecom.sent == []


@pytest.mark.parametrize(
    ("invalid", "result"),
    [
        ({"invaliduser": "macunguan"}, Result.FAILED),
        ({"invaliduser": "other|macunguan"}, Result.FAILED),
        ({"invaliduser": "macunguan2"}, Result.ACCEPTED),
        ({"unlicenseduser": "macunguan"}, Result.FAILED),
        ({"invaliduser": None}, Result.ACCEPTED),
    ],
)
def test_only_the_member_itself_counts(
    provider: StandIn, channel: Channel, invalid: dict[str, Any], result: Result
) -> None:
    provider.plays = [says({"access_token": "t", "expires_in": 7200}), says({"errcode": 0, "msgid": "m"} | invalid)]
    assert channel.send(TO).result is result


@pytest.mark.parametrize("address", ["", "a|b", "@all"])
def test_who_is_not_bound_and_what_would_reach_others_is_no_call(
    provider: StandIn, channel: Channel, address: str
) -> None:
    answer = channel.send(letter(address=address))
    assert (answer.result, provider.heard) == (Result.FAILED, [])
    assert answer.words.startswith("马村官")


def test_the_thirty_first_in_a_minute_is_never_sent_for_it_would_be_dropped(
    wecom: WeCom, channel: Channel, clock: Clock
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: channel.send(letter(address=MEMBER, text=f"{n}")), range(40)))
    late = [answer for answer in answers if answer.result is Result.RETRY]
    assert (len(wecom.sent), wecom.dropped, len(late)) == (30, 0, 10)
    assert {answer.wait_s for answer in late} == {70}
    wecom.heard_by.clear()
    clock.passes(70)
    assert channel.send(TO).result is Result.ACCEPTED


def test_a_member_gets_a_thousand_an_hour_whatever_the_case_of_the_userid(channel: Channel, clock: Clock) -> None:
    waits = []
    for n in range(1001):
        clock.passes(2.5)
        answer = channel.send(letter(address=MEMBER.lower() if n % 2 else MEMBER, text=f"{n}"))
        waits.append(answer.wait_s)
    assert waits[:1000] == [0] * 1000
    assert waits[1000] == 1110
    assert channel.send(letter(address="another")).wait_s == 0


def test_the_same_words_sent_again_after_a_broken_answer_are_shown_once(
    wecom: WeCom, provider: StandIn, channel: Channel
) -> None:
    wecom.valid = "t"
    provider.plays = [says({"access_token": "t", "expires_in": 7200}), half_closed]
    broken = channel.send(TO)
    assert (broken.result, broken.maybe_sent) == (Result.RETRY, True)
    assert channel.send(TO).result is Result.ACCEPTED
    assert len(wecom.sent) == 1


def test_a_token_that_ends_is_renewed_and_the_letter_goes_out(wecom: WeCom, channel: Channel) -> None:
    channel.send(TO)
    wecom.valid = ""
    assert channel.send(letter(address=MEMBER, text="又一条")).result is Result.ACCEPTED
    assert wecom.token_n == 2


def test_a_server_that_is_not_trusted_is_said(wecom: WeCom, channel: Channel) -> None:
    wecom.trusted = False
    answer = channel.send(TO)
    assert answer.result is Result.FAILED
    assert "不在企业可信IP里(错误码60020:not allow" in answer.words


@pytest.mark.parametrize(
    ("play", "result", "words"),
    [
        (says({"errcode": 45009, "errmsg": "api freq out of limit"}), (Result.RETRY, 60), "发得太多"),
        (says({"errcode": 45033, "errmsg": "concurrent"}), (Result.RETRY, 5), "同时发得太多"),
        (says({"errcode": 81013, "errmsg": "all invalid"}), (Result.FAILED, 0), "没有此人"),
        (says({"errcode": 99999, "errmsg": "neu"}), (Result.FAILED, 0), "99999:neu"),
        (says({"errcode": 99999, "errmsg": "\x00a\nb\u2028c"}), (Result.FAILED, 0), "99999: a b c"),
        (says({"errcode": 0, "msgid": None}), (Result.ACCEPTED, 0), "已接收"),
        (says({"errmsg": "ok"}), (Result.RETRY, 0), "没有错误码"),
        (says("ok"), (Result.RETRY, 0), "不是JSON"),
        (down(), (Result.RETRY, 0), "HTTP 503"),
    ],
)
def test_every_other_answer_has_a_meaning(
    provider: StandIn, channel: Channel, play: Play, result: tuple[Result, float], words: str
) -> None:
    provider.plays = [says({"access_token": "t", "expires_in": 7200}), play]
    answer = channel.send(TO)
    assert (answer.result, answer.wait_s) == result
    assert words in answer.words


def test_wrong_settings_are_said(provider: StandIn, tmp_path: Path) -> None:
    with opened(told(provider.base, agentid=7), Clock(), tmp_path, secret=SECRET) as channel:
        assert "agentid与密钥对不上" in channel.send(letter(address=MEMBER)).words
    with opened(told(provider.base), Clock(), tmp_path, secret="wrong") as channel:
        assert "取凭证:密钥不对" in channel.send(letter(address=MEMBER)).words
