"""The proof before closing: how many looks, how far apart, at which hour, and what the camera alone may not decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.ladder import overdue_step
from alerts.mutes.mute_office import MuteOffice, MuteSweep
from alerts.mutes.mutes import Scope, Wish
from alerts.shown import Judge, Shown
from alerts.store.book import Book
from alerts.tickets import same_hour
from alerts.tickets.acts import Data, Refused, allowed, do
from alerts.tickets.moves import identity
from alerts.tickets.proving import is_sampled
from alerts.values import Check, Clock, Decision, Known, Status, Ticket, Word
from broker.messages import Kind, State
from county.policy.checking import SameHour
from county.snapshot import County
from tests.alerts.cases import accepted, after, checking, decide, full_bin, opened, ticket_of, to_verify
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import PHOTO, at, doing, event, last_ticket, person
from tests.county.small import CAMERA, DUTIES, SPOT, SPOTS, small_county, small_policy

DAY = 24 * 60.0


def proving(**recheck: Any) -> County:
    return small_county(recheck=recheck)


def look(county: County, ticket: Ticket, minute: float, state: str = "clean") -> list[Decision]:
    """The camera answers the look that the ticket asked for."""
    known = replace(opened(county), ticket=ticket)
    return decide(known, event(minute, state, command=ticket.command), county, at(minute))


def wait(county: County, ticket: Ticket) -> tuple[Ticket, float]:
    """Time goes on until the next look is asked for; returns the minute."""
    assert ticket.next_at is not None
    minute = (ticket.next_at - at(0)) / timedelta(minutes=1)
    return last_ticket(overdue_step(ticket, county, at(minute))), minute


def test_an_answer_that_shows_another_kind_of_dirt_gives_it_its_alarm(county: County) -> None:
    known = replace(opened(county), ticket=checking(county), alarm=None, look=None)
    asked = event(22, what=Kind.DUMPED, command=ticket_of(known).command)
    (back,) = decide(known, asked, county, at(22))
    assert back.ticket is not None
    assert back.alarm is not None
    assert (back.ticket.status, back.ticket.kinds, back.ticket.severity) == (
        Status.ON_SITE, ("garbage", "dumped"), "urgent",
    )  # fmt: skip
    assert (back.alarm.kind, back.alarm.ticket) == ("dumped", back.ticket.id)
    assert back.alarm.key in back.ticket.dirty
    assert "复核仍不干净:又看到" in back.reason
    gone = decide(
        replace(known, ticket=back.ticket, alarm=back.alarm), event(23, "clean", what=Kind.DUMPED), county, at(23)
    )
    assert back.alarm.key not in last_ticket(gone).dirty


def test_an_answer_that_shows_it_dirty_again_makes_its_alarm_dirty_again(county: County) -> None:
    begun = opened(county)
    assert begun.alarm is not None
    clean = replace(begun.alarm, state=State.CLEAN, last_at=at(21), days=2)
    ticket = replace(checking(county), dirty=())
    known = replace(begun, ticket=ticket, alarm=clean)
    (back,) = decide(known, event(22, command=ticket.command), county, at(22))
    assert back.alarm is not None
    assert (back.alarm.state, back.alarm.last_at, back.alarm.since_at, back.alarm.days) == (
        State.DIRTY, at(22), at(22), 0,
    )  # fmt: skip


def test_an_answer_that_shows_what_a_mute_holds_back_is_kept_with_it(book: Book) -> None:
    room = Room(book, small_county(silence={"grant_severities": []}))
    room.feed(event(0))
    room.post.step()
    for minute, act in ((5, "accept"), (20, "done")):
        room.minutes = minute
        actor = person(room.county, "v1")
        room.desk.act(room.code(), act, doing(actor, minute, "扫了", (PHOTO,)).data, act)
    begin, end = at(20), at(80)
    MuteOffice(book, room.world).add(Wish(Scope(CAMERA), "堆料", begin, end, ("dumped",)), "t1")
    room.minutes = 22
    room.feed(event(22, what=Kind.DUMPED, command=room.tickets()[0].command))
    assert (room.tickets()[0].status, room.tickets()[0].kinds) == (Status.ON_SITE, ("garbage",))
    room.minutes = 80
    MuteSweep(book, room.world).step()
    assert room.tickets()[0].kinds == ("garbage", "dumped")


def test_n_clean_looks_apart_in_time_close_and_fewer_do_not() -> None:
    county = proving(looks=3, apart_s=600)
    ticket = checking(county)
    for number, minute in ((1, 22.0), (2, 32.0)):
        decisions = look(county, ticket, minute)
        ticket = last_ticket(decisions)
        assert (ticket.status, ticket.shown.clean, ticket.command) == (Status.TO_CHECK, number, None)
        assert f"第{number}次看到干净" in decisions[0].reason
        assert decisions[0].looks[0].state is State.CLEAN
        assert (ticket.next_at, ticket.due_clock) == (at(minute + 10), Clock.RECHECK)
        ticket, _ = wait(county, ticket)
        assert (ticket.command is not None, ticket.tries) == (True, 1)
    end = look(county, ticket, 42)
    assert last_ticket(end).status is Status.CLOSED
    assert end[0].reason.startswith("复核3次干净,结案")
    assert last_ticket(end).in_time


def test_a_look_too_soon_after_the_last_is_not_counted_and_delays_nothing() -> None:
    county = proving(looks=2, apart_s=600)
    once = last_ticket(look(county, checking(county), 22))
    asked = replace(once, command=uuid4())
    early = look(county, asked, 25)
    ticket = last_ticket(early)
    assert (ticket.status, ticket.shown.clean, ticket.next_at) == (Status.TO_CHECK, 1, at(32))
    assert "不另计数" in early[0].reason


def test_unknown_never_counts_and_never_resets() -> None:
    county = proving(looks=2, apart_s=60)
    once, _ = wait(county, last_ticket(look(county, checking(county), 22)))
    for minute in (24.0, 40.0, 56.0):
        once = last_ticket(look(county, once, minute, "unknown"))
        assert (once.shown.clean, once.status) == (1, Status.TO_CHECK)
        once, _ = wait(county, once)
    assert last_ticket(look(county, once, 70)).status is Status.CLOSED


def test_dirty_between_two_looks_sends_it_back_and_all_begins_anew() -> None:
    county = proving(looks=2, apart_s=60)
    once = last_ticket(look(county, checking(county), 22))
    known = replace(opened(county), ticket=once)
    bare = decide(known, event(23), county, at(23))
    ticket = last_ticket(bare)
    assert (ticket.status, ticket.reworks, ticket.person.id, ticket.shown.clean) == (Status.ON_SITE, 1, "v1", 0)
    assert "提交后仍看到不干净" in bare[1].reason
    again, _ = wait(county, once)
    answered = last_ticket(look(county, again, 24, "dirty"))
    assert (answered.reworks, answered.shown) == (1, Shown(refuted=True))
    done = after(county, answered, ("done", "v1", 30))
    assert (done.shown.clean, done.tries, done.status) == (0, 1, Status.TO_CHECK)


def test_a_bare_clean_look_before_done_never_closes_what_somebody_accepted(county: County) -> None:
    known = replace(opened(county), ticket=accepted(county))
    ticket = last_ticket(decide(known, event(8, "clean"), county, at(8)))
    assert (ticket.status, ticket.shown.clean) == (Status.ACCEPTED, 0)


def test_a_bare_clean_look_after_done_is_one_of_the_looks() -> None:
    county = proving(looks=2, apart_s=600)
    known = replace(opened(county), ticket=checking(county))
    ticket = last_ticket(decide(known, event(21, "clean"), county, at(21)))
    assert (ticket.status, ticket.shown.clean, ticket.next_at) == (Status.TO_CHECK, 1, at(31))
    asked, minute = wait(county, ticket)
    assert last_ticket(look(county, asked, minute + 1)).status is Status.CLOSED


def test_a_camera_that_goes_blind_between_two_looks_leaves_it_to_a_person() -> None:
    county = proving(looks=2, apart_s=60, tries=2)
    ticket, _ = wait(county, last_ticket(look(county, checking(county), 22)))
    ticket, _ = wait(county, last_ticket(look(county, ticket, 24, "unknown")))
    ticket, _ = wait(county, last_ticket(look(county, ticket, 40, "unknown")))
    assert (ticket.check, ticket.person.id, ticket.shown.clean) == (Check.PERSON, "t1", 1)
    told = decide(replace(opened(county), ticket=replace(ticket, dirty=(f"{CAMERA}/{SPOT}/garbage",))),
                  event(80, "clean"), county, at(80))  # fmt: skip
    assert last_ticket(told).status is Status.CLOSED, "it sees again: two clean looks are there"


def test_dirt_of_another_kind_that_is_newer_than_the_answer_is_not_swept_away() -> None:
    """The answer was taken at 22:00, and at 22:30 another kind was seen: the older picture proves nothing about it."""
    county = small_county()
    known = opened(county)
    both = last_ticket(decide(replace(known, look=None, alarm=None), event(1, what="overflow"), county, at(1)))
    ticket = after(county, both, ("accept", "v1", 5), ("done", "v1", 20))
    dirty = event(22.5, what="overflow")
    seen = decide(replace(known, ticket=ticket, look=None), dirty, county, at(22.5))
    look_there = seen[0].looks[0]
    late = event(22, "clean", command=ticket.command)
    beside = replace(known, ticket=ticket, look=None, beside=(look_there,))
    after_look = last_ticket(decide(beside, late, county, at(23)))
    assert (after_look.status, after_look.command) == (Status.TO_CHECK, None)
    newer = event(23, "clean", command=ticket.command)
    end = decide(beside, newer, county, at(23))
    assert last_ticket(end).status is Status.CLOSED
    assert {one.kind for one in end[0].looks} == {Kind.GARBAGE, Kind.OVERFLOW}


def test_a_clean_answer_moves_no_look_of_another_kind_back_in_time() -> None:
    county = small_county()
    ticket = replace(checking(county), kinds=(Kind.GARBAGE, Kind.OVERFLOW))
    seen = decide(Known(), event(22.5, "clean", what="overflow"), county, at(22.5))[0].looks[0]
    known = replace(opened(county), ticket=ticket, look=None, beside=(seen,))
    end = decide(known, event(22, "clean", command=ticket.command), county, at(23))
    assert [one.kind for one in end[0].looks] == [Kind.GARBAGE]


@pytest.mark.parametrize("recheck", [{}, {"looks": 2, "apart_s": 300}], ids=["one look", "two looks"])
def test_the_engine_asks_until_enough_is_shown_on_both_databases(book: Book, recheck: dict[str, Any]) -> None:
    room = Room(book, proving(**recheck))
    room.feed(event(0))
    room.post.step()
    code = room.code()
    room.desk.act(code, "accept")
    room.minutes = 20
    room.desk.act(code, "done", Data("", (PHOTO,)))
    for _ in range(recheck.get("looks", 1)):
        assert room.tickets()[0].is_open
        room.relay.step()
        command = list(room.commands.taken.values())[-1]
        room.minutes += 1
        room.feed(event(room.minutes, "clean", command=command.command_id))
        room.minutes += 5
        for point in ("alerts.before_commit", "alerts.after_commit"):
            room.kill_at = point
            try:
                room.sweep.step()
            except Killed:
                room.sweep.step()
            room.kill_at = ""
    (ticket,) = room.tickets()
    assert (ticket.status, ticket.shown.clean) == (Status.CLOSED, recheck.get("looks", 1))
    assert len(room.commands.taken) == ticket.shown.clean, "a killed sweep asks once"


def test_a_newer_dirty_look_of_another_kind_is_found_in_the_book(sqlite_book: Book, county: County) -> None:
    room = Room(sqlite_book, county)
    room.feed(event(0), event(1, what="overflow"))
    room.post.step()
    code = room.code()
    room.desk.act(code, "accept")
    room.minutes = 20
    command = room.desk.act(code, "done", Data("", (PHOTO,))).ticket.command
    room.minutes = 23
    room.feed(event(22.5, what="overflow"), event(22, "clean", command=command))
    (ticket,) = room.tickets()
    assert (ticket.status, ticket.command) == (Status.TO_CHECK, None)


# --- at the hour of the offence --------------------------------------------------------------------------------------

NIGHT = 12.5 * 60  # 22:30 in the county on the first day


def offence(**more: Any) -> tuple[County, Ticket]:
    """Dumped at half past ten at night, reported done at nine the next morning."""
    county = small_county(recheck={"same_hour": [{"categories": ["garbage"], "within_minutes": 30, "days": 3}], **more})
    ticket = ticket_of(opened(county, event(NIGHT)))
    return county, after(county, ticket, ("accept", "v1", NIGHT + 5), ("done", "v1", NIGHT + 630))


def test_a_clean_look_in_the_morning_waits_for_the_hour_at_which_it_was_dumped() -> None:
    county, ticket = offence()
    first = last_ticket(look(county, ticket, NIGHT + 632))
    assert (first.status, first.status.words, first.shown.clean) == (Status.TO_CHECK, "待核查", 1)
    assert (first.next_at, first.due_clock) == (at(NIGHT + DAY - 30), Clock.RECHECK)
    asked, minute = wait(county, first)
    assert minute == NIGHT + DAY - 30
    end = look(county, asked, NIGHT + DAY + 1)
    assert last_ticket(end).status is Status.CLOSED
    assert "其中一次在发现问题的同一时段" in end[0].reason
    assert (last_ticket(end).in_time, last_ticket(end).overdue) == (True, False), (
        "who did the work waited, and is not late"
    )


def test_unknown_at_that_hour_is_tried_again_the_next_night_and_at_last_a_person_goes() -> None:
    county, ticket = offence(tries=2)
    ticket = last_ticket(look(county, ticket, NIGHT + 632))
    nights = []
    while ticket.check is Check.CAMERA:
        ticket, minute = wait(county, ticket)
        if ticket.command is not None:
            nights.append((minute - NIGHT) / DAY)
            ticket = last_ticket(look(county, ticket, minute + 1, "unknown"))
    assert [round(night) for night in nights] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert (ticket.person.id, ticket.due_clock) == ("t1", Clock.VERIFY)


def test_other_categories_are_looked_at_whenever() -> None:
    county = small_county(recheck={"same_hour": [{"categories": ["dumped"]}]})
    assert last_ticket(look(county, checking(county), 22)).status is Status.CLOSED


def test_where_no_camera_sees_it_the_person_comes_again_at_that_hour() -> None:
    county, ticket = offence(tries=1)
    blind = last_ticket(overdue_step(ticket, county, ticket.next_at or at(0)))
    assert (blind.check, blind.person.id) == (Check.PERSON, "t1")
    early = after(county, blind, ("verify_ok", "t1", NIGHT + 700))
    assert (early.status, early.calling) == (Status.TO_CHECK, False)
    assert (early.next_at, early.due_at) == (at(NIGHT + DAY - 30), at(NIGHT + DAY + 30))
    asked = overdue_step(early, county, at(NIGHT + DAY - 30))
    assert [notice.purpose.value for notice in asked[0].notices] == ["verify"]
    end = after(county, last_ticket(asked), ("verify_ok", "t1", NIGHT + DAY))
    assert (end.status, end.shown.hour) == (Status.CLOSED, True)
    late = after(county, blind, ("verify_ok", "t1", NIGHT + 6 * DAY))
    assert late.status is Status.CLOSED, "after the days of the policy it closes without"


HOURS = SameHour(within_minutes=30, days=3)


@given(seen=st.integers(0, 2 * 1440), done=st.integers(0, 2 * 1440), later=st.integers(0, 6 * 1440))
def test_the_next_span_begins_at_that_hour_of_a_later_day_and_holds_what_it_says(
    seen: int, done: int, later: int
) -> None:
    county = small_county(recheck={"same_hour": [{"within_minutes": 30, "days": 3}]})
    base = replace(ticket_of(opened(county)), seen_at=at(seen), done_at=at(seen + done))
    now = at(seen + done + later)
    span = same_hour.window(base, HOURS, county, now)
    local = base.seen_at + timedelta(hours=8)
    if span is None:
        assert now.date() >= (at(seen + done) + timedelta(days=2)).date()
        return
    begin, end = span
    assert now <= begin < end
    assert end - begin <= timedelta(minutes=60)
    hour = end - timedelta(minutes=30) + timedelta(hours=8)
    assert (hour.hour, hour.minute) == (local.hour, local.minute)
    assert hour.date() > local.date()
    assert same_hour.is_at_hour(base, county, begin)
    assert same_hour.is_at_hour(base, county, end)
    assert not same_hour.is_at_hour(base, county, end + timedelta(minutes=1))


@given(st.integers(-3 * 1440, 3 * 1440))
def test_the_hour_of_the_offence_on_its_own_day_does_not_count(shift: int) -> None:
    county = small_county(recheck={"same_hour": [{"within_minutes": 30}]})
    ticket = replace(ticket_of(opened(county)), seen_at=datetime(2026, 3, 1, 16, 10, tzinfo=UTC))  # ten past midnight
    moment = ticket.seen_at + timedelta(minutes=shift)
    nearest = round(shift / 1440)
    assert same_hour.is_at_hour(ticket, county, moment) == (nearest >= 1 and abs(shift - nearest * 1440) <= 30)


def test_a_county_may_not_ask_the_hour_of_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="names noise"):
        small_policy(recheck={"same_hour": [{"categories": ["noise"]}]})


# --- who decides where witnesses disagree ----------------------------------------------------------------------------


def test_of_some_tickets_a_person_sees_for_himself_and_always_of_the_same() -> None:
    county = proving(sample=1)
    ticket = last_ticket(look(county, checking(county), 22))
    assert (ticket.check, ticket.person.id, ticket.shown.judge) == (Check.PERSON, "t1", Judge.SAMPLE)
    assert last_ticket(look(proving(sample=0), checking(county), 22)).status is Status.CLOSED
    clean = decide(replace(opened(county), ticket=ticket), event(30, "clean"), county, at(30))
    assert all(one.ticket is None or one.ticket.is_open for one in clean), "the camera alone does not end it now"
    assert after(county, ticket, ("verify_ok", "t1", 40)).status is Status.CLOSED


@pytest.mark.parametrize("share", [0, 0.05, 0.25, 1])
def test_the_share_of_sampled_tickets_is_that_of_the_policy_and_a_ticket_stays_in_or_out(share: float) -> None:
    base = ticket_of(opened(small_county()))
    tickets = [replace(base, id=identity("ticket", number)) for number in range(2000)]
    picked = [is_sampled(ticket, share) for ticket in tickets]
    assert abs(sum(picked) / 2000 - share) <= 0.02
    assert picked == [is_sampled(ticket, share) for ticket in tickets]


def test_where_nobody_else_is_there_to_sample_the_camera_closes() -> None:
    county = small_county(recheck={"sample": 1}, duties=tuple(duty for duty in DUTIES if duty.person == "v1"))
    assert last_ticket(look(county, checking(county), 22)).status is Status.CLOSED


def test_a_person_who_sees_dirt_where_the_camera_saw_none_is_judged_by_the_next_rung() -> None:
    county = proving(sample=1)
    ticket = last_ticket(look(county, checking(county), 22))
    split = after(county, ticket, ("verify_bad", "t1", 30))
    assert (split.status, split.person.id, split.shown.judge) == (Status.TO_CHECK, "c1", Judge.SPLIT)
    assert split.reworks == 0
    back = after(county, split, ("verify_bad", "c1", 40))
    assert (back.status, back.person.id, back.reworks) == (Status.ON_SITE, "v1", 1)
    assert after(county, split, ("verify_ok", "c1", 40)).status is Status.CLOSED


def refuted(county: County) -> Ticket:
    return last_ticket(look(county, checking(county), 22, "dirty"))


def test_who_contradicts_the_camera_once_is_looked_at_again_and_twice_a_rung_higher_decides() -> None:
    county = small_county()
    once = after(county, refuted(county), ("dispute", "v1", 30))
    assert (once.status, once.check, once.shown.disputes) == (Status.TO_CHECK, Check.CAMERA, 1)
    twice = after(county, last_ticket(look(county, once, 32, "dirty")), ("dispute", "v1", 40))
    assert (twice.check, twice.person.id, twice.shown.judge) == (Check.PERSON, "t1", Judge.DISPUTE)
    known = replace(opened(county), ticket=twice)
    assert [one.word for one in decide(known, event(50), county, at(50))] == [Word.UPDATED]
    assert after(county, twice, ("verify_ok", "t1", 60)).status is Status.CLOSED
    back = after(county, twice, ("verify_bad", "t1", 60))
    assert (back.status, back.shown.refuted) == (Status.ON_SITE, False), "a person's word is not contradicted"


def test_a_bin_that_goes_on_reporting_full_does_not_decide_what_a_person_shall() -> None:
    county = small_county()
    base = replace(checking(county), dirty=(f"{CAMERA}/{SPOT}/garbage", "bin-1/bin-1/bin_full"))
    split = last_ticket(look(county, base, 22))
    assert (split.check, split.person.id, split.shown.judge) == (Check.PERSON, "t1", Judge.DEVICES)
    known = replace(opened(county), ticket=split)
    full = decide(known, event(30), county, at(30))
    assert [one.word for one in full] == [Word.UPDATED]
    agreed = decide(replace(known, ticket=replace(split, dirty=(f"{CAMERA}/{SPOT}/garbage",))),
                    event(31, "clean"), county, at(31))  # fmt: skip
    assert last_ticket(agreed).status is Status.CLOSED, "they agree again, nothing is left to decide"


def test_contradicting_the_camera_needs_a_reason_and_a_photo() -> None:
    county = small_county()
    ticket = refuted(county)
    assert allowed(ticket, person(county, "v1"), county, at(60)) == ("done", "dispute", "not_true")
    with pytest.raises(Refused, match="镜头看错了什么"):
        do(ticket, "dispute", doing(person(county, "v1"), 30, "", (PHOTO,)), county)
    with pytest.raises(Refused, match="请拍一张现场照片"):
        do(ticket, "dispute", doing(person(county, "v1"), 30, "已清理"), county)
    back = after(county, to_verify(county), ("verify_bad", "t1", 200))
    with pytest.raises(Refused, match="现在不能对复核有异议"):
        do(back, "dispute", doing(person(county, "v1"), 210, "已清理", (PHOTO,)), county)


def test_while_a_person_decides_a_clean_look_is_told_and_ends_nothing() -> None:
    county = proving(sample=1)
    ticket = replace(last_ticket(look(county, checking(county), 22)), dirty=(f"{CAMERA}/{SPOT}/garbage",))
    told = decide(replace(opened(county), ticket=ticket), event(30, "clean"), county, at(30))
    assert (last_ticket(told).status, told[-1].reason) == (Status.TO_CHECK, "看到干净(第30分钟clean),等田乡官核查")


def test_one_clean_look_of_two_beside_a_person_is_counted_and_ends_nothing() -> None:
    county = proving(looks=2, tries=1)
    blind = last_ticket(overdue_step(checking(county), county, checking(county).next_at or at(0)))
    assert blind.check is Check.PERSON
    told = decide(replace(opened(county), ticket=blind), event(60, "clean"), county, at(60))
    assert (last_ticket(told).shown.clean, last_ticket(told).person.id) == (1, "t1")


def test_what_no_camera_can_judge_a_person_sees() -> None:
    county = small_county(spots=(replace(SPOTS[0], kinds=()),))
    ticket = replace(accepted(county), kinds=("garbage", "posters"))
    done = after(county, ticket, ("done", "v1", 20))
    assert (done.check, done.person.id) == (Check.PERSON, "t1")


def test_a_bin_that_says_nothing_after_done_is_seen_by_a_person() -> None:
    county = small_county()
    ticket = checking(county, full_bin())
    assert ticket.check is Check.READING
    late = overdue_step(ticket, county, ticket.next_at or at(0))
    assert (last_ticket(late).check, last_ticket(late).person.id) == (Check.PERSON, "t1")
    assert "到时没有结果" in late[0].reason


def test_dirty_again_after_a_counted_clean_look_is_there_since_then() -> None:
    county = proving(looks=2, apart_s=60)
    known = opened(county)
    once = last_ticket(look(county, checking(county), 22))
    again, minute = wait(county, once)
    decisions = decide(replace(known, ticket=again), event(minute + 1, command=again.command), county, at(minute + 1))
    assert decisions[0].alarm is not None
    assert decisions[0].alarm.since == at(minute + 1)
