"""The way up over four rungs, and what goes wrong elsewhere: acknowledged and still paged, steps lost or doubled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.ladder import overdue_step
from alerts.store.book import Book
from alerts.values import Purpose, Status
from county.snapshot import County
from county.values import Duty, Level, Person
from tests.alerts.cases import accepted, opened, ticket_of
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, event, last_ticket
from tests.county.small import DUTIES, PEOPLE, TOWNSHIP, limits, small_county

RUNGS = ("village", "township", "county", "leader")
MONTH = 30 * 24 * 60.0


def four_rungs() -> County:
    """A village has 30 minutes to accept, a township 60, the county's department 90, its leader 120."""
    times = [
        {"stage": stage, "level": level, "value": 30 * (step + 1), "unit": "minute"}
        for stage in ("accept", "handle") for step, level in enumerate(RUNGS)
    ]  # fmt: skip
    return small_county(
        ladder=RUNGS, limits=times, reminder_s=100_000,
        people=(*PEOPLE, Person("l1", "林副县长", "19900000010", "青峦县政府")),
        duties=(*DUTIES, Duty("l1", TOWNSHIP, Level.LEADER, "包乡镇县级领导")),
    )  # fmt: skip


def test_overdue_climbs_village_township_county_leader_each_step_a_row_with_its_time(book: Book) -> None:
    room = Room(book, four_rungs())
    room.feed(event(0))
    steps = []
    for minute in range(0, 400, 10):
        room.minutes = minute
        steps += [(minute, one.ticket.person.name) for one in room.sweep.step() if one.ticket]
    assert steps[:3] == [(30, "田乡官"), (90, "郝县官"), (180, "林副县长")]
    (ticket,) = room.tickets()
    rows = [row for row in room.reader.history(ticket.id) if "上报" in row.words]
    assert [(row.at, row.level) for row in rows] == [(at(30), "township"), (at(90), "county"), (at(180), "leader")]
    assert rows[-1].words == "县级郝县官未按时接单,上报县领导林副县长"
    assert steps[3:][0] == (300, "林副县长"), "past the top rung the reminders go on"


def test_work_that_is_late_is_told_to_each_rung_and_at_the_top_again_and_again() -> None:
    county = four_rungs()
    ticket = accepted(county)
    told = []
    for _ in range(6):
        assert ticket.next_at is not None
        (decision,) = overdue_step(ticket, county, ticket.next_at)
        ticket = last_ticket([decision])
        told.append([one.person.id for one in decision.notices])
        assert {one.purpose for one in decision.notices} == {Purpose.OVERDUE}
        assert ticket.person.id == "v1", "it stays with who works on it"
    assert told == [["t1"], ["c1"], ["l1"], ["l1", "v1"], ["l1", "v1"], ["l1", "v1"]]


def test_who_has_accepted_is_never_paged_to_accept_again(book: Book) -> None:
    room = Room(book, small_county(limits=limits(3, "day"), reminder_s=600))
    room.feed(event(0))
    room.post.step()
    room.minutes = 10
    room.sweep.step()  # a reminder is written, and waits
    code = room.desk.mint(room.tickets()[0].id)
    room.desk.act(code, "accept")
    for minute in range(11, 600, 7):
        room.minutes = minute
        room.sweep.step()
        room.post.step()
    assert [letter.purpose for letter in room.channel.letters] == ["dispatch"]


@pytest.mark.parametrize("point", ["alerts.before_commit", "alerts.after_commit"])
def test_a_step_is_neither_lost_nor_doubled_by_a_kill_at_any_moment(book: Book, point: str) -> None:
    room = Room(book, four_rungs())
    room.feed(event(0))
    for minute in (30, 90, 180):
        room.minutes = minute
        room.kill_at = point
        with pytest.raises(Killed):
            room.sweep.step()
        room.sweep.step()
        room.sweep.step()
    rows = [row for row in room.reader.history(room.tickets()[0].id) if "上报" in row.words]
    assert [row.at for row in rows] == [at(30), at(90), at(180)]
    room.post.step()
    assert [letter.person for letter in room.channel.letters] == ["林副县长"], "no letter of a step that is over"


def test_after_months_away_one_step_is_made_and_not_all_that_were_missed(book: Book) -> None:
    room = Room(book, four_rungs())
    room.feed(event(0))
    room.minutes = 3 * MONTH
    assert len(room.sweep.step()) == 1
    assert room.sweep.step() == []
    (ticket,) = room.tickets()
    assert (ticket.level, ticket.due_at) == (Level.TOWNSHIP, at(3 * MONTH + 60))


def test_what_ended_long_ago_resumes_nothing(book: Book) -> None:
    room = Room(book, four_rungs())
    room.feed(event(0), event(5, "clean"))
    room.minutes = 3 * MONTH
    assert room.sweep.step() == []
    room.post.step()
    assert room.channel.letters == []
    (ticket,) = room.tickets()
    assert (ticket.status, ticket.next_at) == (Status.CLOSED_UNAIDED, None)


def test_a_rung_with_nobody_on_it_is_passed_over() -> None:
    county = four_rungs()
    bare = small_county(
        ladder=RUNGS, limits=[limit.model_dump() for limit in county.policy.limits], people=county.content.people,
        duties=tuple(duty for duty in county.content.duties if duty.level not in {Level.TOWNSHIP, Level.COUNTY}),
    )  # fmt: skip
    (decision,) = overdue_step(ticket_of(opened(bare)), bare, at(30))
    assert last_ticket([decision]).person.id == "l1"
    top = replace(last_ticket([decision]), next_at=at(200), due_at=at(200))
    assert "已到最高一级" in overdue_step(top, bare, at(200))[0].reason
