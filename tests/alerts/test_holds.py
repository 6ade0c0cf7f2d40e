"""What a ticket rests on is held from the transaction that opens it to the one that closes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.holds import asked
from alerts.store.tables import RELAY
from alerts.tickets.moves import Change, moved
from alerts.values import Status
from county.snapshot import County
from ingest.evidence.holds import Hold, HoldBook, Release
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import PHOTO, at, event, reading
from tests.alerts.test_engine import send
from tests.county.small import COUNTY, small_county

FIRST, SECOND = "11" * 32, "22" * 32


@pytest.fixture
def county() -> County:
    return small_county()


@pytest.fixture
def room(tmp_path: Path, county: County) -> Iterator[Room]:
    book = Book(f"sqlite:///{tmp_path / 'book.db'}", COUNTY)
    yield Room(book, county)
    book.close()


def test_every_picture_of_an_open_ticket_and_its_events_are_held(room: Room) -> None:
    first, second = event(0, picture=FIRST), event(1, what="overflow", picture=SECOND)
    room.feed(first, second, event(2))
    assert room.relay.step_holds() > 0
    assert room.holds.held() >= {FIRST, SECOND, first.event_id, second.event_id}
    assert room.relay.step_holds() == 0


def test_photos_that_people_hand_in_are_held_and_all_is_let_go_when_the_ticket_closes(room: Room) -> None:
    room.feed(event(0, picture=FIRST))
    room.post.step()
    send(room, "accept", "arrive", "done")
    room.relay.step_holds()
    assert room.holds.held() >= {FIRST, PHOTO}
    room.relay.step()
    command = next(iter(room.commands.taken.values()))
    room.minutes = 3
    room.feed(event(3, "clean", command=command.command_id))
    assert room.tickets()[0].status is Status.CLOSED
    room.relay.step_holds()
    assert room.holds.held() == set()


def test_a_relay_killed_before_its_mark_hands_over_again_and_holds_once(room: Room) -> None:
    room.feed(event(0, picture=FIRST))
    room.kill_at = "alerts.before_hold_mark"
    with pytest.raises(Killed):
        room.relay.step_holds()
    before = dict(room.holds.known)
    assert room.relay.step_holds() == len(before)
    assert room.holds.known == before


def test_a_decision_that_is_rolled_back_asks_for_nothing(room: Room) -> None:
    room.inbox.add(event(0, picture=FIRST))
    room.kill_at = "alerts.before_commit"
    with pytest.raises(Killed):
        room.engine.step()
    assert room.book.relay_holds() == []
    room.engine.step()
    assert len(room.book.relay_holds()) == 2


def test_the_same_look_again_asks_for_nothing_new_and_a_bin_for_nothing_at_all(room: Room) -> None:
    seen = event(0, picture=FIRST)
    room.feed(seen, seen.model_copy(update={"message_id": uuid4(), "revision": 1, "at": at(1)}), reading(3, 99))
    assert len(room.book.relay_holds()) == 2
    assert len(room.tickets()) == 2


def test_what_closes_in_the_same_breath_is_let_go_of_and_not_held(room: Room) -> None:
    room.feed(event(0, picture=FIRST))
    ticket = room.tickets()[0]
    end = moved(ticket, Change(at(1), "结案"), status=Status.CLOSED)
    wishes = asked([end], at(1))
    assert [type(wish) for wish in wishes] == [Release]
    assert asked([end], at(9))[0].id == wishes[0].id  # decided again, it is the same wish


def test_tickets_from_before_there_were_holds_are_held_from_the_next_start_on(room: Room) -> None:
    room.feed(event(0, picture=FIRST))
    with room.book.store.write() as conn:
        conn.execute(sa.delete(RELAY))
    room.book.hold_open(at(1))
    room.book.hold_open(at(2))
    waiting = room.book.relay_holds()
    assert [wish.sha256 for _, wish in waiting if isinstance(wish, Hold)] == [FIRST]


def test_the_door_takes_what_the_book_asks(room: Room, tmp_path: Path) -> None:
    room.feed(event(0, picture=FIRST))
    with closing(HoldBook(f"sqlite:///{tmp_path / 'inbox.db'}", COUNTY)) as door:
        for _, wish in room.book.relay_holds():
            assert isinstance(wish, Hold)
            assert door.hold(wish)
        assert door.open_count() == 2
        ticket = room.tickets()[0].id
        assert door.release(Release(id=uuid4(), ticket=ticket, at=at(5) + timedelta(hours=1))) == 2
        assert door.open_count() == 0
