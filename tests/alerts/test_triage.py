"""属实, 不属实, 看不清 before anybody is sent: who judges, what each answer does, and what time does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alerts.ladder import overdue_step
from alerts.store.book import Book
from alerts.tickets import triage
from alerts.tickets.acts import Refused, allowed, do
from alerts.values import Check, Clock, Decision, Known, Purpose, Source, Stage, Status, Ticket, Word
from broker.messages import Event
from county.snapshot import County
from county.values import Duty, Level, Person
from tests.alerts.cases import accepted, after, decide, known_after, opened, ticket_of
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, doing, event, last_ticket, person
from tests.county.small import DUTIES, PEOPLE, TOWNSHIP, limits, small_county

LIMIT = {"stage": "triage", "level": "township", "value": 20, "unit": "minute"}


def asking(duties: tuple[Duty, ...] = DUTIES, **told: Any) -> County:
    """A county where the township judges everything first, within 20 minutes."""
    policy = {"when": [{}], **told}
    people = (*PEOPLE, Person("t2", "督察员", "19900000009", "柳林镇政府"))
    return small_county(triage=policy, limits=[*limits(), LIMIT], duties=duties, people=people)


def waiting(county: County) -> Ticket:
    return ticket_of(opened(county))


def answer(county: County, act: str, who: str = "t1", minute: float = 5, words: str = "说明") -> list[Decision]:
    return do(waiting(county), act, doing(person(county, who), minute, words, (PHOTO,)), county)


def stages(decisions: list[Decision]) -> list[tuple[Stage, str]]:
    return [(one.history.stage, one.history.new) for one in decisions if one.history]


def test_where_policy_asks_it_a_person_judges_before_anybody_is_sent() -> None:
    decisions = decide(Known(), event(0), asking(), at(1))
    ticket = last_ticket(decisions)
    assert stages(decisions) == [(Stage.COLLECTED, "待核实"), (Stage.COLLECTED, "待核实")]
    assert (ticket.status, ticket.person.id, ticket.level) == (Status.TO_CONFIRM, "t1", Level.TOWNSHIP)
    assert (ticket.due_at, ticket.due_clock, ticket.next_at) == (at(21), Clock.TRIAGE, at(21))
    assert [one.purpose for one in decisions[-1].notices] == [Purpose.TRIAGE]
    assert "请于11月21日 10:21前核实是否属实" in decisions[-1].notices[0].words
    assert allowed(ticket, person(asking(), "t1"), asking(), at(1)) == (
        "confirm_true",
        "confirm_false",
        "confirm_unclear",
    )
    assert allowed(ticket, person(asking(), "v1"), asking(), at(1)) == ()


@pytest.mark.parametrize(
    ("when", "message", "asked"),
    [
        ({"categories": ["dumped"]}, event(0), False),
        ({"categories": ["dumped"]}, event(0, what="dumped"), True),
        ({"zones": ["street"]}, event(0), True),
        ({"zones": ["road"]}, event(0), False),
        ({"below_score": 0.81}, event(0), True),
        ({"below_score": 0.8}, event(0), False),
        ({"hours": [["10:00", "10:01"]]}, event(0), True),
        ({"hours": [["22:00", "06:00"]]}, event(0), False),
        ({"sources": ["camera"]}, event(0), True),
        ({"sources": ["report"]}, event(0), False),
    ],
)
def test_only_what_policy_names_is_judged_first(when: dict[str, Any], message: Event, asked: bool) -> None:
    county = asking(when=[when])
    status = last_ticket(decide(Known(), message, county, at(0))).status
    assert status is (Status.TO_CONFIRM if asked else Status.DISPATCHED)


def test_true_files_and_sends_the_lowest_rung_with_a_clock_that_starts_now() -> None:
    decisions = answer(asking(), "confirm_true")
    assert stages(decisions) == [(Stage.FILED, "待核实"), (Stage.DISPATCHED, "已派遣(待接单)")]
    ticket = last_ticket(decisions)
    assert (ticket.person.id, ticket.due_at, ticket.due_clock) == ("v1", at(35), Clock.ACCEPT)
    assert decisions[0].reason == "田乡官核实属实:说明,重要级立案"
    assert decisions[1].notices[0].purpose is Purpose.DISPATCH


def test_not_true_ends_it_as_not_filed_with_its_reason() -> None:
    decisions = answer(asking(), "confirm_false", words="是晒的玉米")
    ticket = last_ticket(decisions)
    assert (ticket.status, ticket.is_open, ticket.accepted_at) == (Status.NOT_FILED, False, None)
    assert decisions[0].reason == "田乡官核实不属实:是晒的玉米,不予立案"
    assert decisions[0].photos[0].sha256 == PHOTO
    with pytest.raises(Refused, match="为什么不属实"):
        answer(asking(), "confirm_false", words=" ")


def test_where_policy_asks_two_a_second_person_must_agree_that_it_is_not_true() -> None:
    county = asking(second=["major"])
    once = last_ticket(answer(county, "confirm_false"))
    assert (once.status, once.person.id, once.denied_by) == (Status.TO_CONFIRM, "c1", "t1")
    assert (once.due_clock, once.stage) == (Clock.TRIAGE, Stage.COLLECTED)
    assert after(county, once, ("confirm_false", "c1", 9)).status is Status.NOT_FILED
    sent = after(county, once, ("confirm_true", "c1", 9))
    assert (sent.status, sent.person.id, sent.denied_by) == (Status.DISPATCHED, "v1", "")
    assert last_ticket(answer(asking(second=["urgent"]), "confirm_false")).status is Status.NOT_FILED


def test_a_second_person_that_does_not_exist_is_said_and_nothing_ends() -> None:
    alone = asking(tuple(duty for duty in DUTIES if duty.person == "t1"), second=["major"])
    with pytest.raises(Refused, match="没有第二个人"):
        answer(alone, "confirm_false")


def test_a_doubt_that_nobody_judges_in_time_is_not_taken_for_true() -> None:
    county = asking(second=["major"])
    once = last_ticket(answer(county, "confirm_false"))
    late = overdue_step(once, county, at(600))
    assert (last_ticket(late).status, last_ticket(late).person.id) == (Status.TO_CONFIRM, "c1")
    assert late[0].notices[0].purpose is Purpose.CONFIRM


def test_who_cannot_tell_passes_it_on_and_the_case_stays() -> None:
    county = asking()
    ticket = last_ticket(answer(county, "confirm_unclear"))
    assert (ticket.status, ticket.person.id, ticket.due_at) == (Status.TO_CONFIRM, "c1", at(25))
    with pytest.raises(Refused, match="现场看清楚"):
        do(ticket, "confirm_unclear", doing(person(county, "c1"), 6), county)


def looking() -> tuple[County, Ticket, Decision]:
    county = asking(unclear="look")
    (decision,) = answer(county, "confirm_unclear")
    return county, last_ticket([decision]), decision


def test_where_policy_says_so_the_camera_looks_again_before_anybody_higher_is_asked() -> None:
    county, ticket, decision = looking()
    assert decision.recheck is not None
    assert (decision.recheck.spot, ticket.command) == ("cam-1.spot-1", decision.recheck.command_id)
    assert (ticket.status, ticket.person.id, ticket.due_at) == (Status.TO_CONFIRM, "t1", at(20))
    again = do(ticket, "confirm_unclear", doing(person(county, "t1"), 6), county)
    assert last_ticket(again).person.id == "c1", "the camera has looked once; now somebody higher judges"


@pytest.mark.parametrize("state", ["dirty", "unknown"])
def test_the_look_comes_back_to_who_judges_and_the_limit_stays(state: str) -> None:
    county, ticket, _ = looking()
    known = replace(opened(county), ticket=ticket)
    seen = event(7, state, command=ticket.command, picture="c" * 64)
    decisions = decide(known, seen, county, at(7))
    shown = last_ticket(decisions)
    assert (shown.status, shown.command, shown.due_at) == (Status.TO_CONFIRM, None, at(20))
    assert (shown.calling, shown.round) == (True, ticket.round + 1)
    assert [one.purpose for one in decisions[-1].notices] == [Purpose.TRIAGE]
    if state == "dirty":
        assert decisions[0].alarm is not None
        assert decisions[0].alarm.picture == "c" * 64


def test_a_look_that_finds_it_clean_ends_what_nobody_was_sent_for() -> None:
    county, ticket, _ = looking()
    known = replace(opened(county), ticket=ticket)
    decisions = decide(known, event(7, "clean", command=ticket.command), county, at(7))
    assert last_ticket(decisions).status is Status.CLOSED_UNAIDED


def test_what_nobody_judges_in_time_is_sent_as_if_true_and_blames_nobody() -> None:
    county = asking()
    assert overdue_step(waiting(county), county, at(19)) == []
    decisions = overdue_step(waiting(county), county, at(20))
    ticket = last_ticket(decisions)
    assert (ticket.status, ticket.person.id, ticket.overdue) == (Status.DISPATCHED, "v1", False)
    assert decisions[0].reason == "田乡官未按时核实,先按属实处理,重要级立案"


def test_or_it_climbs_where_policy_says_so_and_blames_nobody_either() -> None:
    county = asking(late="climb")
    decisions = overdue_step(waiting(county), county, at(20))
    ticket = last_ticket(decisions)
    assert (ticket.status, ticket.person.id, ticket.overdue) == (Status.TO_CONFIRM, "c1", False)
    assert (ticket.due_clock, ticket.due_at) == (Clock.TRIAGE, at(40)), "the county has no limit of its own"
    again = overdue_step(ticket, county, at(40))
    assert [one.purpose for one in again[0].notices] == [Purpose.TRIAGE]
    assert not last_ticket(again).overdue


def test_who_judges_is_asked_again_until_then() -> None:
    county = small_county(triage={"when": [{}]}, reminder_s=300, limits=[*limits(), LIMIT])
    reminded = overdue_step(waiting(county), county, at(5))
    assert [(one.purpose, one.round) for one in reminded[0].notices] == [(Purpose.TRIAGE, 2)]
    assert last_ticket(reminded).due_at == at(20)


def test_the_role_of_the_policy_judges_where_somebody_has_it() -> None:
    inspector = Duty("t2", TOWNSHIP, Level.TOWNSHIP, "督察员", rank=1)
    assert waiting(asking((*DUTIES, inspector), role="督察员")).person.id == "t2"
    assert waiting(asking(role="督察员")).person.id == "t1"


def test_where_nobody_is_there_to_judge_somebody_is_sent_at_once() -> None:
    ticket = waiting(asking(tuple(duty for duty in DUTIES if duty.level is Level.VILLAGE)))
    assert (ticket.status, ticket.person.id) == (Status.DISPATCHED, "v1")


def test_another_kind_joins_what_is_still_judged() -> None:
    county = asking()
    known = replace(opened(county), look=None, alarm=None)
    decisions = decide(known, event(2, what="dumped"), county, at(2))
    assert decisions[0].word is Word.ATTACHED
    assert last_ticket(decisions).status is Status.TO_CONFIRM


def test_a_report_of_not_true_after_acceptance_goes_the_same_way(county: County) -> None:
    ticket = after(county, accepted(county), ("not_true", "v1", 9))
    assert (ticket.status, ticket.stage, ticket.due_clock) == (Status.TO_CONFIRM, Stage.FILED, Clock.VERIFY)
    assert not triage.unfiled(ticket)
    known = replace(opened(county), ticket=ticket)
    clean = last_ticket(decide(known, event(10, "clean"), county, at(10)))
    assert clean.status is Status.TO_CONFIRM, "a look alone ends nothing that somebody has accepted"
    back = after(county, ticket, ("confirm_true", "t1", 12))
    assert (back.status, back.person.id, back.denied_by) == (Status.DISPATCHED, "v1", "")


def test_the_desk_and_the_sweep_walk_it_on_both_databases(book: Book) -> None:
    room = Room(book, asking(second=["major"]))
    room.feed(event(0))
    room.post.step()
    assert room.channel.letters[-1].person == "田乡官"
    code = room.code()
    assert room.desk.open_code(code).acts == ("confirm_true", "confirm_false", "confirm_unclear")
    room.minutes = 20
    assert [one.word for one in room.sweep.step()] == [Word.MOVED, Word.MOVED]
    (ticket,) = room.tickets()
    assert (ticket.status, ticket.person.id, ticket.source) == (Status.DISPATCHED, "v1", Source.CAMERA)
    with pytest.raises(Refused, match="由马村官负责"):
        room.desk.act(code, "confirm_false")
    room.post.step()
    assert [letter.person for letter in room.channel.letters] == ["田乡官", "马村官"]
    rows = room.reader.history(ticket.id)
    assert [row.stage for row in rows] == ["信息采集", "信息采集", "案卷建立", "任务派遣"]


def test_a_ticket_that_is_sent_forgets_the_look_it_asked_for() -> None:
    county, ticket, _ = looking()
    sent = after(county, ticket, ("confirm_true", "t1", 6))
    assert (sent.command, sent.tries, sent.check) == (None, 0, Check.NONE)
    late = decide(replace(known_after([]), ticket=sent), event(8, command=ticket.command), county, at(8))
    assert all(one.word is not Word.MOVED for one in late)


def test_where_no_camera_sees_it_somebody_higher_is_asked_at_once() -> None:
    county = asking(unclear="look")
    ticket = replace(waiting(county), scene=replace(waiting(county).scene, site="nowhere"))
    (decision,) = do(ticket, "confirm_unclear", doing(person(county, "t1"), 5), county)
    assert (last_ticket([decision]).person.id, decision.recheck) == ("c1", None)
