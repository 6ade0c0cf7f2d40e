"""What a township, a village or a bin has otherwise than the county counts wherever the county's number would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts import ladder
from alerts.sensors import bins
from alerts.sensors.bin_book import states
from alerts.sensors.ngsi import entity
from alerts.sensors.unheard import Quiet, Unheard, silent_now
from alerts.store.book import Book
from county.snapshot import County
from county.values import Device, DeviceKind
from tests.alerts.cases import checking
from tests.alerts.loop import Room
from tests.alerts.makes import at, reading
from tests.county.small import BIN, BOX, CAMERA, COUNTY, DEVICES, OTHER_VILLAGE, TOWNSHIP, VILLAGE, small_county

FAR = Device("bin-2", DeviceKind.BIN, "2号桶", OTHER_VILLAGE, BOX, 106.2, 36.1, "CGCS2000")


def with_at(*changes: dict[str, Any], **policy: Any) -> County:
    return small_county(devices=(*DEVICES, FAR), at=list(changes), **policy)


def test_a_bin_is_full_by_the_limit_of_its_village(book: Book) -> None:
    room = Room(book, with_at({"area": VILLAGE, "bin": {"dirty": 70}}))
    room.feed(reading(0, 75), reading(0, 75, "bin-2"))
    assert [ticket.scene.place for ticket in room.tickets()] == [BIN]


def test_the_limit_of_a_bin_counts_before_that_of_its_village_and_township(book: Book) -> None:
    room = Room(book, with_at({"area": BIN, "bin": {"dirty": 80}}, {"area": TOWNSHIP, "bin": {"dirty": 60}}))
    room.feed(reading(0, 75), reading(0, 75, "bin-2"))
    assert [ticket.scene.place for ticket in room.tickets()] == ["bin-2"]


def test_a_bin_is_drawn_and_told_to_others_by_its_own_limit(book: Book) -> None:
    county = with_at({"area": FAR.id, "bin": {"dirty": 70}})
    room = Room(book, county)
    room.feed(reading(0, 75, "bin-2"))
    state = states(book)["bin-2"]
    assert bins.tone(state, at(1), county.bins_at("bin-2")) is bins.Tone.ALARM
    assert entity(county, FAR, state, at(1))["binFullnessThreshold"]["value"] == 70


def test_sensors_that_report_more_often_are_missed_sooner(book: Book) -> None:
    county = with_at({"area": OTHER_VILLAGE, "bin": {"report_s": 600}})
    quiet = [Quiet(place, place, at(0), limits=county.bins_at(place)) for place in (BIN, "bin-2")]
    assert (silent_now(quiet, at(61)) or {}).keys() == {"bin-2"}
    room = Room(book, county)
    room.feed(reading(0, 20), reading(0, 20, "bin-2"))
    for minute in range(0, 64, 3):
        room.minutes = minute
        Unheard(book, room.world).step()
    assert [ticket.scene.place for ticket in room.tickets()] == ["bin-2"]


@pytest.mark.parametrize(("area", "tries", "pause"), [(COUNTY, 6, 20), (CAMERA, 6, 20), ("bin-2", 6, 10)])
def test_the_proof_is_asked_for_by_the_numbers_of_the_camera(area: str, tries: int, pause: float) -> None:
    county = with_at({"area": area, "recheck": {"retry_s": 1200}})
    ticket = checking(county)
    assert (ticket.tries, county.policy.recheck.tries) == (1, tries)
    assert ticket.next_at == at(20) + timedelta(minutes=pause + 2), "the command lives two minutes, then the pause"
    again = ladder.overdue_step(ticket, county, ticket.next_at)[0].ticket
    assert again is not None
    assert again.tries == 2
