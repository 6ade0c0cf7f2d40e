"""The link against the embedded broker and a real Mosquitto."""

from __future__ import annotations

import heapq
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from broker.embedded import BrokerFailed, EmbeddedBroker
from broker.link import Delivery, Link, LinkSettings, NotConnected, TooLarge, Will, packet_size
from broker.patience import pause
from broker.sockets import Bell
from tests.servers import accepts, free_port, real_mosquitto, wait_until

Server = EmbeddedBroker | object
Make = Callable[..., "Station"]


class Station:
    """A link with ears."""

    def __init__(self, settings: LinkSettings, *filters: str, ack: bool = True) -> None:
        self.heard: list[Delivery] = []
        self.states: list[tuple[bool, str]] = []
        self._ack = ack
        self.link = Link(settings, self._hear, self._state, [(name, 1) for name in filters])

    def _hear(self, delivery: Delivery) -> None:
        self.heard.append(delivery)
        if b"raise" in delivery.payload:
            raise ValueError("a callback's fault")
        if self._ack:
            delivery.ack()

    def _state(self, connected: bool, words: str) -> None:
        self.states.append((connected, words))

    @property
    def payloads(self) -> list[bytes]:
        return [each.payload for each in self.heard]


@pytest.fixture
def make() -> Iterator[Make]:
    with ExitStack() as stack:

        def _make(port: int, client_id: str, *filters: str, ack: bool = True, **more: object) -> Station:
            settings = LinkSettings("127.0.0.1", port, client_id, retry_min_s=0.05, retry_max_s=0.2)
            station = Station(replace(settings, **more), *filters, ack=ack)  # type: ignore[arg-type]
            stack.callback(station.link.stop)
            station.link.start()
            wait_until(lambda: station.link.connected or station.states, f"{client_id} connects")
            return station

        yield _make


@pytest.fixture(params=["embedded", pytest.param("mosquitto", marks=pytest.mark.real)])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    if request.param == "embedded":
        broker = EmbeddedBroker(tmp_path)
        yield broker.start()[1]
        broker.stop()
    else:
        with real_mosquitto(tmp_path) as server:
            yield server.port


def test_a_message_arrives_with_its_correlation_data(port: int, make: Make) -> None:
    ear = make(port, "ear", "a/+")
    mouth = make(port, "mouth")
    mouth.link.publish("a/b", b"hello", correlation=b"0123456789abcdef")
    wait_until(lambda: ear.heard, "the message arrives")
    assert (ear.heard[0].topic, ear.heard[0].payload) == ("a/b", b"hello")
    assert ear.heard[0].correlation == b"0123456789abcdef"
    assert not ear.heard[0].retained


