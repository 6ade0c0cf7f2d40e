"""A crowd with its hands full: everything gets in however the door loses, and the door reads the backlog."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from bench.backlog import BOXES, EVENTS, MESSAGES, _Notices, backlog, county
from bench.crowd import PATIENCE_S, WINDOW, Box, Parcel, work_off
from bench.load import Mint, reading
from bench.packets import text
from broker.downward import Outcome, Receipt, ReceiptLine
from broker.link import Delivery, Link, LinkSettings
from broker.parse import dump, parse_up
from broker.topics import Address, parse
from county.files import load
from tests.servers import real_mosquitto

BOX = Address.of_village("640999101200", "qx-box-01")
NOW_US = 1_795_332_396_000_000


def parcel(mint: Mint, address: Address = BOX) -> Parcel:
    raw, words, at = mint.one()
    return Parcel(text(address.topic("reading")), words, raw, reading(address.device, "qx-bin-01", words, at, 1))


def receipt(*words: str, outcome: Outcome = Outcome.STORED, reason: str = "") -> bytes:
    lines = tuple(ReceiptLine(message_id=UUID(one), outcome=outcome, reason=reason) for one in words)
    return dump(Receipt(at=datetime.now(UTC), lines=lines))


def box(count: int) -> Box:
    made, mint = Box(BOX, 0.0), Mint()
    for _ in range(count):
        made.hold(parcel(mint))
    made.line.ready = True
    return made


def test_a_box_sends_its_window_and_each_receipt_lets_one_more_go() -> None:
    one = box(40)
    one.fill(100.0)
    assert (len(one.under_way), len(one.held)) == (WINDOW, 8)
    one.hear(receipt(*list(one.under_way)[:3]))
    assert (len(one.under_way), len(one.held)) == (WINDOW, 5)


def test_what_gets_no_receipt_is_sent_again_later_each_time() -> None:
    one = box(1)
    one.fill(100.0)
    (flight,) = one.under_way.values()
    assert 100.0 + PATIENCE_S <= flight.due <= 107.0
    one.again(flight.due - 0.1)
    assert one.resent == 0
    first = flight.due
    one.again(first)
    assert (one.resent, flight.tries) == (1, 2)
    assert flight.due >= first + PATIENCE_S
    assert not one.done
    one.hear(receipt(flight.parcel.words, outcome=Outcome.DUPLICATE))
    assert one.done


def test_a_slow_line_is_given_twice_its_time() -> None:
    one = box(2)
    one.takes_s = 20.0
    one.fill(100.0)
    assert all(flight.due >= 140.0 for flight in one.under_way.values())


def test_a_refused_message_is_no_backlog_worked_off(tmp_path: Path) -> None:
    def refuse(delivery: Delivery) -> None:
        delivery.ack()
        (words,) = {json.loads(delivery.payload)["message_id"]}
        link.publish(BOX.topic("receipt"), receipt(words, outcome=Outcome.REFUSED, reason="nobody knows this bin"))

    with real_mosquitto(tmp_path / "broker") as server:
        link = Link(
            LinkSettings("127.0.0.1", server.port, "door"), refuse, lambda *_: None, [(BOX.topic("reading"), 1)]
        )
        link.start()
        one = Box(BOX, 0.5)
        one.hold(parcel(Mint()))
        try:
            with pytest.raises(RuntimeError, match="nobody knows this bin"):
                work_off([one, Box(Address.of_village(BOX.village, "other"), 60.0)], server.port, 30.0, lambda: None)
        finally:
            link.stop()


def test_a_crowd_works_off_everything_though_the_door_loses_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.crowd.PATIENCE_S", 0.5)
    monkeypatch.setattr("bench.crowd.JITTER_S", 0.2)
    seen: Counter[str] = Counter()

    def answer(delivery: Delivery) -> None:
        delivery.ack()
        words = json.loads(delivery.payload)["message_id"]
        seen[words] += 1
        if seen[words] == 1 and len(seen) % 10 == 0:
            return  # lost after the acknowledgement: only a resend brings it
        address, _ = parse(delivery.topic)
        link.publish(address.topic("receipt"), receipt(words))

    mint, crowd = Mint(), []
    for number in range(3):
        crowd.append(Box(Address.of_village(BOX.village, f"box-{number}"), number / 5))
        for _ in range(100):
            crowd[-1].hold(parcel(mint, crowd[-1].address))
    looked: list[int] = []
    with real_mosquitto(tmp_path / "broker") as server:
        up = [(one.address.topic("reading"), 1) for one in crowd]
        link = Link(LinkSettings("127.0.0.1", server.port, "door", inflight=200), answer, lambda *_: None, up)
        link.start()
        try:
            work_off(crowd, server.port, 60.0, lambda: looked.append(len(seen)))
        finally:
            link.stop()
    assert len(seen) == 300
    assert sum(one.resent for one in crowd) >= 30
    assert looked


def test_a_crowd_that_is_never_done_says_what_is_left(tmp_path: Path) -> None:
    one = Box(BOX, 0.0)
    one.hold(parcel(Mint()))
    with real_mosquitto(tmp_path / "broker") as server, pytest.raises(TimeoutError, match="1 messages"):
        work_off([one], server.port, 1.0, lambda: None)


def test_the_backlog_is_an_hour_of_readings_and_events_that_the_door_understands() -> None:
    boxes = backlog(load(county()), Random(1), NOW_US)
    assert len(boxes) == BOXES
    held = [(box, one) for box in boxes for one in box.held]
    assert len({one.words for _, one in held}) == len(held) == MESSAGES
    kinds: Counter[str] = Counter()
    for box_, one in held[:: MESSAGES // 500] + [pair for pair in held if pair[1].topic.endswith(b"/event")]:
        parsed = parse_up(one.topic[2:].decode(), one.payload, one.raw)
        assert parsed.refusal == ""
        assert parsed.message is not None
        assert parsed.message.device == box_.address.device
        assert 0 < NOW_US / 1e6 - parsed.message.at.timestamp() <= 3600
        kinds[parsed.message.kind] += 1
    assert kinds["event"] >= EVENTS
    assert max(box_.after_s for box_ in boxes) <= 5.0


def test_each_tickets_first_notice_counts_and_half_a_line_waits(tmp_path: Path) -> None:
    told: dict[str, float] = {}
    file = tmp_path / "notices.jsonl"
    look = _Notices(file, 0.0, told)
    look()
    file.write_text('{"number": "1"}\n{"number": "1"}\n{"num', encoding="utf-8")
    look()
    first = told["1"]
    with file.open("a", encoding="utf-8") as more:
        more.write('ber": "2"}\n')
    look()
    assert set(told) == {"1", "2"}
    assert told["1"] == first <= told["2"]
