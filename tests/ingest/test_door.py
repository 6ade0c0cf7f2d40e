"""The door commits, then acknowledges, then receipts; what it cannot store it holds, and what it refuses it keeps."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.downward import Door as DoorState
from broker.downward import Outcome, Receipt, ReceiptLine
from broker.identity import new_id
from broker.link import Delivery, NotConnected
from broker.messages import Health, Message, Picture
from broker.parse import dump
from ingest.dead_letters import DeadLetters
from ingest.door import OUR_FAULT, PACE, Books, Door, Pace
from ingest.evidence import Evidence
from ingest.inbox import Inbox, Incoming
from ingest.latest import Latest
from ingest.lease import Fenced, Lease
from ingest.months import Months
from ingest.store import Store
from tests.county.small import BIN, BOX, COUNTY, small_county
from tests.ingest.makes import NOON, event, reading, topic
from tests.ingest.test_evidence import Trusting
from tests.servers import wait_until

QUICK = replace(PACE, retry_s=0.02, push_back_s=0.0, newest_s=0.0)


@dataclass
class Wire:
    """A link that remembers what it was given."""

    sent: list[tuple[str, bytes, bool]] = field(default_factory=list)
    down: bool = False

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, correlation: bytes | None = None
    ) -> None:
        del qos, correlation
        if self.down:
            raise NotConnected("no broker")
        self.sent.append((topic, payload, retain))

    def receipts(self) -> list[Receipt]:
        return [Receipt.model_validate_json(payload) for name, payload, _ in self.sent if name.endswith("/receipt")]

    def lines(self) -> dict[UUID, list[Outcome]]:
        found: dict[UUID, list[Outcome]] = {}
        for receipt in self.receipts():
            for line in receipt.lines:
                found.setdefault(line.message_id, []).append(line.outcome)
        return found

    def door(self) -> list[tuple[bool, str, bool]]:
        said = [(DoorState.model_validate_json(body), kept) for name, body, kept in self.sent if name.endswith("/door")]
        return [(state.open, state.reason, kept) for state, kept in said]


@dataclass
class House:
    """A door on a real SQLite store, its wire, and the deliveries that were acknowledged."""

    store: Store
    folder: Path
    wire: Wire = field(default_factory=Wire)
    acked: list[bytes] = field(default_factory=list)
    pace: Pace = QUICK
    crash: Callable[[str], None] = lambda _point: None

    def __post_init__(self) -> None:
        self.inbox, self.letters, self.latest = Inbox(self.store), DeadLetters(self.store), Latest(self.store)
        self.evidence = Evidence(self.folder / "evidence", Trusting())
        books = Books(self.inbox, self.letters, self.latest, self.evidence)
        county = small_county()
        self.door = Door(books, lambda: county, lambda: NOON, self.pace, self._crash)
        self.door.use(self.wire)
        fence = Lease(self.store, COUNTY).take("test", NOON)
        assert fence is not None
        self.door.fence = fence

    def _crash(self, point: str) -> None:
        self.crash(point)  # as the test has set it by now

    def give(self, where: str, payload: bytes, correlation: bytes | None = None) -> None:
        self.door.deliver(Delivery(where, payload, correlation, False, lambda: self.acked.append(payload)))

    def say(self, message: Message) -> None:
        self.give(topic(message.kind, message.device), dump(message), message.message_id.bytes)

    def open_until(self, done: Callable[[], Any], what: str) -> None:
        """Run the door's threads until something holds."""
        stop, faults = threading.Event(), []

        def run(part: Callable[[threading.Event], None]) -> None:
            try:
                part(stop)
            except Fenced as fault:
                faults.append(fault)

        threads = [threading.Thread(target=run, args=(part,)) for part in (self.door.write, self.door.file)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: faults or done(), what)
        finally:
            stop.set()
            for thread in threads:
                thread.join(20)
        if faults:
            raise faults[0]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    yield House(store, tmp_path)
    store.close()


def test_nothing_is_acknowledged_before_it_is_committed_nor_receipted_before_it_is_acknowledged(house: House) -> None:
    seen: dict[str, tuple[int, int, int]] = {}
    house.crash = lambda point: seen.update(
        {point: (house.inbox.count(), len(house.acked), len(house.wire.receipts()))}
    )
    for _ in range(3):
        house.say(event())
    house.open_until(house.wire.receipts, "a receipt")
    assert seen == {
        "ingest.before_commit": (0, 0, 0),
        "ingest.after_commit": (3, 0, 0),
        "ingest.after_puback": (3, 3, 0),
    }


