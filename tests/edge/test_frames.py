"""Sensors that speak through a network server: what becomes a reading, what is quarantined, what is passed over."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.link import Link, LinkSettings
from broker.messages import ClockSource, Health, Message, Reading, SensorFrame
from broker.parse import parse_up
from edge.frames import Network, open_networks
from edge.outbox import Lane, Outbox
from edge.settings import BadSettings, load
from edge.wires import network_link
from tests.broker.test_decoders import SAMPLE_NB, cellular
from tests.edge.county import BoxProcess, FakeCounty
from tests.edge.letters import BOX, NOW
from tests.servers import Mosquitto, real_mosquitto, wait_until

EUI = "24E124713B221842"
IMEI = "868508064807350"
HEAD = f"""
device = "{BOX.device}"
village = "{BOX.village}"
folder = "var"
health_s = 1.0
[broker]
host = "127.0.0.1"
port = 1883
tls = false
retry_min_s = 0.1
retry_max_s = 0.5
"""
LORA = f"""
[[networks]]
name = "lora"
speaks = "chirpstack"
topics = ["application/+/device/+/event/up"]
host = "127.0.0.1"
port = 1883
tls = false
[[bins]]
name = "qx-bin-01"
source = {{ type = "frames", network = "lora", sensor = "{EUI.lower()}", model = "em400-mud" }}
"""
NB = f"""
[[networks]]
name = "nb"
speaks = "cellular"
topics = ["nb/#"]
host = "127.0.0.1"
[[bins]]
name = "qx-bin-02"
source = {{ type = "frames", network = "nb", sensor = "{IMEI}", model = "em400-mud", record_every_s = 600 }}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "box.toml"
    path.write_text(text, encoding="utf-8")
    return path


def uplink(frame: str, counter: int = 1, at: datetime | None = NOW, **changes: Any) -> bytes:
    table = {
        "deviceInfo": {"devEui": EUI.lower()}, "fPort": 85, "fCnt": counter, "time": at.isoformat() if at else None,
        "data": base64.b64encode(bytes.fromhex(frame)).decode(), "rxInfo": [{"rssi": -101, "snr": 4.5}],
    }  # fmt: skip
    return json.dumps(table | changes).encode()


GOOD = "01755C 03670101 04824408 050001"


class Stand:
    """One network server of a box, and what lies in its outbox."""

    def __init__(self, folder: Path, text: str, name: str) -> None:
        made = load(written(folder, HEAD + text))
        self.outbox = Outbox(folder / "outbox.db")
        self.network: Network = open_networks(made.networks, made.framed, BOX, ClockSource.NTP)[name]

    def take(self, payload: bytes, now: datetime = NOW) -> int:
        return self.network.take(payload, now, self.outbox)

    def waiting(self) -> list[Message]:
        rows = self.outbox.next(Lane.MAIN, 1_000)
        parsed = [parse_up(one.topic, one.payload, one.message_id.bytes) for one in rows]
        assert [one.refusal for one in parsed] == [""] * len(rows)
        return [one.message for one in parsed if one.message is not None]

    def readings(self) -> list[Reading]:
        return [one for one in self.waiting() if isinstance(one, Reading)]


@pytest.fixture
def lora(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path, LORA, "lora")
    yield made
    made.outbox.close()


@pytest.fixture
def nb(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path, NB, "nb")
    yield made
    made.outbox.close()


def test_an_uplink_becomes_one_reading_at_the_time_of_the_network(lora: Stand) -> None:
    assert lora.take(uplink(GOOD), NOW + timedelta(seconds=3)) == 1
    (one,) = lora.readings()
    assert (one.device, one.spot, one.at, one.clock) == (BOX.device, "qx-bin-01", NOW, "ntp")
    assert (one.battery_percent, one.temperature_c, one.distance_mm, one.tilted) == (92, 25.7, 2116, True)
    assert (one.rssi_dbm, one.snr_db, one.fill_percent) == (-101, 4.5, None)


def test_the_same_uplink_again_is_passed_over_and_a_later_replay_gets_the_same_id(lora: Stand) -> None:
    lora.take(uplink(GOOD))
    first = lora.readings()[0].message_id
    assert lora.take(uplink(GOOD), NOW + timedelta(hours=1)) == 0
    assert lora.network.repeated == 1
    lora.outbox.leave([first])
    for counter in range(2, 40):  # by now the box has forgotten the first one
        lora.take(uplink(GOOD, counter, NOW + timedelta(minutes=counter)), NOW + timedelta(hours=1))
    assert lora.take(uplink(GOOD), NOW + timedelta(hours=2)) == 1
    assert first in {one.message_id for one in lora.readings()}, "the county knows this id and calls it a duplicate"


