"""The values on the wire: frozen, tolerant of what a newer box adds, strict about what a value must be."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from broker import downward, identity, messages, topics
from broker.parse import dump

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=timezone(timedelta(hours=8)))
HEAD: dict[str, Any] = {"message_id": identity.new_id(), "device": "qx-box-01", "at": NOW}
SHA = "0" * 64
CHUNK: dict[str, Any] = {"sha256": SHA, "size": 3, "index": 0, "chunks": 1, "data": b"\xff\xd8\xff"}
BOX = messages.Box(label="garbage", score=0.9, x1=0.1, y1=0.2, x2=0.3, y2=0.4)
SAMPLES: list[messages.Message] = [
    messages.Event(
        **HEAD, event_id=identity.new_id(), revision=3, phase=messages.Phase.NEW, spot="gate", boxes=(BOX,),
        what=messages.Kind.GARBAGE, state=messages.State.DIRTY, reason="连续三次看到垃圾", picture=SHA,
    ),
    messages.Picture(**HEAD, **CHUNK, blurred=2),
    messages.Clip(**HEAD, **CHUNK),
    messages.Reading(**HEAD, spot="bin-1", fill_percent=91.5),
    messages.SensorFrame(**HEAD, spot="bin-1", model="em400-mud", data=b"\x09\x00", reason="channel 09 00 at byte 0"),
    messages.Position(**HEAD, longitude=106.2, latitude=38.4),
    messages.Answer(**HEAD, command_id=identity.new_id(), outcome="expired"),
    messages.Claim(**HEAD, code="1234", serial="s"),
    messages.Health(**HEAD, cameras=(messages.CameraHealth(name="qx-cam-01", online=True),)),
    messages.Status(**HEAD, online=False),
    messages.Coverage(**HEAD, spots=()),
    messages.ConfigState(**HEAD, version=1, ok=True),
    messages.Live(**HEAD, spot="gate", data=b"\x00\xff"),
]  # fmt: skip


@pytest.mark.parametrize("message", SAMPLES, ids=lambda one: one.kind)
def test_every_message_survives_the_wire(message: messages.Message) -> None:
    assert type(message).model_validate_json(dump(message)) == message


def test_every_upward_kind_has_a_sample_and_a_topic() -> None:
    assert {one.kind for one in SAMPLES} == set(messages.UPWARD) == topics.UP
    assert set(downward.DOWNWARD) == topics.DOWN | {"door"}


@pytest.mark.parametrize(
    ("looks", "picture", "again"), [(3, SHA, False), (0, None, False), (3, None, False), (0, SHA, True)]
)
def test_an_event_with_a_picture_and_no_look_of_its_own_is_told_again(
    looks: int, picture: str | None, again: bool
) -> None:
    event = messages.Event(
        **HEAD, event_id=identity.new_id(), revision=1, phase=messages.Phase.UPDATE, spot="gate", looks=looks,
        what=messages.Kind.GARBAGE, state=messages.State.DIRTY, reason="连续三次看到垃圾", picture=picture,
    )  # fmt: skip
    assert event.tells_again is again


@pytest.mark.parametrize("message", SAMPLES, ids=lambda one: one.kind)
def test_a_newer_box_may_say_more_but_not_in_another_schema(message: messages.Message) -> None:
    value = json.loads(dump(message))
    assert type(message).model_validate(value | {"mood": "good"}) == message
    with pytest.raises(ValidationError):
        type(message).model_validate(value | {"schema": 2})


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        SAMPLES[0].device = "other"  # type: ignore[misc]


def test_bytes_travel_as_base64_of_the_url_alphabet() -> None:
    assert base64.urlsafe_b64decode(json.loads(dump(SAMPLES[1]))["data"]) == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    "wrong",
    [{"index": 1}, {"data": b""}, {"data": b"x" * (messages.CHUNK_BYTES + 1)}, {"sha256": "A" * 64}, {"size": 0}],
)
def test_a_chunk_is_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        messages.Picture(**HEAD, **(CHUNK | wrong))


def test_the_largest_chunk_stays_under_32_kb() -> None:
    full = messages.Picture(**HEAD, **(CHUNK | {"data": b"x" * messages.CHUNK_BYTES, "size": messages.CHUNK_BYTES}))
    assert len(dump(full)) < 32_000


def test_box_corners_must_be_ordered() -> None:
    with pytest.raises(ValidationError, match="ordered"):
        messages.Box(label="a", score=1, x1=0.5, y1=0, x2=0.5, y2=1)


def test_an_unmeasured_value_is_none_and_never_zero() -> None:
    assert messages.Reading(**HEAD, spot="bin-1").fill_percent is None


def test_ids_are_time_ordered_and_tell_their_time() -> None:
    first, second = identity.new_id(), identity.new_id()
    assert first < second
    told = identity.time_of(first)
    assert told is not None
    assert abs(told - datetime.now(UTC)) < timedelta(minutes=1)
    assert identity.time_of(uuid4()) is None
    assert identity.time_of(UUID(int=(7 << 76) | (2 << 62))) is None  # 1970: a box without a clock


@pytest.mark.parametrize("data", [None, b"", b"x" * 15, b"x" * 17])
def test_correlation_data_of_another_length_is_no_id(data: bytes | None) -> None:
    assert identity.from_correlation(data) is None


@given(
    st.from_regex(r"[0-9]{12}", fullmatch=True), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True),
    st.sampled_from(sorted(topics.UP | topics.DOWN)),
)  # fmt: skip
def test_a_topic_reads_back_as_its_address(village: str, device: str, kind: str) -> None:
    try:
        address = topics.Address.of_village(village, device)
    except topics.BadTopic:
        assert not village.isascii()  # digits of another script
        return
    assert topics.parse(address.topic(kind)) == (address, kind)


@pytest.mark.parametrize(
    "parts",
    [
        ("64099", "-", "-", "a"), ("640999", "+", "-", "a"), ("640999", "-", "#", "a"), ("640999", "-", "-", "a/b"),
        ("640999", "-", "-", ""), ("640999", "-", "-", "a\n"), ("６４０９９９", "-", "-", "a"),
    ],
)  # fmt: skip
def test_an_address_cannot_widen_a_topic(parts: tuple[str, str, str, str]) -> None:
    with pytest.raises(topics.BadTopic):
        topics.Address(*parts)


def test_a_truck_has_no_village() -> None:
    truck = topics.Address("640999", "-", "-", "truck-1")
    assert topics.parse(truck.topic("position")) == (truck, "position")
    with pytest.raises(topics.BadTopic, match="unknown kind"):
        truck.topic("gossip")
