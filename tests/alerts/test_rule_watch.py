"""Rules on what boxes and cameras say of themselves, and on the silence of any device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from alerts.alarms import condition_book, observed
from alerts.alarms.rule_watch import RuleWatch
from alerts.devices.alive import Heard, Told
from alerts.office import Office
from alerts.sensors.fill import Level
from alerts.store.book import Book
from alerts.tickets.doing import Data
from alerts.values import Source, Status, Ticket
from broker.messages import CameraHealth, Health, Reading
from county.policy import Category
from county.policy.categories import default_categories
from county.policy.comparisons import FIELDS, OF_CAMERAS
from county.policy.comparisons import Source as On
from county.snapshot import County
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, event, reading
from tests.county.small import BOX, CAMERA, small_county

Json = dict[str, Any]
OWN = (
    Category(code="box_hot", name="盒子过忙", severity="minor"),
    Category(code="camera_stuck", name="镜头卡住", severity="major"),
    Category(code="quiet", name="设备沉默", severity="minor"),
)


def county_with(*rules: Json, revision: int = 1) -> County:
    return small_county(revision, rule=list(rules), category=[*default_categories(), *OWN])


BUSY: Json = {
    "name": "盒子过忙", "on": "health", "category": "box_hot", "when": ["cpu_percent >= 90"], "for_s": 600,
    "clear": {"when": ["cpu_percent < 70"]},
}  # fmt: skip
STUCK: Json = {"name": "镜头卡住", "on": "health", "category": "camera_stuck", "when": ["camera_online == false"]}
QUIET: Json = {
    "name": "沉默", "on": "silence", "category": "quiet",
    "level": [
        {"severity": "minor", "when": ["silent_s >= 600"]}, {"severity": "urgent", "when": ["silent_s >= 3600"]},
    ],
}  # fmt: skip


class Watched(Room):
    """The room with devices that say how they are; ``says`` sets the latest value of the box."""

    def __init__(self, book: Book, county: County) -> None:
        super().__init__(book, county)
        self.health: dict[str, Heard[Health]] = {}
        self.door_open = True
        self.watch = RuleWatch(book, self.world, lambda _now: Told(self.health, {}, {}, self.door_open))

    def says(self, minutes: float, *, seen: float | None = None, message: UUID | None = None, **values: Any) -> None:
        told = Health(message_id=message or uuid4(), device=BOX, at=at(seen if seen is not None else minutes), **values)
        self.health[BOX] = Heard(told, at(minutes))
        self.look(minutes)

    def look(self, minutes: float) -> None:
        self.minutes = minutes
        self.watch.step()
        self.sweep.step()

    def only(self) -> Ticket:
        (ticket,) = self.tickets()
        return ticket


def test_a_box_that_is_busy_for_long_is_a_ticket_of_the_box(book: Book) -> None:
    room = Watched(book, county_with(BUSY))
    for minute in range(10):
        room.says(minute, cpu_percent=95)
    assert room.tickets() == []
    room.says(10, cpu_percent=92)
    ticket = room.only()
    assert (ticket.what, ticket.scene.place, ticket.scene.spot, ticket.source) == (
        "box_hot", BOX, f"{BOX}.sensor", Source.EQUIPMENT,
    )  # fmt: skip
    room.says(11, cpu_percent=80)
    assert room.only().is_open
    room.says(12, cpu_percent=60)
    assert room.only().status is Status.CLOSED_UNAIDED


def test_a_duration_of_health_ends_by_time_alone(book: Book) -> None:
    room = Watched(book, county_with(BUSY))
    room.says(0, cpu_percent=95)
    room.look(9)
    assert room.tickets() == []
    room.look(10)
    assert room.only().opened_at == at(10)


def test_the_same_latest_value_is_heard_once(book: Book) -> None:
    room = Watched(book, county_with({**BUSY, "for_s": 0, "repeat": 2}))
    room.says(0, cpu_percent=95)
    for minute in range(1, 5):
        room.look(minute)
    assert room.tickets() == []
    assert len(condition_book.every(book)[0].state.said) == 1
    room.says(5, cpu_percent=95)
    assert len(room.tickets()) == 1


def test_a_value_that_raised_and_was_ended_by_people_raises_nothing_again_after_a_restart(book: Book) -> None:
    room = Watched(book, county_with({**BUSY, "for_s": 0}))
    room.says(0, cpu_percent=95)
    room.post.step()
    Office(book, room.world).clear(
        room.only().id, f"{BOX}/{BOX}.sensor/box_hot", room.county.people["t1"], Data("在升级")
    )
    again = Watched(Book(book.store, book.county), room.county)
    again.health = room.health
    again.look(2)
    assert not again.only().is_open
    again.says(3, cpu_percent=96)
    assert [ticket.is_open for ticket in again.tickets()] == [False, True]


def test_each_camera_of_a_box_is_a_place_of_its_own(book: Book) -> None:
    room = Watched(book, county_with(STUCK, BUSY))
    cameras = (CameraHealth(name=CAMERA, online=False), CameraHealth(name="unregistered", online=False))
    room.says(0, cameras=cameras, cpu_percent=10)
    assert room.only().scene.place == CAMERA
    room.says(1, cameras=(CameraHealth(name=CAMERA, online=True),))
    assert room.only().status is Status.CLOSED_UNAIDED


def test_the_clock_of_a_box_is_measured_by_the_arrival(book: Book) -> None:
    rule = {**BUSY, "when": ["clock_error_s >= 60"], "clear": None, "for_s": 0}
    rule.pop("clear")
    room = Watched(book, county_with(rule))
    room.says(0, seen=30, cpu_percent=1)
    assert "时钟误差 1800秒(规则≥60)" in room.reader.history(room.only().id)[0].words
    room.says(1, cpu_percent=1)
    assert not room.only().is_open, "a clock that ran ahead keeps nothing out"


def test_silence_raises_by_time_grows_graver_and_ends_when_the_device_is_heard(book: Book) -> None:
    room = Watched(book, county_with({**QUIET, "areas": [BOX]}))
    found: list[str] = []
    for minute in range(0, 75, 3):
        if minute == 0:
            room.says(0)
        room.look(minute)
        found += [f"{minute} {ticket.severity}" for ticket in room.tickets() if ticket.is_open]
    assert (found[0], found[-1]) == ("12 minor", "72 urgent")
    assert "60 urgent" in found
    assert "57 minor" in found
    room.says(75)
    assert room.only().status is Status.CLOSED_UNAIDED
    words = [line.words for line in room.reader.history(room.only().id)]
    assert any("规则“沉默”:已12分钟没有消息" in one for one in words)
    assert any("又有消息了" in one for one in words)


def test_a_bin_is_silent_by_its_readings(book: Book) -> None:
    room = Watched(book, county_with({**QUIET, "areas": ["bin-1"]}))
    room.feed(reading(0, 20))
    for minute in range(0, 15, 3):
        room.look(minute)
    assert room.only().scene.spot == "bin-1.sensor"


def test_while_the_door_does_not_hear_or_nobody_looked_silence_is_not_counted(book: Book) -> None:
    room = Watched(book, county_with({**QUIET, "areas": [BOX]}))
    room.says(0)
    room.door_open = False
    for minute in range(3, 30, 3):
        room.look(minute)
    room.door_open = True
    room.look(30)
    room.look(33)
    assert room.tickets() == []
    room.look(200)
    assert room.tickets() == [], "we were away"
    for minute in range(203, 215, 3):
        room.look(minute)
    assert len(room.tickets()) == 1


def test_a_county_without_such_rules_asks_nothing(book: Book) -> None:
    room = Watched(book, small_county())
    room.watch = RuleWatch(book, room.world, _never)
    assert room.watch.step() == []


def _never(_now: object) -> Told:
    raise AssertionError("nobody was asked")


def test_a_kill_in_a_round_raises_once(book: Book) -> None:
    room = Watched(book, county_with({**BUSY, "for_s": 0}))
    room.kill_at = "alerts.before_commit"
    with pytest.raises(Killed):
        room.says(0, cpu_percent=99)
    room.look(1)
    room.look(2)
    assert len(room.tickets()) == 1


@pytest.mark.parametrize("on", ["health", "event", "reading"])
def test_every_field_of_the_handbook_is_really_told(on: On) -> None:
    """What policy.toml offers, ``observed`` gives under the same name."""
    told: Mapping[str, object]
    if on == "health":
        camera = CameraHealth(name=CAMERA, online=True, last_frame_age_s=3)
        health = Health(message_id=uuid4(), device=BOX, at=at(0), cpu_percent=1, memory_mb=2, disk_free_mb=3,
                        cameras=(camera,))  # fmt: skip
        told = {**observed.of_box(health, at(0)), **next(observed.of_cameras(health)).values}
        assert set(next(observed.of_cameras(health)).values) == OF_CAMERAS
    elif on == "event":
        county = small_county()
        told = observed.of_event(event(0), county.spots[0]) or {}
    else:
        whole = Reading(
            message_id=uuid4(), device=BOX, at=at(0), spot="bin-1", temperature_c=1, battery_percent=2, tilt_degrees=3,
            rssi_dbm=-4, snr_db=5, distance_mm=6, tilted=True, lid_open=False,
        )  # fmt: skip
        told = observed.of_reading(whole, Level(percent=7, at=at(0)))
        assert "fill_percent" not in observed.of_reading(whole, Level(percent=7, at=at(-1)))
    assert set(told) == set(FIELDS[on])
