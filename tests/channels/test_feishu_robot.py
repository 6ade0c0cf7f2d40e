"""Feishu's group robot against a stand-in: the sign, sizes, the pace, and errors whose ``code`` is not 0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import By, Channel, Result
from alerts.channels.feishu_robot import signed
from tests.channels.letters import LETTER, LINK, letter
from tests.channels.makes import Clock, opened
from tests.providers.feishu import HOOK, SECRET, Feishu
from tests.providers.standin import Play, StandIn, down, garbled, half_closed, says

VECTORS = json.loads((Path(__file__).parent / "vectors/robots.json").read_text(encoding="utf-8"))["feishu"]


def told(base: str, **more: Any) -> dict[str, Any]:
    return {"kind": "feishu_robot", "base": base, **more}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feishu(clock: Clock) -> Feishu:
    return Feishu(clock)


@pytest.fixture
def provider(feishu: Feishu) -> Iterator[StandIn]:
    with feishu.serving() as serving:
        yield serving


@pytest.fixture
def channel(provider: StandIn, clock: Clock, tmp_path: Path) -> Iterator[Channel]:
    with opened(told(provider.base), clock, tmp_path, hook=HOOK, secret=SECRET) as channel:
        yield channel


@pytest.mark.parametrize("vector", VECTORS)
def test_the_sign_is_what_openssl_makes_of_it(vector: dict[str, str]) -> None:
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(vector["timestamp"]), milliseconds=900)
    assert signed(vector["secret"], now) == {"timestamp": vector["timestamp"], "sign": vector["sign"]}


def test_the_group_hears_whom_it_is_for_and_not_the_link(feishu: Feishu, channel: Channel) -> None:
    assert (channel.send(LETTER).result, channel.by) == (Result.ACCEPTED, By.NOBODY)
    text = feishu.sent[0]["content"]["text"]
    assert text.startswith("马村官:【净村】石门村 东街")
    assert LINK not in text


def test_a_long_text_stays_within_20_kb_however_json_quotes_it_and_calls_nobody(
    feishu: Feishu, provider: StandIn, channel: Channel
) -> None:
    assert channel.send(letter(text='"\\\n' * 9000 + "<at user_id=all>")).result is Result.ACCEPTED
    assert channel.send(letter(text='<at user_id="all">所有人</at>😀\ud83d')).result is Result.ACCEPTED
    assert 15_000 < len(provider.heard[0].body) < 20_000
    assert "<at" not in feishu.sent[1]["content"]["text"]


def test_five_go_out_in_a_second_and_the_sixth_waits(feishu: Feishu, channel: Channel, clock: Clock) -> None:
    answers = [channel.send(LETTER) for _ in range(6)]
    assert [answer.result for answer in answers] == [Result.ACCEPTED] * 5 + [Result.RETRY]
    assert answers[-1].wait_s == 1
    clock.passes(1)
    assert channel.send(LETTER).result is Result.ACCEPTED


def test_a_hundred_go_out_in_a_minute(feishu: Feishu, channel: Channel, clock: Clock) -> None:
    waits = []
    for _ in range(101):
        clock.passes(0.5)
        waits.append(channel.send(LETTER).wait_s)
    assert waits == [0] * 100 + [20]
    assert len(feishu.sent) == 100


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ({"hook": HOOK, "secret": "wrong"}, "签名不对,或服务器时钟相差1小时以上(错误码19021"),
        ({"hook": HOOK}, "19021"),
        ({"hook": "no/../../hook", "secret": SECRET}, "机器人地址不对"),
    ],
)
def test_wrong_secrets_are_said(provider: StandIn, tmp_path: Path, secrets: dict[str, str], words: str) -> None:
    with opened(told(provider.base), Clock(), tmp_path, **secrets) as channel:
        answer = channel.send(LETTER)
    assert answer.result is Result.FAILED
    assert words in answer.words


def test_a_keyword_that_the_robot_asks_for_is_there(tmp_path: Path) -> None:
    clock = Clock()
    feishu = Feishu(clock, secret="", keyword="净村通知")
    with (
        feishu.serving() as provider,
        opened(told(provider.base), clock, tmp_path, hook=HOOK) as without,
        opened(told(provider.base, keyword="净村通知"), clock, tmp_path, hook=HOOK) as channel,
    ):
        assert "没有机器人要求的关键词" in without.send(LETTER).words
        assert channel.send(LETTER).result is Result.ACCEPTED


@pytest.mark.parametrize(
    ("play", "result", "words"),
    [
        (says({"code": 9499, "msg": "Bad Request"}, 400), (Result.FAILED, 0), "不认这个请求(错误码9499"),
        (says({"code": 9499, "msg": "too many request"}, 400), (Result.RETRY, 60), "发得太快"),
        (says({"code": 11232, "msg": "frequency limited"}), (Result.RETRY, 30), "整点、半点"),
        (says({"code": 19022, "msg": "Ip Not Allowed"}), (Result.FAILED, 0), "IP不在机器人的白名单里"),
        (says({"StatusCode": 0, "StatusMessage": "success"}), (Result.ACCEPTED, 0), "飞书已接收"),
        (says({"StatusCode": 19024, "StatusMessage": "?"}), (Result.FAILED, 0), "关键词"),
        (says({"code": 77777, "msg": "neu"}), (Result.FAILED, 0), "77777:neu"),
        (says({}), (Result.RETRY, 0), "没有错误码"),
        (half_closed, (Result.RETRY, 0), "没有等到回答"),
        (garbled, (Result.RETRY, 0), "不是JSON"),
        (down(429), (Result.RETRY, 0), "HTTP 429"),
    ],
)
def test_every_answer_has_a_meaning(
    provider: StandIn, channel: Channel, play: Play, result: tuple[Result, float], words: str
) -> None:
    provider.plays = [play]
    answer = channel.send(LETTER)
    assert (answer.result, answer.wait_s) == result
    assert words in answer.words
