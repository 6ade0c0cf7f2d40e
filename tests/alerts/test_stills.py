"""The newest picture of each device and what is open there, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from alerts.store.book import Book
from alerts.store.stills import Open, Stills
from county.snapshot import County
from tests.alerts.loop import Room
from tests.alerts.makes import T0, at, event, reading
from tests.county.small import BIN, CAMERA, VILLAGE

OLD, NEW = "a" * 64, "b" * 64


@pytest.fixture
def room(book: Book, county: County) -> Room:
    return Room(book, county)


def test_the_newest_picture_of_a_camera_wins_and_older_than_asked_for_is_none(room: Room) -> None:
    room.feed(event(0, picture=OLD), event(5, what="overflow", picture=NEW))
    stills = Stills(room.book)
    newest = stills.newest(T0)
    assert set(newest) == {CAMERA}
    assert (newest[CAMERA].shot.sha256, newest[CAMERA].shot.at, newest[CAMERA].rendered) == (NEW, at(5), False)
    assert newest[CAMERA].shot.boxes[0].label == "garbage"
    assert stills.newest(at(6)) == {}


def test_what_is_open_is_counted_by_device_and_by_village_with_its_gravest(room: Room) -> None:
    stills = Stills(room.book)
    assert (stills.open_at(), stills.open_in_villages()) == ({}, {})
    room.feed(event(0), reading(1, 95))
    assert stills.open_at() == {CAMERA: Open(1, "major"), BIN: Open(1, "minor")}
    assert stills.open_in_villages() == {VILLAGE: Open(2, "major")}
