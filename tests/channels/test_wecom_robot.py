"""WeCom's group robot against a stand-in: bytes, the pace, whom it calls, and no personal link in a group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import By, Channel, Result
from tests.channels.letters import LETTER, LINK, letter
from tests.channels.makes import Clock, opened
from tests.providers.standin import Play, StandIn, down, half_closed, says
from tests.providers.wecom import ROBOT, WeCom


def told(base: str, **more: Any) -> dict[str, Any]:
    return {"kind": "wecom_robot", "base": base, **more}


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
    with opened(told(provider.base), clock, tmp_path, key=ROBOT) as channel:
        yield channel


def test_the_group_hears_whom_it_is_for_and_not_the_link_which_is_a_key(wecom: WeCom, channel: Channel) -> None:
    assert (channel.send(LETTER).result, channel.by) == (Result.ACCEPTED, By.NOBODY)
    text = wecom.robot_sent[0]["text"]
    assert text["content"].startswith("马村官:【净村】石门村 东街")
    assert text["mentioned_mobile_list"] == ["19900000001"]
    assert LINK not in text["content"]
    assert "19900000001" not in text["content"]


def test_a_county_may_give_the_group_the_link_and_call_nobody(wecom: WeCom, provider: StandIn, tmp_path: Path) -> None:
    with opened(told(provider.base, link=True, mention=False), Clock(), tmp_path, key=ROBOT) as channel:
        channel.send(LETTER)
    text = wecom.robot_sent[0]["text"]
    assert text["content"].endswith(LINK)
    assert "mentioned_mobile_list" not in text


@pytest.mark.parametrize(("form", "most"), [("text", 2048), ("markdown", 4096)])
def test_a_long_text_is_cut_between_characters_and_keeps_number_and_link(
    wecom: WeCom, provider: StandIn, tmp_path: Path, form: str, most: int
) -> None:
    long = letter(text="[垃😀圾]<" * 900 + f"。处理:{LINK}")
    with opened(told(provider.base, form=form, link=True), Clock(), tmp_path, key=ROBOT) as channel:
        assert channel.send(long).result is Result.ACCEPTED
    content = wecom.robot_sent[0][form]["content"]
    assert most - 4 < len(content.encode()) <= most
    assert content.endswith(f" {LINK}")
    assert "GD-1121-0001" in content
    assert "<" not in content


@pytest.mark.parametrize("phone", ["", "0912-1234567", "@all", "1990000000１"])
def test_only_a_mobile_number_is_called(wecom: WeCom, channel: Channel, phone: str) -> None:
    channel.send(letter(phone=phone))
    assert "mentioned_mobile_list" not in wecom.robot_sent[0]["text"]


def test_the_twenty_first_in_a_minute_waits(wecom: WeCom, channel: Channel, clock: Clock) -> None:
    answers = [channel.send(LETTER) for _ in range(21)]
    assert [answer.result for answer in answers] == [Result.ACCEPTED] * 20 + [Result.RETRY]
    assert answers[-1].wait_s == 70
    wecom.robot_sent.clear()
    clock.passes(70)
    assert channel.send(LETTER).result is Result.ACCEPTED


@pytest.mark.parametrize(
    ("play", "result", "words"),
    [
        (says({"errcode": 45009, "errmsg": "api freq out of limit"}), (Result.RETRY, 60), "已满(错误码45009"),
        (says({"errcode": 93000, "errmsg": "invalid webhook url"}), (Result.FAILED, 0), "密钥不对"),
        (says({"errcode": 40008, "errmsg": "invalid message type"}), (Result.FAILED, 0), "40008:invalid message"),
        (says({"errmsg": "?"}), (Result.RETRY, 0), "没有错误码"),
        (half_closed, (Result.RETRY, 0), "没有等到回答"),
        (down(500), (Result.RETRY, 0), "HTTP 500"),
    ],
)
def test_every_answer_has_a_meaning(
    provider: StandIn, channel: Channel, play: Play, result: tuple[Result, float], words: str
) -> None:
    provider.plays = [play]
    answer = channel.send(LETTER)
    assert (answer.result, answer.wait_s) == result
    assert words in answer.words


def test_a_wrong_key_is_said_without_the_key(provider: StandIn, tmp_path: Path) -> None:
    with opened(told(provider.base), Clock(), tmp_path, key="s3cret-key") as channel:
        answer = channel.send(LETTER)
    assert answer.result is Result.FAILED
    assert "s3cret-key" not in answer.words