def test_the_memory_of_frames_survives_a_restart(tmp_path: Path, lora: Stand) -> None:
    lora.take(uplink(GOOD))
    again = Stand(tmp_path, LORA, "lora")
    assert again.take(uplink(GOOD)) == 0
    again.outbox.close()


def test_equal_values_of_another_uplink_are_another_reading(lora: Stand) -> None:
    lora.take(uplink(GOOD, 1))
    lora.take(uplink(GOOD, 2))
    assert len({one.message_id for one in lora.readings()}) == 2


@pytest.mark.parametrize("at", [None, NOW + timedelta(days=2), datetime(1970, 1, 1, tzinfo=UTC)])
def test_an_uplink_without_a_usable_time_is_dated_by_its_arrival(lora: Stand, at: datetime | None) -> None:
    lora.take(uplink(GOOD, at=at), NOW)
    assert lora.readings()[0].at == NOW


def test_a_frame_that_cannot_be_read_goes_up_whole_with_its_reason(lora: Stand) -> None:
    assert lora.take(uplink("01755C 09990000")) == 1
    (one,) = lora.waiting()
    assert isinstance(one, SensorFrame)
    assert (one.spot, one.model, one.data.hex()) == ("qx-bin-01", "em400-mud", "01755c09990000")
    assert "channel 09 99 at byte 3" in one.reason
    assert "unreadable" in lora.network.weakness


def test_a_frame_about_the_sensor_itself_is_known_and_no_reading(lora: Stand) -> None:
    assert lora.take(uplink("ff0bff ff0101 ff166329c42503920003 ff090100 ff0a0101 ff0f00")) == 0
    assert lora.take(uplink("", data="")) == 0
    assert lora.network.weakness == ""


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[1]", b"\xff", b"{}", b"[" * 9_000, b'{"deviceInfo": 5}', b"x" * 300_000, uplink(GOOD, data="%%%"),
     uplink(GOOD, deviceInfo={"devEui": "' OR 1=1"})],
    ids=lambda one: repr(one[:12]),
)  # fmt: skip
def test_a_hostile_message_is_counted_and_the_next_good_one_is_read(lora: Stand, payload: bytes) -> None:
    assert lora.take(payload) == 0
    assert lora.network.unread == 1
    assert lora.take(uplink(GOOD)) == 1


def test_a_sensor_that_nobody_named_is_told_once_and_gives_nothing(lora: Stand) -> None:
    for _ in range(3):
        assert lora.take(uplink(GOOD, deviceInfo={"devEui": "00" * 8})) == 0
    assert lora.network.strangers == {"00" * 8}
    assert "1 unknown sensors" in lora.network.weakness
    assert lora.waiting() == []


def test_a_cellular_frame_of_several_records_is_dated_back_by_the_interval(nb: Stand) -> None:
    data = "017564 0367f800 04820101 050000" + "0367fa00 04820201 050000" + "0367fc00 04820301 050001"
    assert nb.take(cellular(data)) == 3
    told = [(one.at, one.clock, one.distance_mm, one.rssi_dbm) for one in nb.readings()]
    assert told == [
        (NOW - timedelta(minutes=20), "mapped", 257, None), (NOW - timedelta(minutes=10), "mapped", 258, None),
        (NOW, "ntp", 259, -95),
    ]  # fmt: skip


def test_a_bare_frame_within_a_minute_is_the_same_one_and_later_it_is_news(nb: Stand) -> None:
    frame = bytes.fromhex(SAMPLE_NB)
    assert [nb.take(frame, NOW + timedelta(seconds=one)) for one in (0, 30, 1_800)] == [1, 0, 1]


RADAR = NB.replace("em400-mud", "em410-rdl")


def _radar(*stamps: datetime) -> bytes:
    past = "".join(f"20ce{int(one.timestamp()).to_bytes(4, 'little').hex()}5802fa00000000" for one in stamps)
    return cellular(f"{past}017550 04825702")


