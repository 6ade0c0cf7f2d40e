"""值班: who is on duty is told first where a rung is asked, before ranks and deputies; and who is away is not."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import sqlalchemy as sa

from alerts.channels import Result
from alerts.channels.receipts import Receipt
from alerts.notices.receipt_book import ReceiptBook
from alerts.store.book import Book
from alerts.store.tables import NOTICES
from alerts.tickets.handover_round import HandoverRound
from alerts.tickets.moves import people_at
from county.shifts import Local, Shift
from county.staff import Leave
from county.values import Duty, Level, Person
from tests.alerts.loop import Room
from tests.alerts.makes import at, event
from tests.alerts.test_digest import many_spots
from tests.county.small import CAMERA, DUTIES, PEOPLE, SPOT, TOWNSHIP, VILLAGE, limits, small_county

# The clock of these tests begins at 10:00 on 21 November in China.
TODAY, TOMORROW = date(2026, 11, 21), date(2026, 11, 22)
WATCH = Person("t2", "夜班员", "19900000007", "柳林镇政府")
PEOPLE_ON = (*PEOPLE, WATCH)
UNTIL_ELEVEN = Shift("t2", TOWNSHIP, Level.TOWNSHIP, Local(TODAY, time(8)), Local(TODAY, time(11)))


def told(room: Room) -> list[str]:
    return [letter.person for letter in room.channel.letters]


def minute(room: Room, minutes: float) -> None:
    room.minutes = minutes
    room.sweep.step()
    HandoverRound(room.book, room.world).step()
    room.post.step()


def test_a_climb_goes_to_who_is_on_duty_and_afterwards_to_the_usual_one(book: Book) -> None:
    room = Room(book, small_county(people=PEOPLE_ON, shifts=(UNTIL_ELEVEN,)))
    room.feed(event(0))
    minute(room, 0)
    minute(room, 31)
    assert told(room) == ["马村官", "夜班员"]
    late = Room(book, room.county)
    late.minutes = 70
    assert [who.name for who in people_at(late.county, (VILLAGE, SPOT), Level.TOWNSHIP, at(70))] == ["田乡官"]


def test_at_the_end_of_a_shift_what_who_has_no_duty_left_goes_to_the_next(book: Book) -> None:
    room = Room(book, small_county(people=PEOPLE_ON, shifts=(UNTIL_ELEVEN,), reminder_s=18000))
    room.feed(event(0))
    minute(room, 31)
    assert room.tickets()[0].person.name == "夜班员"
    room.county = small_county(people=PEOPLE_ON, shifts=(UNTIL_ELEVEN,), reminder_s=18000)
    minute(room, 60)
    assert room.tickets()[0].person.name == "田乡官"
    assert told(room)[-2:] in (["田乡官", "夜班员"], ["夜班员", "田乡官"])


def test_who_has_a_duty_there_keeps_a_ticket_beyond_the_shift(book: Book) -> None:
    duties = (*DUTIES, Duty("t2", TOWNSHIP, Level.TOWNSHIP, "值班员", rank=1))
    room = Room(book, small_county(people=PEOPLE_ON, duties=duties, shifts=(UNTIL_ELEVEN,), reminder_s=18000))
    room.feed(event(0))
    minute(room, 31)
    minute(room, 60)
    assert room.tickets()[0].person.name == "夜班员"


def test_a_deputy_on_duty_goes_before_the_first_and_leave_wins_over_the_roster() -> None:
    on = Shift("v1b", VILLAGE, Level.VILLAGE)
    area = (VILLAGE, SPOT)
    there, away = (small_county(shifts=(on,), leaves=gone) for gone in ((), (Leave("v1b", TODAY, TOMORROW),)))
    assert [who.id for who in people_at(there, area, Level.VILLAGE, at(0))] == ["v1b", "v1"]
    assert [who.id for who in people_at(away, area, Level.VILLAGE, at(0))] == ["v1"]


def test_a_letter_that_waits_for_the_morning_goes_to_the_deputy_where_its_person_is_on_leave_by_then(
    book: Book,
) -> None:
    """Quiet hours from 10 in the evening; the leave begins at midnight; the letter goes out at half past six."""
    room = Room(book, small_county(
        quiet={"hours": ["22:00", "06:30"]}, leaves=(Leave("v1", TOMORROW),), reminder_s=360000,
        limits=limits(3000),
    ))  # fmt: skip
    room.minutes = 13 * 60
    room.feed(event(room.minutes))
    minute(room, 13 * 60)
    assert told(room) == []
    minute(room, 14 * 60 + 1)
    minute(room, 20 * 60 + 29)
    assert told(room) == []
    minute(room, 20 * 60 + 30)
    asked = [letter.person for letter in room.channel.letters if letter.purpose != "copy"]
    assert (asked, room.tickets()[0].person.name) == (["马副手"], "马副手")
    room.post.drop_unwanted()
    with book.store.read() as conn:
        rows = conn.execute(sa.select(NOTICES.c.person_id, NOTICES.c.purpose, NOTICES.c.state)).all()
    assert ("v1", "dispatch", "unwanted") in {tuple(row) for row in rows}


def test_a_digest_that_waits_lets_go_of_what_was_handed_over_for_a_leave(book: Book) -> None:
    """The same through the cap: the night's digest of who is on leave is not sent, the deputy's is."""
    told_of: dict[str, Any] = {"quiet": {"hours": ["22:00", "06:30"]}, "limits": limits(3000), "reminder_s": 360000}
    room = Room(book, many_spots(**told_of))
    room.minutes = 12 * 60 - 1
    room.feed(*(event(room.minutes, spot=f"{CAMERA}.s{n}") for n in range(4)))
    minute(room, room.minutes)
    room.county = many_spots(**told_of, leaves=(Leave("v1", TODAY),))
    minute(room, 12 * 60 + 1)
    minute(room, 20 * 60 + 30)
    letters = {letter.person: letter for letter in room.channel.letters}
    assert "您还有4件待办" in letters["马副手"].text
    assert "您还有4件告知" in letters["马村官"].text, "what was theirs is told to be another's now"
    assert len(room.channel.letters) == 2


def test_that_somebody_cannot_be_told_is_told_in_the_morning_to_who_is_there_then(book: Book) -> None:
    """The township's first is on leave from midnight on: the letter of the evening goes to the deputy."""
    duties = (*DUTIES, Duty("t2", TOWNSHIP, Level.TOWNSHIP, "副镇长", rank=1))
    room = Room(book, small_county(
        people=PEOPLE_ON, duties=duties, leaves=(Leave("t1", TOMORROW),), limits=limits(3000),
        quiet={"hours": ["22:30", "06:30"]}, reminder_s=360000,
    ), Result.ACCEPTED)  # fmt: skip
    room.minutes = 12 * 60
    room.feed(event(room.minutes))
    minute(room, 12 * 60)
    room.minutes = 12.75 * 60
    receipt = Receipt("p-1", "19900000001", delivered=False, code="UNDELIV")
    ReceiptBook(book, room.world).take("console", [receipt])
    minute(room, 12.75 * 60)
    assert told(room) == ["马村官"]
    room.minutes = 20.5 * 60
    room.post.step()
    assert [(one.person, one.purpose) for one in room.channel.letters[1:]] == [("夜班员", "unreached")]