def test_many_messages_from_many_threads_arrive_whole_and_each_thread_in_its_order(port: int, make: Make) -> None:
    ear, mouth = make(port, "ear", "#"), make(port, "mouth")

    def speak(name: str) -> None:
        for number in range(300):
            mouth.link.publish(name, b"%04d" % number + b"x" * (number * 7 % 900))

    threads = [threading.Thread(target=speak, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: len(ear.heard) == 900, "all arrive")
    for name in ("a", "b", "c"):
        assert [int(one.payload[:4]) for one in ear.heard if one.topic == name] == list(range(300))


def test_a_message_larger_than_every_buffer_arrives_whole(port: int, make: Make) -> None:
    ear, mouth = make(port, "ear", "a"), make(port, "mouth")
    mouth.link.publish("a", bytes(range(256)) * 1000)
    wait_until(lambda: ear.heard, "it arrives")
    assert ear.heard[0].payload == bytes(range(256)) * 1000


def test_while_deliveries_are_held_up_the_link_still_writes_lives_and_stops(
    port: int, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, mouth = make(port, "ear", "sign"), make(port, "mouth")
    held, seen = threading.Event(), []

    def slow(delivery: Delivery) -> None:
        seen.append(delivery)
        held.wait(1.0)
        delivery.ack()

    states: list[bool] = []
    link = Link(LinkSettings("127.0.0.1", port, "slow"), slow, lambda up, _: states.append(up), [("many", 1)])
    link.start()
    try:
        wait_until(lambda: states == [True], "it is connected")
        for _ in range(15):
            mouth.link.publish("many", b"x")
        wait_until(lambda: seen, "the first is held")
        link.publish("sign", b"shut")
        wait_until(lambda: ear.heard, "what it says meanwhile arrives")
        assert len(seen) < 15
    finally:
        link.stop()
        held.set()
    assert len(seen) < 15
    assert states == [True, False]


def test_a_link_that_found_no_free_descriptor_comes_back(
    port: int, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = Bell, []

    def scarce() -> Bell:
        tries.append(1)
        if len(tries) == 1:
            raise OSError(24, "Too many open files")
        return real()

    monkeypatch.setattr("broker.link.Bell", scarce)
    ear = make(port, "ear", "a")
    wait_until(lambda: ear.link.connected, "it is connected after all")
    ear.link.publish("a", b"here")
    wait_until(lambda: ear.heard, "it hears itself")
    assert len(tries) == 2


def test_a_ring_that_comes_after_its_message_was_sent_hides_no_later_one(
    port: int, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.link.ROUND_S", 1000.0)  # nothing but the bell wakes it
    ear, mouth = make(port, "ear", "a"), make(port, "mouth")
    client = mouth.link._client
    assert client is not None
    for _ in range(20):
        client._call_socket_register_write()  # as a thread does that was held up between its message and its ring
        time.sleep(0.02)
        mouth.link.publish("a", b"x")
        time.sleep(0.02)
    wait_until(lambda: len(ear.heard) == 20, "all arrive")


def test_a_retained_message_greets_who_comes_later(port: int, make: Make) -> None:
    mouth = make(port, "mouth", "door")
    mouth.link.publish("door", b"open", retain=True)
    wait_until(lambda: mouth.heard, "it is stored")
    ear = make(port, "ear", "door")
    wait_until(lambda: ear.heard, "the retained message arrives")
    assert ear.heard[0].retained


def test_a_callback_that_raises_is_counted_and_the_next_message_is_read(port: int, make: Make) -> None:
    ear = make(port, "ear", "a")
    mouth = make(port, "mouth")
    for number in range(30):
        mouth.link.publish("a", b"raise %d" % number)
    mouth.link.publish("a", b"good")
    wait_until(lambda: b"good" in ear.payloads, "the good message is read")
    assert ear.link.faults == 30
    assert ear.link.connected


def test_an_oversized_message_is_refused_by_the_sender_and_the_link_stays(port: int, make: Make) -> None:
    mouth = make(port, "mouth", "a", max_packet=1000)
    with pytest.raises(TooLarge) as refused:
        mouth.link.publish("a", b"x" * 1001)
    assert refused.value.limit == 1000
    mouth.link.publish("a", b"small")
    wait_until(lambda: mouth.payloads == [b"small"], "the next message passes")
    assert mouth.states == [(True, "")]


def test_acks_may_come_late_and_from_another_thread(port: int, make: Make) -> None:
    ear = make(port, "ear", "a", ack=False)
    mouth = make(port, "mouth", inflight=100)
    for number in range(15):
        mouth.link.publish("a", b"%d" % number)
    wait_until(lambda: len(ear.heard) == 15, "the first window arrives unacknowledged")
    for each in reversed(ear.heard):  # on the wire they go in order, or rumqttd cuts the connection
        each.ack()
    for number in range(15):
        mouth.link.publish("a", b"%d" % number)
    wait_until(lambda: len(ear.heard) == 30, "the next window arrives")
    assert ear.link.faults == 0
    assert ear.states == [(True, "")]


def test_acks_given_in_any_order_never_cost_the_connection(port: int, make: Make) -> None:
    ear = make(port, "ear", "a", ack=False)
    mouth = make(port, "mouth", inflight=100)
    for number in range(15):
        mouth.link.publish("a", b"%d" % number)
    wait_until(lambda: len(ear.heard) == 15, "the first window arrives unacknowledged")
    for each in [*ear.heard[::-2], *ear.heard[::2]]:
        each.ack()
        each.ack()  # twice is fine
    for number in range(40):
        mouth.link.publish("a", b"%d" % number)
    wait_until(lambda: _ack_the_rest(ear) == 55, "everything after it arrives on the same connection")
    assert ear.states == [(True, "")]


def _ack_the_rest(ear: Station) -> int:
    for each in list(ear.heard):
        each.ack()
    return len(ear.heard)


def test_the_last_will_speaks_when_the_process_is_killed(port: int, make: Make) -> None:
    ear = make(port, "ear", "will")
    source = (
        "import sys, time\nfrom broker.link import *\n"
        "link = Link(LinkSettings('127.0.0.1', int(sys.argv[1]), 'dying', will=Will('will', b'gone')),"
        " print, lambda up, words: print('up', flush=True))\nlink.start()\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", source, str(port)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.kill()
    wait_until(lambda: ear.payloads == [b"gone"], "the will is heard")


def test_a_polite_stop_leaves_no_will(port: int, make: Make) -> None:
    ear = make(port, "ear", "will", "later")
    leaver = make(port, "leaver", will=Will("will", b"gone"))
    leaver.link.stop()
    assert leaver.states[-1] == (False, "stopped")
    make(port, "mouth").link.publish("later", b"still here")
    wait_until(lambda: ear.heard, "the later message arrives")
    assert ear.payloads == [b"still here"]


@pytest.mark.real
def test_after_a_broker_restart_the_owner_sends_again_and_nothing_is_doubled(tmp_path: Path, make: Make) -> None:
    with real_mosquitto(tmp_path) as server:
        ear = make(server.port, "ear", "a")
        mouth = make(server.port, "mouth")
        server.stop()
        wait_until(lambda: not mouth.link.connected and not ear.link.connected, "the loss is noticed")
        with pytest.raises(NotConnected):
            mouth.link.publish("a", b"lost")
        server.start()
        wait_until(lambda: mouth.link.connected and ear.link.connected, "both are back")
        mouth.link.publish("a", b"again")
        wait_until(lambda: ear.payloads == [b"again"], "the resend arrives")
        assert [up for up, _ in mouth.states] == [True, False, True]


@pytest.mark.real
def test_the_limit_is_the_smaller_of_ours_and_the_brokers(tmp_path: Path, make: Make) -> None:
    with real_mosquitto(tmp_path, "allow_anonymous true\nmax_packet_size 5000") as server:
        assert make(server.port, "modest", max_packet=2000).link.limit == 2000
        mouth = make(server.port, "bold", "a")
        assert mouth.link.limit == 5000
        fits = b"x" * (5000 - packet_size("a", b"", None))
        mouth.link.publish("a", fits)
        with pytest.raises(TooLarge):
            mouth.link.publish("a", fits + b"x")
        wait_until(lambda: mouth.payloads == [fits], "the largest allowed message passes")


def test_a_state_callback_that_raises_does_not_stop_the_reader(tmp_path: Path, make: Make) -> None:
    broker = EmbeddedBroker(tmp_path)
    port = broker.start()[1]
    heard: list[bytes] = []

    def fault(_up: bool, _words: str) -> None:
        raise ValueError("a callback's fault")

    link = Link(LinkSettings("127.0.0.1", port, "ear"), lambda one: heard.append(one.payload), fault, [("a", 1)])
    link.start()
    link.start()  # twice is once
    wait_until(lambda: link.faults == 1, "the fault is counted")
    make(port, "mouth").link.publish("a", b"good")
    wait_until(lambda: heard == [b"good"], "the message is read")
    link.stop()
    broker.stop()


@pytest.mark.real
def test_a_wrong_password_is_told_once_in_plain_words(tmp_path: Path, make: Make) -> None:
    with real_mosquitto(tmp_path, "allow_anonymous false") as server:
        stranger = make(server.port, "stranger", username="x", password="y")
        time.sleep(1)
        assert len(stranger.states) == 1
        up, words = stranger.states[0]
        assert not up
        assert "user name and password" in words


def test_a_missing_password_file_is_named(tmp_path: Path, make: Make) -> None:
    broker = EmbeddedBroker(tmp_path)
    port = broker.start()[1]
    lost = make(port, "lost", username="x", password_file=tmp_path / "secret")
    assert "secret" in lost.states[0][1]
    broker.stop()


def test_a_secret_is_not_in_the_settings_text() -> None:
    assert "hunter2" not in repr(LinkSettings("h", 1, "c", password="hunter2"))


def test_the_embedded_broker_keeps_its_port_and_refuses_a_taken_one(tmp_path: Path) -> None:
    first = EmbeddedBroker(tmp_path / "1")
    host, port = first.start()
    assert first.start() == (host, port)
    with pytest.raises(BrokerFailed, match="already in use"):
        EmbeddedBroker(tmp_path / "2", port).start()
    first.stop()
    first.stop()
    assert first.pid is None
    assert first.start() == (host, port)
    first.stop()


def test_the_embedded_broker_dies_with_a_killed_parent(tmp_path: Path) -> None:
    port = free_port()
    source = (
        "import sys, time, pathlib\nfrom broker.embedded import EmbeddedBroker\n"
        "b = EmbeddedBroker(pathlib.Path(sys.argv[1]), int(sys.argv[2]))\nb.start()\n"
        "print(b.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", source, str(tmp_path), str(port)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert accepts(port)
        parent.kill()
    wait_until(lambda: not accepts(port), f"broker {child} ends with its parent")
    wait_until(lambda: not _runs(child), "its process is gone")


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z" and os.getpid() != pid


@pytest.mark.parametrize("attempt", [1, 2, 5, 30])
def test_pauses_are_spread_and_bounded(attempt: int) -> None:
    waits = {pause(attempt, 1.0, 60.0) for _ in range(200)}
    assert len(waits) > 100
    assert all(0.5 <= wait <= 60 for wait in waits)


@pytest.mark.parametrize(("clients", "a_second"), [(1000, 300), (1000, 100), (3000, 200)])
def test_clients_that_lost_the_broker_together_come_back_spread(clients: int, a_second: int) -> None:
    """A broker that lets in so many a second; the others are refused and wait for their next attempt."""
    draw = random.Random(7).uniform
    due = [(pause(1, 1.0, 60.0, draw), 1) for _ in range(clients)]
    heapq.heapify(due)
    tries: dict[int, int] = defaultdict(int)  # by tenths of a second
    let_in: dict[int, int] = defaultdict(int)
    end = 0.0
    while due:
        end, attempt = heapq.heappop(due)
        tries[int(end * 10)] += 1
        if let_in[int(end)] < a_second:
            let_in[int(end)] += 1
        else:
            heapq.heappush(due, (end + pause(attempt + 1, 1.0, 60.0, draw), attempt + 1))
    assert max(tries.values()) < clients / 20, "no tenth of a second sees a twentieth of them"
    assert end < 60 + 2 * clients / a_second, "and the last one is not forgotten"
    assert sum(let_in.values()) == clients
