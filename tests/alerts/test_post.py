"""Notices: claimed only while wanted, sent at least once, doubled only where a kill fell before the mark."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.channels import Result
from alerts.notices.fate import wait_after
from alerts.store.book import Book
from alerts.values import Status
from county.snapshot import County
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, event
from tests.county.small import PEOPLE, small_county


@pytest.fixture
def room(book: Book, county: County) -> Room:
    return Room(book, county)


def states(room: Room) -> list[str]:
    return [notice.state for notice in room.reader.notices(room.tickets()[0].id)]


def test_a_notice_goes_out_once_with_its_desk_link(room: Room) -> None:
    room.feed(event(0))
    assert (room.post.step(), room.post.step()) == (1, 0)
    letter = room.channel.letters[0]
    assert re.fullmatch(r"https://desk\.example/t/[2-9a-z]{12}", letter.link)
    assert letter.text.endswith(letter.link)
    assert (letter.person, letter.phone, letter.number) == ("马村官", "19900000001", "GD-1121-0001")
    notice = room.reader.notices(room.tickets()[0].id)[0]
    assert (notice.state, notice.sent_at, notice.attempts, notice.maybe_doubled) == ("delivered", at(0), 1, False)


@pytest.mark.parametrize("changes", [{"phone": "13911112222"}, {"phone": "13911112222", "name": "新村官"}])
def test_a_ticket_that_was_open_before_writes_to_the_phone_that_people_csv_has_now(
    room: Room, changes: dict[str, str]
) -> None:
    room.feed(event(0))
    people = tuple(replace(one, **changes) if one.id == "v1" else one for one in PEOPLE)  # type: ignore[arg-type]
    room.county = small_county(people=people)
    room.post.step()
    letter = room.channel.letters[0]
    assert (letter.person, letter.phone, letter.address) == (people[0].name, "13911112222", "13911112222")
    view = room.desk.act(room.code(), "accept")
    assert (view.viewer.name, view.ticket.status) == (people[0].name, Status.ACCEPTED)


def test_nobody_is_told_after_somebody_has_accepted(room: Room) -> None:
    room.feed(event(0))
    code = room.desk.mint(room.tickets()[0].id)
    room.desk.act(code, "accept")
    assert room.post.step() == 0
    assert room.channel.letters == []
    room.post.drop_unwanted()
    assert states(room) == ["unwanted"]


def test_an_act_between_looking_and_claiming_stops_the_notice(room: Room) -> None:
    room.feed(event(0))
    ready = room.post._ready(10, None)
    room.desk.act(room.desk.mint(room.tickets()[0].id), "accept")
    assert [room.post._claim(notice.id) for notice in ready] == [None]


def test_a_climb_makes_the_unsent_notice_of_the_lower_step_void(room: Room) -> None:
    room.feed(event(0))
    room.minutes = 30
    room.sweep.step()
    room.post.step()
    assert [letter.person for letter in room.channel.letters] == ["田乡官"]


def test_reminders_are_each_sent_once(book: Book) -> None:
    room = Room(book, small_county(reminder_s=600))
    room.feed(event(0))
    for minute in (0, 1, 10, 11, 20, 21):
        room.minutes = minute
        room.sweep.step()
        room.post.step()
    assert [letter.purpose for letter in room.channel.letters] == ["dispatch", "remind", "remind"]
    assert len({letter.id for letter in room.channel.letters}) == 3


def test_a_notice_that_did_not_go_is_told_with_its_ticket_and_without_number_or_link(
    book: Book, county: County, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(book, county, Result.FAILED)
    room.feed(event(0))
    room.post.step()
    (told,) = [one for one in caplog.records if one.name == "alerts.post"]
    assert told.__dict__["ticket"] == "GD-1121-0001"
    assert "19900000001" not in told.getMessage()
    assert "/t/" not in told.getMessage()


def test_a_kill_between_sending_and_marking_may_double_and_says_so(room: Room) -> None:
    room.feed(event(0))
    room.kill_at = "alerts.after_send"
    with pytest.raises(Killed):
        room.post.step()
    assert room.post.step() == 0, "the claim of the killed process still holds"
    room.minutes = 2
    assert room.post.step() == 1
    first, second = room.channel.letters
    assert first.id == second.id
    assert (first.maybe_doubled, second.maybe_doubled) == (False, True)
    notice = room.reader.notices(room.tickets()[0].id)[0]
    assert (notice.state, notice.maybe_doubled, notice.attempts) == ("delivered", True, 2)


def test_a_program_that_starts_anew_takes_over_what_the_killed_one_had_in_hand(room: Room) -> None:
    room.feed(event(0))
    room.kill_at = "alerts.after_send"
    with pytest.raises(Killed):
        room.post.step()
    assert (room.post.take_over(), room.post.step()) == (1, 1)
    assert room.channel.letters[1].maybe_doubled
    assert room.post.take_over() == 0


def test_a_county_never_sends_or_drops_the_notices_of_another_in_the_same_database(room: Room, county: County) -> None:
    neighbour = Room(Book(room.book.store, "640998"), county)
    room.feed(event(0))
    assert (neighbour.post.step(), neighbour.post.drop_unwanted()) == (0, 0)
    room.desk.act(room.desk.mint(room.tickets()[0].id), "accept")
    assert neighbour.post.drop_unwanted() == 0
    assert states(room) == ["waiting"]
    assert (neighbour.channel.letters, room.post.drop_unwanted()) == ([], 1)


def test_a_claim_in_flight_is_not_dropped_but_a_dead_one_is(room: Room) -> None:
    room.feed(event(0))
    room.kill_at = "alerts.after_send"
    with pytest.raises(Killed):
        room.post.step()
    room.desk.act(room.desk.mint(room.tickets()[0].id), "accept")
    assert room.post.drop_unwanted() == 0
    room.minutes = 2
    assert (room.post.drop_unwanted(), room.post.step()) == (1, 0)


def test_a_busy_channel_is_tried_again_later_and_a_refusal_is_not(book: Book, county: County) -> None:
    room = Room(book, county, Result.RETRY, Result.FAILED)
    room.feed(event(0))
    room.post.step()
    assert (states(room), room.post.step()) == (["waiting"], 0)
    room.minutes = 1
    assert room.post.step() == 1
    assert states(room) == ["failed", "waiting"], "who stands above is told that nobody could be told"
    room.minutes = 20
    assert room.post.step() == 1
    assert states(room) == ["failed", "delivered"]
    assert "不知情" in room.reader.findings(at(20))[0].words


def test_a_channel_that_is_not_set_up_fails_in_words(book: Book) -> None:
    room = Room(book, small_county(channels={"village": ["pigeon"]}))
    room.feed(event(0))
    room.post.step()
    assert "没有配置通道 pigeon" in room.reader.notices(room.tickets()[0].id)[0].answer


def test_the_wait_doubles_up_to_a_minute_and_is_spread() -> None:
    assert timedelta(seconds=2.5) <= wait_after(1) <= timedelta(seconds=5)
    assert timedelta(seconds=30) <= wait_after(40) <= timedelta(minutes=1)
    assert len({wait_after(3) for _ in range(20)}) > 1
