"""Names of channels that policy.toml or people.csv has and server.toml has not are said, wherever they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.channels.named import unknown, warn
from tests.county.small import PEOPLE, small_county

REMIND = {"also": [{"from_round": 2, "routes": ["call > sms"]}]}


def test_each_place_that_names_a_channel_is_held_against_those_there_are() -> None:
    people = (replace(PEOPLE[0], channels=("weixin > sms",)), *PEOPLE[1:])
    county = small_county(channels={"village": ["wechat > sms", "console"]}, remind=REMIND, people=people)
    told = unknown(county, {"sms", "mail"})
    assert [one.split("写了")[0] for one in told] == [
        "policy.toml的[channels] village", "policy.toml的[[remind.also]](第2次起)",
        f"people.csv里{PEOPLE[0].name}的channels列",
    ]  # fmt: skip
    assert "通道“wechat”,server.toml里没有名为它的[[channel]](有的是:mail、sms)" in told[0]
    assert unknown(county, {"sms", "wechat", "call", "weixin"}) == []


def test_a_name_that_stands_in_one_place_twice_is_said_once_and_no_channel_at_all_is_said_as_such() -> None:
    county = small_county(channels={"village": ["sms", "wechat > sms"]})
    told = unknown(county, ())
    assert len(told) == 2
    assert "有的是:一个也没有" in told[0]


def test_a_server_that_starts_says_it_in_its_log(caplog: pytest.LogCaptureFixture) -> None:
    warn(small_county(remind=REMIND), {"sms"})
    assert "[[remind.also]](第2次起)写了通道“call”" in caplog.text
    assert caplog.text.count("WARNING") == 1