def test_records_with_old_times_keep_them_come_first_and_come_in_once(tmp_path: Path) -> None:
    stand = Stand(tmp_path, RADAR, "nb")
    old = [NOW - timedelta(days=3), NOW - timedelta(days=2)]
    stand.take(_radar(*reversed(old)))
    assert [(one.at, one.clock) for one in stand.readings()] == [(old[0], "rtc"), (old[1], "rtc"), (NOW, "ntp")]
    stand.take(_radar(*old), NOW + timedelta(minutes=30))
    assert len(stand.readings()) == 4, "the same records, sent again, have the same ids"
    stand.outbox.close()


def test_records_of_a_sensor_that_did_not_know_the_time_are_left_out_and_told(tmp_path: Path) -> None:
    stand = Stand(tmp_path, RADAR, "nb")
    stand.take(_radar(datetime(1970, 1, 2, tzinfo=UTC), NOW + timedelta(days=400)))
    assert [one.at for one in stand.readings()] == [NOW]
    assert stand.network.unread == 1
    stand.outbox.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_from_a_network_server_leave_the_box_able_to_read(lora: Stand, data: bytes, wrapped: bool) -> None:
    lora.take(uplink(data.hex()) if wrapped else data)
    assert all(isinstance(one, Reading | SensorFrame) for one in lora.waiting())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('network = "lora"', 'network = "lore"'), "no [[networks]]"),
        ((EUI.lower(), IMEI), "DevEUI"),
        ((EUI.lower(), "24e1"), "sensor"),
        (("em400-mud", "em999"), "model"),
        (("application/+", "application/a+"), "stands alone"),
        (("event/up", "event/#/up"), "stands alone"),
        (('speaks = "chirpstack"', 'speaks = "sigfox"'), "speaks"),
    ],
)
def test_wrong_settings_of_sensors_are_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    with pytest.raises(BadSettings, match="Cure") as told:
        load(written(tmp_path, HEAD + LORA.replace(*change)))
    assert words in str(told.value)


def test_two_bins_cannot_have_one_sensor(tmp_path: Path) -> None:
    second = LORA[LORA.index("[[bins]]") :].replace("qx-bin-01", "qx-bin-03")
    with pytest.raises(BadSettings, match="sensor name used twice"):
        load(written(tmp_path, HEAD + LORA + second))


def test_the_things_stack_is_spoken_to_in_the_only_mqtt_it_knows(tmp_path: Path) -> None:
    (network,) = load(written(tmp_path, HEAD + LORA.replace("chirpstack", "the-things-stack"))).networks
    link = network_link(network, "qx-box-01")
    assert (link.mqtt_5, link.session_s, link.client_id) == (False, 0, "qx-box-01-lora")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mosquitto]:
    (tmp_path / "lns").mkdir()
    with real_mosquitto(tmp_path / "lns", "allow_anonymous true") as server:
        yield server


@pytest.mark.real
@pytest.mark.timeout(400)
@pytest.mark.parametrize("mqtt", ["5", "3.1.1"])
def test_what_a_network_server_says_while_the_box_is_killed_is_not_lost(
    tmp_path: Path, server: Mosquitto, mqtt: str
) -> None:
    text = (HEAD + LORA.replace("tls = false", f'tls = false\nmqtt = "{mqtt}"')).replace("1883", str(server.port))
    mouth = Link(LinkSettings("127.0.0.1", server.port, "lns"), lambda _one: None, lambda *_: None)
    mouth.start()
    with FakeCounty(server.port) as county, BoxProcess(written(tmp_path, text)) as box:
        wait_until(lambda: mouth.connected, "the network server connects")
        county.wait(lambda: isinstance(county.latest.get("health"), Health), "the box's health")
        topic = "application/1/device/24e124713b221842/event/up"
        wait_until(lambda: _told(mouth, topic, county), "the first reading")
        box.kill()
        now = datetime.now(UTC)
        for counter in range(100, 105):
            mouth.publish(topic, uplink(GOOD, counter, now))
        box.start()
        county.wait(lambda: len(county.readings()) >= 6, "what was said while the box was away")
        mouth.stop()
    assert county.faults == []


def _told(mouth: Link, topic: str, county: FakeCounty) -> bool:
    mouth.publish(topic, uplink(GOOD, 1, NOW))  # until the box has subscribed; the same id each time
    return bool(county.readings())
