"""Seven stages, one timer each: table tests on rows, and the whole life of tickets in the book."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.store.book import Book
from alerts.store.queries import HistoryLine
from alerts.tickets.acts import Data
from alerts.tickets.stages import StageTime, stage_times
from alerts.values import Clock, Stage, Status, Ticket
from county.policy.limits import Span, words_of
from county.snapshot import County
from county.values import Level
from tests.alerts.cases import accepted
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, event
from tests.county.small import limits, small_county


def row(
    minute: float, stage: Stage, due: float | None = None, clock: Clock | None = None, by: str = "系统"
) -> HistoryLine:
    until = at(due) if due is not None else None
    return HistoryLine(at(minute), "", "", stage.value, "", by, "马村官", Level.VILLAGE.value, "", until, clock)


def timed(rows: list[HistoryLine], ticket: Ticket, county: County, now: float = 999) -> dict[Stage, StageTime]:
    return {one.stage: one for one in stage_times(rows, ticket, county, at(now))}


@pytest.fixture
def ticket(county: County) -> Ticket:
    return accepted(county)


def test_all_seven_are_told_in_their_order_reached_or_not(ticket: Ticket, county: County) -> None:
    told = stage_times([], ticket, county, at(0))
    assert [one.stage.value for one in told] == [
        "信息采集", "案卷建立", "任务派遣", "任务处理", "处理反馈", "核查结案", "综合评价",
    ]  # fmt: skip
    assert all((one.began, one.ended, one.due_at, one.times, one.late) == (None, None, None, 0, False) for one in told)


def test_a_stage_begins_with_its_first_row_and_ends_with_the_next_stage(ticket: Ticket, county: County) -> None:
    rows = [row(0, Stage.DISPATCHED, 30, Clock.ACCEPT), row(10, Stage.DISPATCHED, 30, Clock.ACCEPT),
            row(12, Stage.HANDLING, 42, Clock.HANDLE, "马村官")]  # fmt: skip
    told = timed(rows, ticket, county, 20)
    one = told[Stage.DISPATCHED]
    assert (one.began, one.ended, one.due_at, one.spent) == (at(0), at(12), at(30), timedelta(minutes=12))
    assert (one.times, one.late, one.limit) == (1, False, "30分钟")
    assert (told[Stage.HANDLING].ended, told[Stage.HANDLING].spent) == (None, timedelta(minutes=8))


@pytest.mark.parametrize(
    ("end", "by", "late"),
    [(29, "马村官", False), (30, "马村官", False), (30, "系统", True), (30.01, "马村官", True), (30.01, "系统", True)],
)
def test_one_second_past_the_limit_is_late_and_the_limit_itself_is_not(
    ticket: Ticket, county: County, end: float, by: str, late: bool
) -> None:
    rows = [row(0, Stage.DISPATCHED, 30, Clock.ACCEPT), row(end, Stage.HANDLING, 99, Clock.HANDLE, by)]
    assert timed(rows, ticket, county)[Stage.DISPATCHED].late is late


def test_what_goes_on_is_late_when_now_is_past_its_limit(ticket: Ticket, county: County) -> None:
    rows = [row(0, Stage.HANDLING, 30, Clock.HANDLE)]
    assert not timed(rows, ticket, county, 30)[Stage.HANDLING].late
    assert timed(rows, ticket, county, 31)[Stage.HANDLING].late


def test_once_late_stays_late_although_the_next_rung_got_a_new_limit(ticket: Ticket, county: County) -> None:
    rows = [row(0, Stage.DISPATCHED, 30, Clock.ACCEPT), row(30, Stage.DISPATCHED, 60, Clock.ACCEPT),
            row(40, Stage.HANDLING, 70, Clock.HANDLE, "田乡官")]  # fmt: skip
    one = timed(rows, ticket, county)[Stage.DISPATCHED]
    assert (one.late, one.due_at, one.times) == (True, at(60), 1)


def test_rework_adds_up_and_counts_its_times(ticket: Ticket, county: County) -> None:
    rows = [row(0, Stage.HANDLING, 30, Clock.HANDLE), row(10, Stage.CHECKING, 20, Clock.RECHECK),
            row(15, Stage.HANDLING, 45, Clock.HANDLE), row(35, Stage.CHECKING, 45, Clock.RECHECK)]  # fmt: skip
    told = timed(rows, ticket, county, 40)
    one = told[Stage.HANDLING]
    assert (one.times, one.spent, one.began, one.ended) == (2, timedelta(minutes=30), at(0), at(35))
    assert (one.due_at, one.late) == (at(45), False)
    assert told[Stage.CHECKING].times == 2


def test_time_on_hold_is_nobodys(ticket: Ticket, county: County) -> None:
    rows = [row(0, Stage.HANDLING, 30, Clock.HANDLE), row(10, Stage.HANDLING, 500, Clock.HOLD),
            row(600, Stage.HANDLING, 630, Clock.HANDLE)]  # fmt: skip
    one = timed(rows, ticket, county, 620)[Stage.HANDLING]
    assert (one.spent, one.late) == (timedelta(minutes=30), False)


def test_the_clock_of_the_stage_before_is_not_taken_for_a_stages_own(ticket: Ticket, county: County) -> None:
    rows = [row(0, Stage.HANDLING, 30, Clock.HANDLE), row(40, Stage.REPORTED, 30, Clock.HANDLE),
            row(41, Stage.CHECKING, 60, Clock.RECHECK)]  # fmt: skip
    told = timed(rows, ticket, county, 45)
    assert told[Stage.HANDLING].late
    assert (told[Stage.REPORTED].late, told[Stage.REPORTED].due_at) == (False, None)


def test_waiting_long_for_the_camera_is_not_late_before_the_limit_that_is_shown(ticket: Ticket) -> None:
    county = small_county(limits=[*limits(), {"stage": "verify", "level": "village", "value": 60, "unit": "minute"}])
    rows = [row(0, Stage.CHECKING, 20, Clock.RECHECK), row(25, Stage.CHECKING, 45, Clock.RECHECK)]
    found = timed(rows, ticket, county, 50)[Stage.CHECKING]
    assert (found.late, found.limit, found.due_at) == (False, "60分钟", at(60))
    assert timed(rows, ticket, county, 61)[Stage.CHECKING].late


def test_a_stage_without_a_clock_has_the_limit_of_the_policy(ticket: Ticket) -> None:
    more = [{"stage": stage, "level": "village", "value": 10, "unit": "minute"} for stage in ("triage", "assess")]
    county = small_county(limits=[*limits(), *more])
    rows = [row(0, Stage.COLLECTED), row(11, Stage.DISPATCHED, 41, Clock.ACCEPT)]
    found = timed(rows, ticket, county)[Stage.COLLECTED]
    assert (found.due_at, found.limit, found.late) == (at(10), "10分钟", True)
    early = [row(0, Stage.COLLECTED), row(9, Stage.DISPATCHED, 41, Clock.ACCEPT)]
    assert not timed(early, ticket, county)[Stage.COLLECTED].late
    assert timed(early, ticket, small_county())[Stage.COLLECTED].limit == ""


def test_the_whole_life_of_a_ticket_is_told_stage_by_stage(book: Book, county: County) -> None:
    room = Room(book, county)
    room.feed(event(0))
    code = room.desk.mint(room.tickets()[0].id)
    for minute, act in ((5, "accept"), (12, "arrive"), (25, "done")):
        room.minutes = minute
        room.desk.act(code, act, Data("清了", (PHOTO,)))
    room.minutes = 27
    room.feed(event(27, "clean"))
    room.minutes = 500
    view = room.desk.open_code(code)
    assert view.ticket.status is Status.CLOSED
    told = {one.stage: one for one in view.stages}
    assert {stage.value: (one.began, one.ended) for stage, one in told.items()} == {
        "信息采集": (at(0), at(0)), "案卷建立": (at(0), at(0)), "任务派遣": (at(0), at(5)), "任务处理": (at(5), at(25)),
        "处理反馈": (at(25), at(25)), "核查结案": (at(25), at(27)), "综合评价": (at(27), at(27)),
    }  # fmt: skip
    assert (told[Stage.DISPATCHED].due_at, told[Stage.HANDLING].due_at) == (at(30), at(35))
    assert not any(one.late for one in view.stages)


def test_a_ticket_that_climbed_shows_its_dispatch_late(book: Book, county: County) -> None:
    room = Room(book, county)
    room.feed(event(0))
    room.minutes = 30
    room.sweep.step()
    room.minutes = 40
    code = room.desk.mint(room.tickets()[0].id)
    room.desk.act(code, "accept")
    told = {one.stage: one for one in room.desk.open_code(code).stages}
    assert (told[Stage.DISPATCHED].late, told[Stage.HANDLING].late) == (True, False)
    assert told[Stage.DISPATCHED].spent == timedelta(minutes=40)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(2, "work_day", "2工作日"), (4, "work_hour", "4工作时"), (0.5, "hour", "0.5小时"), (90, "second", "90秒")],
)
def test_a_limit_is_said_as_people_say_it(value: float, unit: str, words: str) -> None:
    assert words_of(Span.model_validate({"value": value, "unit": unit})) == words
