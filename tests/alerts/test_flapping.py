"""A place that turns dirty and clean again and again: few tickets, one notice each, and never a lost dirty state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.alarms import flapping
from alerts.flaps import Flaps
from alerts.store.book import Book
from alerts.values import Status, Ticket
from county.snapshot import County
from tests.alerts.cases import opened, ticket_of
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, doing, event, person, reading
from tests.county.small import CAMERA, COUNTY, SPOT, limits, small_county
from tests.depth import depth

WINDOW, SETTLE, CHANGES = 60.0, 30.0, 4  # minutes and turns, as the policy has them unless told
# Nobody is late in these tests: who is told a second time is told because of the flapping.
PATIENT = small_county(limits=limits(500_000), reminder_s=1_000_000)
KEY = f"{CAMERA}/{SPOT}/garbage"


def room_of(book: Book, county: County = PATIENT) -> Room:
    return Room(book, county)


def sees(room: Room, minutes: float, state: str) -> None:
    room.minutes = minutes
    room.sweep.step()
    room.feed(event(minutes, state))
    room.post.step()


def turns(room: Room, count: int, every: float = 5, start: float = 0) -> float:
    """So many turns, dirty first; returns when the last one was."""
    for number in range(count):
        sees(room, start + number * every, "clean" if number % 2 else "dirty")
    return start + (count - 1) * every


def statuses(room: Room) -> list[Status]:
    return [ticket.status for ticket in room.tickets()]


def newest(room: Room) -> Ticket:
    return room.tickets()[-1]


def test_a_place_that_turns_too_often_keeps_its_ticket_and_tells_nobody_again(book: Book) -> None:
    room = room_of(book)
    turns(room, 21)
    assert statuses(room) == [Status.CLOSED_UNAIDED, Status.CLOSED_UNAIDED, Status.DISPATCHED]
    assert len(room.channel.letters) == 3
    words = [line.words for line in room.reader.history(newest(room).id)]
    assert any("反复变化,已6次" in one and "连续干净30分钟才结束" in one for one in words)
    assert newest(room).dirty == (KEY,)


def test_the_auditor_lets_the_limit_of_a_restless_clean_place_pass_until_it_has_settled(book: Book) -> None:
    room = room_of(book, small_county(limits=limits(10), reminder_s=1_000_000))
    last = turns(room, 6)

    def broken(minutes: float) -> list[str]:
        return [one.words for one in room.reader.broken_promises(at(minutes), at(0))]

    (due,) = {ticket.due_at for ticket in room.tickets() if ticket.is_open}
    assert due == at(30), "the limit ends before the place has settled"
    assert broken(last + SETTLE + 5) == []
    assert any("一步也没有执行" in one for one in broken(last + SETTLE + 6)), "no sweep has ended it"
    room.minutes = last + SETTLE + 1
    room.sweep.step()
    assert newest(room).status is Status.CLOSED_UNAIDED
    assert broken(last + SETTLE + 60) == []


def test_it_ends_once_the_place_has_been_clean_for_half_an_hour(book: Book) -> None:
    room = room_of(book)
    last = turns(room, 6)
    assert (newest(room).status, newest(room).dirty) == (Status.DISPATCHED, ())
    room.minutes = last + SETTLE - 0.1
    room.sweep.step()
    assert newest(room).is_open
    room.minutes = last + SETTLE
    room.sweep.step()
    assert newest(room).status is Status.CLOSED_UNAIDED
    assert "反复变化后已连续干净30分钟" in room.reader.history(newest(room).id)[-2].words


def test_dirt_in_between_begins_the_wait_anew(book: Book) -> None:
    room = room_of(book)
    last = turns(room, 6)
    sees(room, last + 20, "dirty")
    sees(room, last + 25, "clean")
    room.minutes = last + 20 + SETTLE
    room.sweep.step()
    assert newest(room).is_open
    room.minutes = last + 25 + SETTLE
    room.sweep.step()
    assert not newest(room).is_open


def test_unknown_is_neither_a_turn_nor_clean(book: Book) -> None:
    room = room_of(book)
    for number, state in enumerate(["dirty", "unknown", "clean", "unknown", "dirty", "unknown", "clean"]):
        sees(room, 5 * number, state)
    assert statuses(room) == [Status.CLOSED_UNAIDED, Status.CLOSED_UNAIDED]


def test_turns_that_lie_apart_are_no_flapping(book: Book) -> None:
    room = room_of(book)
    turns(room, 12, every=WINDOW + 1)
    assert statuses(room) == [Status.CLOSED_UNAIDED] * 6


def test_who_accepts_it_deals_with_it_as_with_any_other(book: Book) -> None:
    room = room_of(book)
    turns(room, 6)
    village = person(room.county, "v1")
    room.desk.act(room.code(), "accept")
    room.minutes = 100
    room.sweep.step()
    assert newest(room).status is Status.ACCEPTED, "accepted work does not end by itself"
    sees(room, 101, "dirty")
    assert newest(room).flaps.clean_at is None
    assert newest(room).dirty == (KEY,)
    room.desk.act(room.code(), "done", doing(village, 102, "扫了", (PHOTO,)).data)
    assert newest(room).status is Status.TO_CHECK
    assert len(room.tickets()) == 3


def test_an_untaken_place_that_is_dirty_again_climbs_by_its_own_limit(book: Book) -> None:
    room = room_of(book, small_county(limits=limits(40)))
    last = turns(room, 6)
    assert newest(room).due_at == at(20 + 40)
    sees(room, last + 20, "dirty")
    sees(room, last + 25, "clean")
    room.minutes = 61
    room.sweep.step()
    assert newest(room).person.id == "v1", "it is clean now: nobody is called"
    sees(room, 62, "dirty")
    room.sweep.step()
    assert newest(room).person.id == "t1"


def test_a_bins_sensor_that_flutters_is_one_ticket_too(book: Book) -> None:
    room = room_of(book)
    for number in range(12):
        room.minutes = 5 * number
        room.feed(reading(5 * number, 5 if number % 2 else 95))
        room.sweep.step()
    assert len(room.tickets()) == 3


def test_a_count_is_a_countys_to_change(book: Book) -> None:
    county = small_county(limits=limits(500_000), reminder_s=1_000_000, flapping={"changes": 1, "settle_s": 600})
    room = room_of(book, county)
    last = turns(room, 2)
    assert statuses(room) == [Status.DISPATCHED]
    room.minutes = last + 10
    room.sweep.step()
    assert statuses(room) == [Status.CLOSED_UNAIDED]


@pytest.mark.parametrize("block", [{"changes": 0}, {"changes": 11}, {"window_s": 0}, {"settle_s": -1}, {"light": 1}])
def test_a_flapping_block_that_makes_no_sense_is_refused(block: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        small_county(flapping=block)


def test_only_what_nobody_took_settles(county: County) -> None:
    waiting = replace(ticket_of(opened(county)), dirty=(), flaps=Flaps(6, at(0)))
    assert flapping.settled(waiting, county, at(30))
    for other in (
        replace(waiting, dirty=(KEY,)), replace(waiting, status=Status.ACCEPTED), replace(waiting, flaps=Flaps(6)),
        replace(waiting, status=Status.TO_CONFIRM, handler=waiting.person),
    ):  # fmt: skip
        assert flapping.settled(other, county, at(300)) == []
    assert flapping.dirty_again(replace(waiting, flaps=Flaps(6)), county, at(1)).flaps == Flaps(6)


Step = tuple[str, float]
LIVES: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(["dirty", "clean", "dirty", "clean", "unknown", "wait"]),
        st.sampled_from([0.5, 2, 7, 20, 31, 70]),
    ),
    min_size=1, max_size=60,
)  # fmt: skip


@settings(max_examples=depth(120), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LIVES)
def test_whatever_a_camera_says_there_are_few_tickets_and_never_a_lost_dirty_state(steps: list[Step]) -> None:
    """Looked at by brute force: after each step the last clear look decides what must stand in the book."""
    book = Book("sqlite://", COUNTY)
    room, minute, state, clean_since = room_of(book), 0.0, "clean", 0.0
    for what, minutes in steps:
        minute += minutes
        if what == "wait":
            room.minutes = minute
        else:
            if what == "clean" and state == "dirty":
                clean_since = minute
            state = what if what != "unknown" else state
            sees(room, minute, what)
        room.sweep.step()
        standing = [ticket for ticket in room.tickets() if ticket.is_open]
        assert len(standing) <= 1
        if state == "dirty":
            assert [ticket.dirty for ticket in standing] == [(KEY,)]
        elif standing:
            assert (standing[0].dirty, minute - clean_since < SETTLE) == ((), True)
    opened_tickets = room.tickets()
    assert len(opened_tickets) <= 1 + (minute / WINDOW + 1) * (CHANGES / 2) + minute / SETTLE
    assert len(room.channel.letters) <= len(opened_tickets), "nobody is told twice of one ticket"
    book.close()