def test_one_receipt_a_device_names_every_id_of_the_batch(house: House) -> None:
    first, second, garbled = event(), reading(), new_id()
    house.say(first)
    house.open_until(house.wire.receipts, "a receipt")
    house.wire.sent.clear()
    house.say(first)
    house.say(second)
    house.say(second)
    house.give(topic("event"), b"\x80 not json", garbled.bytes)
    house.say(event(device="stranger"))
    house.give("jc/v1/what/is/this", b"{}")
    house.open_until(lambda: len(house.wire.receipts()) == 2, "both receipts")
    assert [name for name, _, _ in house.wire.sent] == [topic("receipt"), topic("receipt", "stranger")]
    lines = house.wire.lines()
    assert lines[first.message_id] == [Outcome.DUPLICATE]
    assert lines[second.message_id] == [Outcome.STORED, Outcome.DUPLICATE]
    assert lines[garbled] == [Outcome.REFUSED]
    assert len(house.acked) == 7
    assert sorted(letter.device for letter in house.letters.list()) == ["", BOX, "stranger"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.text(max_size=30), st.binary(max_size=100), st.binary(max_size=17)), max_size=10))
def test_the_good_message_behind_any_bytes_is_stored(house: House, junk: list[tuple[str, bytes, bytes]]) -> None:
    good = event()
    for where, payload, correlation in junk:
        house.give(where, payload, correlation)
        house.give(topic("event"), payload, correlation)
    house.say(good)
    house.open_until(lambda: good.message_id in house.wire.lines(), "the good message's receipt")
    assert house.wire.lines()[good.message_id] == [Outcome.STORED]
    assert house.door.tally.faults == 0


@pytest.mark.parametrize(
    ("fault", "cure", "words"),
    [
        ("max_page_count=20", "max_page_count=1000000", "full"),
        ("query_only=1", "query_only=0", "readonly database"),  # what SQLite says on a disk that was remounted so
    ],
)
def test_a_full_or_read_only_disk_shuts_the_door_holds_the_batch_and_opens_again(
    house: House, fault: str, cure: str, words: str
) -> None:
    state = [fault]

    @sa.event.listens_for(house.store._engine, "checkout")
    def suffer(link: Any, *_: Any) -> None:
        link.execute(f"PRAGMA {state[0]}")

    sent = [event(reason="x" * 500) for _ in range(200)]
    for message in sent:
        house.say(message)

    def shut_then_cured() -> bool:
        if house.wire.door() and state[0] == fault:
            assert house.inbox.count() == 0
            assert house.acked == []
            state[0] = cure
        return len(house.wire.lines()) == 200

    house.open_until(shut_then_cured, "200 receipts after the disk is well again")
    (shut, why, kept), *_, (last, _, _) = house.wire.door()
    assert (shut, kept, last) == (False, True, True)
    assert words in why
    assert house.inbox.count() == 200


def test_a_message_that_the_inbox_chokes_on_becomes_a_dead_letter_and_the_others_come_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [event() for _ in range(5)]
    real, poison = house.inbox.append, sent[2].message_id

    def append(rows: Sequence[Incoming], fence: int) -> list[ReceiptLine]:
        if any(row.message_id == poison for row in rows):
            raise ValueError("year 10889 is out of range")
        return real(rows, fence)

    monkeypatch.setattr(house.inbox, "append", append)
    for message in sent:
        house.say(message)
    house.open_until(lambda: len(house.wire.lines()) == 5, "five receipts")
    assert house.inbox.count() == 4
    (letter,) = house.letters.list()
    assert (letter.payload, letter.reason) == (dump(sent[2]), OUR_FAULT)
    assert house.wire.lines()[poison] == [Outcome.REFUSED]
    assert len(house.acked) == 5


def test_a_fenced_door_stops_without_storing_or_acknowledging(house: House) -> None:
    Lease(house.store, COUNTY).take("test", NOON, restarted=True)
    house.say(event())
    with pytest.raises(Fenced):
        house.open_until(lambda: False, "the door to notice")
    assert (house.inbox.count(), house.acked) == (0, [])


