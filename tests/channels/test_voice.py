"""The voice-call hook against a call centre of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.channels import Answer, Result, catalog
from alerts.channels.hook import LONGEST, cut, read, spoken
from alerts.channels.voice import Settings, Voice
from tests.alerts.makes import at
from tests.channels.letters import LETTER, letter
from tests.providers.hooks import SECRET, call_centre, signed
from tests.providers.standin import StandIn, down, garbled, half_closed, says

URGENT = letter(severity="紧急", address="19900000001")


@pytest.fixture
def centre() -> Iterator[StandIn]:
    with StandIn(signed(call_centre, at(0).timestamp())) as centre:
        yield centre


def told(centre: StandIn, tmp_path: Path, **other: Any) -> dict[str, Any]:
    (tmp_path / "voice.secret").write_text(f"{SECRET}\n")
    base = {"name": "call", "kind": "voice", "url": f"{centre.base}/calls", "secret_file": tmp_path / "voice.secret"}
    return base | other


@pytest.fixture
def voice(centre: StandIn, tmp_path: Path) -> Iterator[Voice]:
    channel = catalog.opened(catalog.settings_of(told(centre, tmp_path)), lambda: at(0))
    assert isinstance(channel, Voice)
    yield channel
    channel.close()


def test_the_centre_gets_phone_ticket_and_words_without_the_link(voice: Voice, centre: StandIn) -> None:
    answer = voice.send(URGENT)
    assert (answer.result, answer.provider_id) == (Result.ACCEPTED, f"job-{URGENT.id}")
    assert centre.heard[0].path == "/calls"
    assert centre.heard[0].json() == {
        "id": URGENT.id, "phone": "19900000001", "person": "马村官", "ticket": "GD-1121-0001",
        "text": "净村,石门村 东街:暴露垃圾,重要。工单GD-1121-0001请接单。11月21日18:00前办结。",
    }  # fmt: skip


def test_the_same_notice_again_is_the_same_call(voice: Voice) -> None:
    first, second = voice.send(URGENT), voice.send(letter(severity="紧急", maybe_doubled=True))
    assert (first.provider_id, second.words) == (second.provider_id, "此前已受理")


def test_nobody_is_called_for_what_can_wait(voice: Voice, centre: StandIn) -> None:
    answer = voice.send(LETTER)
    assert (answer.result, answer.declined, "只用于紧急,本条是重要" in answer.words) == (Result.FAILED, True, True)
    assert voice.send(letter(severity="", purpose="copy")).declined
    assert centre.heard == []


def test_a_silent_alert_engine_is_worth_a_call(voice: Voice) -> None:
    assert voice.send(letter(severity="", purpose="deadman", number="", link="")).result is Result.ACCEPTED


def test_the_county_says_for_which_severities(centre: StandIn, tmp_path: Path) -> None:
    settings = Settings(**told(centre, tmp_path, severities=["重要", "紧急"]))
    channel = Voice(settings, SECRET.encode(), lambda: at(0))
    assert channel.send(LETTER).result is Result.ACCEPTED
    channel.close()


@pytest.mark.parametrize("phone", ["ma", "199 0000", "1\r\n2", "+", "9" * 40])
def test_a_number_that_is_none_is_never_dialled(voice: Voice, centre: StandIn, phone: str) -> None:
    answer = voice.send(letter(severity="紧急", address=phone))
    assert (answer.result, "电话号码不对" in answer.words, centre.heard) == (Result.FAILED, True, [])


def test_a_wrong_secret_and_a_wrong_clock_are_told_in_the_centres_words(centre: StandIn, tmp_path: Path) -> None:
    settings = Settings(**told(centre, tmp_path))
    for secret, now, words in ((b"other", at(0), "签名不对"), (SECRET.encode(), at(6), "时钟差太多")):
        channel = Voice(settings, secret, lambda moment=now: moment)  # type: ignore[misc]
        answer = channel.send(URGENT)
        assert (answer.result, words in answer.words) == (Result.FAILED, True)
        channel.close()


def test_a_line_that_fails_says_whether_the_centre_may_call(voice: Voice, centre: StandIn) -> None:
    centre.plays = [down(), half_closed, garbled, says({"accepted": False, "words": "线路忙", "retry_s": 30})]
    answers = [voice.send(URGENT) for _ in range(4)]
    assert {one.result for one in answers} == {Result.RETRY}
    assert [one.maybe_sent for one in answers] == [True, True, True, False]
    assert (answers[3].wait_s, "线路忙" in answers[3].words) == (30, True)


def test_a_centre_that_does_not_answer_is_not_waited_for(centre: StandIn, tmp_path: Path) -> None:
    centre.plays = [centre.slow(20)]
    channel = Voice(Settings(**told(centre, tmp_path)), SECRET.encode(), lambda: at(0), httpx.Timeout(0.3))
    answer = channel.send(URGENT)
    channel.close()
    assert (answer.result, answer.maybe_sent) == (Result.RETRY, True)


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ({"accepted": True}, Result.ACCEPTED),
        ({"accepted": "true"}, Result.FAILED),
        ({"accepted": 1, "id": "x"}, Result.FAILED),
        ({"accepted": False}, Result.FAILED),
        ({"accepted": False, "retry_s": "60"}, Result.FAILED),
        ({"accepted": False, "retry_s": -1}, Result.FAILED),
        ({"accepted": False, "retry_s": 1e300}, Result.RETRY),
        ({"accepted": False, "retry_s": float("nan")}, Result.FAILED),
        ({"accepted": True, "id": {"a": [1]}, "words": None}, Result.ACCEPTED),
        ({"ok": 1}, Result.FAILED),
        ({}, Result.FAILED),
    ],
)
def test_only_a_plain_yes_is_a_yes(said: dict[str, Any], result: Result) -> None:
    answer = read(said)
    assert isinstance(answer, Answer)
    assert (answer.result, answer.wait_s <= 3600) == (result, True)


def test_what_is_read_aloud_is_short_and_ends_with_a_sentence() -> None:
    long = letter(text="【净村】" + "石门村东街暴露垃圾。" * 40 + "处理:https://d/t/abc", link="https://d/t/abc")
    text = spoken(long)
    assert len(text) <= LONGEST
    assert text.endswith("暴露垃圾。其余请看手机。")
    assert "http" not in text
    assert cut("长" * 300).endswith("长其余请看手机。")
    assert spoken(letter(text="请看https://other.example/x 处理:", link="")) == "请看"
    assert spoken(letter(text="请看https://other.example/x 处理：", link="")) == "请看", "as counties write it"
