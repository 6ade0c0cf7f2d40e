"""The providers of a chaos run: what they took before a kill they know after it; receipts come until thanked for."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import Answer, Letter, Result, catalog
from alerts.channels.wechat import short_hash
from bench.posting import ROUTES, Posting, told_by_providers
from bench.provider_log import ProviderLog, Taken, Thanked
from bench.providers import Carriers, Failing, Messengers
from bench.receipt_bringer import Bringer
from county.files import load
from county.qingluan import folder as qingluan_files
from county.values import Level
from tests.providers.standin import Heard, Reply, StandIn, said

LETTER = Letter(
    "n-1", "GD-1", "dispatch", "village", 0, "王", "19900000001", "请处理:http://x/t/abc23", "http://x/t/abc23",
    address="19900000001", what="满溢", severity="一般", place="石门村", due="11月21日18:00", code="abc23",
)  # fmt: skip


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def channel(folder: Path, base: str, name: str) -> Any:
    """The channel that a chaos run gives its server, at another address."""
    posting = Posting(folder, dict.fromkeys(("carriers", "messengers"), int(base.rpartition(":")[2])), 1)
    for secret, value in posting.secrets().items():
        (folder / f"{secret}.secret").write_text(value, encoding="utf-8")
    told = next(one for one in posting.channels() if one["name"] == name)
    files = {key: folder / value for key, value in told.items() if key.endswith("_file")}
    return catalog.opened(catalog.settings_of(told | files), lambda: datetime.now(UTC))


def sent(folder: Path, name: str, *letters: Letter) -> list[Answer]:
    """Send to a provider that starts anew on what it remembers, and spoils nothing."""
    log = ProviderLog(folder / "log.jsonl")
    crew = Carriers(log) if name in ("sms", "voice", "gate") else Messengers(log)
    if isinstance(crew, Carriers):
        Bringer(log, crew.dysms, "http://127.0.0.1:9", random.Random(1))
    with StandIn(crew.answer) as provider:
        made = channel(folder, provider.base, name)
        answers = [made.send(letter) for letter in letters]
        made.close()
    return answers


def test_each_provider_takes_a_letter_and_writes_down_whose_it_is(tmp_path: Path) -> None:
    for name in ("sms", "wechat", "wecom", "robot", "voice", "gate"):
        folder = tmp_path / name
        folder.mkdir()
        to = {"wechat": "o-v1", "wecom": "w-v1"}.get(name, LETTER.phone)
        (answer,) = sent(folder, name, letter_to(to))
        assert answer.result is Result.ACCEPTED, (name, answer)
        (taken,) = ProviderLog(folder / "log.jsonl").taken()
        assert taken.provider == name
        assert taken.key == {"wechat": short_hash("n-1"), "wecom": "", "robot": ""}.get(name, "n-1")
        assert taken.code == {"robot": "", "voice": ""}.get(name, "abc23")


def letter_to(address: str) -> Letter:
    return replace(LETTER, address=address)


def test_what_was_taken_before_a_kill_is_not_taken_again_by_those_who_drop_repetitions(tmp_path: Path) -> None:
    for name, to in (("wechat", "o-v1"), ("voice", LETTER.phone)):
        folder = tmp_path / name
        folder.mkdir()
        for _ in range(2):
            assert [one.result for one in sent(folder, name, letter_to(to))] == [Result.ACCEPTED]
        assert len(ProviderLog(folder / "log.jsonl").taken()) == 1


def test_aliyun_remembers_over_a_kill_what_it_can_be_asked_about(tmp_path: Path) -> None:
    sent(tmp_path, "sms", LETTER)
    (answer,) = sent(tmp_path, "sms", replace(LETTER, maybe_doubled=True))
    assert "此前已" in answer.words
    assert len(ProviderLog(tmp_path / "log.jsonl").taken()) == 1


def test_a_receipt_is_brought_until_it_is_thanked_for_also_after_a_kill(tmp_path: Path) -> None:
    log = ProviderLog(tmp_path / "log.jsonl")
    log.took(Taken("sms", "n-1", "abc23", datetime.now(UTC), "", "1^0", "19900000001", delivered=True))
    heard: list[Any] = []

    def door(call: Heard) -> Reply:
        heard.append(json.loads(call.body))
        return said({"code": 0, "msg": "接收成功"}) if len(heard) > 1 else said({}, 503)

    over = threading.Event()
    with StandIn(door) as county:
        bringer = Bringer(log, Carriers(log).dysms, county.base, random.Random(1))
        thread = threading.Thread(target=bringer.run, args=(over,))
        thread.start()
        until(lambda: bool(log.thanks()))
        over.set()
        thread.join(20)
    assert {one[0]["out_id"] for one in heard} == {"n-1"}
    assert set(log.thanks()) == {Thanked("n-1", delivered=True)}
    assert not Bringer(log, Carriers(log).dysms, "", random.Random(1))._due, "who was thanked brings no more"


def test_a_line_that_a_kill_cut_short_is_passed_over(tmp_path: Path) -> None:
    log = ProviderLog(tmp_path / "log.jsonl")
    log.thanked(Thanked("n-1", delivered=True))
    with log.path.open("ab") as file:
        file.write(b'{"thanked": "n-2", "deli')
    assert [one.key for one in log.thanks()] == ["n-1"]


def test_calls_are_spoiled_in_every_way_and_most_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.providers.SLOW_S", (0.0, 0.01))
    log = ProviderLog(tmp_path / "log.jsonl")
    with Failing(Carriers(log), random.Random(3), 0) as provider:
        made = channel(tmp_path, provider.base, "gate")
        results = [made.send(LETTER).result for _ in range(80)]
        made.close()
    assert results.count(Result.ACCEPTED) > 40
    assert results.count(Result.RETRY) > 2


def test_the_county_of_the_run_is_sound_and_every_provider_is_on_a_route() -> None:
    county = load(told_by_providers(qingluan_files(demo=True)))
    people = [one for one in county.people.values() if one.id]
    assert all(person.wechat and person.wecom and person.phone.startswith("199") for person in people)
    assert {name for ways in ROUTES.values() for way in ways for name in way.split(" > ")} >= {
        "sms", "wechat", "wecom", "robot", "voice", "gate",
    }  # fmt: skip
    assert county.policy.channels[Level.VILLAGE] == tuple(ROUTES["village"])
