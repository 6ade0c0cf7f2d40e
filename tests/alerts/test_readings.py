"""A bin's readings through engine and book: tickets of the bin and of its sensor, collections, and silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from alerts.devices.equipment_book import ASLEEP
from alerts.sensors import bin_book
from alerts.sensors.fill import Emptying
from alerts.sensors.unheard import Quiet, Unheard, silent_now
from alerts.store.book import Book
from alerts.values import Check, Status, Ticket
from broker.messages import Kind, Reading
from county.policy import BinThresholds
from county.snapshot import County
from county.values import Device, DeviceKind, Duty, Level
from tests.alerts.loop import Room
from tests.alerts.makes import at, doing, person, row_of
from tests.county.small import BOX, DEVICES, DUTIES, VILLAGE, small_county

LIMITS = BinThresholds()


@pytest.fixture
def room(book: Book, county: County) -> Room:
    return Room(book, county)


def reading(minutes: float, spot: str = "bin-1", device: str = BOX, **values: Any) -> Reading:
    return Reading(message_id=uuid4(), device=device, at=at(minutes), spot=spot, **values)


def feed(room: Room, minutes: float, **values: Any) -> None:
    room.minutes = minutes
    room.feed(reading(minutes, **values))


def only(room: Room) -> Ticket:
    (ticket,) = room.tickets()
    return ticket


def history(room: Room) -> list[str]:
    return [line.words for line in room.reader.history(only(room).id)]


def test_a_fire_at_a_full_bin_raises_its_ticket_and_rings_again(room: Room) -> None:
    feed(room, 0, fill_percent=95)
    room.post.step()
    feed(room, 30, fill_percent=96, temperature_c=75)
    ticket = only(room)
    assert (ticket.kinds, ticket.severity, ticket.what) == ((Kind.BIN_FULL, Kind.BIN_FIRE), "urgent", Kind.BIN_FIRE)
    room.post.step()
    assert len(room.channel.letters) == 2
    assert "【净村·紧急】" in room.channel.letters[1].text
    assert "垃圾桶满溢、垃圾桶疑似起火。情况变严重,请立即处理" in room.channel.letters[1].text


def test_a_fire_that_goes_out_before_anybody_took_it_closes_by_itself(room: Room) -> None:
    feed(room, 0, temperature_c=75)
    assert only(room).status is Status.DISPATCHED
    feed(room, 60, temperature_c=20)
    assert only(room).status is Status.CLOSED_UNAIDED


def test_what_ails_the_sensor_is_a_ticket_of_its_own_that_does_not_wait_for_the_bin(room: Room) -> None:
    feed(room, 0, fill_percent=95, battery_percent=8)
    tickets = {ticket.scene.spot: ticket for ticket in room.tickets()}
    assert {spot: one.kinds for spot, one in tickets.items()} == {
        "bin-1": (Kind.BIN_FULL,), "bin-1.sensor": (Kind.BIN_BATTERY,),
    }  # fmt: skip
    assert tickets["bin-1.sensor"].scene.spot_name == "1号桶(传感器)"
    feed(room, 30, fill_percent=3, battery_percent=8)
    states = {ticket.scene.spot: ticket.is_open for ticket in room.tickets()}
    assert states == {"bin-1": False, "bin-1.sensor": True}


def test_who_answers_for_a_bin_answers_for_its_sensor(book: Book) -> None:
    county = small_county(duties=(*DUTIES, Duty("v1b", "bin-1", Level.VILLAGE, "桶长")))
    room = Room(book, county)
    feed(room, 0, battery_percent=5)
    assert only(room).person.id == "v1b"


def test_a_new_battery_closes_what_was_reported_done(room: Room) -> None:
    feed(room, 0, battery_percent=5)
    room.post.step()
    code, village = room.code(), person(room.county, "v1")
    for minute, act in ((5, "accept"), (20, "done")):
        room.minutes = minute
        room.desk.act(code, act, doing(village, minute, "换了电池", ("ab" * 32,)).data, f"key-{act}")
    assert only(room).check is Check.READING
    feed(room, 40, battery_percent=100)
    assert only(room).status is Status.CLOSED


def test_a_reading_about_a_camera_is_no_bins(room: Room) -> None:
    room.feed(reading(0, spot="cam-1.spot-1", fill_percent=99))
    assert room.tickets() == []


def test_every_emptying_is_kept_as_proof_once_and_survives_the_program(room: Room) -> None:
    series = [(0, 95), (30, 96), (60, 4), (90, 60), (600, 92), (630, 5)]
    for minutes, fill in series:
        feed(room, minutes, fill_percent=fill)
    found = bin_book.collections(room.book, at(0), at(24 * 60))
    assert [one.emptying for one in found] == [Emptying(at(60), 96, 4), Emptying(at(630), 92, 5)]
    assert {one.place for one in found} == {"bin-1"}
    assert bin_book.collections(room.book, at(61), at(24 * 60), "bin-1") == found[1:]
    assert bin_book.collections(room.book, at(0), at(24 * 60), "bin-2") == []
    again = Book(room.book.store, room.book.county)
    assert bin_book.states(again)["bin-1"].level.percent == 5


def test_a_kill_before_the_commit_loses_neither_state_nor_emptying(room: Room) -> None:
    feed(room, 0, fill_percent=95)
    room.minutes = 30
    room.inbox.add(reading(30, fill_percent=4))
    room.kill_at = "alerts.before_commit"
    with pytest.raises(BaseException, match=r"alerts\.before_commit"):
        room.engine.step()
    assert bin_book.states(room.book)["bin-1"].level.percent == 95
    room.engine.step()
    assert len(bin_book.collections(room.book, at(0), at(60))) == 1


def test_what_another_process_made_of_a_bin_is_what_this_one_goes_on_from(room: Room, book_url: str) -> None:
    other = Room(Book(book_url, room.book.county), room.county)
    for minutes, fill, who in ((0, 50, room), (30, 51, other), (60, 52, room), (90, 53, room), (120, 54, other)):
        who.minutes = minutes
        who.inbox.rows = [row_of(reading(minutes, fill_percent=fill), int(minutes) + 1)]
        assert who.engine.step() == 1
        points = bin_book.states(room.book)["bin-1"].level.trail
        assert [int(at_us.timestamp()) for at_us, _ in points] == [
            int(at(earlier).timestamp()) for earlier in range(0, int(minutes) + 1, 30)
        ]
    other.book.close()


# Silence


def quiet(place: str, speaker: str, hours: float, *, told: bool = False) -> Quiet:
    return Quiet(place, speaker, at(-60 * hours), told)


@pytest.mark.parametrize(
    ("bins", "expected"),
    [
        ([quiet("b1", "x", 2.9), quiet("b2", "x", 0)], {}),
        ([quiet("b1", "x", 3.1), quiet("b2", "x", 0)], {"b1": "没有数据已 3.1 小时"}),
        ([quiet("b1", "x", 3.1, told=True), quiet("b2", "x", 0)], {}),
        ([quiet("b1", "x", 4), quiet("b2", "x", 5), quiet("b3", "y", 0)], {"b1": "盒子 x 下的 2 个传感器都没有数据"}),
        ([quiet("b1", "x", 4, told=True), quiet("b2", "x", 5), quiet("b3", "y", 0)], {}),
        ([quiet("b1", "x", 99, told=True), quiet("b2", "x", 4), quiet("b3", "y", 0)], {"b2": "盒子 x 下的 2 个"}),
        ([quiet("b1", "b1", 4), quiet("b2", "b2", 0)], {"b1": "没有数据已 4.0 小时"}),
        ([quiet("b1", "b1", 4), quiet("b2", "b2", 4)], {"b1": "没有数据", "b2": "没有数据"}),
        ([quiet("b1", "x", 4), quiet("b2", "y", 4), quiet("b3", "z", 4)], None),
        ([], {}),
    ],
)
def test_who_is_told_to_be_silent(bins: list[Quiet], expected: dict[str, str] | None) -> None:
    found = silent_now(bins, at(0))
    if expected is None:
        assert found is None, "everybody at once: it is our side that is deaf"
        return
    assert found is not None
    assert found.keys() == expected.keys()
    assert all(words in found[place] for place, words in expected.items())


def watch(room: Room, *minutes: float) -> None:
    unheard = Unheard(room.book, room.world)
    for minute in minutes:
        room.minutes = minute
        unheard.step()


SECOND = Device("bin-2", DeviceKind.BIN, "2号桶", VILLAGE, BOX)


def test_a_sensor_that_falls_silent_gets_one_ticket_and_closes_it_by_speaking(book: Book) -> None:
    room = Room(book, small_county(devices=(*DEVICES, SECOND)))
    feed(room, 0, fill_percent=20)
    for minute in range(0, 241, 4):
        watch(room, minute)
        feed(room, minute, fill_percent=30, spot="bin-2")
    ticket = only(room)
    assert (ticket.kinds, ticket.scene.place, ticket.scene.spot) == ((Kind.BIN_SILENT,), "bin-1", "bin-1.sensor")
    assert "发现传感器无数据:没有数据已 3." in history(room)[0]
    feed(room, 250, fill_percent=30)
    assert only(room).status is Status.CLOSED_UNAIDED
    watch(room, 251, 252)
    assert not only(room).is_open


def test_a_sensor_that_never_spoke_is_waited_for_and_then_missed(book: Book) -> None:
    room = Room(book, small_county(devices=(*DEVICES, SECOND)))
    for minute in range(0, 201, 4):
        watch(room, minute)
        feed(room, minute, fill_percent=30, spot="bin-2")
    assert only(room).scene.place == "bin-1"
    assert bin_book.states(book).keys() == {"bin-2"}, "it has no state yet"


def test_while_this_program_was_away_nobody_could_be_heard(book: Book) -> None:
    room = Room(book, small_county(devices=(*DEVICES, SECOND)))
    watch(room, 0)
    away = 600 + ASLEEP / timedelta(minutes=1)
    watch(room, away, away + 4)
    assert room.tickets() == []


def test_a_bin_that_is_no_longer_in_the_registry_is_not_missed(book: Book) -> None:
    room = Room(book, small_county(devices=(*DEVICES, SECOND)))
    watch(room, 0)
    room.county = small_county(devices=DEVICES[:2])
    watch(room, *range(4, 401, 4))
    assert room.tickets() == []
