"""The courier: windows, resends, receipts, the door, refusals; a county that loses things still gets all, once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broker.downward import Door, Outcome
from broker.link import NotConnected, TooLarge
from broker.parse import dump
from edge.courier import Courier, Pace, Wire
from edge.outbox import Lane, Outbox, Row
from tests.edge.letters import NOW, chunk, event, reading, receipt


class FakeWire:
    """A connection that remembers what it was given."""

    def __init__(self) -> None:
        self.connected = True
        self.limit = 262_144
        self.sent: list[UUID] = []

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, correlation: bytes | None = None
    ) -> None:
        assert qos == 1
        assert not retain
        if len(payload) > self.limit:
            raise TooLarge(len(payload), self.limit)
        if not self.connected:
            raise NotConnected
        assert correlation is not None
        self.sent.append(UUID(bytes=correlation))

    def take(self) -> list[UUID]:
        sent, self.sent = self.sent, []
        return sent


class Rig:
    """A courier with its outbox, two fake connections and a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.outbox = Outbox(folder / "outbox.db")
        self.main, self.bulk = FakeWire(), FakeWire()
        self.clock = 0.0
        wires: dict[Lane, Wire] = {Lane.MAIN: self.main, Lane.BULK: self.bulk}
        self.courier = Courier(self.outbox, wires, pace=Pace(listen_s=0), draw=lambda _low, high: high)
        self.connect()

    def step(self, seconds: float = 0.0) -> float:
        self.clock += seconds
        return self.courier.step(self.clock, NOW)

    def connect(self) -> None:
        for lane in Lane:
            self.courier.rose(lane, self.clock)

    def put(self, *rows: Row) -> list[UUID]:
        self.outbox.put(rows)
        return [one.message_id for one in rows]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.outbox.close()


def door(is_open: bool) -> bytes:
    return dump(Door(open=is_open, at=NOW, reason="backup"))


def test_a_row_is_sent_once_and_leaves_on_its_receipt(rig: Rig) -> None:
    ids = rig.put(event())
    rig.step()
    rig.step(1)
    assert rig.main.take() == ids
    rig.courier.take_receipt(receipt(*ids), NOW)
    rig.step(1_000)
    assert rig.main.take() == []
    assert rig.outbox.counts().waiting == 0


def test_without_a_receipt_it_is_sent_again_later_and_later(rig: Rig) -> None:
    ids = rig.put(event())
    rig.step()
    due = []
    for second in range(200):
        rig.main.take()
        rig.step(1)
        if rig.main.sent:
            due.append(second + 1)
    gaps = [late - early for early, late in zip([0, *due], due, strict=False)]
    assert gaps[:5] == [7, 9, 13, 21, 37]
    assert max(gaps) <= 65
    assert rig.outbox.next(Lane.MAIN, 1)[0].message_id == ids[0]


def test_the_jitter_spreads_a_resend_over_its_whole_span(tmp_path: Path) -> None:
    spans: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        spans.append((low, high))
        return low

    outbox = Outbox(tmp_path / "outbox.db")
    outbox.put([event()])
    courier = Courier(outbox, {Lane.MAIN: FakeWire()}, pace=Pace(listen_s=0), draw=draw)
    courier.rose(Lane.MAIN, 0)
    for second in range(40):
        courier.step(float(second), NOW)
    outbox.close()
    assert spans[:4] == [(0.0, 2.0), (0.0, 4.0), (0.0, 8.0), (0.0, 16.0)]


@pytest.mark.parametrize("outcome", [Outcome.STORED, Outcome.DUPLICATE])
def test_a_duplicate_is_as_good_as_stored(rig: Rig, outcome: Outcome) -> None:
    ids = rig.put(event(), event())
    rig.step()
    rig.courier.take_receipt(receipt(*ids, outcome=outcome), NOW)
    assert rig.outbox.counts().waiting == 0


def test_a_refused_row_leaves_and_its_reason_stays(rig: Rig) -> None:
    ids = rig.put(event())
    rig.step()
    rig.courier.take_receipt(receipt(*ids, outcome=Outcome.REFUSED, reason="unknown village"), NOW)
    rig.step(1_000)
    assert rig.outbox.refused()[0].reason == "unknown village"
    assert rig.outbox.counts().refused == 1
    assert len(rig.main.sent) == 1


def test_at_most_32_rows_are_under_way_on_each_connection_and_pictures_begin_with_one(rig: Rig) -> None:
    rig.put(*[event() for _ in range(50)], *[chunk(index=0) for _ in range(200)])
    rig.step()
    assert (len(rig.main.sent), len(rig.bulk.sent)) == (32, 1)
    rig.courier.take_receipt(receipt(*rig.main.sent[:5], *rig.bulk.sent), NOW)
    rig.step()
    assert (len(rig.main.sent), len(rig.bulk.sent)) == (37, 3)
    for _ in range(6):
        rig.courier.take_receipt(receipt(*rig.bulk.sent), NOW)
        rig.step()
    assert rig.courier.under_way(Lane.BULK) == 32


