"""The load: what it sends is what the contract reads, and what it counts is what really came."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from bench.line import Line, Lines
from bench.load import Loaded, Mint, Shooter, Shots, reading, run
from bench.packets import BadPacket
from broker.downward import Outcome, Receipt, ReceiptLine
from broker.embedded import EmbeddedBroker
from broker.identity import time_of
from broker.link import Delivery, Link, LinkSettings
from broker.messages import Reading
from broker.parse import dump, parse_up
from broker.topics import Address, parse
from tests.servers import real_mosquitto

BOX = Address.of_village("640999101200", "qx-box-01")


def test_the_load_sends_what_the_contract_reads() -> None:
    raw, words, at = Mint().one()
    parsed = parse_up(BOX.topic("reading"), reading(BOX.device, "qx-bin-01", words, at, 7), raw)
    assert parsed.refusal == ""
    assert str(parsed.message_id) == words
    assert isinstance(parsed.message, Reading)
    assert (parsed.message.fill_percent, parsed.message.at) == (7, datetime.fromisoformat(at))


def test_ids_are_version_seven_of_their_time_and_neither_they_nor_times_repeat() -> None:
    mint = Mint()
    made = [mint.one() for _ in range(10_000)]
    assert len({words for _, words, _ in made}) == len({at for _, _, at in made}) == 10_000
    assert [at for _, _, at in made] == sorted(at for _, _, at in made)
    for raw, words, at in made[::500]:
        identity = UUID(words)
        assert (identity.bytes, identity.variant, identity.version) == (raw, "specified in RFC 4122", 7)
        in_id = time_of(identity)
        assert in_id is not None
        assert abs((datetime.fromisoformat(at) - in_id).total_seconds()) < 0.001


def test_an_id_can_be_of_an_earlier_hour() -> None:
    noon = datetime(2026, 11, 22, 12, 0, 0, 250, tzinfo=UTC)
    _, words, at = Mint().of(int(noon.timestamp()) * 1_000_000 + 250)
    assert datetime.fromisoformat(at) == noon
    assert time_of(UUID(words)) == noon.replace(microsecond=0)


class Echo:
    """The other end of some lines: receipts at once what is published, and forgets every so many."""

    def __init__(self, shooters: list[Shooter], forget_every: int = 0) -> None:
        self._shooters = shooters
        self._every = forget_every
        self.count = 0

    def turn(self, patience_s: float) -> None:
        for shooter in self._shooters:
            for _, words, _, _ in list(shooter.line._waiting):
                self.count += 1
                if not self._every or self.count == 1 or self.count % self._every:
                    shooter._hear(_receipt(words))
            shooter.line._waiting.clear()
        time.sleep(min(patience_s, 0.01))


def _receipt(words: str, outcome: Outcome = Outcome.STORED, reason: str = "") -> bytes:
    lines = (ReceiptLine(message_id=UUID(words), outcome=outcome, reason=reason),)
    return dump(Receipt(at=datetime.now(UTC), lines=lines))


def shooters(count: int) -> list[Shooter]:
    mint = Mint()
    return [Shooter(BOX, "qx-bin-01", mint) for _ in range(count)]


def test_the_load_keeps_its_rate_and_counts_every_receipt() -> None:
    pair = shooters(2)
    loaded = run(pair, Echo(pair).turn, Shots(rate=200.0, seconds=0.5, warm=0.2))
    assert loaded.sent == loaded.receipted
    assert 100 <= loaded.sent <= 0.7 * 200 + 1
    assert 0 <= loaded.p50_ms <= loaded.p99_ms


def test_a_window_is_never_overfull() -> None:
    (one,) = shooters(1)
    seen = 0

    def turn(patience_s: float) -> None:
        nonlocal seen
        seen = max(seen, len(one.under_way))
        Echo([one]).turn(patience_s)

    assert run([one], turn, Shots(window=5, seconds=0.3, warm=0.0)).sent > 5
    assert seen == 5


def test_a_message_that_is_never_receipted_counts_as_slow_and_not_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.load._await_last", lambda *_: None)
    shots = Shots(rate=100.0, seconds=1.0, warm=0.0)
    calm, bad = shooters(1), shooters(1)
    quick = run(calm, Echo(calm).turn, shots)
    holed = run(bad, Echo(bad, forget_every=4).turn, shots)
    assert holed.receipted < holed.sent
    assert holed.p99_ms > 500 > quick.p50_ms


def test_who_is_refused_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.load._greet.__defaults__", (0.2,))
    (one,) = shooters(1)

    def turn(patience_s: float) -> None:
        for _, words, _, _ in list(one.line._waiting):
            one._hear(_receipt(words, Outcome.REFUSED, "nobody knows this bin"))
        one.line._waiting.clear()
        time.sleep(min(patience_s, 0.05))

    with pytest.raises(TimeoutError, match="nobody knows this bin"):
        run([one], turn, Shots())


@pytest.fixture(params=["mosquitto", "embedded"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    if request.param == "mosquitto":
        with real_mosquitto(tmp_path / "broker", "allow_anonymous true\nmax_inflight_messages 5") as server:
            yield server.port
        return
    broker = EmbeddedBroker(tmp_path / "broker")
    _, found = broker.start()
    yield found
    broker.stop()


def test_the_program_and_a_door_of_paho_understand_each_other(port: int) -> None:
    stored: list[bytes | None] = []

    def answer(delivery: Delivery) -> None:
        parsed = parse_up(delivery.topic, delivery.payload, delivery.correlation)
        assert parsed.message_id is not None
        stored.append(delivery.correlation)
        delivery.ack()
        address, _ = parse(delivery.topic)
        link.publish(address.topic("receipt"), _receipt(str(parsed.message_id)))

    settings = LinkSettings("127.0.0.1", port, "door", inflight=200)
    link = Link(settings, answer, lambda *_: None, [(BOX.topic("reading"), 1)])
    link.start()
    try:
        loaded = _program(port, "--seconds", "1", "--warm", "0", "--rate", "50")
    finally:
        link.stop()
    assert loaded.sent == loaded.receipted >= 49
    assert len(set(stored)) >= loaded.sent
    assert loaded.cpu_us > 0


def test_where_nobody_gives_receipts_the_brokers_word_can_end_a_messages_way(port: int) -> None:
    loaded = _program(port, "--seconds", "0.5", "--warm", "0", "--until", "puback")
    assert loaded.receipted > 32
    assert loaded.sent - loaded.receipted <= 32


def _program(port: int, *more: str) -> Loaded:
    box = f"{BOX.village}:{BOX.device}:qx-bin-01"
    argv = [sys.executable, "-m", "bench.load", "--port", str(port), "--boxes", box, *more]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return Loaded(**json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("answers", "fault", "words"),
    [
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9], BadPacket, "packet of kind"),
        ([b"\x20\x03\x00\x87\x00"], BadPacket, "0x87"),
        ([b"\x20\x03\x00\x00\x00", b"\x90\x04\x00\x01\x00\x87"], BadPacket, "0x87"),
        ([b"\x20\x03\x00\x00\x00", b"\xe0\x02\x8e\x00"], BadPacket, "0x8e"),
        ([b""], ConnectionError, "closed"),
    ],
)
def test_a_broker_that_refuses_or_is_none_is_told_in_words(
    answers: list[bytes], fault: type[Exception], words: str
) -> None:
    with _server(answers) as found, Lines() as lines:
        line = Line("box", BOX.topic("receipt"), lambda _: None, lambda _: None)
        line.connect(found)
        lines.add(line)
        with pytest.raises(fault, match=words):
            lines.wait_until_ready(20)


@contextmanager
def _server(answers: list[bytes]) -> Iterator[int]:
    """A listener that answers each read with the next of these bytes, then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            wire, _ = listener.accept()
            with wire:
                for answer in answers:
                    wire.recv(4096)
                    wire.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join()


def test_a_few_acknowledgements_wait_for_the_next_message_and_many_do_not() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        heard: list[bytes] = []
        line = Line("box", BOX.topic("receipt"), heard.append, lambda _: None)
        line.wire = ours
        line._take(0x20, b"\x00\x00\x00")
        line.flush()
        theirs.recv(4096)
        for number in range(1, 4):
            line._take(0x32, b"\x00\x01t" + bytes((0, number, 0)) + b"receipt")
            assert not line.flush()
        with pytest.raises(BlockingIOError):
            theirs.recv(4096)
        line._take(0x32, b"\x00\x01t" + bytes((0, 4, 0)) + b"receipt")
        assert not line.flush()
        assert theirs.recv(4096) == b"".join(b"\x40\x02\x00" + bytes((number,)) for number in range(1, 5))
        line._take(0x32, b"\x00\x01t" + bytes((0, 5, 0)) + b"receipt")
        line.publish(b"\x00\x01t", "key", bytes(16), b"reading")
        line.flush()
        assert theirs.recv(4096).startswith(b"\x40\x02\x00\x05\x32")
    assert heard == [b"receipt"] * 5
