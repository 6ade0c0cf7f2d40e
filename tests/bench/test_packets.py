"""The load's packets: what paho's own decoder reads out of them, and what hostile bytes do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import packets
from bench.packets import BadPacket

PUBACK_OK = b"\x40\x02\x00\x07"
CONNACK_20 = bytes((0, 0, 3, 0x21, 0, 20))


@pytest.mark.parametrize("count", [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455])
def test_a_length_is_read_as_it_was_written(count: int) -> None:
    assert packets._length_at(packets.length(count) + b"rest", 0) == (count, len(packets.length(count)))


@given(
    st.text(min_size=1, max_size=40),
    st.integers(1, 65_535),
    st.binary(max_size=300),
    st.binary(min_size=16, max_size=16),
)
def test_a_publish_is_read_as_it_was_written(topic: str, packet_id: int, payload: bytes, correlation: bytes) -> None:
    held = bytearray(packets.publish(packets.text(topic), packet_id, correlation, payload))
    ((first, body),) = packets.split(held)
    assert not held
    assert packets.delivered(first, body) == packets.Delivered(packet_id, payload)


@given(st.lists(st.integers(1, 65_535), max_size=8), st.data())
def test_packets_are_whole_however_the_stream_is_cut(ids: list[int], data: st.DataObject) -> None:
    stream, held, found = b"".join(map(packets.puback, ids)), bytearray(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        held += stream[:cut]
        stream = stream[cut:]
        found += [packets.acknowledged(body) for _, body in packets.split(held)]
    assert found == ids
    assert not held


@given(st.binary(max_size=60))
def test_any_bytes_are_packets_or_wait_or_are_refused(raw: bytes) -> None:
    held = bytearray(raw)
    readers = (packets.receive_maximum, packets.acknowledged, packets.granted)
    try:
        for first, body in packets.split(held):
            packets.delivered(first, body)
            for reader in readers:
                reader(body)
    except BadPacket:
        return
    assert raw.endswith(bytes(held))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x30\xff\xff\xff\xff\x01", "more than four bytes"),
        (b"\x30\xff\xff\xff\x7f", "a load takes"),
    ],
)
def test_a_stream_that_is_no_mqtt_is_refused_and_does_not_fill_the_memory(raw: bytes, words: str) -> None:
    with pytest.raises(BadPacket, match=words):
        packets.split(bytearray(raw))


@pytest.mark.parametrize(
    ("body", "granted"),
    [
        (bytes((0, 0, 0)), 65_535),
        (bytes((0, 0)), 65_535),
        (CONNACK_20, 20),
        (bytes((0, 0, 3, 0x21, 0, 0)), 1),
        (bytes((0, 0, 13, 0x22, 0, 10, 0x26, 0, 1, 65, 0, 1, 66, 0x21, 1, 0)), 256),
        (bytes((0, 0, 7, 0x12, 0, 4, 65, 66, 67, 68)), 65_535),
    ],
)
def test_the_broker_says_how_much_may_fly(body: bytes, granted: int) -> None:
    assert packets.receive_maximum(body) == granted


@pytest.mark.parametrize(
    ("reader", "body", "words"),
    [
        (packets.receive_maximum, bytes((0, 0x87, 0)), "0x87"),
        (packets.receive_maximum, b"\x00", "less than two"),
        (packets.receive_maximum, bytes((0, 0, 9, 0x21)), "another length"),
        (packets.receive_maximum, bytes((0, 0, 1, 0x99)), "0x99"),
        (packets.acknowledged, bytes((0, 7, 0x97)), "0x97"),
        (packets.acknowledged, b"\x00", "without a packet id"),
        (packets.granted, bytes((0, 1, 0, 0x87)), "0x87"),
        (packets.granted, b"\x00", "answers nothing"),
    ],
)
def test_a_refusal_is_told_with_its_code(reader: object, body: bytes, words: str) -> None:
    assert callable(reader)
    with pytest.raises(BadPacket, match=words):
        reader(body)


def test_an_acknowledgement_that_nobody_listened_is_one() -> None:
    assert packets.acknowledged(bytes((0, 7, 0x10, 0))) == 7
    ((_, body),) = packets.split(bytearray(PUBACK_OK))
    assert packets.acknowledged(body) == 7
