"""A sensor's frame that the box could not read becomes a dead letter that says why, and is receipted."""

from __future__ import annotations

from broker.identity import new_id
from broker.messages import SensorFrame
from broker.parse import dump, parse_up
from ingest.judge import Refused, judge
from tests.county.small import BOX, VILLAGE, small_county
from tests.ingest.makes import NOON, topic


def test_an_unreadable_frame_is_refused_by_name_with_its_reason_and_its_receipt_id() -> None:
    frame = SensorFrame(
        message_id=new_id(), device=BOX, at=NOON, spot="bin-1", model="em400-mud", data=b"\x09\x99",
        reason="channel 09 99 at byte 0 is unknown",
    )  # fmt: skip
    where, payload = topic("frame", BOX, VILLAGE), dump(frame)
    found = judge(parse_up(where, payload, frame.message_id.bytes), payload, small_county(), NOON)
    assert isinstance(found, Refused)
    assert found.reason == "unreadable frame of bin-1 (em400-mud): channel 09 99 at byte 0 is unknown"
    assert found.message_id == frame.message_id
