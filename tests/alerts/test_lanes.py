"""A flood is spread over the pace of each account: nothing fails for it, the graver goes first, no turn is a try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from alerts.channels import Answer, Letter, Result, catalog
from alerts.channels.catalog import BadChannel, ChannelSettings
from alerts.notices.circuit import TRIPS_AFTER
from alerts.notices.lanes import Lanes, Looks
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from alerts.store.tables import NOTICES, TICKETS
from tests.alerts.makes import at, event
from tests.alerts.test_deliveries import TOOK, Phone, Two
from tests.county.small import COUNTY

TOO_MANY = Answer(Result.FAILED, words="isv.BUSINESS_LIMIT_CONTROL")


class Strict(Phone):
    """A provider that refuses what is more than ``most`` in any second."""

    def __init__(self, flood: Flood, most: int) -> None:
        super().__init__(TOOK)
        self.flood, self.most = flood, most
        self.taken: list[datetime] = []

    def send(self, letter: Letter) -> Answer:
        now = self.flood.room.world.now()
        if sum(one > now - timedelta(seconds=1) for one in self.taken) >= self.most:
            return TOO_MANY
        self.taken.append(now)
        return super().send(letter)


class Flood(Two):
    """A room with many letters at once on ``wechat > sms``; seconds pass, and the post office looks at each of them."""

    def __init__(self, book: Book, most: int = 20, **limits: int) -> None:
        super().__init__(book, Phone(TOOK), Phone(replace(TOOK, provider_id="msg-2")))
        self.strict = Strict(self, most)
        settings = [ChannelSettings(name="wechat", kind="any", **limits)]
        channels = {"wechat": self.strict, "sms": self.sms}
        self.post = Post(book, channels, PostSettings("https://d/"), self.room.world, Lanes(settings))
        self.room.feed(event(0))
        self.template = self.rows()[0]
        with book.store.write() as conn:
            conn.execute(NOTICES.delete())

    def rows(self) -> list[dict[str, Any]]:
        with self.room.book.store.read() as conn:
            return [dict(row) for row in conn.execute(sa.select(NOTICES).order_by(NOTICES.c.created_us)).mappings()]

    def add(self, count: int, severity: str = "major", rest: str = "sms") -> None:
        """So many copies for somebody about a ticket of this severity."""
        ticket = uuid4()
        with self.room.book.store.write() as conn:
            first = conn.execute(sa.select(TICKETS)).mappings().first()
            assert first is not None
            now = self.template["created_us"] + int(self.room.minutes * 60e6)
            number = f"GD-{severity}-{ticket.hex[:6]}"
            conn.execute(
                TICKETS.insert(), {**first, "id": ticket, "severity": severity, "number": number, "is_open": False}
            )
            conn.execute(NOTICES.insert(), [
                {**self.template, "id": uuid4(), "ticket": ticket, "purpose": "copy", "ask": str(n), "rest": rest,
                 "created_us": now + n, "ready_us": now}
                for n in range(count)
            ])  # fmt: skip

    def seconds(self, begin: float, end: float, every: float = 1.15) -> None:
        moment = begin
        while moment <= end:
            self.room.minutes = moment / 60
            while self.post.step():
                pass
            moment += every

    def states(self) -> set[tuple[str, str, int]]:
        return {(row["channel"], row["state"], row["attempts"]) for row in self.rows()}


def test_a_thousand_notices_at_once_are_spread_and_none_is_refused_or_tried_twice(sqlite_book: Book) -> None:
    flood = Flood(sqlite_book)
    flood.add(1000)
    flood.seconds(0, 60)
    assert flood.states() == {("wechat", "accepted", 1)}
    assert len(flood.strict.letters) == 1000
    assert len(flood.tries()) == 1000, "waiting for a turn is no try"


def test_the_graver_goes_first_and_among_equals_the_older(book: Book) -> None:
    flood = Flood(book, per_second=2)
    flood.add(3, "minor")
    flood.add(3, "major")
    flood.add(3, "urgent")
    flood.seconds(0, 12, 1.2)
    assert [one.number.split("-")[1] for one in flood.strict.letters] == ["urgent"] * 3 + ["major"] * 3 + ["minor"] * 3


def test_what_waits_four_minutes_for_its_turn_goes_on_by_the_next_channel(book: Book) -> None:
    flood = Flood(book, per_second=3000, per_minute=1)
    flood.add(6)
    flood.seconds(0, 238, 7)
    assert flood.states() == {("wechat", "accepted", 1), ("wechat", "waiting", 0)}
    assert len(flood.strict.letters) == 4
    flood.seconds(240, 300, 5)
    assert flood.states() == {("wechat", "accepted", 1), ("sms", "accepted", 1)}
    assert ("wechat", "failed", "通道太忙,排了四分钟还没轮到") in flood.tries()


def test_what_waited_while_the_post_office_was_away_is_not_handed_on_at_once(book: Book) -> None:
    flood = Flood(book, per_second=5)
    flood.add(20, rest="")
    flood.seconds(1800, 1810)
    assert flood.states() == {("wechat", "accepted", 1)}


def test_what_is_late_is_not_hidden_behind_what_is_graver(book: Book) -> None:
    flood = Flood(book, per_second=3000, per_minute=1)
    flood.add(3, "minor")
    flood.seconds(0, 60, 30)
    flood.room.minutes = 1
    flood.add(6, "urgent")
    for second in range(70, 270, 10):
        flood.room.minutes = second / 60
        flood.post.step(limit=2)
    flood.room.minutes = 270 / 60
    flood.post.step(limit=2)
    minor = [row for row in flood.rows() if row["ready_us"] >= flood.template["ready_us"] and row["channel"] == "sms"]
    assert len(minor) >= 2, "handed on, though graver ones still wait"


def test_channels_of_one_account_share_its_pace_and_its_circuit() -> None:
    one = _aliyun("a", per_second=9)
    two = _aliyun("b", per_second=4, per_minute=30, sign="青峦环卫")
    other = _aliyun("c", access_key_id="LTAI-other")
    lanes = Lanes([one, two, other])
    assert lanes["a"] is lanes["b"]
    assert lanes["a"] is not lanes["c"]
    assert [lanes["a"].pace.take(at(0)) <= 0 for _ in range(5)] == [True] * 4 + [False]
    for _ in range(TRIPS_AFTER):
        lanes["b"].circuit.note(at(0), answered=False)
    assert (lanes["a"].open(at(0)), lanes["c"].open(at(0))) == (False, True)


def test_a_channel_without_settings_has_no_limit() -> None:
    lane = Lanes()["console"]
    assert all(lane.pace.take(at(0)) == 0 for _ in range(500))


def test_a_provider_that_says_when_is_not_away(book: Book) -> None:
    two = Two(book, Phone(Answer(Result.RETRY, words="等", wait_s=1)), Phone(TOOK))
    two.room.feed(event(0))
    for second in range(0, 60, 5):
        two.minute(second / 60)
    assert two.post._lanes["wechat"].circuit.allows(at(1))


MINIMAL: Mapping[str, Mapping[str, Any]] = {
    "aliyun_sms": {"access_key_id": "LTAI", "sign": "青峦县", "templates": [{"id": "S"}]},
    "tencent_sms": {"secret_id": "AKID", "sdk_app_id": "1400006666", "sign": "青峦县", "templates": [{"id": "T"}]},
    "wechat": {"appid": "wx1", "template_id": "t", "data": {"thing1": "{what}"}},
    "wecom": {"corpid": "ww1", "agentid": 1},
    "wecom_robot": {"key_file": Path("k")},
    "dingtalk_robot": {"token_file": Path("t")},
    "feishu_robot": {"hook_file": Path("h")},
}


def _settings(kind: str, **more: Any) -> ChannelSettings:
    secret = {"secret_file": Path("secret")} if not kind.endswith("_robot") else {}
    return catalog.settings_of({"name": "it", "kind": kind, **MINIMAL[kind], **secret, **more})


def _aliyun(name: str, **more: Any) -> ChannelSettings:
    return _settings("aliyun_sms", **{"name": name, **more})


@pytest.mark.parametrize(
    ("kind", "second", "minute"),
    [
        ("aliyun_sms", 20, None), ("tencent_sms", 20, None), ("wechat", 20, None), ("wecom", 20, 5000),
        ("wecom_robot", 20, 20), ("dingtalk_robot", 20, 20), ("feishu_robot", 5, 100),
    ],
)  # fmt: skip
def test_each_kind_begins_with_a_pace_that_its_provider_takes(kind: str, second: int, minute: int | None) -> None:
    settings = _settings(kind)
    assert (settings.per_second, settings.per_minute) == (second, minute)
    assert settings.account() != ("it",)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("wecom_robot", {"per_minute": 21}), ("dingtalk_robot", {"per_minute": 100}),
        ("feishu_robot", {"per_second": 6}), ("aliyun_sms", {"per_second": 0}), ("wecom", {"per_minute": -1}),
        ("wechat", {"per_second": "fast"}),
    ],
)  # fmt: skip
def test_a_pace_that_no_provider_takes_is_refused_with_the_key(kind: str, more: dict[str, Any]) -> None:
    with pytest.raises(BadChannel, match="per_"):
        _settings(kind, **more)


def test_the_flood_of_another_county_does_not_wait_here(book: Book) -> None:
    flood = Flood(book, per_second=1)
    flood.add(2)
    other = Post(Book(book.store, "640998"), {"wechat": flood.strict}, PostSettings("https://d/"), flood.room.world)
    assert other.step() == 0
    assert flood.room.book.county == COUNTY


def test_what_waited_before_the_clock_was_set_back_is_not_waited_for_until_it_has_caught_up() -> None:
    looks = Looks(at(1440))
    looks.at(at(0))
    assert looks.since == at(0)
    looks.at(at(0.5))
    assert looks.since == at(0)
