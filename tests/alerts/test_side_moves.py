"""Every side move × every state × everybody: who may, who decides, and what becomes of the ticket."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from alerts.asks import asking
from alerts.asks.asks import AskState, Case
from alerts.asks.fairness import Deed
from alerts.asks.side_moves import POSSIBLE
from alerts.ladder import overdue_step
from alerts.tickets.doing import Doing, Refused
from alerts.tickets.entitled import NotEntitled
from alerts.values import Check, Clock, Purpose, Status
from county.policy import Move
from county.policy.rights import ENDING
from county.snapshot import County
from county.values import Duty, Level, Person, Region
from tests.alerts.makes import PHOTO, at, last_ticket
from tests.alerts.side_cases import (
    MORE_DUTIES,
    MORE_PEOPLE,
    after_all,
    asked,
    decided,
    full_county,
    in_status,
    later,
    put,
    someone,
    wish,
)
from tests.county.small import COUNTY, REGIONS, small_county

EVERYBODY = ("v1", "v1b", "v2", "t1", "c1", "c2", "h1")
WORK = {Status.ACCEPTED, Status.ON_SITE}
BEFORE = {Status.DISPATCHED, *WORK}
OPEN = {status for status in Status if status.is_open}
# By the usual rights: who may in which states of a ticket that v1 has (t1 in TO_CONFIRM). Everything else is refused.
MAY: dict[Move, dict[str, set[Status]]] = {
    Move.VOID: dict.fromkeys(("t1", "c1", "c2"), BEFORE | {Status.ON_HOLD, Status.TO_CONFIRM}),
    Move.RETURN: {"v1": BEFORE},
    Move.TRANSFER: dict.fromkeys(("v1", "t1", "c1", "c2"), BEFORE | {Status.ON_HOLD}),
    Move.EXTEND: {"v1": WORK},
    Move.HOLD: dict.fromkeys(("v1", "t1", "c1", "c2"), BEFORE),
    Move.RESUME: {who: {Status.ON_HOLD} for who in ("v1", "t1", "c1", "c2")},
    Move.REWORK: {who: {Status.TO_CHECK} for who in ("t1", "c1", "c2")},
    Move.SUPERVISE: {"t1": OPEN - {Status.TO_CONFIRM}, "c1": OPEN, "c2": OPEN},
    Move.APPEAL: {"v1": BEFORE},
    Move.FORCE_CLOSE: dict.fromkeys(("t1", "c1", "c2"), OPEN),
}
AT_ONCE = {Move.RESUME, Move.REWORK, Move.SUPERVISE}  # and a transfer from the township upwards


@pytest.fixture(scope="module")
def whole() -> County:
    return full_county()


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("move", Move)
def test_every_move_in_every_state_by_everybody(whole: County, move: Move, status: Status) -> None:
    ticket = in_status(whole, status)
    for who in EVERYBODY:
        may = status in MAY[move].get(who, set())
        if not may:
            with pytest.raises(Refused) as refused:
                put(whole, ticket, move, who)
            assert re.search(r"不|没有", str(refused.value)), "in words that say what is wrong"
            continue
        outcome = put(whole, ticket, move, who)
        once = move in AT_ONCE or (move is Move.TRANSFER and who != "v1")
        (ask,) = outcome.asks
        assert ask.waits is not once or move is Move.SUPERVISE, (move, who)
        assert outcome.decisions, "every ask is a row of the history"
        assert after_all(outcome).is_open, "nobody ends a case alone"
        if ask.waits and move is not Move.SUPERVISE:
            same = replace(after_all(outcome), version=ticket.version, pulse=ticket.pulse)
            assert same == ticket, "what is only asked for changes nothing, but that somebody was heard"
            assert ask.decider.id != who


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("who", EVERYBODY)
def test_what_is_offered_is_what_may_be_done(whole: County, status: Status, who: str) -> None:
    ticket = in_status(whole, status)
    actor = someone(whole, who)
    offered = set(asking.offered(Case(ticket), actor, whole, at(20)))
    assert offered == {move for move in Move if status in MAY[move].get(who, set())}


@pytest.mark.parametrize("move", sorted(ENDING))
def test_nothing_ends_a_ticket_without_a_second_person_of_the_right_level(whole: County, move: Move) -> None:
    case, ask = asked(whole, in_status(whole, Status.ACCEPTED), move, "t1")
    assert ask.level is Level.COUNTY
    for who in ("v1", "v1b", "v2", "t1", "h1"):
        with pytest.raises(NotEntitled):
            decided(whole, case, who)
    ended = {Move.VOID: Status.NOT_FILED, Move.FORCE_CLOSE: Status.FORCED}[move]
    outcome = decided(whole, case, "c1")
    ticket = after_all(outcome)
    assert (ticket.status, ticket.closed_at, ticket.next_at) == (ended, at(30), None)
    (entry,) = outcome.entries
    deed = {Move.VOID: Deed.VOIDED, Move.FORCE_CLOSE: Deed.FORCED}[move]
    assert (entry.deed, entry.author.id, entry.author.level) == (deed, "c1", Level.COUNTY)
    assert "郝县官同意田乡官" in entry.reason
    assert "要等铲车" in entry.reason


@pytest.mark.parametrize("move", sorted(ENDING))
def test_at_the_top_another_person_of_the_top_decides_and_where_there_is_none_nobody_can(move: Move) -> None:
    whole = full_county()
    case, ask = asked(whole, in_status(whole, Status.ACCEPTED), move, "c1")
    assert ask.decider.id == "c2"
    assert not after_all(decided(whole, case, "c2")).is_open
    alone = small_county()
    with pytest.raises(Refused, match="没有第二个人"):
        put(alone, in_status(alone, Status.ACCEPTED), move, "c1")


def test_a_helper_asks_for_nothing_and_decides_nothing(whole: County) -> None:
    for move in Move:
        with pytest.raises(NotEntitled, match="协管员"):
            put(whole, in_status(whole, Status.ACCEPTED), move, "h1")
    case, _ = asked(whole, in_status(whole, Status.ACCEPTED), Move.EXTEND, "v1")
    with pytest.raises(NotEntitled, match="协管员"):
        decided(whole, case, "h1")


@pytest.mark.parametrize("move", Move)
def test_a_reason_is_always_needed(whole: County, move: Move) -> None:
    status = next(iter(sorted(POSSIBLE[move] & OPEN)))
    who = next(name for name in ("v1", "t1", "c1") if status in MAY[move].get(name, set()))
    with pytest.raises(Refused, match="原因"):
        put(whole, in_status(whole, status), move, who, words=" \n")


def test_an_extension_moves_the_limit_and_the_sweep(whole: County) -> None:
    case, ask = asked(whole, in_status(whole, Status.ACCEPTED), Move.EXTEND, "v1", until=at(600))
    assert (case.ticket.due_at, case.ticket.next_at) == (at(35), at(35)), "its clock runs on"
    outcome = decided(whole, case, "t1")
    ticket = after_all(outcome)
    assert (ticket.status, ticket.due_at, ticket.next_at) == (Status.ACCEPTED, at(600), at(600))
    (entry,) = outcome.entries
    assert (entry.deed, entry.author.id, entry.words) == (Deed.EXTENDED, "t1", "延期到11月21日 20:00")
    assert overdue_step(ticket, whole, at(599)) == []
    assert ask.wanted.in_time


def test_who_asked_in_time_is_not_late_because_the_answer_came_late(whole: County) -> None:
    case, _ = asked(whole, in_status(whole, Status.ACCEPTED), Move.EXTEND, "v1", minute=34, until=at(600))
    late = last_ticket(overdue_step(case.ticket, whole, at(35)))
    assert late.overdue
    assert not after_all(decided(whole, replace(case, ticket=late), "t1", 50)).overdue


def test_who_asked_too_late_stays_late(whole: County) -> None:
    late = last_ticket(overdue_step(in_status(whole, Status.ACCEPTED), whole, at(35)))
    case, ask = asked(whole, late, Move.EXTEND, "v1", minute=40)
    assert not ask.wanted.in_time
    assert after_all(decided(whole, case, "t1", 50)).overdue


def test_an_extension_is_as_long_as_it_may_be_and_no_longer(whole: County) -> None:
    ticket = in_status(whole, Status.ACCEPTED)
    _, ask = asked(whole, ticket, Move.EXTEND, "v1")
    assert ask.wanted.until is not None
    with pytest.raises(Refused, match="延期最长3工作日"):
        put(whole, ticket, Move.EXTEND, "v1", until=ask.wanted.until + (at(1) - at(0)))
    for wrong in (at(10), at(35)):
        with pytest.raises(Refused, match="要晚于"):
            put(whole, ticket, Move.EXTEND, "v1", until=wrong)


def test_a_ticket_on_hold_waits_and_comes_back_by_the_sweep(whole: County) -> None:
    case, ask = asked(whole, in_status(whole, Status.ACCEPTED), Move.HOLD, "v1", until=at(3000))
    assert ask.level is Level.COUNTY
    with pytest.raises(NotEntitled, match="由县级郝县官批"):
        decided(whole, case, "t1")
    held = after_all(decided(whole, case, "c1"))
    assert (held.status, held.due_at, held.due_clock, held.calling) == (Status.ON_HOLD, at(3000), Clock.HOLD, False)
    assert overdue_step(held, whole, at(2999)) == []
    (back,) = overdue_step(held, whole, at(3000))
    ticket = last_ticket([back])
    assert (ticket.status, ticket.person.id, ticket.handler) == (Status.DISPATCHED, "v1", None)
    assert (ticket.overdue, [note.purpose for note in back.notices]) == (False, [Purpose.DISPATCH])


def test_what_became_clean_while_it_was_on_hold_is_checked_when_it_comes_back(whole: County) -> None:
    held = replace(in_status(whole, Status.ON_HOLD), dirty=())
    ticket = last_ticket(overdue_step(held, whole, at(5000)))
    assert (ticket.status, ticket.check, ticket.done_at) == (Status.TO_CHECK, Check.CAMERA, at(5000))


def test_a_hold_that_outlives_its_person_comes_back_to_who_has_the_duty_now(whole: County) -> None:
    held = in_status(whole, Status.ON_HOLD)
    new = full_county()
    duties = tuple(duty for duty in new.content.duties if duty.person != "v1")
    later_on = County(replace(new.content, duties=duties), 2)
    assert last_ticket(overdue_step(held, later_on, at(5000))).person.id == "v1b"


def test_a_return_goes_to_who_takes_it_back(whole: County) -> None:
    case, _ = asked(whole, in_status(whole, Status.ON_SITE), Move.RETURN, "v1")
    outcome = decided(whole, case, "t1", words="我来派")
    ticket = after_all(outcome)
    assert (ticket.status, ticket.person.id, ticket.level) == (Status.DISPATCHED, "t1", Level.TOWNSHIP)
    assert (ticket.handler, ticket.accepted_at, ticket.arrived_at) == (None, None, None)
    assert outcome.decisions[-1].history is not None
    assert outcome.decisions[-1].history.why == "田乡官同意马村官退回:要等铲车;我来派"


def test_a_township_hands_a_ticket_on_at_once_to_a_person_or_a_unit(whole: County) -> None:
    ticket = in_status(whole, Status.ACCEPTED)
    outcome = put(whole, ticket, Move.TRANSFER, "t1", to="v2")
    sent = after_all(outcome)
    assert (sent.status, sent.person.id, sent.level, outcome.asks[0].state) == (
        Status.DISPATCHED, "v2", Level.VILLAGE, AskState.GRANTED,
    )  # fmt: skip
    assert [note.person.id for note in outcome.decisions[-1].notices] == ["v2"]
    assert after_all(put(whole, ticket, Move.TRANSFER, "t1", to="上河村村委会")).person.id == "v2"
    up = after_all(put(whole, ticket, Move.TRANSFER, "t1", to="青峦县住建局"))
    assert (up.person.id, up.level) == ("c2", Level.COUNTY)


@pytest.mark.parametrize(
    ("to", "words"),
    [("", "请写明转给谁"), ("nobody", "没有叫"), ("h1", "没有叫"), ("v1", "已经在马村官手里"), ("=1+1", "没有叫")],
)
def test_a_ticket_is_handed_to_somebody_with_a_duty_only(whole: County, to: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        put(whole, in_status(whole, Status.ACCEPTED), Move.TRANSFER, "t1", to=to)


def test_a_township_hands_nothing_to_another_townships_people() -> None:
    other = (Region("640999102", "东岭乡", COUNTY), Region("640999102200", "岭上村", "640999102"))
    whole = small_county(
        regions=(*REGIONS, *other), people=(*MORE_PEOPLE, Person("v9", "岭村官", "19900000010")),
        duties=(*MORE_DUTIES, Duty("v9", "640999102200", Level.VILLAGE, "村支书")),
    )  # fmt: skip
    ticket = in_status(whole, Status.ACCEPTED)
    with pytest.raises(Refused, match="不在本级管的范围"):
        put(whole, ticket, Move.TRANSFER, "t1", to="v9")
    assert after_all(put(whole, ticket, Move.TRANSFER, "c1", to="v9")).person.id == "v9"


def test_rework_is_ordered_by_somebody_above_and_counted(whole: County) -> None:
    outcome = put(whole, in_status(whole, Status.TO_CHECK), Move.REWORK, "t1")
    ticket = after_all(outcome)
    assert (ticket.status, ticket.person.id, ticket.reworks) == (Status.ON_SITE, "v1", 1)
    history = outcome.decisions[0].history
    assert history is not None
    assert (history.by, history.why) == ("田乡官", "田乡官返工:要等铲车,第1次返工")


def test_photos_that_come_with_an_ask_are_kept(whole: County) -> None:
    outcome = put(whole, in_status(whole, Status.ACCEPTED), Move.HOLD, "v1", photos=(PHOTO,))
    assert [photo.sha256 for photo in outcome.decisions[0].photos] == [PHOTO]


def test_a_case_that_should_never_have_been_one_is_dropped_by_appeal(whole: County) -> None:
    case, ask = asked(whole, in_status(whole, Status.ACCEPTED), Move.APPEAL, "v1", finding="case")
    assert (ask.level, ask.decider.id) == (Level.TOWNSHIP, "t1")
    outcome = decided(whole, case, "t1")
    assert after_all(outcome).status is Status.NOT_FILED
    assert [entry.deed for entry in outcome.entries] == [Deed.VOIDED]
    refused = decided(whole, case, "t1", grant=False, words="照片很清楚")
    assert after_all(refused).status is Status.ACCEPTED


def test_a_rework_by_the_township_is_judged_by_the_county(whole: County) -> None:
    again = after_all(put(whole, in_status(whole, Status.TO_CHECK), Move.REWORK, "t1"))
    case = Case(again, reworked_by="t1")
    doing_case = asking.put(case, Move.APPEAL, _appeal(whole, "v1", "rework"), whole)
    (ask,) = doing_case.asks
    assert (ask.decider.id, ask.level) == ("c1", Level.COUNTY)
    waiting = Case(after_all(doing_case), (ask,), "t1")
    with pytest.raises(NotEntitled, match="您作出的认定"):
        decided(whole, waiting, "t1")
    outcome = decided(whole, waiting, "c1")
    ticket = after_all(outcome)
    assert (ticket.reworks, ticket.status, ticket.check) == (0, Status.TO_CHECK, Check.PERSON)
    assert ticket.person.id != "v1", "nothing is closed by an appeal: another person looks"
    assert [entry.deed for entry in outcome.entries] == [Deed.CORRECTED]


def test_a_rework_by_a_camera_is_judged_one_level_above_who_appeals(whole: County) -> None:
    again = replace(in_status(whole, Status.ON_SITE), reworks=1)
    outcome = asking.put(Case(again), Move.APPEAL, _appeal(whole, "v1", "rework"), whole)
    assert outcome.asks[0].decider.id == "t1"


def test_an_overdue_finding_is_taken_back_and_the_limit_begins_anew(whole: County) -> None:
    late = last_ticket(overdue_step(in_status(whole, Status.ACCEPTED), whole, at(35)))
    outcome = asking.put(Case(late), Move.APPEAL, _appeal(whole, "v1", "overdue", 40), whole)
    case = Case(after_all(outcome), outcome.asks)
    ticket = after_all(decided(whole, case, "t1", 50))
    assert (ticket.overdue, ticket.due_at, ticket.next_at) == (False, at(80), at(80))


def test_a_ticket_that_ended_late_may_be_appealed_for_a_week(whole: County) -> None:
    late = replace(in_status(whole, Status.CLOSED), overdue=True, in_time=False)
    outcome = asking.put(Case(late), Move.APPEAL, _appeal(whole, "v1", "overdue", 60), whole)
    ticket = after_all(decided(whole, Case(after_all(outcome), outcome.asks), "t1", 90))
    assert (ticket.status, ticket.in_time, ticket.overdue) == (Status.CLOSED, True, False)
    with pytest.raises(Refused, match="已超过7自然日"):
        asking.put(Case(late), Move.APPEAL, _appeal(whole, "v1", "overdue", 60 * 24 * 8), whole)
    with pytest.raises(Refused, match="已结案"):
        asking.put(Case(late), Move.APPEAL, _appeal(whole, "v1", "case", 60), whole)


def test_a_rework_of_a_ticket_that_has_ended_is_only_no_longer_counted(whole: County) -> None:
    ended = replace(in_status(whole, Status.CLOSED), reworks=2)
    outcome = asking.put(Case(ended), Move.APPEAL, _appeal(whole, "v1", "rework", 60), whole)
    ticket = after_all(decided(whole, Case(after_all(outcome), outcome.asks), "t1", 90))
    assert (ticket.status, ticket.reworks, ticket.closed_at) == (Status.CLOSED, 1, ended.closed_at)


def test_an_overdue_finding_of_what_is_being_checked_is_only_taken_back(whole: County) -> None:
    late = replace(in_status(whole, Status.TO_CHECK), overdue=True)
    outcome = asking.put(Case(late), Move.APPEAL, _appeal(whole, "v1", "overdue", 25), whole)
    ticket = after_all(decided(whole, Case(after_all(outcome), outcome.asks), "t1", 26))
    assert (ticket.overdue, ticket.due_at, ticket.status) == (False, late.due_at, Status.TO_CHECK)


@pytest.mark.parametrize("finding", ["", "x", "rework", "overdue"])
def test_only_what_was_found_is_appealed_against(whole: County, finding: str) -> None:
    with pytest.raises(Refused):
        put(whole, in_status(whole, Status.ACCEPTED), Move.APPEAL, "v1", finding=finding)


def test_the_clock_of_a_ticket_on_hold_is_nobodys_overdue(whole: County) -> None:
    ticket = later(in_status(whole, Status.ON_HOLD), 9000)
    assert overdue_step(ticket, whole, at(8999)) == []


def _appeal(county: County, who: str, finding: str, minute: float = 20) -> Doing:
    return wish(Move.APPEAL, someone(county, who), minute, finding=finding)
