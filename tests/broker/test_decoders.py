"""Vendor frames: the vendor's published samples, what must be quarantined whole, and any bytes at all."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broker.decoders import BadFrame, Measured
from broker.decoders.milesight import Model, decode
from broker.decoders.nbiot import decode_cellular, imei_of
from broker.decoders.networks import NetworkServer, Uplink, unwrap

# The samples of the vendor's decoder pages and protocol manual (LoRaWAN), and what they say there.
GOLDEN = [
    (Model.EM400_MUD, "01755C 03670101 04824408 050001", Measured(92, 25.7, 2116, True)),
    (Model.EM400_MUD, "8367e80001 8482410601", Measured(None, 23.2, 1601, None)),
    (Model.EM400_MUD, "017564 0367f800 04820101 050000", Measured(100, 24.8, 257, False)),
    (Model.EM400_MUD, "050001 068873c177019cff080722", Measured(tilted=True)),
    (Model.EM400_MUD, "8482330701", Measured(distance_mm=1843)),
    (Model.EM400_MUD, "8367220101", Measured(temperature_c=29.0)),
    (Model.EM310_UDL, "01755C 03824408 040001", Measured(92, None, 2116, True)),
    (Model.EM500_UDL, "017564 03821E00", Measured(100, None, 30, None)),
]
HEAD = (
    "02 0001 {length} 00 0000 01 30313031 30313130 36373439443139303534363930303331"
    "383638353038303634383037333530 343630303433323234323133313130 3839383630343132313032323730303632383537 09 {size}"
)
SAMPLE_NB = HEAD.format(length="005f", size="000e") + "01756403670b0104823b01050001"
SECOND_NB = (
    "02 0001 005f 00 0000 01 30313031 30313030 36373438443131323930313230303033 383638353038303631393234353133"
    "343630303833383833383036363836 3839383630346238313032326330343536363836 10 000E 01750103677D000482FDFF050000"
)


def cellular(data: str) -> bytes:
    raw = bytes.fromhex(data)
    return bytes.fromhex(HEAD.format(length=f"{len(raw) + 81:04x}", size=f"{len(raw):04x}")) + raw


@pytest.mark.parametrize(("model", "frame", "expected"), GOLDEN)
def test_the_samples_of_the_vendor_read_as_the_vendor_says(model: Model, frame: str, expected: Measured) -> None:
    assert decode(model, bytes.fromhex(frame)) == (expected,)


def test_the_frame_of_a_sensor_that_joins_is_known_and_measures_nothing() -> None:
    frame = bytes.fromhex("ff0bff ff0101 ff166329c42503920003 ff090100 ff0a0101 ff0f00")
    assert decode(Model.EM400_MUD, frame) == ()
    assert decode(Model.EM400_MUD, b"") == ()


def test_the_cellular_samples_read_as_the_vendor_says() -> None:
    frame = decode_cellular(Model.EM400_MUD, bytes.fromhex(SAMPLE_NB))
    assert (frame.serial, frame.imei, frame.counter, frame.rssi_dbm) == ("6749D19054690031", "868508064807350", 0, -95)
    assert frame.records == (Measured(100, 26.7, 315, True),)
    second = decode_cellular(Model.EM400_MUD, bytes.fromhex(SECOND_NB))
    assert (second.serial, second.imei, second.rssi_dbm) == ("6748D11290120003", "868508061924513", -81)
    assert second.records == (Measured(1, 12.5, None, False),), "FFFD is out of range, no distance"


def test_several_readings_of_one_cellular_frame_stay_apart_and_in_order() -> None:
    data = "017564 0367f800 04820101 050000" + "0367fa00 04820201 050000" + "0367fc00 04820301 050001"
    records = decode_cellular(Model.EM400_MUD, cellular(data)).records
    assert [(one.distance_mm, one.temperature_c) for one in records] == [(257, 24.8), (258, 25.0), (259, 25.2)]
    assert [one.battery_percent for one in records] == [100, None, None]


def test_the_memory_of_a_cellular_radar_comes_first_with_its_own_times() -> None:
    at = [1_755_000_000, 1_755_001_800]
    past = "".join(
        "20ce" + stamp.to_bytes(4, "little").hex() + "5802" + "fa00" + "0000" + event
        for stamp, event in [(at[1], "40"), (at[0], "00")]
    )
    records = decode_cellular(Model.EM410_RDL, cellular(f"{past} 017550 0367f000 04825702 050000 06c70cfe")).records
    assert [one.at for one in records] == [datetime.fromtimestamp(one, UTC) for one in at] + [None]
    assert [(one.distance_mm, one.temperature_c, one.tilted) for one in records] == [
        (600, 25.0, False), (600, 25.0, True), (599, 24.0, False),
    ]  # fmt: skip


def test_a_radar_that_sees_no_target_gives_no_distance_and_no_temperature() -> None:
    record = "20ce" + (1_755_000_000).to_bytes(4, "little").hex() + "fdff" + "ffff" + "0000" + "00"
    (only,) = decode(Model.EM410_RDL, bytes.fromhex(record))
    assert (only.distance_mm, only.temperature_c, only.tilted) == (None, None, False)


@pytest.mark.parametrize(
    ("model", "frame", "channel", "offset"),
    [
        (Model.EM310_UDL, "01755C 04824408", "04 82", 3),  # the distance channel of the EM400 is another one here
        (Model.EM400_MUD, "01755C 03824408", "03 82", 3),
        (Model.EM400_MUD, "01755C 0367010", "03 67", 3),
        (Model.EM400_MUD, "0175FF", "01 75", 0),
        (Model.EM400_MUD, "01755C 0367FF7F", "03 67", 3),
        (Model.EM400_MUD, "050002", "05 00", 0),
        (Model.EM400_MUD, "01755C 08", "", 3),
    ],
)
def test_one_unknown_or_impossible_channel_quarantines_the_whole_frame(
    model: Model, frame: str, channel: str, offset: int
) -> None:
    raw = bytes.fromhex(frame + "0" * (len(frame.replace(" ", "")) % 2))
    with pytest.raises(BadFrame, match=f"byte {offset}") as told:
        decode(model, raw[:-1] if frame.endswith("010") else raw)
    assert (told.value.channel, told.value.offset) == (channel, offset)


def test_a_fault_inside_a_cellular_frame_is_placed_in_the_whole_frame() -> None:
    with pytest.raises(BadFrame) as told:
        decode_cellular(Model.EM400_MUD, cellular("017564 7777"))
    assert (told.value.channel, told.value.offset) == ("77 77", 89)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw[:-1], "the head counts"),
        (lambda raw: raw + b"\x00", "the head counts"),
        (lambda raw: raw[:84] + b"\x00\x0d" + raw[86:], "bytes of data"),
        (lambda raw: b"\x03" + raw[1:], "begins with"),
        (lambda raw: raw[:50], "50 bytes"),
        (lambda raw: raw[:83] + b"\x40" + raw[84:], "a signal of 64"),
        (lambda raw: raw[:33] + b"\xff" * 15 + raw[48:], "letters and digits"),
        (lambda raw: raw + b"\x00" * 2_000, "bytes"),
    ],
)
def test_a_broken_cellular_head_is_refused_with_its_reason(change: Any, words: str) -> None:
    with pytest.raises(BadFrame, match=words):
        decode_cellular(Model.EM400_MUD, change(bytes.fromhex(SAMPLE_NB)))


def test_no_signal_level_is_none_and_not_a_number() -> None:
    raw = bytes.fromhex(SAMPLE_NB)
    assert decode_cellular(Model.EM400_MUD, raw[:83] + b"\x63" + raw[84:]).rssi_dbm is None
    assert imei_of(raw) == "868508064807350"


@given(st.sampled_from(list(Model)), st.binary(max_size=300), st.booleans())
@example(Model.EM400_MUD, bytes(2_000), False)
def test_any_bytes_give_records_or_a_bad_frame(model: Model, frame: bytes, cumulative: bool) -> None:
    try:
        records = decode(model, frame, cumulative=cumulative)
    except BadFrame:
        return
    assert all(isinstance(one, Measured) and one.says_something for one in records)


@given(st.sampled_from(list(Model)), st.binary(max_size=300), st.booleans())
def test_any_bytes_after_a_good_head_give_a_frame_or_a_bad_frame(model: Model, data: bytes, headed: bool) -> None:
    raw = cellular(data.hex()) if headed else data
    try:
        frame = decode_cellular(model, raw)
    except BadFrame:
        return
    assert len(frame.imei) <= 15


def chirpstack(**changes: Any) -> dict[str, Any]:
    return {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-11-21T02:00:00.123456789+00:00",
        "deviceInfo": {"deviceName": "bin", "devEui": "24e124713b221842", "tags": {}},
        "fCnt": 7,
        "fPort": 85,
        "data": base64.b64encode(bytes.fromhex("01755C03670101")).decode(),
        "rxInfo": [{"rssi": -110, "snr": -3.5}, {"rssi": -97, "snr": 6}, {"rssi": "loud"}, None],
    } | changes


def things(**changes: Any) -> dict[str, Any]:
    said = {
        "f_port": 85,
        "frm_payload": base64.b64encode(bytes.fromhex("01755C")).decode(),
        "rx_metadata": [{"rssi": -42, "snr": 5.8}],
        "received_at": "2026-11-21T02:00:00.5Z",
    } | changes
    return {"end_device_ids": {"device_id": "bin", "dev_eui": "24E124713B221842"}, "uplink_message": said}


def test_a_chirpstack_uplink_is_unwrapped() -> None:
    at = datetime(2026, 11, 21, 2, 0, 0, 123456, tzinfo=UTC)
    expected = Uplink("24E124713B221842", 85, 7, bytes.fromhex("01755C03670101"), at, -97, 6)
    assert unwrap(NetworkServer.CHIRPSTACK, json.dumps(chirpstack()).encode()) == expected


def test_an_uplink_of_the_things_stack_is_unwrapped_though_its_counter_is_left_out() -> None:
    at = datetime(2026, 11, 21, 2, 0, 0, 500_000, tzinfo=UTC)
    expected = Uplink("24E124713B221842", 85, 0, b"\x01\x75\x5c", at, -42, 5.8)
    assert unwrap(NetworkServer.THE_THINGS_STACK, json.dumps(things()).encode()) == expected


@pytest.mark.parametrize("data", ["", None])
def test_an_uplink_without_data_is_none(data: str | None) -> None:
    assert unwrap(NetworkServer.CHIRPSTACK, json.dumps(chirpstack(data=data)).encode()) is None
    assert unwrap(NetworkServer.THE_THINGS_STACK, json.dumps(things(frm_payload=data)).encode()) is None


@pytest.mark.parametrize("time", [None, 5, "gestern", "2026-11-21T02:00:00", "0001-01-01T00:00:00+14:00", "9" * 60])
def test_a_time_that_is_none_is_left_out(time: object) -> None:
    found = unwrap(NetworkServer.CHIRPSTACK, json.dumps(chirpstack(time=time)).encode())
    assert found is not None
    assert found.at is None


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 10_000, "JSON"),
        (b"[]", "no object"),
        (b"{}", "deviceInfo"),
        (json.dumps(things()).encode(), "deviceInfo"),
        (json.dumps(chirpstack(data="!!!")).encode(), "not base64"),
        (json.dumps(chirpstack(data="AB=C")).encode(), "not base64"),
        (json.dumps(chirpstack(data="\u5783\u573e")).encode(), "not base64"),
        (json.dumps(chirpstack(data="A" * 5_000)).encode(), "4096"),
        (json.dumps(chirpstack(data=[1])).encode(), "no base64 text"),
        (json.dumps(chirpstack(fPort=256)).encode(), "fPort"),
        (json.dumps(chirpstack(fCnt=-1)).encode(), "fCnt"),
        (json.dumps(chirpstack(fCnt=True)).encode(), "fCnt"),
        (json.dumps(chirpstack(deviceInfo={"devEui": "24e1"})).encode(), "16 hex digits"),
        (json.dumps(chirpstack(object="x" * 300_000)).encode(), "limit"),
    ],
)
def test_a_hostile_uplink_is_refused_with_its_reason(payload: bytes, words: str) -> None:
    with pytest.raises(BadFrame, match=words):
        unwrap(NetworkServer.CHIRPSTACK, payload)


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(list(NetworkServer)), st.sampled_from(list(chirpstack()) + list(things()["uplink_message"])), _ANY
)
def test_any_value_anywhere_gives_an_uplink_or_a_bad_frame(server: NetworkServer, key: str, value: object) -> None:
    table = chirpstack(**{key: value}) if server is NetworkServer.CHIRPSTACK else things(**{key: value})
    try:
        found = unwrap(server, json.dumps(table).encode())
    except BadFrame:
        return
    assert found is None or (found.eui == "24E124713B221842" and found.counter >= 0)


@given(st.sampled_from(list(NetworkServer)), st.binary(max_size=200))
def test_any_bytes_give_an_uplink_or_a_bad_frame(server: NetworkServer, payload: bytes) -> None:
    with suppress(BadFrame):
        assert isinstance(unwrap(server, payload), Uplink | None)
