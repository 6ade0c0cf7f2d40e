"""Letters in quiet hours: they wait for the morning, the grave ones do not, and none is lost."""

from __future__ import annotations

from alerts.store.book import Book
from tests.alerts.loop import Room
from tests.alerts.makes import event
from tests.county.small import small_county

# The clock of these tests begins at 10:00 in China.
QUIET = {"hours": ["09:00", "10:30"]}


def test_a_letter_waits_for_the_end_of_the_quiet_hours_and_then_goes_out(book: Book) -> None:
    room = Room(book, small_county(quiet=QUIET))
    room.feed(event(0))
    assert room.post.step() == 0
    room.minutes = 29
    assert room.post.step() == 0
    room.minutes = 30
    assert room.post.step() == 1
    assert room.channel.letters[0].person == "马村官"


def test_what_is_urgent_rings_at_once(book: Book) -> None:
    room = Room(book, small_county(quiet={**QUIET, "but": ["urgent", "major"]}))
    room.feed(event(0))
    assert room.post.step() == 1


def test_who_accepts_by_themselves_before_the_morning_is_not_woken(book: Book) -> None:
    room = Room(book, small_county(quiet=QUIET))
    room.feed(event(0))
    room.post.step()
    room.desk.act(room.desk.mint(room.tickets()[0].id), "accept")
    room.minutes = 31
    assert (room.post.step(), room.post.drop_unwanted()) == (0, 1)


def test_a_letter_that_waits_for_a_retry_waits_for_the_morning_too(book: Book) -> None:
    from alerts.channels import Result

    room = Room(book, small_county(quiet={"hours": ["10:01", "11:00"]}), Result.RETRY)
    room.feed(event(0))
    assert room.post.step() == 1
    room.minutes = 2
    assert room.post.step() == 0
    room.minutes = 61
    assert room.post.step() == 1
    assert [one.state for one in room.reader.notices(room.tickets()[0].id)] == ["delivered"]
