"""日产日清: seen one day and still there the next climbs, once a day; cleared in time it does not. With R16's hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alarms.grading import Grading
from alerts.office import Office
from alerts.store.book import Book
from alerts.tickets.acts import Data
from alerts.tickets.daily import There, risen
from alerts.tickets.daily_round import DailyRound
from alerts.tickets.pauses import paused, pauses
from alerts.values import Alarm, Decision, Purpose, Status, Ticket
from county.policy.categories import default_categories
from county.snapshot import County
from county.values import Level
from tests.alerts.cases import after, decide, known_after, opened, ticket_of
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import PHOTO, at, event, last_ticket
from tests.alerts.side_cases import full_county
from tests.county.small import limits, small_county

EIGHT = -120.0  # 08:00 of the first day: minute 0 is ten o'clock
DAY = 24 * 60.0
GARBAGE = {"name": "垃圾日产日清", "categories": ["garbage", "overflow"], "after_hours": 24}
MANURE = {"name": "粪污日产日清", "categories": ["manure_pile"], "by": "18:00"}

MINOR = [one.model_copy(update={"severity": "minor"}) for one in default_categories()]

OVERDUE = [{"severity": one, "levels": ["county"], "when": ["overdue"]} for one in ("major", "urgent")]


def cleared_daily(*rows: dict[str, Any], **more: Any) -> County:
    """Limits so long that nothing else moves a ticket."""
    return small_county(daily=rows or (GARBAGE, MANURE), limits=limits(30, "day"), reminder_s=900_000, **more)


def seen_at_eight(county: County) -> tuple[Ticket, Alarm]:
    known = opened(county, event(EIGHT))
    assert known.alarm is not None
    return ticket_of(known), known.alarm


def graded(*alarms: Alarm) -> Grading:
    """Each alarm as grave as its category (major), with the days that were counted."""
    return Grading({one.key: "major" for one in alarms}, days={one.key: one.days for one in alarms})


def at_day(county: County, ticket: Ticket, alarm: Alarm, minute: float) -> tuple[Ticket, Alarm, list[Decision]]:
    decisions = risen(ticket, There((alarm,)), graded(alarm), county, at(minute))
    for one in decisions:
        ticket, alarm = one.ticket or ticket, one.alarm or alarm
    return ticket, alarm, decisions


def test_a_pile_seen_at_eight_and_still_there_the_next_day_at_one_past_eight_is_a_level_higher() -> None:
    county = cleared_daily()
    ticket, alarm = seen_at_eight(county)
    for minute in (EIGHT + 60, EIGHT + DAY - 1, EIGHT + DAY):
        assert at_day(county, ticket, alarm, minute)[2] == []
    later, counted, decisions = at_day(county, ticket, alarm, EIGHT + DAY + 1)
    assert (ticket.severity, later.severity) == ("major", "urgent")
    assert (ticket.level, later.level, later.person.id) == (Level.VILLAGE, Level.TOWNSHIP, "t1")
    assert (later.overdue, counted.days) == (True, 1)
    row = decisions[0].history
    assert row is not None
    assert (row.severity, row.level, row.when) == ("urgent", Level.TOWNSHIP, at(EIGHT + DAY + 1))
    assert decisions[0].reason == (
        "垃圾日产日清:暴露垃圾自11月21日 08:00起已1天未清(超期未清),升为紧急,上报乡镇级田乡官"
    )
    assert {one.purpose for one in decisions[0].notices} == {Purpose.DAILY}
    assert "超期未清" in decisions[0].notices[0].words


def test_cleared_at_one_minute_to_eight_nothing_rises() -> None:
    county = cleared_daily()
    known = opened(county, event(EIGHT))
    clean = decide(known, event(EIGHT + DAY - 1, "clean"), county, at(EIGHT + DAY - 1))
    assert last_ticket(clean).status is Status.CLOSED_UNAIDED
    taken = replace(known, ticket=after(county, ticket_of(known), ("accept", "v1", EIGHT + 5)))
    seen = known_after(decide(taken, event(EIGHT + DAY - 1, "clean"), county, at(EIGHT + DAY - 1)), taken)
    assert seen.alarm is not None
    assert at_day(county, ticket_of(seen), seen.alarm, EIGHT + DAY + 1)[2] == []


def test_it_rises_once_a_day_until_it_is_gone_and_the_top_is_told_again() -> None:
    county = cleared_daily()
    ticket, alarm = seen_at_eight(county)
    levels = []
    for half_day in range(1, 11):
        minute = EIGHT + half_day * DAY / 2 + 1
        ticket, alarm, decisions = at_day(county, ticket, alarm, minute)
        levels += [(half_day / 2, ticket.level.value, decisions[0].notices[0].person.id)] if decisions else []
    assert levels == [
        (1, "township", "t1"), (2, "county", "c1"), (3, "county", "c1"), (4, "county", "c1"), (5, "county", "c1")
    ]  # fmt: skip
    assert (ticket.severity, alarm.days) == ("urgent", 5)


def test_who_works_on_it_keeps_it_and_is_told_with_the_rung_above() -> None:
    county = cleared_daily()
    ticket, alarm = seen_at_eight(county)
    taken = after(county, ticket, ("accept", "v1", EIGHT + 5))
    later, _, decisions = at_day(county, taken, alarm, EIGHT + DAY + 1)
    assert (later.status, later.person.id, later.level) == (Status.ACCEPTED, "v1", Level.TOWNSHIP)
    assert later.due_at == taken.due_at
    assert [one.person.id for one in decisions[0].notices] == ["t1", "v1"]


def test_work_that_was_reported_done_waits_for_its_proof_and_does_not_rise() -> None:
    county = cleared_daily()
    ticket, alarm = seen_at_eight(county)
    done = after(county, ticket, ("accept", "v1", EIGHT + 5), ("done", "v1", EIGHT + 600))
    assert at_day(county, done, alarm, EIGHT + DAY + 1)[2] == []
    known = replace(opened(county, event(EIGHT)), ticket=done, alarm=alarm)
    back = last_ticket(decide(known, event(EIGHT + 700, command=done.command), county, at(EIGHT + 700)))
    assert at_day(county, back, alarm, EIGHT + DAY + 1)[0].severity == "urgent", "whoever knows of no pause"


@pytest.mark.parametrize("status", [Status.ON_HOLD, Status.CLOSED, Status.NOT_FILED, Status.TO_CHECK])
def test_what_is_put_off_or_over_does_not_rise(status: Status) -> None:
    county = cleared_daily()
    ticket, alarm = seen_at_eight(county)
    assert at_day(county, replace(ticket, status=status), alarm, EIGHT + 5 * DAY)[2] == []


def test_dirty_again_after_a_clean_look_begins_a_new_day() -> None:
    county = cleared_daily()
    known = opened(county, event(EIGHT))
    known = replace(known, ticket=after(county, ticket_of(known), ("accept", "v1", EIGHT + 5)))
    known = known_after(decide(known, event(EIGHT + 600, "clean"), county, at(EIGHT + 600)), known)
    known = known_after(decide(known, event(EIGHT + 900), county, at(EIGHT + 900)), known)
    assert known.alarm is not None
    assert known.alarm.since == at(EIGHT + 900)
    assert at_day(county, ticket_of(known), known.alarm, EIGHT + DAY + 1)[2] == []
    assert len(at_day(county, ticket_of(known), known.alarm, EIGHT + 900 + DAY + 1)[2]) == 2


def test_manure_has_a_row_of_its_own() -> None:
    county = cleared_daily()
    known = opened(county, event(EIGHT))
    alarm = known.alarm
    assert alarm is not None
    ticket = replace(ticket_of(known), dirty=(alarm.key, f"{alarm.place}/{alarm.spot}/manure_pile"))
    manure = replace(alarm, id=ticket.id, kind="manure_pile")
    minute = EIGHT + DAY + 601  # one past six in the evening of the next day
    before = (replace(alarm, days=1), manure)
    decisions = risen(ticket, There(before), graded(*before), county, at(minute))
    assert [one.reason.split(":")[0] for one in decisions] == ["粪污日产日清"] * 2
    both = risen(ticket, There((alarm, manure)), graded(alarm, manure), county, at(minute))
    assert [one.reason.split(":")[0] for one in both if one.ticket] == ["垃圾日产日清", "粪污日产日清"]
    assert last_ticket(both).level is Level.TOWNSHIP, "two rows, one rung"


def test_a_row_may_leave_severity_or_rung_as_they_are() -> None:
    county = cleared_daily({**GARBAGE, "severity": False})
    assert at_day(county, *seen_at_eight(county), EIGHT + DAY + 1)[0].severity == "major"
    county = cleared_daily({**GARBAGE, "rung": False})
    ticket, _, decisions = at_day(county, *seen_at_eight(county), EIGHT + DAY + 1)
    assert (ticket.severity, ticket.level, ticket.person.id) == ("urgent", Level.VILLAGE, "v1")
    assert [one.person.id for one in decisions[0].notices] == ["v1"]


def test_a_county_without_rows_lets_nothing_rise() -> None:
    county = small_county()
    assert at_day(county, *seen_at_eight(county), EIGHT + 9 * DAY)[2] == []


LOOKS = st.lists(
    st.tuples(st.integers(1, 600), st.sampled_from(["dirty", "clean", "unknown"])), min_size=1, max_size=14
)  # fmt: skip


@settings(deadline=None)
@given(looks=LOOKS, rounds=st.integers(5, 90))
def test_whatever_is_seen_it_rises_just_so_often_as_it_was_there_a_whole_day_without_a_break(
    looks: list[tuple[int, str]], rounds: int
) -> None:
    """A slow reading beside it: minutes since the last clean look, whole days of them; unknown breaks nothing."""
    county = cleared_daily()
    known = opened(county, event(EIGHT))
    known = replace(known, ticket=after(county, ticket_of(known), ("accept", "v1", EIGHT)))
    minute, rises, expected, counted = EIGHT, 0, 0, 0
    since: float | None = EIGHT
    for gap, state in looks:
        end = minute + gap
        while minute + rounds < end:
            minute += rounds
            assert known.alarm is not None
            ticket, alarm, decisions = at_day(county, ticket_of(known), known.alarm, minute)
            known, rises = replace(known, ticket=ticket, alarm=alarm), rises + bool(decisions)
            if since is not None and minute - since > (counted + 1) * DAY:
                counted, expected = int(-(-(minute - since) // DAY)) - 1, expected + 1
        minute = end
        known = known_after(decide(known, event(minute, state), county, at(minute)), known)
        if state == "clean":
            since, counted = None, 0
        elif state == "dirty" and since is None:
            since, counted = minute, 0
    assert rises == expected


def test_the_round_lets_it_rise_once_on_both_databases_however_often_it_is_killed(book: Book) -> None:
    room = Room(book, cleared_daily())
    room.minutes = EIGHT
    room.feed(event(EIGHT))
    room.post.step()
    room.desk.act(room.code(), "accept")
    daily = DailyRound(book, room.world)
    for minute in (EIGHT + 60, EIGHT + DAY):
        room.minutes = minute
        assert daily.step() == []
    room.minutes = EIGHT + DAY + 1
    for point in ("alerts.before_commit", "alerts.after_commit"):
        room.kill_at = point
        with pytest.raises(Killed):
            daily.step()
    room.kill_at = ""
    assert DailyRound(book, room.world).step() == []
    (ticket,) = room.tickets()
    assert (ticket.severity, ticket.level) == ("urgent", Level.TOWNSHIP)
    rows = [row for row in room.reader.history(ticket.id) if "超期未清" in row.words]
    assert [(row.level, row.at) for row in rows] == [("township", at(EIGHT + DAY + 1))]
    room.post.step()
    assert sorted(letter.person for letter in room.channel.letters[1:]) == ["田乡官", "马村官"]
    room.desk.act(room.code(), "done", Data("", (PHOTO,)))
    room.minutes += 3 * DAY
    assert daily.step() == []


def test_after_a_week_off_it_rises_once_and_says_for_how_long(sqlite_book: Book) -> None:
    room = Room(sqlite_book, cleared_daily())
    room.minutes = EIGHT
    room.feed(event(EIGHT))
    room.post.step()
    room.minutes = EIGHT + 7 * DAY + 30
    daily = DailyRound(sqlite_book, room.world)
    assert "已7天未清" in daily.step()[0].reason
    assert daily.step() == []
    assert room.tickets()[0].level is Level.TOWNSHIP


def test_what_is_neither_put_off_nor_waits_has_no_pause_and_several_add_up() -> None:
    rows = [(at(0), "待接单"), (at(10), "处置中"), (at(20), "待核查"), (at(30), "处置中"), (at(40), "挂账")]
    assert pauses(rows[:2]) == ()
    assert pauses(rows) == ((at(20), at(30)), (at(40), None))
    assert paused(pauses(rows), at(25), at(45)) == timedelta(minutes=10)
    assert paused(pauses(rows), at(31), at(39)) == timedelta(0)
    assert pauses([*rows, (at(50), "待核查"), (at(60), "处置中")])[1] == (at(40), at(60)), "one long pause"


def test_days_of_a_hold_do_not_count_when_it_is_over(book: Book) -> None:
    room = Room(book, full_county(daily=(GARBAGE,), limits=limits(30, "day"), reminder_s=900_000, category=MINOR))
    room.minutes = EIGHT
    room.feed(event(EIGHT))
    room.post.step()
    room.desk.act(room.code(), "accept")
    ticket, office, people = room.tickets()[0].id, Office(book, room.world), room.county.people
    room.minutes = EIGHT + 60
    office.act(ticket, "hold", people["v1"], Data("等修路", until=at(EIGHT + 5 * DAY)))
    office.answer(office.waiting()[0].ask.id, True, people["c1"], Data("同意"))
    room.minutes = EIGHT + 5 * DAY
    room.sweep.step()
    rises = []
    for minute in range(1, int(2.5 * DAY), 30):
        room.minutes = EIGHT + 5 * DAY + minute
        rises += [(minute, one.reason) for one in DailyRound(book, room.world).step() if one.ticket]
    assert [minute for minute, _ in rises] == [DAY - 60 + 1, 2 * DAY - 60 + 1]
    assert "已1天未清(挂账和等核查的时间不算)(超期未清),升为重要" in rises[0][1]


def test_days_in_which_the_work_waits_to_be_checked_are_not_the_handlers(book: Book) -> None:
    room = Room(book, cleared_daily())
    room.minutes = EIGHT
    room.feed(event(EIGHT))
    room.post.step()
    room.desk.act(room.code(), "accept")
    room.minutes = EIGHT + 600
    room.desk.act(room.code(), "done", Data("", (PHOTO,)))
    room.minutes = EIGHT + 3 * DAY
    room.feed(event(room.minutes, command=room.tickets()[0].command))
    assert room.tickets()[0].status is Status.ON_SITE
    daily = DailyRound(book, room.world)
    assert daily.step() == []
    room.minutes = EIGHT + 3 * DAY + (DAY - 600) + 1
    assert "已1天未清" in daily.step()[0].reason


def written_to(room: Room) -> list[tuple[str, str]]:
    """Whom the post writes to now, and on which rung."""
    before = len(room.channel.letters)
    room.post.step()
    return [(letter.person, letter.level) for letter in room.channel.letters[before:]]


def test_two_rows_of_one_round_are_one_rung_and_whoever_is_on_it_is_told(book: Book) -> None:
    dumped = {"name": "倾倒日产日清", "categories": ["dumped"], "after_hours": 24}
    room = Room(book, cleared_daily(GARBAGE, dumped))
    room.minutes = EIGHT
    room.feed(event(EIGHT), event(EIGHT + 1, what="dumped"))
    assert written_to(room) == [("马村官", "village")]
    room.minutes = EIGHT + DAY + 2
    assert len([one for one in DailyRound(book, room.world).step() if one.ticket]) == 2
    assert room.tickets()[0].level is Level.TOWNSHIP
    assert written_to(room) == [("田乡官", "township")]
    room.minutes = EIGHT + 2 * DAY + 2
    DailyRound(book, room.world).step()
    assert written_to(room) == [("郝县官", "county")]


def test_a_rung_that_time_has_just_reached_is_told_before_the_next_one_has_it(book: Book) -> None:
    room = Room(book, small_county(daily=[GARBAGE], limits=limits(25, "hour"), reminder_s=900_000, category=MINOR))
    room.minutes = EIGHT
    room.feed(event(EIGHT))
    room.post.step()
    room.minutes = EIGHT + DAY + 120  # the program was off when the day was over, and when the limit was
    room.sweep.step()
    DailyRound(book, room.world).step()
    (ticket,) = room.tickets()
    assert (ticket.level, ticket.severity) == (Level.TOWNSHIP, "major")
    assert written_to(room) == [("田乡官", "township")]


def test_where_no_post_runs_as_in_a_replay_every_day_is_a_rung(sqlite_book: Book) -> None:
    room = Room(sqlite_book, cleared_daily())
    room.minutes = EIGHT
    room.feed(event(EIGHT))
    room.minutes = EIGHT + DAY + 1
    DailyRound(sqlite_book, room.world, posted=False).step()
    assert room.tickets()[0].level is Level.TOWNSHIP


def test_a_granted_extension_holds_it_gets_graver_and_is_told_but_not_overdue_before_its_end(book: Book) -> None:
    county = full_county(daily=(GARBAGE,), limits=limits(2, "day"), reminder_s=900_000, category=MINOR, tell=OVERDUE)
    room = Room(book, county)
    room.minutes = EIGHT
    room.feed(event(EIGHT))
    room.post.step()
    room.desk.act(room.code(), "accept")
    ticket, office, people = room.tickets()[0].id, Office(book, room.world), room.county.people
    office.act(ticket, "extend", people["v1"], Data("等吊车", until=at(EIGHT + 4 * DAY)))
    office.answer(office.waiting()[0].ask.id, True, people["t1"], Data("同意"))
    room.post.step()
    told = len(room.channel.letters)
    room.minutes = EIGHT + DAY + 1
    (rise, *_) = DailyRound(book, room.world).step()
    assert "(延期还没到期,不算超期),升为重要,上报乡镇级田乡官" in rise.reason
    after = room.tickets()[0]
    assert (after.severity, after.overdue, after.due_at) == ("major", False, at(EIGHT + 4 * DAY))
    room.post.step()
    letters = room.channel.letters[told:]
    assert sorted(one.person for one in letters) == ["田乡官", "马村官"], "no copy says that it is overdue"
    assert all("延期还没到期,请于11月25日 08:00前处理" in one.text for one in letters)
    room.minutes = EIGHT + 4 * DAY
    room.sweep.step()
    assert room.tickets()[0].overdue
    room.minutes = EIGHT + 4 * DAY + 1
    assert "(超期未清)" in DailyRound(book, room.world).step()[0].reason
