"""Who may say what: the registry decides, and each refusal names what is wrong and the cure."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.downward import Outcome, Receipt, ReceiptLine
from broker.messages import Health, Message, Picture, Position
from broker.parse import dump, parse_up
from broker.topics import UP
from county.values import Device, DeviceKind
from ingest.judge import Accepted, Newest, Refused, Verdict, judge
from ingest.receipts import REASON, gather
from tests.county.small import BIN, BOX, CAMERA, COUNTY, DEVICES, OTHER_VILLAGE, VILLAGE, small_county
from tests.ingest.makes import NOON, event, reading, topic

TRUCK = Device("truck-1", DeviceKind.TRUCK, "清运车", "")
GONE = Device("box-old", DeviceKind.BOX, "旧盒子", VILLAGE, valid_to=date(2026, 1, 1))
COUNTY_NOW = small_county(devices=(*DEVICES, TRUCK, GONE))


def verdict(where: str, payload: bytes, correlation: bytes | None = None) -> Verdict:
    return judge(parse_up(where, payload, correlation), payload, COUNTY_NOW, NOON)


def said(message: Message, village: str = VILLAGE) -> Verdict:
    return verdict(topic(message.kind, message.device, village), dump(message), message.message_id.bytes)


def test_a_registered_box_may_speak_of_its_spots() -> None:
    for message in (event(), reading()):
        found = said(message)
        assert isinstance(found, Accepted)
        assert found.incoming.message_id == message.message_id
        assert (found.incoming.village, found.incoming.device, found.incoming.received_at) == (VILLAGE, BOX, NOON)


def test_the_registry_says_where_a_device_stands_not_its_topic() -> None:
    found = said(event(), village=OTHER_VILLAGE)
    assert isinstance(found, Accepted)
    assert found.incoming.village == VILLAGE


def test_a_truck_writes_without_a_village() -> None:
    position = Position(message_id=event().message_id, device="truck-1", at=NOON, longitude=106.0, latitude=36.0)
    found = verdict(f"jc/v1/{COUNTY}/-/-/truck-1/position", dump(position))
    assert isinstance(found, Accepted)
    assert found.incoming.village == "-"


@pytest.mark.parametrize(
    ("message", "village", "reason"),
    [
        (event(device="stranger"), VILLAGE, "stranger is not registered"),
        (event(device="box-old"), VILLAGE, "valid_from and valid_to"),
        (event(), "640999101999", "unknown village 640999101999"),
        (event(), "640998101200", "county 640998 is not served here"),
        (event(device="truck-1"), VILLAGE, "a truck does not send event"),
        (event(spot="nowhere"), VILLAGE, "spot nowhere of box-1 is not registered"),
        (reading(spot="nowhere"), VILLAGE, "spot nowhere of box-1 is not registered"),
        (event(device=BIN, spot=CAMERA), VILLAGE, "not registered"),
    ],
)
def test_what_may_not_come_in_is_refused_with_a_plain_reason(message: Message, village: str, reason: str) -> None:
    found = said(message, village)
    assert isinstance(found, Refused)
    assert reason in found.reason
    assert found.message_id == message.message_id


def test_a_garbled_payload_is_refused_under_the_id_in_the_correlation_data() -> None:
    identity = event().message_id
    found = verdict(topic("event"), b"\xff{", identity.bytes)
    assert isinstance(found, Refused)
    assert found.message_id == identity
    assert found.address is not None


def test_an_oversized_payload_is_refused_with_its_size() -> None:
    message = event()
    found = verdict(topic("event"), dump(message) + b" " * 300_000, message.message_id.bytes)
    assert isinstance(found, Refused)
    assert "limit 262144" in found.reason
    assert found.message_id == message.message_id


def test_an_unknown_schema_is_refused() -> None:
    payload = json.loads(dump(event())) | {"schema": 99}
    found = verdict(topic("event"), json.dumps(payload).encode())
    assert isinstance(found, Refused)
    assert "schema" in found.reason


def test_health_is_a_latest_value_and_a_refused_one_gets_no_receipt() -> None:
    health = Health(message_id=event().message_id, device=BOX, at=NOON)
    assert isinstance(said(health), Newest)
    refused = verdict(topic("health"), b"{", health.message_id.bytes)
    assert isinstance(refused, Refused)
    assert refused.message_id is None


def test_a_chunk_is_described_without_its_bytes() -> None:
    part = Picture(
        message_id=event().message_id, device=BOX, at=NOON, sha256="a" * 64, size=3, index=0, chunks=1, data=b"abc"
    )
    found = said(part)
    assert isinstance(found, Accepted)
    assert found.chunk == part
    kept = json.loads(found.incoming.payload)
    assert "data" not in kept
    assert (kept["sha256"], kept["schema"]) == ("a" * 64, 1)


def test_receipts_name_every_id_once_per_copy_and_stay_small() -> None:
    accepted = [found for found in (said(event()) for _ in range(700)) if isinstance(found, Accepted)]
    lines = [ReceiptLine(message_id=one.incoming.message_id, outcome=Outcome.STORED) for one in accepted]
    address = accepted[0].address
    refused = [Refused("x" * 900, address, event().message_id), Refused("nobody to tell", None, event().message_id)]
    found = gather(accepted, lines, refused)
    told = [line for _, part in found for line in part]
    assert {where for where, _ in found} == {address}
    assert [line.message_id for line in told] == [line.message_id for line in lines] + [refused[0].message_id]
    assert len(told[-1].reason) == REASON
    assert all(len(dump(Receipt(at=NOON, lines=part))) < 50_000 for _, part in found)


words = st.text(max_size=20)
parts = st.one_of(st.sampled_from([COUNTY, VILLAGE, VILLAGE[:9], BOX, "-", "jc", "v1", *sorted(UP)]), words)


@given(st.lists(parts, max_size=8), st.one_of(st.binary(max_size=200), st.just(dump(event()))), st.binary(max_size=17))
def test_no_bytes_and_no_topic_make_it_stumble(levels: list[str], payload: bytes, correlation: bytes) -> None:
    found = verdict("/".join(levels), payload, correlation)
    if isinstance(found, Refused):
        assert found.reason
