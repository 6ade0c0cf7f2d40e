"""Time and people: who is told when, how a ticket climbs, and what each person may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.audit import audit
from alerts.ladder import overdue_step
from alerts.tickets import acts, moves
from alerts.tickets.acts import Refused, allowed, do
from alerts.values import Check, Clock, Purpose, Status, Ticket
from broker.messages import Kind
from county.policy import Policy
from county.snapshot import Content, County
from county.values import Level
from tests.alerts.cases import accepted, after, checking, opened, ticket_of, to_verify
from tests.alerts.makes import PHOTO, at, doing, event, last_ticket, person
from tests.county.small import DUTIES, led_county, limits, small_county


def step(ticket: Ticket, county: County, minute: float) -> Ticket:
    decisions = overdue_step(ticket, county, at(minute))
    return last_ticket(decisions) if decisions else ticket


def test_nothing_happens_before_its_time(county: County) -> None:
    ticket = ticket_of(opened(county))
    assert overdue_step(ticket, county, at(29)) == []
    assert overdue_step(replace(ticket, next_at=None), county, at(999)) == []
    closed = replace(ticket, status=Status.CLOSED)
    assert overdue_step(closed, county, at(999)) == []


def test_what_nobody_accepts_climbs_village_township_county_and_then_reminds_for_ever(county: County) -> None:
    ticket = ticket_of(opened(county))
    seen = []
    for minute in range(0, 211, 5):
        for decision in overdue_step(ticket, county, at(minute)):
            ticket = last_ticket([decision])
            seen.append((minute, ticket.person.id, decision.notices[0].purpose.value))
    assert seen[:2] == [(30, "t1", "climb"), (60, "c1", "climb")]
    assert [entry[1:] for entry in seen[2:]] == [("c1", "remind")] * 5
    assert ticket.overdue
    assert ticket.round == 1 + 2 + 5


def test_where_the_county_has_a_fourth_rung_it_climbs_to_the_leader_and_says_so() -> None:
    county = led_county()
    ticket = ticket_of(opened(county))
    for minute in (30, 60, 90):
        decision = overdue_step(ticket, county, at(minute))[0]
        ticket = last_ticket([decision])
    assert (ticket.person.id, ticket.level, ticket.overdue) == ("l1", Level.LEADER, True)
    assert decision.reason == "县级郝县官未按时接单,上报县领导李县长"
    assert overdue_step(ticket, county, at(120))[0].notices[0].purpose is Purpose.REMIND


def test_a_graver_ticket_may_have_shorter_limits() -> None:
    short = [{"stage": "accept", "level": "village", "value": 5, "unit": "minute", "severity": "urgent"}]
    county = small_county(limits=[*limits(), *short])
    assert ticket_of(opened(county)).due_at == at(30)
    assert ticket_of(opened(county, event(0, what="dumped"))).due_at == at(5)


def test_reminders_go_out_until_acceptance_and_raise_the_round() -> None:
    county = small_county(reminder_s=600)
    ticket = ticket_of(opened(county))
    first = overdue_step(ticket, county, at(10))[0]
    assert first.notices[0].purpose.value == "remind"
    assert (first.notices[0].round, first.notices[0].person.id) == (2, "v1")
    assert not last_ticket([first]).overdue
    done = after(county, last_ticket([first]), ("accept", "v1", 11))
    assert (done.calling, done.next_at) == (False, at(41))


def test_each_level_has_its_own_channels() -> None:
    county = small_county(channels={"village": ["console", "file"], "township": ["webhook"]})
    ticket = ticket_of(opened(county))
    assert [n.route for n in moves.notices(ticket, Purpose.DISPATCH, county)] == ["console", "file"]
    climbed = overdue_step(ticket, county, at(30))[0]
    assert [n.route for n in climbed.notices] == ["webhook"]


def test_a_lower_person_may_still_accept_after_the_climb(county: County) -> None:
    climbed = step(ticket_of(opened(county)), county, 30)
    assert allowed(climbed, person(county, "v1"), county, at(31)) == ("accept",)
    taken = after(county, climbed, ("accept", "v1", 31))
    assert (taken.person.id, taken.level) == ("v1", Level.TOWNSHIP)
    assert allowed(taken, person(county, "t1"), county, at(31)) == ()


def test_overdue_handling_is_told_to_the_next_rung_and_stays_with_its_person(county: County) -> None:
    late = overdue_step(accepted(county), county, at(35))[0]
    ticket = last_ticket([late])
    assert (ticket.person.id, ticket.level, ticket.overdue) == ("v1", Level.TOWNSHIP, True)
    assert [(n.person.id, n.purpose.value) for n in late.notices] == [("t1", "overdue")]
    ticket = step(ticket, county, 65)
    assert ticket.level is Level.COUNTY
    top = overdue_step(ticket, county, at(95))[0]
    assert [n.person.id for n in top.notices] == ["c1", "v1"], "who supervises at the top is told again, and who works"


def test_overdue_handling_of_a_spot_already_seen_clean_starts_the_check(county: County) -> None:
    ticket = step(replace(accepted(county), dirty=()), county, 35)
    assert (ticket.status, ticket.check, ticket.done_at) == (Status.TO_CHECK, Check.CAMERA, at(35))


def test_a_camera_that_never_answers_is_asked_six_times_then_the_township_verifies(county: County) -> None:
    ticket = checking(county)
    asked = 1
    while ticket.check is Check.CAMERA:
        decisions = overdue_step(ticket, county, ticket.next_at or at(0))
        ticket = last_ticket(decisions)
        asked += sum(decision.recheck is not None for decision in decisions)
    assert asked == county.policy.recheck.tries == 6
    assert (ticket.person.id, ticket.due_clock, ticket.calling) == ("t1", Clock.VERIFY, True)


def test_every_look_command_has_an_id_of_its_own_and_expires(county: County) -> None:
    ticket = checking(county)
    again = overdue_step(ticket, county, ticket.next_at or at(0))[0]
    assert again.recheck is not None
    assert again.recheck.command_id != ticket.command
    assert again.recheck.expires_at - again.recheck.issued_at == timedelta(seconds=120)
    assert (again.recheck.device, again.recheck.spot) == ("box-1", "cam-1.spot-1")


def test_the_check_is_never_left_to_who_did_the_work(county: County) -> None:
    lone = small_county(duties=tuple(d for d in DUTIES if d.person == "v1"))
    ticket = to_verify(lone)
    assert ticket.person.name == "县级值班室"
    own = replace(to_verify(county), person=person(county, "v1"))
    assert allowed(own, person(county, "v1"), county, at(31)) == ()


def test_a_verification_that_nobody_does_climbs_too(county: County) -> None:
    ticket = to_verify(county)
    assert ticket.due_at is not None
    decision = overdue_step(ticket, county, ticket.due_at)[0]
    assert last_ticket([decision]).person.id == "c1"
    assert "核查" in decision.reason
    assert decision.notices[0].purpose.value == "verify"


def test_a_stage_without_a_limit_takes_that_of_handling_and_at_last_a_day(county: County) -> None:
    ticket = ticket_of(opened(county))
    assert moves.due(county, "verify", ticket, Level.VILLAGE, at(0)) == at(30)
    bare = County(replace_policy(county.content, Policy.model_construct(limits=())))
    assert moves.due(bare, "verify", ticket, Level.VILLAGE, at(0)) == at(24 * 60)


def replace_policy(content: Content, policy: Policy) -> Content:
    return replace(content, policy=policy)


def test_an_unlisted_kind_is_still_named(county: County) -> None:
    bare = County(replace_policy(county.content, Policy.model_construct(limits=(), categories=())))
    assert moves.category(bare, Kind.GARBAGE) == ("garbage", "major")


def test_the_way_of_a_good_ticket(county: County) -> None:
    ticket = after(county, ticket_of(opened(county)), ("accept", "v1", 5), ("arrive", "v1", 9), ("done", "v1", 20))
    assert (ticket.accepted_at, ticket.arrived_at, ticket.done_at) == (at(5), at(9), at(20))
    assert (ticket.status, ticket.check, ticket.tries) == (Status.TO_CHECK, Check.CAMERA, 1)


def test_arriving_keeps_the_position_in_the_history(county: County) -> None:
    data = acts.Data(longitude=106.2, latitude=36.1, crs="GCJ-02")
    task = acts.Doing(person(county, "v1"), at(6), data)
    decision = do(accepted(county), "arrive", task, county)[0]
    assert "106.20000,36.10000 GCJ-02" in decision.reason


def test_not_mine_hands_over_upwards_with_its_reason(county: County) -> None:
    ticket = after(county, ticket_of(opened(county)), ("not_mine", "v1", 3))
    assert (ticket.person.id, ticket.status, ticket.due_at) == ("t1", Status.DISPATCHED, at(33))


def test_not_true_needs_a_second_person(county: County) -> None:
    ticket = after(county, ticket_of(opened(county)), ("not_true", "v1", 3))
    assert (ticket.status, ticket.person.id, ticket.denied_by) == (Status.TO_CONFIRM, "t1", "v1")
    assert allowed(replace(ticket, person=person(county, "v1")), person(county, "v1"), county, at(31)) == ()
    assert after(county, ticket, ("confirm_false", "t1", 4)).status is Status.NOT_FILED
    back = after(county, ticket, ("confirm_true", "t1", 4))
    assert (back.status, back.person.id, back.due_at) == (Status.DISPATCHED, "v1", at(34))
    late = step(ticket, county, 33)
    assert (late.status, late.person.id) == (Status.TO_CONFIRM, "c1")


def test_who_cannot_tell_passes_the_judgement_on_and_never_ends_the_case(county: County) -> None:
    ticket = after(county, ticket_of(opened(county)), ("not_true", "v1", 3))
    assert allowed(ticket, person(county, "t1"), county, at(31)) == ("confirm_true", "confirm_false", "confirm_unclear")
    passed = do(ticket, "confirm_unclear", doing(person(county, "t1"), 4, "太暗"), county)
    higher = last_ticket(passed)
    assert (higher.status, higher.person.id, higher.denied_by) == (Status.TO_CONFIRM, "c1", "v1")
    assert passed[0].reason == "田乡官看不清:太暗,请郝县官核实"
    assert {one.purpose for one in passed[0].notices} == {Purpose.CONFIRM}
    with pytest.raises(Refused, match="现场看清楚"):
        do(higher, "confirm_unclear", doing(person(county, "c1"), 5), county)
    assert after(county, higher, ("confirm_false", "c1", 6)).status is Status.NOT_FILED


def test_verifying(county: County) -> None:
    ticket = to_verify(county)
    assert allowed(ticket, person(county, "t1"), county, at(31)) == ("verify_ok", "verify_bad")
    end = do(ticket, "verify_ok", doing(person(county, "t1"), 200, photos=(PHOTO,)), county)
    assert last_ticket(end).status is Status.CLOSED
    assert end[0].photos[0].person == "田乡官"
    back = after(county, ticket, ("verify_bad", "t1", 200))
    assert (back.status, back.person.id, back.reworks) == (Status.ON_SITE, "v1", 1)
    assert after(county, back, ("done", "v1", 220)).tries == 1


@pytest.mark.parametrize(
    ("act", "who", "words", "said"),
    [
        ("sing", "v1", "x", "没有“sing”"),
        ("arrive", "v1", "x", "请先接单,再到场"),
        ("not_mine", "t1", "x", "由马村官负责"),
        ("not_mine", "v1", " ", "为什么不归您管"),
        ("not_true", "v1", "", "看到了什么"),
    ],
)
def test_an_impossible_act_is_refused_in_words(county: County, act: str, who: str, words: str, said: str) -> None:
    task = doing(person(county, who), 3, words)
    with pytest.raises(Refused, match=said):
        do(ticket_of(opened(county)), act, task, county)


def test_done_needs_a_photo_and_a_closed_ticket_takes_no_act(county: County) -> None:
    with pytest.raises(Refused, match="照片"):
        do(accepted(county), "done", doing(person(county, "v1"), 9), county)
    with pytest.raises(Refused, match="照片编号无效"):
        do(accepted(county), "done", doing(person(county, "v1"), 9, photos=("../../etc/passwd",)), county)
    closed = replace(accepted(county), status=Status.CLOSED)
    with pytest.raises(Refused, match="已结案"):
        do(closed, "done", doing(person(county, "v1"), 9), county)
    bad = to_verify(county)
    with pytest.raises(Refused, match="没有处理"):
        do(bad, "verify_bad", doing(person(county, "t1"), 200), county)


def test_at_the_top_nobody_is_left_to_hand_over_to(county: County) -> None:
    top = step(step(ticket_of(opened(county)), county, 30), county, 60)
    with pytest.raises(Refused, match="最高一级"):
        do(top, "not_mine", doing(person(county, "c1"), 61, "不归我"), county)
    lone = small_county(duties=tuple(d for d in DUTIES if d.person == "v1"))
    with pytest.raises(Refused, match="第二个人"):
        do(ticket_of(opened(lone)), "not_true", doing(person(lone, "v1"), 1, "没有"), lone)


def test_a_case_confirmed_where_nobody_else_answers_stays_with_who_confirmed(county: County) -> None:
    ticket = after(county, ticket_of(opened(county)), ("not_true", "v1", 3))
    nobody = small_county(duties=())
    back = do(ticket, "confirm_true", doing(person(county, "t1"), 4), nobody)
    assert last_ticket(back).person.id == "t1"


def test_the_auditor_sees_a_missing_person_a_stopped_sweep_and_an_unreached_person(county: County) -> None:
    ticket = ticket_of(opened(county))
    assert audit(ticket, at(10)) == []
    assert "没有执行" in audit(ticket, at(36))[0].words
    assert "没有下一步" in audit(replace(ticket, next_at=None), at(1))[0].words
    assert "不知情" in audit(ticket, at(1), unreached=True)[0].words
    nobody = ticket_of(opened(small_county(duties=())))
    assert "duties.csv" in audit(nobody, at(1))[0].words
