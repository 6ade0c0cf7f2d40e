"""What is not registered is found by what it sent or who speaks of it, once, and only while that is so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from broker.identity import new_id
from broker.messages import CameraHealth, Health, Message, Position
from broker.parse import dump
from county.values import Device, DeviceKind
from ingest.dead_letters import DeadLetter
from ingest.discovery import Find, discover
from tests.county.small import BIN, BOX, CAMERA, DEVICES, OTHER_VILLAGE, VILLAGE, small_county
from tests.ingest.makes import NOON, event, reading, topic

COUNTY = small_county()


def letter(message: Message, device: str = BOX, village: str = VILLAGE, number: int = 1, times: int = 1) -> DeadLetter:
    place = topic(message.kind, device, village)
    return DeadLetter("no", device, place, dump(message), NOON, message.message_id.bytes, number, times)


def found(*letters: DeadLetter, healths: Sequence[Health] = ()) -> list[Find]:
    return discover(COUNTY, letters, healths)


def test_an_unknown_bin_behind_a_known_box_is_found_once_with_all_its_letters() -> None:
    said = [letter(reading(spot="new-bin"), number=number, times=3) for number in (4, 9, 7)]
    assert found(*said) == [Find("bin", "new-bin", BOX, VILLAGE, 9, 9)]


def test_an_unknown_spot_and_an_unknown_box_are_found() -> None:
    box = letter(event(device="box-9"), "box-9", OTHER_VILLAGE, 2)
    assert found(letter(event(spot="cam-1.spot-7")), box) == [
        Find("spot", "cam-1.spot-7", BOX, VILLAGE, 1, 1), Find("box", "box-9", "box-9", OTHER_VILLAGE, 1, 2),
    ]  # fmt: skip


def test_a_bin_that_speaks_for_itself_and_a_truck_are_told_apart_from_a_box() -> None:
    alone = letter(reading(device="nb-1", spot="nb-1"), "nb-1", number=2)
    where = Position(message_id=new_id(), device="truck-1", at=NOON, longitude=106.2, latitude=36.1)
    truck = DeadLetter("no", "truck-1", "jc/v1/640999/-/-/truck-1/position", dump(where), NOON, None, 3)
    assert [(one.kind, one.id) for one in found(alone, truck)] == [("truck", "truck-1"), ("bin", "nb-1")]


def test_what_has_been_registered_since_is_no_find_and_neither_is_another_fault() -> None:
    entered = small_county(devices=(*DEVICES, Device("new-bin", DeviceKind.BIN, "2号桶", VILLAGE, BOX)))
    assert discover(entered, [letter(reading(spot="new-bin"))], []) == []
    assert found(letter(reading(spot=BIN))) == []
    assert found(letter(event(device="box-9"), "box-9", "640888101200")) == []


def test_a_camera_that_only_its_box_knows_is_found() -> None:
    cameras = tuple(CameraHealth(name=name, online=True) for name in (CAMERA, "cam-2"))
    said = Health(message_id=uuid4(), device=BOX, at=NOON, cameras=cameras)
    stranger = said.model_copy(update={"device": "box-9"})
    assert found(healths=[said, said, stranger]) == [Find("camera", "cam-2", BOX, VILLAGE)]


@given(st.binary(max_size=300), st.text(max_size=60))
def test_no_bytes_stop_the_search(payload: bytes, place: str) -> None:
    good = letter(reading(spot="new-bin"), number=2)
    for topic_ in (place, topic("reading"), topic("event", "box-9")):
        told = found(DeadLetter("no", "", topic_, payload, NOON, None, 1), good)
        assert Find("bin", "new-bin", BOX, VILLAGE, 1, 2) in told
    json.dumps([one.id for one in told])