def test_a_resend_halves_what_of_pictures_is_under_way(rig: Rig) -> None:
    rig.put(*[chunk(index=0) for _ in range(200)])
    rig.step()
    for _ in range(6):
        rig.courier.take_receipt(receipt(*rig.bulk.sent), NOW)
        rig.step()
    rig.bulk.take()
    rig.step(60)
    resent = rig.bulk.take()
    assert len(resent) == 32
    rig.courier.take_receipt(receipt(*resent[:4]), NOW)
    rig.step()
    assert rig.bulk.take() == []  # 16 and 4 receipts make 20, and 28 are under way
    rig.courier.take_receipt(receipt(*resent[4:]), NOW)
    rig.step()
    assert len(rig.bulk.take()) == 32


def test_a_county_that_does_not_answer_in_time_is_asked_for_less_and_an_event_still_goes(rig: Rig) -> None:
    ids = rig.put(*(reading() for _ in range(100)))
    rig.step()
    assert len(rig.main.take()) == 24
    for _ in range(6):
        rig.step(200)
    rig.main.take()
    rig.courier.take_receipt(receipt(*ids[:21]), NOW)  # three are still under way
    rig.courier._roads[Lane.MAIN].open = 4.0
    rig.step()
    assert rig.main.take() == []
    urgent = rig.put(event())
    rig.step()
    assert rig.main.take() == urgent


def test_the_window_is_halved_by_a_resend_and_grows_with_each_receipt(rig: Rig) -> None:
    ids = rig.put(*(reading() for _ in range(200)))
    rig.step()
    rig.main.take()
    road = rig.courier._roads[Lane.MAIN]
    seen = []
    for _ in range(5):
        rig.step(500)
        seen.append(road.open)
    assert seen == [16, 8, 4, 4, 4]
    rig.main.take()
    rig.courier.take_receipt(receipt(*ids[:24]), NOW)
    rig.step()
    assert road.open == 28
    assert len(rig.main.take()) == Pace.ordinary(28)


def test_a_window_full_of_readings_still_lets_an_event_through(rig: Rig) -> None:
    rig.put(*[reading() for _ in range(50)])
    rig.step()
    assert len(rig.main.take()) == 24
    urgent = rig.put(event())
    rig.step()
    assert rig.main.take() == urgent


def test_a_shut_door_stops_sending_and_an_open_one_goes_on(rig: Rig) -> None:
    rig.courier.see_door(door(False))
    ids = rig.put(event())
    rig.step()
    assert rig.main.sent == []
    rig.courier.see_door(door(True))
    rig.step()
    assert rig.main.sent == ids


def test_an_absent_door_is_open_after_a_removal_and_after_a_new_connection(rig: Rig) -> None:
    rig.courier.see_door(door(False))
    rig.courier.see_door(b"")
    assert rig.courier.door_open
    rig.courier.see_door(door(False))
    rig.courier.broke(Lane.MAIN)
    assert rig.courier.door_open


def test_after_connecting_a_door_state_is_waited_for_and_an_absent_one_is_open(rig: Rig) -> None:
    ids = rig.put(event())
    rig.courier = Courier(rig.outbox, {Lane.MAIN: rig.main}, pace=Pace(listen_s=0.5))
    rig.courier.rose(Lane.MAIN, rig.clock)
    assert rig.step(0.2) == pytest.approx(0.3)
    assert rig.main.sent == []
    rig.step(0.3)
    assert rig.main.sent == ids
    rig.courier.rose(Lane.MAIN, rig.clock)
    rig.courier.see_door(door(True))
    more = rig.put(event())
    rig.step()
    assert rig.main.sent == [*ids, *more]


def test_after_a_new_connection_everything_unreceipted_goes_again(rig: Rig) -> None:
    ids = rig.put(event(), event())
    rig.step()
    rig.courier.broke(Lane.MAIN)
    rig.step(1)
    rig.connect()
    rig.step(1)
    assert rig.main.sent == [*ids, *ids]


def test_pictures_wait_while_the_connection_that_brings_receipts_is_down(rig: Rig) -> None:
    rig.put(chunk())
    rig.courier.broke(Lane.MAIN)
    rig.step()
    assert rig.bulk.sent == []


def test_a_connection_that_breaks_while_sending_loses_nothing(rig: Rig) -> None:
    ids = rig.put(event())
    rig.main.connected = False
    rig.step()
    rig.main.connected = True
    rig.step()
    assert rig.main.sent == ids


def test_a_connection_that_breaks_while_resending_tries_again(rig: Rig) -> None:
    ids = rig.put(event(), event())
    rig.step()
    rig.main.take()
    rig.main.connected = False
    rig.step(100)
    assert rig.courier.tally.resent == 0
    rig.main.connected = True
    rig.step(1)
    assert rig.main.sent == ids