def test_a_full_queue_leaves_messages_to_be_sent_again(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    house = House(store, tmp_path, pace=replace(QUICK, main=replace(PACE.main, messages=2)))
    sent = [event() for _ in range(3)]
    for message in sent:
        house.say(message)
    assert house.door.tally.overflowed == 1
    house.open_until(lambda: len(house.wire.lines()) == 2, "two receipts")
    assert sent[2].message_id not in house.wire.lines()
    house.say(sent[2])
    house.open_until(lambda: len(house.wire.lines()) == 3, "the third receipt")
    store.close()


def test_a_flooding_device_fills_only_its_share_and_the_others_pass_it_by(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    share = replace(PACE.main, share=8)
    house = House(store, tmp_path, pace=replace(QUICK, main=share, batch_rows=4))
    flood, quiet = [event() for _ in range(500)], reading(device=BIN)
    for message in flood:
        house.say(message)
    house.say(quiet)
    assert (house.door.waiting(), house.door.tally.overflowed) == (9, 492)
    assert len(house.acked) == 492  # or the broker's window would be full and nobody would get through
    house.open_until(lambda: quiet.message_id in house.wire.lines(), "the quiet device's receipt")
    first, second = house.wire.receipts()[:2]
    assert {len(first.lines), len(second.lines)} == {3, 1}, "it goes in the first batch of 4, not behind the flood"
    waiting = {message.message_id: message for message in flood}

    def resend() -> bool:
        for told in house.wire.lines():
            waiting.pop(told, None)
        for message in list(waiting.values())[:8]:
            house.say(message)
        return not waiting

    house.open_until(resend, "the flood to be worked off by resends")
    stored = [row.message_id for row in house.inbox.read(0, 10_000)]
    assert sorted(stored) == sorted([*(message.message_id for message in flood), quiet.message_id])
    store.close()


def test_strays_are_counted_and_told(house: House) -> None:
    Months(house.store, ()).tend(NOON)
    odd = event(uuid4())
    house.say(odd)
    house.say(event())
    house.open_until(lambda: house.door.tally.stored == 2, "both")
    assert house.door.health(connected=True).strays == 1
    told = {line.message_id: line.reason for receipt in house.wire.receipts() for line in receipt.lines}
    assert "clock of the device" in told[odd.message_id]


def test_a_receipt_that_cannot_be_sent_loses_nothing(house: House) -> None:
    message = event()
    house.wire.down = True
    house.say(message)
    house.open_until(lambda: house.door.tally.unsent_receipts, "the lost receipt")
    house.wire.down = False
    house.say(message)
    house.open_until(house.wire.lines, "the receipt of the second copy")
    assert house.wire.lines()[message.message_id] == [Outcome.DUPLICATE]
    assert house.inbox.count() == 1


def picture(data: bytes, sha256: str | None = None) -> Picture:
    digest = sha256 or hashlib.sha256(data).hexdigest()
    return Picture(
        message_id=new_id(), device=BOX, at=NOON, sha256=digest, size=len(data), index=0, chunks=1, data=data
    )


def test_a_picture_lies_on_disk_before_its_row(house: House) -> None:
    found: list[Path | None] = []
    part = picture(b"jpeg")
    house.crash = lambda point: found.append(house.evidence.path(part.sha256)) if "before" in point else None
    house.say(part)
    house.open_until(house.wire.lines, "the receipt")
    assert found[0] is not None
    assert [row.kind for row in house.inbox.read(0, 9)] == ["picture"]


def test_a_picture_with_a_wrong_hash_is_refused_with_the_reason(house: House) -> None:
    part = picture(b"jpeg", "0" * 64)
    house.say(part)
    house.open_until(house.wire.lines, "the receipt")
    assert house.wire.lines()[part.message_id] == [Outcome.REFUSED]
    assert "SHA-256" in house.letters.list()[0].reason
    assert house.inbox.count() == 0


def test_an_evidence_disk_that_fails_shuts_the_door_until_it_is_back(house: House) -> None:
    house.evidence._least_free = 1 << 60
    part = picture(b"jpeg")
    house.say(part)

    def back() -> object:
        if house.wire.door():
            house.evidence._least_free = 0
        return house.wire.lines()

    house.open_until(back, "the receipt after the disk has room")
    assert [state for state, _, _ in house.wire.door()] == [False, True]
    assert house.wire.lines()[part.message_id] == [Outcome.STORED]


def test_health_is_kept_as_the_latest_value_without_a_receipt(house: House) -> None:
    house.say(Health(message_id=new_id(), device=BOX, at=NOON, outbox_waiting=7))
    house.open_until(lambda: house.latest.get(BOX, "health"), "the latest value")
    found = house.latest.get(BOX, "health")
    assert found is not None
    message = found.message()
    assert isinstance(message, Health)
    assert message.outbox_waiting == 7
    assert (house.wire.receipts(), house.inbox.count()) == ([], 0)


def test_a_dead_letter_is_stored_by_a_replay_once_its_cause_is_gone(house: House) -> None:
    message = event()
    house.give(topic("event"), dump(message)[:-1], message.message_id.bytes)
    house.open_until(house.letters.list, "the dead letter")
    number = house.letters.list()[0].id
    house.letters.replay(number, NOON)
    house.letters.answer(house.door.again, NOON)
    assert house.letters.get(number).replay_result not in ("", None)
    house.letters.replay(number, NOON, payload=dump(message))
    house.letters.answer(house.door.again, NOON)
    assert house.letters.get(number).replay_result == ""
    assert [row.message() for row in house.inbox.read(0, 9)] == [message]


def test_the_sign_is_put_right_when_a_late_last_will_shuts_the_door(house: House) -> None:
    sign = house.door.sign
    sign.publish()
    house.give(sign.topic, sign.will())
    house.give(sign.topic, b"garbled")
    house.give(sign.topic, house.wire.sent[0][1])  # our own words: nothing to put right
    assert [state for state, _, _ in house.wire.door()] == [True, True, True]


def test_the_door_opens_only_when_the_last_reason_is_gone(house: House) -> None:
    sign = house.door.sign
    sign.shut("database", "away")
    sign.shut("evidence", "full")
    sign.shut("database", "still away")
    sign.reopen("database")
    health = house.door.health(connected=True)
    assert (health.open, health.reason) == (False, "full")
    sign.reopen("evidence")
    assert house.door.health(connected=True).open
    assert [state for state, _, _ in house.wire.door()] == [False, False, False, True]
