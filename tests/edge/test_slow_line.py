"""A narrow line: events do not wait for pictures, and copies of what is still on its way do not fill it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from broker.embedded import EmbeddedBroker
from edge.courier import Courier, Pace, Wire
from edge.outbox import Lane, Outbox, Row
from tests.edge.county import BoxProcess, FakeCounty
from tests.edge.letters import BOX, NOW, chunk, event, receipt
from tests.edge.narrow import NarrowProxy

TICK_S = 0.1
NARROW = 8_000  # bytes a second: 64 kbit/s


@dataclass(slots=True)
class Load:
    """A message on its way, and how many of its bytes have not passed yet."""

    left: float
    message_id: UUID


class Line:
    """Two connections that share a rate; what has passed whole is receipted one latency later."""

    def __init__(self, rate: float, latency_s: float) -> None:
        self.rate, self.latency_s = rate, latency_s
        self.queues: dict[Lane, deque[Load]] = {lane: deque() for lane in Lane}
        self.receipts: list[tuple[float, UUID]] = []
        self.offered = 0
        self.arrived: dict[UUID, float] = {}

    def wire(self, lane: Lane) -> Wire:
        line = self

        class End:
            def publish(
                self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False,
                correlation: bytes | None = None,
            ) -> None:  # fmt: skip
                del topic, qos, retain
                assert correlation is not None
                line.offered += len(payload)
                line.queues[lane].append(Load(len(payload), UUID(bytes=correlation)))

        return End()

    def pass_time(self, clock: float) -> list[UUID]:
        """Move bytes for one tick; the ids whose receipts are back by now."""
        room = self.rate * TICK_S
        while room > 0 and any(self.queues.values()):
            busy = [queue for queue in self.queues.values() if queue]
            share = room / len(busy)
            for queue in busy:
                head = queue[0]
                moved = min(share, head.left)
                head.left -= moved
                room -= moved
                if head.left <= 1e-6:
                    queue.popleft()
                    self.arrived.setdefault(head.message_id, clock)
                    self.receipts.append((clock + self.latency_s, head.message_id))
        back = [message_id for at, message_id in self.receipts if at <= clock]
        self.receipts = [one for one in self.receipts if one[0] > clock]
        return back


class SlowBox:
    """A courier on such a line, in simulated time."""

    def __init__(self, folder: Path, rate: float, latency_s: float) -> None:
        self.outbox = Outbox(folder / "outbox.db")
        self.line = Line(rate, latency_s)
        self.courier = Courier(
            self.outbox, {lane: self.line.wire(lane) for lane in Lane}, pace=Pace(listen_s=0),
            draw=lambda low, high: (low + high) / 2,
        )  # fmt: skip
        self.clock = 0.0
        for lane in Lane:
            self.courier.rose(lane, 0.0)

    def put(self, *rows: Row) -> None:
        self.outbox.put(rows)

    def run(self, seconds: float) -> None:
        until = self.clock + seconds
        while self.clock < until:
            self.courier.step(self.clock, NOW)
            self.clock += TICK_S
            back = self.line.pass_time(self.clock)
            if back:
                self.courier.take_receipt(receipt(*back), NOW)


@pytest.mark.parametrize("latency_s", [0.05, 0.6, 4.0])
@pytest.mark.parametrize("rate", [2_000, NARROW, 125_000])
def test_pictures_pass_a_narrow_line_with_few_copies_and_events_pass_them(
    tmp_path: Path, rate: float, latency_s: float
) -> None:
    box = SlowBox(tmp_path, rate, latency_s)
    chunks = [chunk(f"{number:064d}") for number in range(12)]
    needed = sum(len(one.payload) for one in chunks)
    box.put(*chunks)
    box.run(needed / rate / 4)
    begun, seen = box.clock, event()
    box.put(seen)
    box.run(3 * needed / rate + 20 * latency_s + 60)
    assert box.outbox.counts().waiting == 0
    assert box.line.arrived.keys() == {one.message_id for one in (*chunks, seen)}
    assert box.line.offered <= 1.35 * needed
    # The event shares the line with one connection's bytes and waits for no whole picture.
    assert box.line.arrived[seen.message_id] - begun <= 2 * len(seen.payload) / rate + 3 * TICK_S
    box.outbox.close()


@pytest.mark.timeout(400)
def test_over_a_real_line_of_64_kbit_an_event_overtakes_the_pictures_before_it(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    outbox = Outbox(tmp_path / "var" / "outbox.db")
    chunks = [chunk(f"{number:064d}") for number in range(8)]
    outbox.put(chunks)
    pictures = {one.message_id for one in chunks}
    broker = EmbeddedBroker(tmp_path / "broker")
    _host, port = broker.start()
    try:
        with FakeCounty(port) as county, NarrowProxy(port, NARROW) as proxy:
            with BoxProcess(_settings(tmp_path, proxy.port)):
                county.wait(lambda: bool(pictures & county.stored.keys()), "the first chunk")
                seen = event()
                outbox.put([seen])
                county.wait(lambda: seen.message_id in county.stored, "the event")
                late = pictures - county.stored.keys()
                county.wait(lambda: pictures <= county.stored.keys(), "every chunk")
            assert late  # the event passed pictures that were minted before it
            assert proxy.carried <= 1.5 * sum(len(one.payload) for one in chunks)
            assert county.faults == []
    finally:
        broker.stop()
        outbox.close()


def _settings(folder: Path, port: int) -> Path:
    path = folder / "box.toml"
    path.write_text(
        f"""device = "{BOX.device}"
village = "{BOX.village}"
folder = "var"
[broker]
host = "127.0.0.1"
port = {port}
tls = false
""",
        encoding="utf-8",
    )
    return path
