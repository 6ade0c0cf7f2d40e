"""Stills and live pictures at the door: newest only, kept under their camera, and nothing but a small JPEG."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np
import pytest

from broker.messages import MOST_GLIMPSE, Live
from broker.parse import dump, parse_up
from ingest.glimpses import STILL, wrong_with
from ingest.judge import Newest, Refused, Verdict, judge
from ingest.latest import Latest, LatestValue
from tests.county.small import BOX, CAMERA, COUNTY, SPOT, VILLAGE, small_county
from tests.ingest.makes import NOON, topic

COUNTY_NOW = small_county()


def jpeg(width: int = 64, height: int = 48) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8))[1].tobytes()


def glimpse(**changed: object) -> Live:
    fields = {"message_id": uuid4(), "device": BOX, "at": NOON, "spot": SPOT, "data": jpeg(), **changed}
    return Live.model_validate(fields)


def said(message: Live) -> Verdict:
    payload = dump(message)
    return judge(parse_up(topic("live", message.device, VILLAGE), payload, None), payload, COUNTY_NOW, NOON)


def test_a_still_and_a_live_picture_lie_apart_under_the_camera_of_their_spot() -> None:
    still, live = said(glimpse()), said(glimpse(asked=uuid4()))
    assert isinstance(still, Newest)
    assert isinstance(live, Newest)
    assert [(one.value.device, one.value.kind) for one in (still, live)] == [(CAMERA, STILL), (CAMERA, "live")]


def test_what_a_box_sends_survives_the_wire_and_an_older_box_is_still_read() -> None:
    sent = glimpse(asked=uuid4(), blurred=2, rendered=True)
    assert Live.model_validate_json(dump(sent)) == sent
    old = json.loads(dump(sent))
    for name in ("asked", "blurred", "rendered"):
        del old[name]
    assert Live.model_validate(old, strict=False).asked is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GIF89a" + b"0" * 100, "no JPEG"),
        (jpeg()[:-2], "no JPEG"),
        (b"\xff\xd8\xff\xd9", "without a size"),
        (b"\xff\xd8\xff\xe0\xff\xff" + b"0" * 50 + b"\xff\xd9", "without a size"),
        (b"\xff\xd8" + b"\xff\x01" * 5_000 + b"\xff\xd9", "without a size"),
        (jpeg(2000, 20), "at most"),
    ],
)  # fmt: skip
def test_what_is_no_small_jpeg_is_refused_and_the_reason_says_what_is_wrong(data: bytes, reason: str) -> None:
    assert reason in wrong_with(data)
    found = said(glimpse(data=data))
    assert isinstance(found, Refused)
    assert reason in found.reason


def test_a_picture_that_is_too_large_never_becomes_a_message() -> None:
    payload = dump(glimpse()).replace(b'"data":"', b'"data":"' + b"A" * (MOST_GLIMPSE * 2))
    found = judge(parse_up(topic("live", BOX, VILLAGE), payload, None), payload, COUNTY_NOW, NOON)
    assert isinstance(found, Refused)


def test_a_picture_of_another_boxs_camera_stays_outside() -> None:
    found = said(glimpse(spot="elsewhere"))
    assert isinstance(found, Refused)
    assert "not registered" in found.reason


def test_the_newest_replaces_the_older_and_is_forgotten_in_time(tmp_path: Path) -> None:
    latest = Latest(f"sqlite:///{tmp_path / 'latest.db'}")

    def kept(kind: str, payload: bytes, at: timedelta = timedelta(0)) -> LatestValue:
        return LatestValue(COUNTY, VILLAGE, CAMERA, kind, NOON + at, NOON + at, payload)

    live = dump(glimpse(asked=uuid4()))
    latest.put([kept(STILL, b"old"), kept("live", live), kept("health", b"{}")])
    latest.put([kept(STILL, dump(glimpse()), timedelta(minutes=10))])
    newest = latest.get(CAMERA, STILL)
    assert newest is not None
    assert isinstance(newest.message(), Live)
    assert latest.arrived(STILL) == {CAMERA: (NOON + timedelta(minutes=10),) * 2}
    assert latest.forget(NOON + timedelta(minutes=6)) == 1
    assert latest.get(CAMERA, "live") is None
    assert latest.forget(NOON + timedelta(hours=25)) == 1
    assert latest.get(CAMERA, "health") is not None
    latest.close()
