"""The loudspeaker hook against a gateway of the tests: which horn, when it is silent, and what everybody may hear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.channels import Answer, By, Letter, Result, catalog
from alerts.channels.catalog import BadChannel
from tests.channels.letters import LETTER, letter
from tests.county.small import OTHER_VILLAGE, TOWNSHIP, VILLAGE
from tests.providers.hooks import SECRET, horns, signed
from tests.providers.standin import StandIn, down, half_closed, says

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def gateway() -> Iterator[StandIn]:
    with StandIn(signed(horns, NOON.timestamp())) as gateway:
        yield gateway


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "horn.secret").write_text(SECRET)
    return tmp_path / "horn.secret"


def said(secret: Path, to: Letter = LETTER, now: datetime = NOON, **told: Any) -> Answer:
    settings = catalog.settings_of({"name": "horn", "kind": "loudspeaker", "secret_file": secret, **told})
    channel = catalog.opened(settings, lambda: now)
    try:
        return channel.send(to)
    finally:
        channel.close()


def test_the_horn_names_place_and_dirt_and_nobody(gateway: StandIn, secret: Path) -> None:
    answer = said(secret, url=f"{gateway.base}/play")
    body = gateway.heard[0].json()
    assert (answer.result, answer.provider_id) == (Result.ACCEPTED, f"job-{LETTER.id}")
    assert (body["village"], body["place"], body["repeat"]) == (VILLAGE, "柳林镇 石门村 东街", 2)
    assert body["text"].startswith("各位村民请注意:柳林镇 石门村 东街发现暴露垃圾,")
    for private in (LETTER.person, LETTER.phone, LETTER.number, LETTER.link, LETTER.code):
        assert private not in gateway.heard[0].body.decode()


def test_a_county_writes_its_own_words_and_a_place_is_no_template(gateway: StandIn, secret: Path) -> None:
    said(secret, letter(place="{due} \n街" + "长" * 300), url=gateway.base, text="{due}前清理{place}的{what}", repeat=3)
    body = gateway.heard[0].json()
    assert body["text"].startswith("11月21日18:00前清理{due} 街长")
    assert (len(body["text"]) <= 200, body["repeat"]) == (True, 3)


def test_the_horn_is_that_of_the_village_or_of_its_township(gateway: StandIn, secret: Path) -> None:
    told = {TOWNSHIP: f"{gateway.base}/liulin", VILLAGE: f"{gateway.base}/shimen"}
    for n, (village, path) in enumerate([(VILLAGE, "/shimen"), (OTHER_VILLAGE, "/liulin")]):
        assert said(secret, letter(village=village, id=f"n-{n}"), horns=told).result is Result.ACCEPTED
        assert gateway.heard[-1].path == path
    elsewhere = said(secret, letter(village="640998101200"), horns=told)
    assert (elsewhere.result, elsewhere.declined, "没有登记大喇叭" in elsewhere.words) == (Result.FAILED, False, True)
    assert "没有村代码" in said(secret, letter(village=""), url=gateway.base).words
    assert len(gateway.heard) == 2


@pytest.mark.parametrize(
    ("clock", "severity", "loud"),
    [
        ("20:59", "一般", True), ("21:00", "重要", False), ("23:59", "", False), ("00:00", "一般", False),
        ("06:59", "重要", False), ("07:00", "一般", True), ("03:00", "紧急", True),
    ],
)  # fmt: skip
def test_at_night_only_what_is_urgent_is_said(
    gateway: StandIn, secret: Path, clock: str, severity: str, loud: bool
) -> None:
    now = datetime.combine(NOON, time.fromisoformat(clock), NOON.tzinfo).astimezone(ZoneInfo("UTC"))
    gateway.answering = signed(horns, now.timestamp())
    answer = said(secret, letter(severity=severity), now, url=gateway.base)
    assert (answer.result is Result.ACCEPTED, answer.declined, len(gateway.heard)) == (loud, not loud, int(loud))
    assert loud or "21:00到07:00大喇叭不响" in answer.words


def test_a_county_may_have_its_silence_at_noon(gateway: StandIn, secret: Path) -> None:
    told: dict[str, Any] = {"url": gateway.base, "quiet_from": "12:00", "quiet_to": "14:30"}
    assert said(secret, **told).declined
    assert said(secret, now=NOON.replace(hour=11, minute=59), **told).result is Result.ACCEPTED


@pytest.mark.parametrize(
    "other", [{"purpose": "triage"}, {"purpose": "answered"}, {"purpose": "deadman"}, {"place": ""}, {"what": ""}]
)
def test_what_is_not_for_the_village_is_not_said(gateway: StandIn, secret: Path, other: dict[str, Any]) -> None:
    assert said(secret, letter(**other), url=gateway.base).declined
    assert gateway.heard == []


def test_what_could_not_be_said_is_not_said_later(gateway: StandIn, secret: Path) -> None:
    gateway.plays = [down(), half_closed, says({"accepted": False, "words": "正在播放", "retry_s": 60})]
    answers = [said(secret, url=gateway.base) for _ in range(3)]
    answers.append(said(secret, url="http://127.0.0.1:9"))
    assert all((one.result, one.wait_s, one.declined) == (Result.FAILED, 0, False) for one in answers)
    assert all("广播过时不补" in one.words for one in answers)
    assert [one.maybe_sent for one in answers] == [True, True, False, False]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "write url"),
        ({"url": "http://h", "horns": {VILLAGE: "http://h"}}, "write url"),
        ({"url": "mqtt://h"}, "url: String should match"),
        ({"horns": {"石门村": "http://h"}}, "horns: write"),
        ({"horns": {VILLAGE: "ftp://h"}}, "horns: write"),
        ({"url": "http://h", "text": "{person}快来"}, "not {person"),
        ({"url": "http://h", "zone": "Mars/Base"}, "Mars/Base"),
        ({"url": "http://h", "repeat": 99}, "repeat: Input should be less"),
        ({"url": "http://h", "quiet_from": "late"}, "quiet_from: Input should be"),
    ],
)
def test_settings_that_make_no_sense_are_refused(secret: Path, told: dict[str, Any], words: str) -> None:
    with pytest.raises(BadChannel, match=words):
        said(secret, **told)


def test_it_knows_nobody() -> None:
    assert catalog.kinds()["loudspeaker"].Settings.model_fields.keys() >= {"url", "horns"}
    from alerts.channels.loudspeaker import Loudspeaker

    assert Loudspeaker.by is By.NOBODY