def test_an_oversized_row_is_refused_by_the_sender_and_what_stands_behind_it_goes(rig: Rig) -> None:
    rig.main.limit = 2_000
    big = event()
    big = Row(big.message_id, big.topic, big.kind, big.lane, big.priority, big.payload + b" " * 3_000)
    ids = rig.put(big, event())
    rig.step()
    assert rig.main.sent == ids[1:]
    assert rig.outbox.counts().oversize == 1
    assert rig.outbox.refused()[0].by == "sender"


def test_a_limit_that_shrinks_with_a_new_broker_refuses_at_the_resend(rig: Rig) -> None:
    ids = rig.put(event())
    rig.step()
    rig.main.limit = 10
    rig.step(100)
    assert rig.courier.under_way(Lane.MAIN) == 0
    assert rig.outbox.refused()[0].message_id == ids[0]


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b'{"lines": 1}', b"[" * 100_000, b"null"])
def test_garbled_receipts_and_doors_change_nothing(rig: Rig, payload: bytes) -> None:
    rig.put(event())
    rig.step()
    rig.courier.see_door(door(False))
    rig.courier.take_receipt(payload, NOW)
    if payload:
        rig.courier.see_door(payload)
        assert not rig.courier.door_open
        assert rig.courier.tally.garbled == 2
    assert rig.outbox.counts().waiting == 1


def test_the_next_step_is_due_when_the_next_resend_is(rig: Rig) -> None:
    rig.put(event())
    assert rig.step() == 1.0
    assert rig.step(6.5) == pytest.approx(0.5)


def test_each_send_and_each_drop_passes_its_crash_points(tmp_path: Path) -> None:
    points: list[str] = []
    outbox = Outbox(tmp_path / "outbox.db")
    row = event()
    outbox.put([row])
    courier = Courier(outbox, {Lane.MAIN: FakeWire()}, pace=Pace(listen_s=0), crash=points.append)
    courier.rose(Lane.MAIN, 0)
    courier.step(0, NOW)
    courier.take_receipt(receipt(row.message_id), NOW)
    outbox.close()
    assert points == ["edge.before_send", "edge.after_send", "edge.before_drop"]


class County(RuleBasedStateMachine):
    """A county that loses messages and receipts, doubles, shuts, and a box that restarts at any step."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.rig = Rig(Path(self.folder.name))
        self.made: set[UUID] = set()
        self.stored: set[UUID] = set()
        self.receipted: set[UUID] = set()
        self.owed: list[UUID] = []

    @rule(count=st.integers(1, 40), kind=st.sampled_from([event, reading, chunk]))
    def put(self, count: int, kind: Callable[[], Row]) -> None:
        self.made |= set(self.rig.put(*[kind() for _ in range(count)]))

    @rule(seconds=st.floats(0, 90), lost=st.booleans())
    def step(self, seconds: float, lost: bool) -> None:
        self.rig.step(seconds)
        sent = [*self.rig.main.take(), *self.rig.bulk.take()]
        assert not set(sent) & self.receipted
        if not lost:
            self.stored |= set(sent)
            self.owed += sent

    @precondition(lambda self: self.owed)
    @rule(arrives=st.booleans(), part=st.integers(1, 40), twice=st.booleans())
    def answer(self, arrives: bool, part: int, twice: bool) -> None:
        batch, self.owed = self.owed[:part], self.owed[part:]
        if arrives:
            self.receipted |= set(batch)
            for _ in range(1 + twice):
                self.rig.courier.take_receipt(receipt(*batch), NOW)

    @rule(is_open=st.booleans())
    def shut_or_open(self, is_open: bool) -> None:
        self.rig.courier.see_door(door(is_open))

    @rule(lane=st.sampled_from(list(Lane)))
    def break_connection(self, lane: Lane) -> None:
        self.rig.courier.broke(lane)

    @rule(lane=st.sampled_from(list(Lane)))
    def connect(self, lane: Lane) -> None:
        self.rig.courier.rose(lane, self.rig.clock)

    @rule()
    def restart(self) -> None:
        self.rig.outbox.close()
        self.rig = Rig(Path(self.folder.name))

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.rig.outbox.counts().waiting == len(self.made - self.receipted)
        assert self.receipted <= self.stored

    @invariant()
    def the_window_holds(self) -> None:
        assert all(self.rig.courier.under_way(lane) <= Pace().window for lane in Lane)

    def teardown(self) -> None:
        """With a county that behaves, everything arrives."""
        self.rig.connect()
        self.rig.courier.see_door(door(True))
        for _ in range(2_000):
            if self.made == self.receipted:
                break
            self.step(100.0, False)
            self.owed = [one for one in self.owed if one not in self.receipted]
            if self.owed:
                self.answer(True, len(self.owed), False)
        assert self.rig.outbox.counts().waiting == 0
        assert self.stored == self.made
        self.rig.outbox.close()
        self.folder.cleanup()


TestCounty = County.TestCase
TestCounty.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
