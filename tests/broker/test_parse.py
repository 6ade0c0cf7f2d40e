"""Any bytes at the door end as a message or as a refusal in plain words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker import identity, messages, topics
from broker.parse import MAX_PAYLOAD, dump, parse_up

ADDRESS = topics.Address.of_village("640999101201", "qx-box-01")
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def reading(**more: object) -> messages.Reading:
    fields: dict[str, Any] = {
        "message_id": identity.new_id(), "device": "qx-box-01", "at": NOW, "spot": "qx-bin-01", "fill_percent": 42.5,
    }  # fmt: skip
    return messages.Reading(**(fields | more))


def test_a_good_message_comes_through_whole() -> None:
    sent = reading()
    parsed = parse_up(ADDRESS.topic("reading"), dump(sent), sent.message_id.bytes)
    assert (parsed.message, parsed.message_id, parsed.refusal) == (sent, sent.message_id, "")
    assert (parsed.address, parsed.kind) == (ADDRESS, "reading")


@given(st.binary(max_size=2000), st.none() | st.binary(max_size=32), st.sampled_from(sorted(topics.UP)))
def test_no_bytes_raise(payload: bytes, correlation: bytes | None, kind: str) -> None:
    parsed = parse_up(ADDRESS.topic(kind), payload, correlation)
    assert (parsed.message is None) == bool(parsed.refusal)
    if correlation is not None and len(correlation) == 16:
        assert parsed.message_id == UUID(bytes=correlation)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from([*messages.Event.model_fields, "schema"]), _json), st.sampled_from(["event"]))
def test_no_json_raises_and_the_refusal_never_repeats_a_value(value: dict[str, Any], kind: str) -> None:
    parsed = parse_up(ADDRESS.topic(kind), json.dumps({**value, "model": "private-words" * 60}).encode(), None)
    assert parsed.refusal
    assert "private-words" not in parsed.refusal


@given(st.text(max_size=200))
def test_no_topic_raises(topic: str) -> None:
    assert parse_up(topic, dump(reading()), None).refusal


def changed(**fields: object) -> bytes:
    return json.dumps(json.loads(dump(reading())) | fields).encode()


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "payload: Invalid JSON"),
        (b"\xff\xfe{}", "payload: Invalid JSON"),
        (b"[" * 200_000, "recursion limit"),
        (b"x" * (MAX_PAYLOAD + 1), "limit 262144"),
        (changed(schema=2), "newer than this server, which reads 1"),
        (changed(device="qx-box-02"), "'qx-box-02' in the message, 'qx-box-01' in the topic"),
        (changed(fill_percent=101), "fill_percent: Input should be less than or equal to 100"),
        (changed(fill_percent=float("nan")), "fill_percent"),
        (changed(at="2026-11-21T08:00:00"), "at: Input should have timezone info"),
        (changed(at="1970-01-01T00:00:00Z"), "set the clock of the device"),
        (changed(at="0001-01-01T00:00:00+14:00"), "set the clock of the device"),
        (changed(spot="../../etc"), "spot: String should match pattern"),
        (changed(message_id="7"), "message_id: Input should be a valid UUID"),
    ],
)
def test_a_bad_message_is_refused_with_its_reason(payload: bytes, words: str) -> None:
    parsed = parse_up(ADDRESS.topic("reading"), payload, None)
    assert parsed.message is None
    assert words in parsed.refusal


def test_two_different_ids_are_refused_under_the_id_the_sender_waits_for() -> None:
    other = identity.new_id()
    parsed = parse_up(ADDRESS.topic("reading"), dump(reading()), other.bytes)
    assert parsed.message_id == other
    assert "correlation data" in parsed.refusal


def test_the_id_is_dug_out_of_a_message_of_a_later_schema() -> None:
    sent = reading()
    payload = json.dumps(json.loads(dump(sent)) | {"schema": 9}).encode()
    assert parse_up(ADDRESS.topic("reading"), payload, None).message_id == sent.message_id


def test_a_downward_kind_does_not_come_up() -> None:
    assert "does not travel upwards" in parse_up(ADDRESS.topic("receipt"), b"{}", None).refusal


def test_several_faults_are_counted() -> None:
    assert " more" in parse_up(ADDRESS.topic("event"), b"{}", None).refusal


@pytest.mark.parametrize("text", ["a\x00b", "x" * 501])
def test_text_that_a_database_cannot_hold_is_refused(text: str) -> None:
    answer = {"message_id": str(identity.new_id()), "device": "qx-box-01", "at": NOW.isoformat(), "schema": 1}
    payload = json.dumps(answer | {"command_id": str(identity.new_id()), "outcome": "done", "reason": text}).encode()
    assert "reason" in parse_up(ADDRESS.topic("answer"), payload, None).refusal


def test_a_number_beyond_a_databases_integer_is_refused() -> None:
    state = {"message_id": str(identity.new_id()), "device": "qx-box-01", "at": NOW.isoformat(), "ok": True}
    payload = json.dumps(state | {"version": 2**63}).encode()
    assert "version" in parse_up(ADDRESS.topic("config-state"), payload, None).refusal
