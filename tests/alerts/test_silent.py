"""Accepted and nothing is heard: the question, the tap that keeps it, the lapse, and what climbs instead of asking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.ladder import overdue_step
from alerts.store.book import Book
from alerts.tickets.acts import Refused, allowed
from alerts.tickets.silent import fallen_silent
from alerts.tickets.silent_round import SilentRound
from alerts.values import Check, Clock, Decision, Purpose, Status, Ticket
from county.policy.acknowledging import SilenceAfterAccept
from county.snapshot import County
from county.values import Level
from tests.alerts.cases import accepted, after, checking, opened, ticket_of
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, event, last_ticket
from tests.county.small import limits, small_county

SPANS = {"ask": {"value": 60, "unit": "minute"}, "lapse": {"value": 30, "unit": "minute"}}
HANDLE = 24 * 60


def county_of(silence: Any = SPANS, **more: Any) -> County:
    """Half an hour to accept, a day to handle; letters every ten minutes."""
    times = [one for one in limits() if one["stage"] != "handle"]
    times += [{"stage": "handle", "level": level, "value": HANDLE, "unit": "minute"} for level in Level]
    policy = {"limits": times, "reminder_s": 600, "silence_after_accept": {"major": silence}, **more}
    return small_county(**policy)


def step(ticket: Ticket, county: County, minute: float) -> tuple[Ticket, list[Decision]]:
    decisions = fallen_silent(ticket, county, at(minute))
    return (last_ticket(decisions) if decisions else ticket), decisions


def asked(county: County) -> Ticket:
    """Accepted at minute 5, asked at minute 65."""
    return step(accepted(county), county, 65)[0]


def lapsed(county: County) -> Ticket:
    """The question stayed without an answer until minute 95."""
    return step(asked(county), county, 95)[0]


def test_after_a_silence_one_question_goes_out_and_is_not_repeated() -> None:
    county = county_of()
    assert step(accepted(county), county, 64)[1] == []
    ticket, decisions = step(accepted(county), county, 65)
    assert (ticket.status, ticket.calling, ticket.pulse.asked_at) == (Status.ACCEPTED, True, at(65))
    assert [(one.purpose, one.person.id) for one in decisions[0].notices] == [(Purpose.STILL, "v1")]
    assert decisions[0].notices[0].words.endswith("还在处理吗?请打开点“在处理”,11月21日 11:35前没有消息,接单失效。")
    assert decisions[0].reason == "马村官接单后没有消息,询问是否还在处理"
    assert step(ticket, county, 94)[1] == []


def test_one_tap_keeps_it_is_counted_and_begins_the_silence_anew() -> None:
    county = county_of()
    ticket = asked(county)
    assert allowed(ticket, ticket.person, county, at(66))[0] == "still"
    kept = after(county, ticket, ("still", "v1", 70))
    assert (kept.status, kept.calling, kept.pulse.kept, kept.pulse.asked_at) == (Status.ACCEPTED, False, 1, None)
    assert kept.due_at == ticket.due_at
    assert "still" not in allowed(kept, kept.person, county, at(71))
    assert step(kept, county, 129)[1] == []
    assert step(kept, county, 130)[1][0].notices[0].purpose is Purpose.STILL


def test_without_an_answer_the_acceptance_lapses_and_the_limit_runs_on() -> None:
    county = county_of()
    ticket, decisions = step(asked(county), county, 95)
    before = accepted(county)
    assert (ticket.status, ticket.person.id, ticket.accepted_at) == (Status.DISPATCHED, "v1", None)
    assert (ticket.due_at, ticket.due_clock, ticket.next_at) == (before.due_at, Clock.HANDLE, at(105))
    assert (ticket.calling, ticket.pulse.lapses, ticket.overdue) == (True, 1, False)
    assert decisions[0].history is not None
    assert decisions[0].history.new == "已派遣(待接单)"
    assert decisions[0].reason == "马村官接单后没有消息,接单失效,重新提醒接单,处置期限不变"
    reminded = overdue_step(ticket, county, at(105))[0]
    assert [one.purpose for one in reminded.notices] == [Purpose.REMIND]
    again = after(county, last_ticket([reminded]), ("accept", "v1", 110))
    assert (again.due_at, again.pulse.lapsed_at) == (before.due_at, None)


def test_the_next_silence_climbs_instead_of_asking_again() -> None:
    county = county_of()
    again = after(county, lapsed(county), ("accept", "v1", 110))
    assert step(again, county, 169)[1] == []
    higher, decisions = step(again, county, 170)
    assert (higher.person.id, higher.level, higher.status) == ("t1", Level.TOWNSHIP, Status.DISPATCHED)
    assert (higher.due_at, higher.pulse.lapses, higher.overdue) == (again.due_at, 2, False)
    assert [(one.purpose, one.person.id) for one in decisions[0].notices] == [(Purpose.CLIMB, "t1")]
    assert decisions[0].reason == "马村官接单后又没有消息,上报乡镇级田乡官,处置期限不变"


def test_what_nobody_accepts_again_climbs_after_the_time_for_accepting_up_to_the_top() -> None:
    county = county_of()
    ticket = lapsed(county)
    assert step(ticket, county, 124)[1] == []
    higher = step(ticket, county, 125)[0]
    assert (higher.person.id, higher.due_at) == ("t1", ticket.due_at)
    top = step(higher, county, 155)[0]
    assert (top.person.id, top.pulse.lapses) == ("c1", 1)
    assert step(top, county, 200)[1] == [], "at the top there are only reminders"
    silent = after(county, top, ("accept", "c1", 201))
    assert (silent.person.id, silent.due_at) == ("c1", ticket.due_at)
    back = step(silent, county, 261)[0]
    assert (back.person.id, back.status) == ("c1", Status.DISPATCHED), "nobody is above: it is called again"


@pytest.mark.parametrize(
    "act",
    [("arrive", "v1", 60), ("not_true", "v1", 60), ("done", "v1", 60)],
)
def test_any_act_is_a_sign_of_life(act: tuple[str, str, float]) -> None:
    county = county_of()
    ticket = after(county, accepted(county), act)
    assert step(ticket, county, 70)[1] == []
    assert ticket.person.id != "v1" or ticket.pulse.heard_at == at(60)


def test_an_act_after_the_question_stops_its_letter() -> None:
    county = county_of()
    there = after(county, asked(county), ("arrive", "v1", 66))
    assert (there.calling, there.pulse.asked_at, there.pulse.kept) == (False, None, 0)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"dirty": ()}, "the camera has seen it clean already"),
        ({"status": Status.ON_HOLD}, "it is on hold"),
        ({"status": Status.ON_SITE}, "somebody is there"),
        ({"status": Status.TO_CHECK, "check": Check.PERSON}, "it waits for its check"),
        ({"due_at": at(60)}, "its limit has passed, which is told above already"),
        ({"severity": "minor"}, "the county asks for graver ones only"),
    ],
)
def test_who_is_not_asked(change: dict[str, Any], why: str) -> None:
    county = county_of()
    assert step(replace(accepted(county), **change), county, 65)[1] == [], why


def test_without_the_block_nobody_is_asked(county: County) -> None:
    assert step(accepted(county), county, 34)[1] == []
    assert step(replace(accepted(county), pulse=replace(accepted(county).pulse, asked_at=at(6))), county, 34)[1] == []


def test_in_quiet_hours_nobody_is_asked_and_nothing_lapses() -> None:
    county = county_of(quiet={"hours": ["11:00", "12:00"]})
    ticket = accepted(county)
    assert step(ticket, county, 65)[1] == []
    assert step(ticket, county, 120)[1] != []


def test_a_wait_may_be_a_share_of_the_handling_limit_or_working_hours() -> None:
    shares = county_of({"ask": 0.5, "lapse": 0.25})
    ticket = accepted(shares)
    assert step(ticket, shares, 5 + 719)[1] == []
    later = step(ticket, shares, 5 + 720)[0]
    assert step(later, shares, 725 + 359)[1] == []
    assert step(later, shares, 725 + 360)[0].status is Status.DISPATCHED
    hours = county_of({"ask": {"value": 2, "unit": "工作时"}, "lapse": {"value": 1, "unit": "工作时"}})
    assert step(accepted(hours), hours, 65)[1] == []


def test_who_had_no_signal_goes_on_with_what_they_did_while_nobody_else_has_it() -> None:
    county = county_of()
    there = after(county, lapsed(county), ("arrive", "v1", 120))
    assert (there.status, there.person.id, there.due_at) == (Status.ON_SITE, "v1", accepted(county).due_at)
    done = after(county, lapsed(county), ("done", "v1", 120))
    assert done.status is Status.TO_CHECK
    higher = step(lapsed(county), county, 125)[0]
    back = after(county, higher, ("still", "v1", 126))
    assert (back.status, back.person.id) == (Status.ACCEPTED, "v1")
    taken = after(county, higher, ("accept", "t1", 126))
    with pytest.raises(Refused, match="田乡官负责"):
        after(county, taken, ("arrive", "v1", 127))
    with pytest.raises(Refused, match="请先接单"):
        after(county, ticket_of(opened(county)), ("arrive", "v1", 1))


def test_work_that_is_done_and_checked_knows_no_silence() -> None:
    county = county_of()
    assert step(checking(county), county, 300)[1] == []


def test_the_whole_of_it_in_the_book_however_often_it_is_killed(book: Book) -> None:
    room = Room(book, county_of())
    room.feed(event(0))
    room.post.step()
    room.desk.act(room.code(), "accept")
    silent = SilentRound(book, room.world)
    assert silent.step() == []
    for minute, words in ((61, "询问是否还在处理"), (92, "接单失效")):
        room.minutes = minute
        for point in ("alerts.before_commit", "alerts.after_commit"):
            room.kill_at = point
            with pytest.raises(Killed):
                silent.step()
        room.kill_at = ""
        assert SilentRound(book, room.world).step() == []
        (ticket,) = room.tickets()
        rows = [row.words for row in room.reader.history(ticket.id)]
        assert sum(words in row for row in rows) == 1
        room.post.step()
        assert room.figures.counts(at(minute)).silent == 1
        assert [one.lapses for one in room.reader.recent()] == [int(minute == 92)]
    assert [one.purpose for one in room.channel.letters] == ["dispatch", "still", "remind"]
    assert (ticket.status, ticket.pulse.lapses, ticket.pulse.lapsed_at) == (Status.DISPATCHED, 1, at(92))


def test_a_question_that_was_answered_is_not_sent_any_more(book: Book) -> None:
    room = Room(book, county_of())
    room.feed(event(0))
    room.post.step()
    code = room.code()
    room.desk.act(code, "accept")
    room.minutes = 61
    SilentRound(book, room.world).step()
    view = room.desk.open_code(code)
    assert view.acts[0] == "still"
    room.desk.act(code, "still", key="tap-once-0")
    view = room.desk.act(code, "still", key="tap-once-0")
    assert (view.ticket.pulse.kept, view.history[-1].words) == (1, "马村官回复还在处理")
    room.post.step()
    assert [one.purpose for one in room.channel.letters] == ["dispatch"]


@pytest.mark.parametrize(
    "told",
    [{"urgent": {"ask": 1.5, "lapse": 0.2}}, {"urgent": {"ask": 0.5}}, {"urgent": {"ask": 0.5, "lapse": -1}},
     {"grave": {"ask": 0.5, "lapse": 0.2}}, {"urgent": {"ask": {"value": 2, "unit": "moons"}, "lapse": 0.2}},
     {"urgent": {"ask": float("nan"), "lapse": 0.2}}],
)  # fmt: skip
def test_a_block_that_makes_no_sense_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SilenceAfterAccept.model_validate(told)


def also(**told: Any) -> dict[str, Any]:
    return {"also": [{"from_round": 3, "routes": ["sms"], **told}, {"from_round": 5, "routes": ["voice"], **told}]}


def letters(county: County, ticket: Ticket, rounds: int) -> list[list[str]]:
    """By which routes each letter of the next rounds goes out."""
    told = []
    for _ in range(rounds):
        assert ticket.next_at is not None
        decision = overdue_step(ticket, county, ticket.next_at)[0]
        ticket = last_ticket([decision])
        told.append([one.route for one in decision.notices])
    return told


def patient(**more: Any) -> County:
    days = [{"stage": stage, "level": level, "value": 5, "unit": "day"}
            for stage in ("accept", "handle") for level in Level]  # fmt: skip
    return small_county(limits=days, channels={"village": ["wechat"], "township": ["wechat"]}, **more)


def test_letters_without_an_answer_go_by_further_ways_round_by_round() -> None:
    county = patient(reminder_s=600, remind=also())
    first = ticket_of(opened(county))
    assert letters(county, first, 5) == [
        ["wechat"], ["wechat", "sms"], ["wechat", "sms"], ["wechat", "sms", "voice"], ["wechat", "sms", "voice"]
    ]  # fmt: skip
    assert letters(patient(remind=also(severities=["urgent"])), first, 3) == [["wechat"]] * 3


def test_whoever_comes_next_is_written_to_from_the_first_round_again() -> None:
    county = patient(reminder_s=600, remind=also())
    ticket = ticket_of(opened(county))
    for _ in range(4):
        assert ticket.next_at is not None
        ticket = last_ticket(overdue_step(ticket, county, ticket.next_at))
    higher = after(county, ticket, ("not_mine", "v1", 50))
    assert (ticket.pulse.letters, higher.pulse.letters) == (5, 1)
    assert letters(county, higher, 2) == [["wechat"], ["wechat", "sms"]]


def test_how_often_somebody_is_reminded_goes_by_severity() -> None:
    county = patient(reminder_s=1800, remind={"every_s": {"urgent": 300}})
    assert ticket_of(opened(county)).next_at == at(30)
    assert ticket_of(opened(county, event(0, what="dumped"))).next_at == at(5)


@pytest.mark.parametrize(
    "told",
    [{"every_s": {"urgent": 0}}, {"every_s": {"grave": 60}}, {"also": [{"from_round": 1, "routes": ["sms"]}]},
     {"also": [{"from_round": 3, "routes": []}]}, {"also": [{"from_round": 3, "routes": ["no such/route"]}]}],
)  # fmt: skip
def test_a_remind_block_that_makes_no_sense_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        small_county(remind=told)
