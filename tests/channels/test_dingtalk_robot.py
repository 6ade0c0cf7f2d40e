"""DingTalk's group robot against a stand-in: the sign, and never the 21st of a minute, which would shut the door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import By, Channel, Result
from alerts.channels.dingtalk_robot import signed
from tests.channels.letters import LETTER, LINK, letter
from tests.channels.makes import Clock, opened
from tests.providers.dingtalk import SECRET, TOKEN, DingTalk
from tests.providers.standin import Play, StandIn, garbled, says

VECTORS = json.loads((Path(__file__).parent / "vectors/robots.json").read_text(encoding="utf-8"))["dingtalk"]


def told(base: str, **more: Any) -> dict[str, Any]:
    return {"kind": "dingtalk_robot", "base": base, **more}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dingtalk(clock: Clock) -> DingTalk:
    return DingTalk(clock)


@pytest.fixture
def provider(dingtalk: DingTalk) -> Iterator[StandIn]:
    with dingtalk.serving() as serving:
        yield serving


@pytest.fixture
def channel(provider: StandIn, clock: Clock, tmp_path: Path) -> Iterator[Channel]:
    with opened(told(provider.base), clock, tmp_path, token=TOKEN, secret=SECRET) as channel:
        yield channel


@pytest.mark.parametrize("vector", VECTORS)
def test_the_sign_is_what_openssl_makes_of_it(vector: dict[str, str]) -> None:
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(vector["timestamp"]))
    assert signed(vector["secret"], now) == {"timestamp": vector["timestamp"], "sign": vector["sign"]}


def test_the_group_hears_whom_it_is_for_and_not_the_link(dingtalk: DingTalk, channel: Channel) -> None:
    assert (channel.send(LETTER).result, channel.by) == (Result.ACCEPTED, By.NOBODY)
    sent = dingtalk.sent[0]
    assert sent["text"]["content"].startswith("马村官:【净村】石门村 东街")
    assert LINK not in sent["text"]["content"]
    assert sent["at"] == {"atMobiles": ["19900000001"], "isAtAll": False}


def test_the_twenty_first_is_never_sent_from_however_many_threads(
    dingtalk: DingTalk, channel: Channel, clock: Clock
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: channel.send(LETTER), range(50)))
    assert [answer.result for answer in answers].count(Result.ACCEPTED) == len(dingtalk.sent) == 20
    assert dingtalk.shut_until == 0
    assert {answer.wait_s for answer in answers} == {0, 70}
    clock.passes(70)
    assert channel.send(LETTER).result is Result.ACCEPTED


def test_letters_that_leave_late_and_arrive_early_are_never_twenty_one_in_a_minute(
    dingtalk: DingTalk, channel: Channel, clock: Clock
) -> None:
    theirs = Clock()
    dingtalk.now = theirs
    for late in (9.9, 0.0):
        theirs.at = clock() + timedelta(seconds=late)
        assert [channel.send(LETTER).result for _ in range(20)] == [Result.ACCEPTED] * 20
        clock.passes(70)
    assert dingtalk.shut_until == 0


def test_two_channels_of_one_robot_are_counted_together(
    provider: StandIn, dingtalk: DingTalk, channel: Channel, clock: Clock, tmp_path: Path
) -> None:
    with opened(told(provider.base, link=True), clock, tmp_path, token=TOKEN, secret=SECRET) as other:
        answers = [one.send(LETTER).result for _ in range(15) for one in (channel, other)]
    assert answers.count(Result.ACCEPTED) == 20
    assert dingtalk.shut_until == 0


def test_a_door_that_somebody_else_shut_is_left_alone_for_ten_minutes(
    provider: StandIn, dingtalk: DingTalk, channel: Channel, clock: Clock
) -> None:
    dingtalk.shut_until = clock().timestamp() + 600
    refused = channel.send(LETTER)
    assert (refused.result, refused.wait_s) == (Result.RETRY, 600)
    clock.passes(300)
    assert channel.send(LETTER).wait_s == 300
    assert len(provider.heard) == 1
    clock.passes(300)
    assert channel.send(LETTER).result is Result.ACCEPTED


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ({"token": TOKEN, "secret": "SECwrong"}, "安全设置(错误码310000:sign not match"),
        ({"token": TOKEN}, "310000:invalid timestamp"),
        ({"token": "none", "secret": SECRET}, "access_token不对"),
    ],
)
def test_wrong_secrets_are_said_and_not_shown(
    provider: StandIn, tmp_path: Path, secrets: dict[str, str], words: str
) -> None:
    with opened(told(provider.base), Clock(), tmp_path, **secrets) as channel:
        answer = channel.send(LETTER)
    assert answer.result is Result.FAILED
    assert words in answer.words
    assert "SECwrong" not in answer.words


def test_a_clock_that_is_hours_off_is_said(dingtalk: DingTalk, channel: Channel, clock: Clock) -> None:
    theirs = clock() + timedelta(hours=2)
    dingtalk.now = lambda: theirs
    assert "invalid timestamp" in channel.send(LETTER).words


def test_a_robot_without_sign_gets_its_keyword_once(tmp_path: Path) -> None:
    clock = Clock()
    dingtalk = DingTalk(clock, secret="", keyword="督办")
    with (
        dingtalk.serving() as provider,
        opened(told(provider.base, keyword="督办"), clock, tmp_path, token=TOKEN) as channel,
        opened(told(provider.base), clock, tmp_path, token=TOKEN) as without,
    ):
        assert without.send(LETTER).result is Result.FAILED
        assert channel.send(LETTER).result is Result.ACCEPTED
        assert channel.send(letter(text=f"县里督办。处理:{LINK}")).result is Result.ACCEPTED
    contents = [sent["text"]["content"] for sent in dingtalk.sent]
    assert contents[0].startswith("【督办】马村官:")
    assert contents[1].startswith("马村官:县里督办。")


def test_odd_and_long_words_are_cut_and_carry_no_escape(dingtalk: DingTalk, channel: Channel) -> None:
    assert channel.send(letter(text="😀\ud83d\x07\u2028<b>" * 2000)).result is Result.ACCEPTED
    assert len(dingtalk.sent[0]["text"]["content"].encode()) <= 5000


@pytest.mark.parametrize(
    ("play", "result", "words"),
    [
        (says({"errcode": 130101, "errmsg": "send too fast"}), (Result.RETRY, 600), "停用机器人10分钟"),
        (says({"errcode": 430102, "errmsg": "不合适文本"}), (Result.FAILED, 0), "430102:不合适文本"),
        (says({"errcode": None}), (Result.RETRY, 0), "没有错误码"),
        (garbled, (Result.RETRY, 0), "不是JSON"),
    ],
)
def test_every_other_answer_has_a_meaning(
    provider: StandIn, channel: Channel, play: Play, result: tuple[Result, float], words: str
) -> None:
    provider.plays = [play]
    answer = channel.send(LETTER)
    assert (answer.result, answer.wait_s) == result
    assert words in answer.words
