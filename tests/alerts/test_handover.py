"""Hand-over: when a duty ends, somebody leaves or is away, their open tickets go to who comes after them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.ladder import overdue_step
from alerts.store.book import Book
from alerts.tickets.acts import Data, Refused
from alerts.tickets.handover import handed_over
from alerts.tickets.handover_round import HandoverRound
from alerts.tickets.moves import DESK_ID, people_at
from alerts.values import Check, Clock, Decision, Known, Purpose, Stage, Status, Ticket, Word
from county.calendar import Calendar
from county.snapshot import Content, County
from county.staff import Leave, Unit, UnitKind
from county.values import Duty, Level, Person
from tests.alerts.cases import accepted, after, checking, decide, opened, ticket_of, to_verify
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import PHOTO, T0, at, event, last_ticket, person
from tests.county.small import DEVICES, DUTIES, PEOPLE, REGIONS, SPOTS, TOWNSHIP, VILLAGE, limits, small_policy

DAY = 24 * 60.0
TODAY, TOMORROW = date(2026, 11, 21), date(2026, 11, 22)  # minute 0 is ten o'clock of the first


def county_of(
    duties: tuple[Duty, ...] = DUTIES, leaves: tuple[Leave, ...] = (), units: tuple[Unit, ...] = (),
    people: tuple[Person, ...] = PEOPLE, **policy: Any,
) -> County:  # fmt: skip
    """The small county with limits of three days."""
    policy = {"limits": limits(3, "day"), "reminder_s": 600, **policy}
    content = Content(REGIONS, people, duties, DEVICES, SPOTS, small_policy(**policy), Calendar(),
                      leaves=leaves, units=units)  # fmt: skip
    return County(content)


def ended(*who: str, on: date = TOMORROW) -> tuple[Duty, ...]:
    """The duties, of which those of these people end."""
    return tuple(replace(duty, valid_to=on) if duty.person in who else duty for duty in DUTIES)


def step(ticket: Ticket, county: County, minute: float) -> tuple[Ticket, list[Decision]]:
    decisions = handed_over(ticket, county, at(minute))
    return (last_ticket(decisions) if decisions else ticket), decisions


def told(decisions: list[Decision]) -> list[tuple[str, Purpose]]:
    return [(one.person.id, one.purpose) for decision in decisions for one in decision.notices]


def test_who_is_there_keeps_everything() -> None:
    county = county_of()
    for ticket in (ticket_of(opened(county)), accepted(county), checking(county), to_verify(county)):
        assert handed_over(ticket, county, at(3 * DAY)) == []


def test_a_duty_that_ends_passes_the_ticket_to_the_next_of_the_rung_with_both_told_and_the_limit_running_on() -> None:
    county = county_of(ended("v1"))
    ticket = ticket_of(opened(county))
    assert step(ticket, county, 600)[1] == []
    later, decisions = step(ticket, county, DAY)
    assert (later.status, later.person.id, later.level) == (Status.DISPATCHED, "v1b", Level.VILLAGE)
    assert (later.due_at, later.due_clock) == (ticket.due_at, ticket.due_clock)
    assert later.next_at == at(DAY + 10), "reminders go on"
    assert told(decisions) == [("v1b", Purpose.HANDOVER), ("v1", Purpose.COPY)]
    assert "原由马村官负责的工单移交给您" in decisions[0].notices[0].words
    assert "从您移交给马副手" in decisions[0].notices[1].words
    row = decisions[0].history
    assert row is not None
    assert (row.why, row.person) == ("马村官已不负责这里,工单移交给村级马副手", "马副手")


def twice(*more: Duty) -> tuple[Duty, ...]:
    """v1 alone in the village, and no longer from tomorrow, and in the township as well."""
    village = next(duty for duty in DUTIES if duty.person == "v1")
    leader = next(duty for duty in DUTIES if duty.person == "c1")
    return (replace(village, valid_to=TOMORROW), Duty("v1", TOWNSHIP, Level.TOWNSHIP, "包片干部"), leader, *more)


@pytest.mark.parametrize("acts", [(), (("accept", "v1", 5),), (("accept", "v1", 5), ("arrive", "v1", 9))])
def test_who_answers_on_the_next_rung_too_keeps_the_ticket_as_far_as_it_has_come(
    acts: tuple[tuple[str, str, float], ...],
) -> None:
    county = county_of(twice())
    ticket = after(county, ticket_of(opened(county)), *acts)
    later, decisions = step(ticket, county, DAY)
    assert told(decisions) == [("v1", Purpose.HANDOVER)], "one letter to themselves, none to anybody else"
    assert "由您作为乡镇级责任人继续负责" in decisions[0].notices[0].words
    assert (later.person.id, later.person.level, later.level) == ("v1", Level.TOWNSHIP, Level.TOWNSHIP)
    assert (later.status, later.due_at, later.due_clock) == (ticket.status, ticket.due_at, ticket.due_clock)
    assert decisions[0].reason == "马村官已不是村级责任人,由其作为乡镇级责任人继续负责"
    assert step(later, county, DAY + 1)[1] == []


def test_who_did_the_work_does_not_check_it_on_their_other_rung() -> None:
    county = county_of(twice(Duty("t1", TOWNSHIP, Level.TOWNSHIP, "干部")))
    waiting = to_verify(county)
    assert waiting.handler is not None
    mine = replace(waiting, person=waiting.handler, level=waiting.handler.level)
    assert step(mine, county, DAY)[0].person.id == "t1"


def test_a_check_is_not_handed_to_who_reported_the_ticket(book: Book) -> None:
    room = Room(book, county_of())
    room.feed(event(0))
    room.post.step()
    room.desk.act(room.code(), "accept")
    view = room.desk.act(room.code(), "done", Data(photos=(PHOTO,)))
    with book.writing() as pen:
        judged = replace(to_verify(county_of()), id=view.ticket.id, version=view.ticket.version + 1)
        pen.apply([Decision(Word.MOVED, "", ticket=judged)], "test", at(1))
    assert judged.person.id == "t1"
    room.county = county_of(ended("t1"))
    world = replace(room.world, reported=lambda _conn, _ticket, who: who == "c1")
    room.minutes = DAY
    HandoverRound(book, world).step()
    assert room.tickets()[0].person.id == "v1b", "the county has reported it, the village's deputy has not"


def test_two_rungs_of_one_person_are_handed_over_once_in_the_book(book: Book) -> None:
    room = Room(book, county_of(twice()))
    room.feed(event(0))
    room.post.step()
    before = len(room.channel.letters)
    room.minutes = DAY
    for _ in range(3):
        HandoverRound(book, room.world).step()
        room.post.step()
    (ticket,) = room.tickets()
    assert (ticket.person.id, ticket.level) == ("v1", Level.TOWNSHIP)
    assert [one.person for one in room.channel.letters[before:]] == ["马村官"]


def test_work_under_way_must_be_accepted_by_the_heir_and_its_limit_runs_on() -> None:
    county = county_of(ended("v1"))
    working = after(county, ticket_of(opened(county)), ("accept", "v1", 5), ("arrive", "v1", 9))
    later, _ = step(working, county, DAY)
    assert (later.status, later.person.id, later.stage) == (Status.DISPATCHED, "v1b", Stage.HANDLING)
    assert (later.due_at, later.due_clock, later.calling) == (working.due_at, Clock.HANDLE, True)
    reminded = overdue_step(later, county, at(DAY + 10))
    assert told(reminded) == [("v1b", Purpose.REMIND)]
    taken = after(county, later, ("accept", "v1b", DAY + 60))
    assert (taken.due_at, taken.due_clock) == (working.due_at, Clock.HANDLE)
    done = after(county, taken, ("done", "v1b", DAY + 90))
    assert done.handler is not None
    assert done.handler.id == "v1b"


def test_policy_may_begin_the_acceptance_anew() -> None:
    county = county_of(ended("v1"), handover={"restart_accept": True})
    working = accepted(county)
    later, _ = step(working, county, DAY)
    assert (later.stage, later.due_clock, later.due_at) == (Stage.DISPATCHED, Clock.ACCEPT, at(4 * DAY))
    taken = after(county, later, ("accept", "v1b", DAY + 60))
    assert taken.due_at == at(4 * DAY + 60)


def test_a_limit_that_had_passed_already_blames_no_heir() -> None:
    county = county_of(ended("v1", on=date(2026, 11, 26)))
    late = last_ticket(overdue_step(accepted(county), county, at(3 * DAY + 5)))
    assert late.overdue
    later, _ = step(late, county, 5 * DAY)
    assert (later.person.id, later.due_clock, later.due_at) == ("v1b", Clock.ACCEPT, at(8 * DAY))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"leaves": (Leave("v1", TOMORROW, None, "病假"),)}, "请假"),
        ({"people": tuple(replace(one, unit="co") if one.id == "v1" else one for one in PEOPLE),
          "units": (Unit("co", "二泉公司", UnitKind.CONTRACTOR, valid_to=TOMORROW),)}, "所在单位二泉公司已到期"),
        ({"people": tuple(one for one in PEOPLE if one.id != "v1"),
          "duties": tuple(duty for duty in DUTIES if duty.person != "v1")}, "已不在名册上"),
        ({"duties": tuple(duty for duty in DUTIES if duty.person != "v1")}, "已不负责这里"),
    ],
)  # fmt: skip
def test_away_gone_or_without_contract_is_all_the_same(change: dict[str, Any], why: str) -> None:
    ticket = ticket_of(opened(county_of()))
    later, decisions = step(ticket, county_of(**change), DAY)
    assert later.person.id == "v1b"
    assert decisions[0].reason.startswith(f"马村官{why},工单移交给")


def test_who_comes_back_from_leave_gets_nothing_back_that_somebody_else_has() -> None:
    county = county_of(leaves=(Leave("v1", TOMORROW, date(2026, 11, 23)),))
    later, _ = step(ticket_of(opened(county)), county, DAY)
    assert step(later, county, 3 * DAY)[1] == []


def test_where_nobody_is_left_on_the_rung_it_goes_one_higher_and_comes_back_when_the_gap_is_filled() -> None:
    gap = county_of(ended("v1", "v1b"))
    ticket, decisions = step(ticket_of(opened(gap)), gap, DAY)
    assert (ticket.person.id, ticket.level, ticket.meant) == ("t1", Level.TOWNSHIP, Level.VILLAGE)
    assert "(村级没有人接替)" in decisions[0].reason
    assert step(ticket, gap, DAY + 5)[1] == []
    filled = county_of((*ended("v1", "v1b"), Duty("v2", VILLAGE, Level.VILLAGE, "村支书", valid_from=TOMORROW)))
    back, decisions = step(ticket, filled, DAY + 10)
    assert (back.person.id, back.level, back.meant, back.due_clock) == ("v2", Level.VILLAGE, None, Clock.ACCEPT)
    assert told(decisions) == [("v2", Purpose.DISPATCH), ("t1", Purpose.COPY)]
    assert decisions[0].reason == "村级已有责任人,尚未接单的工单从田乡官转回何村官"
    taken = after(gap, ticket, ("accept", "t1", DAY + 1))
    assert step(taken, filled, DAY + 10)[1] == [], "whoever has accepted keeps it"


def test_a_ticket_that_climbed_or_was_returned_does_not_fall_back_when_the_rung_has_somebody() -> None:
    county = county_of()
    ticket = ticket_of(opened(county))
    climbed = last_ticket(overdue_step(replace(ticket, due_at=at(30), next_at=at(30)), county, at(30)))
    returned = after(county, ticket, ("not_mine", "v1", 3))
    for one in (climbed, returned):
        assert (one.person.id, one.meant) == ("t1", None)
        assert step(one, county, 40)[1] == []


def test_a_ticket_opened_where_the_village_has_nobody_goes_down_once_it_has() -> None:
    bare = county_of(tuple(duty for duty in DUTIES if duty.level is not Level.VILLAGE))
    ticket = ticket_of(opened(bare))
    assert (ticket.person.id, ticket.meant) == ("t1", Level.VILLAGE)
    assert step(ticket, county_of(), 10)[0].person.id == "v1"


def test_the_county_desk_gives_up_its_ticket_to_the_first_who_is_registered() -> None:
    nobody = county_of(())
    ticket = ticket_of(opened(nobody))
    assert (ticket.person.id, step(ticket, nobody, 5)[1]) == (DESK_ID, [])
    only_town = county_of(tuple(duty for duty in DUTIES if duty.person == "t1"))
    later, decisions = step(ticket, only_town, 10)
    assert (later.person.id, later.level, later.meant) == ("t1", Level.TOWNSHIP, Level.VILLAGE)
    assert told(decisions) == [("t1", Purpose.HANDOVER)]
    assert step(later, county_of(), 20)[0].person.id == "v1"


def test_when_nobody_at_all_is_left_the_county_desk_has_it() -> None:
    later, _ = step(ticket_of(opened(county_of())), county_of(()), 5)
    assert (later.person.id, later.meant) == (DESK_ID, Level.VILLAGE)


def test_who_judges_or_checks_is_followed_by_somebody_who_may() -> None:
    county = county_of(ended("t1"))
    check = to_verify(county_of())
    later, _ = step(check, county, DAY)
    assert (later.status, later.check, later.person.id) == (Status.TO_CHECK, Check.PERSON, "c1")
    assert later.due_at == check.due_at
    doubt = after(county, accepted(county), ("not_true", "v1", 9))
    only_denier = county_of(tuple(duty for duty in DUTIES if duty.person in {"v1", "v1b"}))
    heir = step(doubt, only_denier, 20)[0]
    assert (heir.status, heir.person.id) == (Status.TO_CONFIRM, "v1b"), "never who denied it"


def test_who_left_while_the_camera_looks_gets_no_rework() -> None:
    county = county_of(ended("v1"))
    ticket = checking(county)
    later, decisions = step(ticket, county, DAY)
    assert (later.status, later.person.id, later.command) == (Status.TO_CHECK, "v1b", ticket.command)
    assert told(decisions)[0] == ("v1b", Purpose.HANDOVER)
    known = replace(opened(county), ticket=later)
    back = decide(known, event(DAY + 5, command=later.command), county, at(DAY + 5))
    assert (last_ticket(back).status, last_ticket(back).person.id) == (Status.ON_SITE, "v1b")


def test_a_ticket_given_by_name_stays_with_who_never_answered_for_the_place_until_they_leave() -> None:
    county = county_of()
    ticket = replace(ticket_of(opened(county)), person=person(county, "v2"), given="v2")
    assert step(ticket, county, DAY)[1] == []
    assert step(ticket, county_of(ended("v2")), DAY)[0].person.id == "v1"
    assert step(ticket, county_of(leaves=(Leave("v2", TODAY),)), 5)[0].person.id == "v1"
    assert step(replace(ticket, given=""), county, 5)[0].person.id == "v1"


def test_who_has_left_cannot_accept_by_an_old_link() -> None:
    county = county_of(ended("v1"))
    later, _ = step(ticket_of(opened(county)), county, DAY)
    with pytest.raises(Refused, match="您已不负责这里,不能接单"):
        after(county, later, ("accept", "v1", DAY + 5))


def test_the_round_hands_over_once_on_both_databases_however_often_it_is_killed(book: Book) -> None:
    room = Room(book, county_of())
    room.feed(event(0))
    room.post.step()
    room.desk.act(room.code(), "accept")
    handover = HandoverRound(book, room.world)
    assert handover.step() == []
    room.county = county_of(ended("v1"))
    room.minutes = DAY
    for point in ("alerts.before_commit", "alerts.after_commit"):
        room.kill_at = point
        with pytest.raises(Killed):
            handover.step()
    room.kill_at = ""
    assert HandoverRound(book, room.world).step() == []
    (ticket,) = room.tickets()
    assert (ticket.person.id, ticket.status) == ("v1b", Status.DISPATCHED)
    rows = room.reader.history(ticket.id)
    assert [row.person for row in rows][-2:] == ["马村官", "马副手"], "the old name stays in the history"
    room.post.step()
    assert sorted(letter.person for letter in room.channel.letters[1:]) == ["马副手", "马村官"]
    room.desk.act(room.desk.mint(ticket.id), "accept")
    room.desk.act(room.desk.mint(ticket.id), "done", Data("", (PHOTO,)))
    assert room.tickets()[0].status is Status.TO_CHECK


MOMENTS = st.lists(st.sampled_from(["accept", "arrive", "done", "not_mine", "not_true", "sweep", "clean"]), max_size=8)
SPANS = st.lists(
    st.tuples(st.sampled_from(["v1", "v1b", "v2", "t1", "c1"]), st.integers(0, 9), st.integers(1, 6)),
    min_size=1, max_size=7,
)  # fmt: skip
AREAS = {"v": (VILLAGE, Level.VILLAGE), "t": (TOWNSHIP, Level.TOWNSHIP), "c": (TOWNSHIP, Level.COUNTY)}


def roster(spans: list[tuple[str, int, int]]) -> tuple[Duty, ...]:
    """Duties that begin and end on random days."""
    first = T0.date()
    return tuple(
        Duty(who, *AREAS[who[0]], "责任人", rank, first + timedelta(days=start), first + timedelta(days=start + length))
        for rank, (who, start, length) in enumerate(spans)
    )


@settings(deadline=None)
@example(spans=[("v1", 5, 1), ("t1", 2, 3), ("c1", 0, 6)], away=[("v1", 0, 1)], moments=[])
@given(spans=SPANS, away=SPANS, moments=MOMENTS)
def test_whatever_the_duties_no_open_ticket_is_without_a_person_who_is_there(
    spans: list[tuple[str, int, int]], away: list[tuple[str, int, int]], moments: list[str]
) -> None:
    first = T0.date()
    leaves = tuple(
        Leave(who, first + timedelta(days=start), first + timedelta(days=start + length))
        for who, start, length in away[:2]
    )
    county = county_of(roster(spans), leaves)
    ticket = last_ticket(decide(Known(), event(0), county, at(0)))
    for day, moment in enumerate([*moments, *["sweep"] * (12 - len(moments))]):
        minute = day * DAY
        ticket = step(ticket, county, minute)[0]
        if not ticket.is_open:
            return
        anybody = [
            who.id for level in county.policy.ladder for who in people_at(county, ticket.area, level, at(minute))
        ]
        barred = {ticket.denied_by} if ticket.status is Status.TO_CONFIRM else set()
        barred |= {ticket.handler.id} if ticket.handler and ticket.check is Check.PERSON else set()
        assert ticket.person.id in {*anybody, DESK_ID}
        assert (ticket.person.id == DESK_ID) <= (set(anybody) <= barred), "the desk only where nobody else may"
        assert step(ticket, county, minute)[1] == [], "a second round finds nothing to do"
        ticket = _moment(ticket, county, minute + 30, moment)


def _moment(ticket: Ticket, county: County, minute: float, moment: str) -> Ticket:
    if moment == "sweep":
        decisions = overdue_step(ticket, county, at(minute))
        return last_ticket(decisions) if decisions else ticket
    if moment == "clean":
        decisions = decide(replace(opened(county), ticket=ticket), event(minute, "clean"), county, at(minute))
        return last_ticket(decisions) if any(one.ticket for one in decisions) else ticket
    if ticket.person.id == DESK_ID:
        return ticket
    try:
        return after(county, ticket, (moment, ticket.person.id, minute))
    except Refused:
        return ticket
