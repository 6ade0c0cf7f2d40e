"""What each message does: opened, attached, fed, ended, or nothing, and why."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from alerts.ladder import overdue_step
from alerts.values import Check, Clock, Decision, Known, Stage, Status, Word
from broker.messages import RENDERED_ONLY, Event, Kind, State
from county.snapshot import County
from county.values import DeviceKind, Duty, Level
from county.ways import Way, WayKind
from tests.alerts.cases import accepted, after, checking, decide, full_bin, known_after, opened, ticket_of, to_verify
from tests.alerts.makes import answer, at, event, last_ticket, reading
from tests.county.small import (
    CAMERA,
    DEVICES,
    DITCH,
    DUTIES,
    KEEPERS,
    SPOT,
    SPOTS,
    VILLAGE,
    led_county,
    limits,
    small_county,
    wayside,
)  # fmt: skip


def words(decisions: list[Decision]) -> str:
    return " / ".join(decision.reason for decision in decisions)


def keys(*kinds: Kind) -> tuple[str, ...]:
    """What a ticket remembers as dirty at the camera's spot."""
    return tuple(f"{CAMERA}/{SPOT}/{kind}" for kind in kinds)


def test_a_dirty_spot_becomes_one_ticket_with_a_named_person_and_a_due_time(county: County) -> None:
    decisions = decide(Known(), event(0), county, at(1))

    assert [d.word for d in decisions] == [Word.OPENED, Word.MOVED, Word.MOVED]
    stages = [d.history.stage for d in decisions if d.history]
    assert stages == [Stage.COLLECTED, Stage.FILED, Stage.DISPATCHED]
    ticket = last_ticket(decisions)
    assert (ticket.status, ticket.person.name, ticket.level) == (Status.DISPATCHED, "马村官", Level.VILLAGE)
    assert (ticket.due_at, ticket.due_clock) == (at(31), Clock.ACCEPT)
    assert (ticket.scene.longitude, ticket.scene.crs) == (106.2, "CGCS2000")
    assert "连续3次看到暴露垃圾" in decisions[0].reason


def test_every_decision_gives_a_reason_in_chinese(county: County) -> None:
    for message in (event(0), event(0, "clean"), event(0, "unknown"), event(0, spot="nowhere"), reading(0, None)):
        for decision in decide(Known(), message, county, at(0)):
            assert any("一" <= letter <= "鿿" for letter in decision.reason)


def test_the_notice_names_place_what_deadline_and_says_when_the_scene_is_rendered(county: County) -> None:
    shown = event(0).model_copy(update={"rendered": True})
    notice = decide(Known(), shown, county, at(0))[-1].notices[0]
    for part in ("柳林镇 石门村 村口垃圾点", "暴露垃圾", "渲染", "11月21日 10:30", "重要"):
        assert part in notice.words


def test_a_limit_of_seconds_is_told_with_its_seconds(county: County) -> None:
    quick = small_county(limits=limits(12, "second"))
    assert "请于10:00:12前接单" in decide(Known(), event(0), quick, at(0))[-1].notices[0].words


def test_the_notice_of_a_simulated_bin_says_that_the_reading_is_simulated(county: County) -> None:
    full = reading(0, 95).model_copy(update={"simulated": True})
    words = decide(Known(), full, county, at(0))[-1].notices[0].words
    assert "模拟读数" in words
    assert "渲染" not in words
    assert "模拟" not in decide(Known(), reading(0, 95), county, at(0))[-1].notices[0].words


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (event(1, spot="nowhere"), "点位未登记"),
        (event(1, "unknown"), "看不清"),
        (event(1, "unknown", what="dumped"), "不能确定"),
        (event(1, what="bin_full"), "不管"),
        (reading(1, 60), "阈值之间"),
        (reading(1, None), "没有给出读数"),
        (answer(1, uuid4(), "failed"), "没有工单在等"),
    ],
)
def test_what_changes_nothing_says_why(county: County, message: object, said: str) -> None:
    decisions = decide(Known(), message, county, at(1))  # type: ignore[arg-type]
    assert [d.word for d in decisions] == [Word.IGNORED]
    assert said in decisions[0].reason


def test_a_dumping_opens_a_ticket_once_it_is_certain_and_none_when_it_is_taken_back(county: County) -> None:
    begun = event(0, "unknown", what="dumped")
    certain = event(0.1, what="dumped", event_id=begun.event_id, revision=1)
    back = event(0.1, "unknown", what="dumped", event_id=begun.event_id, revision=1)
    assert [d.word for d in decide(Known(), begun, county, at(0))] == [Word.IGNORED]
    assert [d.word for d in decide(Known(), back, county, at(1))] == [Word.IGNORED]
    assert decide(Known(), certain, county, at(1))[0].word is Word.OPENED


def test_a_provisional_dumping_beside_an_open_ticket_is_a_note_and_joins_it_when_certain(county: County) -> None:
    known = replace(opened(county), look=None, alarm=None)
    (note,) = decide(known, event(1, "unknown", what="dumped"), county, at(1))
    assert (note.word, note.ticket and note.ticket.kinds) == (Word.NOTED, (Kind.GARBAGE,))
    assert "不能确定" in note.reason
    assert decide(known, event(2, what="dumped"), county, at(2))[0].word is Word.ATTACHED


def test_a_spot_without_a_list_of_kinds_takes_every_kind(county: County) -> None:
    free = small_county(spots=(replace(county.content.spots[0], kinds=()),))
    assert decide(Known(), event(0, what="bin_full"), free, at(0))[0].word is Word.OPENED


@pytest.mark.parametrize("kind", sorted(RENDERED_ONLY))
def test_a_further_kind_opens_a_ticket_that_says_how_far_it_may_be_believed(county: County, kind: Kind) -> None:
    free = small_county(spots=(replace(county.content.spots[0], kinds=()),))
    decisions = decide(Known(), event(0, what=kind), free, at(0))
    assert decisions[0].word is Word.OPENED
    for words in (decisions[0].reason, decisions[-1].notices[0].words):
        assert "(仅经渲染场景验证)" in words


def test_a_steady_dirty_spot_feeds_its_alarm_and_opens_nothing(county: County) -> None:
    known = opened(county)
    decisions = decide(known, event(2), county, at(2))
    assert [d.word for d in decisions] == [Word.UPDATED]
    assert decisions[0].alarm is not None
    assert (decisions[0].alarm.merged, decisions[0].alarm.looks) == (2, 6)


def test_a_feeding_look_with_a_picture_replaces_the_picture_and_its_boxes(county: County) -> None:
    fed = decide(opened(county), event(2, picture="c" * 64), county, at(2))[0].alarm
    assert fed is not None
    assert fed.picture == "c" * 64
    again = decide(replace(opened(county), alarm=fed), event(3), county, at(3))[0].alarm
    assert again is not None
    assert again.picture == "c" * 64


def told_again(first: Event, picture: str = "c" * 64) -> Event:
    return first.model_copy(
        update={"message_id": uuid4(), "revision": first.revision + 1, "looks": 0, "picture": picture}
    )


def test_a_look_told_again_with_its_picture_gives_it_to_the_alarm_and_does_nothing_else(county: County) -> None:
    first = event(0)
    known = known_after(decide(Known(), first, county, at(0)))
    (given,) = decide(known, told_again(first), county, at(0.1))
    assert known.alarm is not None
    assert (given.word, given.ticket, given.looks) == (Word.PICTURED, None, ())
    assert given.alarm == replace(known.alarm, picture="c" * 64, boxes=first.boxes, version=known.alarm.version + 1)


@pytest.mark.parametrize("state", ["clean", "unknown"])
@pytest.mark.parametrize("is_open", [True, False], ids=["a ticket", "no ticket"])
def test_a_picture_of_a_look_that_was_not_dirty_changes_nothing(county: County, state: str, is_open: bool) -> None:
    seen = event(1, state)
    known = opened(county) if is_open else Known()
    after = known_after(decide(known, seen, county, at(1))) if state == "clean" else known
    assert [d.word for d in decide(after, told_again(seen), county, at(1.1))] == [Word.IGNORED]


def test_a_picture_that_comes_late_does_not_replace_that_of_a_later_look_but_is_better_than_none(
    county: County,
) -> None:
    first, second = event(0), event(2)
    known = known_after(decide(Known(), first, county, at(0)))
    fed = decide(known, second, county, at(2))[0]
    known = replace(known, alarm=fed.alarm, look=fed.looks[0])
    (given,) = decide(known, told_again(first, "a" * 64), county, at(3))
    assert given.alarm is not None
    known = replace(known, alarm=given.alarm)
    (newer,) = decide(known, told_again(second, "b" * 64), county, at(3))
    assert newer.alarm is not None
    assert (given.alarm.picture, newer.alarm.picture) == ("a" * 64, "b" * 64)
    assert [d.word for d in decide(replace(known, alarm=newer.alarm), told_again(first), county, at(4))] == [
        Word.IGNORED
    ]


def test_a_look_that_was_lost_opens_its_ticket_when_it_is_told_again(county: County) -> None:
    again = told_again(event(0))
    decisions = decide(Known(), again, county, at(0))
    assert decisions[0].word is Word.OPENED
    assert decisions[0].alarm is not None
    assert decisions[0].alarm.picture == again.picture


def test_another_kind_at_the_same_spot_joins_the_ticket_and_raises_its_severity(county: County) -> None:
    known = replace(opened(county), look=None, alarm=None)
    decisions = decide(known, event(2, what="dumped"), county, at(2))
    assert [d.word for d in decisions] == [Word.ATTACHED, Word.NOTED]
    called = decisions[1]
    assert called.ticket is not None
    assert (called.ticket.round, called.ticket.calling) == (ticket_of(known).round + 1, True)
    assert {(one.round, one.purpose.value) for one in called.notices} == {(called.ticket.round, "worse")}
    assert "情况变严重,请立即处理" in called.notices[0].words
    ticket = last_ticket(decisions)
    assert ticket.kinds == (Kind.GARBAGE, Kind.DUMPED)
    assert (ticket.severity, ticket.what, ticket.id) == ("urgent", Kind.DUMPED, ticket_of(known).id)
    assert "升为紧急" in decisions[0].reason
    assert decisions[0].alarm is not None
    assert decisions[0].alarm.ticket == ticket.id


def test_a_lesser_kind_joins_without_lowering_what_the_ticket_is_about(county: County) -> None:
    urgent = replace(opened(county, event(0, what="dumped")), look=None, alarm=None)
    decisions = decide(urgent, event(2), county, at(2))
    ticket = last_ticket(decisions)
    assert (ticket.severity, ticket.what) == ("urgent", Kind.DUMPED)
    assert "升为" not in decisions[0].reason


@pytest.mark.parametrize("state", ["dirty", "clean"])
def test_a_look_older_than_the_last_applied_changes_nothing(county: County, state: str) -> None:
    decisions = decide(opened(county), event(-1, state), county, at(3))
    assert [d.word for d in decisions] == [Word.IGNORED]
    assert "早于" in decisions[0].reason


def test_two_looks_of_one_instant_have_one_order(county: County) -> None:
    known = opened(county)
    assert known.look is not None
    higher = event(0, "clean", event_id=known.look.event_id, revision=1)
    same = event(0, "clean", event_id=known.look.event_id, revision=0)
    lower = event(0, "clean", event_id=UUID(int=0))
    assert decide(known, higher, county, at(1))[0].word is Word.UPDATED
    assert decide(known, same, county, at(1))[0].word is Word.IGNORED
    assert decide(known, lower, county, at(1))[0].word is Word.IGNORED


def test_a_clean_look_without_an_alarm_is_only_remembered(county: County) -> None:
    decisions = decide(Known(), event(0, "clean"), county, at(0))
    assert (len(decisions), decisions[0].ticket, len(decisions[0].looks)) == (1, None, 1)
    late = decide(known_after(decisions), event(-1), county, at(1))
    assert late[0].word is Word.IGNORED


def test_a_spot_that_becomes_clean_before_anybody_accepts_ends_as_cleared_unaided(county: County) -> None:
    decisions = decide(opened(county), event(5, "clean"), county, at(5))
    ticket = last_ticket(decisions)
    assert (ticket.status, ticket.next_at, ticket.closed_at) == (Status.CLOSED_UNAIDED, None, at(5))
    assert ticket.stage is Stage.ASSESSED
    assert "用时 5 分钟,按时,返工 0 次" in words(decisions)


def test_a_ticket_of_two_kinds_ends_only_when_both_are_clean(county: County) -> None:
    known = opened(county)
    both = known_after(decide(replace(known, look=None, alarm=None), event(1, what="overflow"), county, at(1)))
    first = decide(replace(known, ticket=both.ticket), event(2, "clean"), county, at(2))
    left = last_ticket(first)
    assert (left.status, left.dirty) == (Status.DISPATCHED, keys(Kind.OVERFLOW))
    second = decide(replace(both, ticket=left), event(3, "clean", what="overflow"), county, at(3))
    assert last_ticket(second).status is Status.CLOSED_UNAIDED


def test_clean_after_acceptance_waits_for_the_person_and_dirty_again_is_noted(county: County) -> None:
    known = replace(opened(county), ticket=accepted(county))
    clean = decide(known, event(8, "clean"), county, at(8))
    ticket = last_ticket(clean)
    assert (ticket.status, ticket.dirty) == (Status.ACCEPTED, ())
    after_clean = known_after(clean, known)
    twice = decide(after_clean, event(9, "clean"), county, at(9))
    assert [d.ticket for d in twice] == [None]
    dirty = decide(after_clean, event(10), county, at(10))
    assert "又变脏" in words(dirty)
    assert last_ticket(dirty).dirty == keys(Kind.GARBAGE)


def test_unknown_leaves_a_note_and_changes_no_state(county: County) -> None:
    known = opened(county)
    decisions = decide(known, event(3, "unknown"), county, at(3))
    assert [d.word for d in decisions] == [Word.NOTED]
    assert decisions[0].looks == ()
    assert replace(last_ticket(decisions), version=0) == replace(ticket_of(known), version=0)


@pytest.mark.parametrize("state", [State.CLEAN, State.DIRTY, State.UNKNOWN])
def test_the_answer_to_a_recheck_decides(county: County, state: State) -> None:
    ticket = checking(county)
    known = replace(opened(county), ticket=ticket)
    decisions = decide(known, event(22, state, command=ticket.command), county, at(22))
    end = last_ticket(decisions)
    if state is State.CLEAN:
        assert (end.status, end.dirty, end.in_time) == (Status.CLOSED, (), True)
        assert decisions[0].looks[0].kind is Kind.GARBAGE
    elif state is State.DIRTY:
        assert (end.status, end.reworks, end.person.id, end.calling) == (Status.ON_SITE, 1, "v1", True)
        assert "返工" in words(decisions)
        assert decisions[0].notices[0].purpose.value == "rework"
    else:
        assert (end.status, end.command, end.next_at) == (Status.TO_CHECK, None, at(32))


def test_an_answer_older_than_the_last_look_is_asked_for_again(county: County) -> None:
    ticket = checking(county)
    known = replace(opened(county), ticket=ticket)
    known = known_after(decide(known, event(25), county, at(25)), known)
    decisions = decide(known, event(24, "clean", command=ticket.command), county, at(26))
    assert last_ticket(decisions).status is Status.TO_CHECK
    assert "不比已采用的观察新" in words(decisions)


def test_a_clean_look_of_the_camera_itself_after_done_closes_too(county: County) -> None:
    known = replace(opened(county), ticket=checking(county))
    assert last_ticket(decide(known, event(21, "clean"), county, at(21))).status is Status.CLOSED
    before_done = decide(known, event(19, "clean", command=uuid4()), county, at(21))
    assert last_ticket(before_done).status is Status.TO_CHECK


def test_a_dirty_look_while_the_camera_is_asked_only_feeds(county: County) -> None:
    known = replace(opened(county), ticket=checking(county))
    assert [d.word for d in decide(known, event(21), county, at(21))] == [Word.UPDATED]


def test_a_new_kind_during_the_check_asks_the_camera_anew_about_everything(county: County) -> None:
    ticket = checking(county)
    decisions = decide(Known(ticket=ticket), event(21, what="overflow"), county, at(21))
    again = last_ticket(decisions)
    assert again.command not in (None, ticket.command)
    assert decisions[-1].recheck is not None
    assert decisions[-1].recheck.what is None
    assert again.tries == ticket.tries


def test_a_kind_that_gets_dirty_again_during_the_check_voids_the_look_that_was_asked_for(county: County) -> None:
    known = opened(county)
    both = known_after(decide(replace(known, look=None, alarm=None), event(1, what="overflow"), county, at(1)))
    emptied = decide(both, event(10, "clean", what="overflow"), county, at(10))
    ticket = after(county, last_ticket(emptied), ("accept", "v1", 11), ("done", "v1", 20))
    assert (ticket.dirty, ticket.status) == (keys(Kind.GARBAGE), Status.TO_CHECK)
    decisions = decide(replace(both, ticket=ticket), event(21, what="overflow"), county, at(21))
    again = last_ticket(decisions)
    assert again.dirty == keys(Kind.GARBAGE, Kind.OVERFLOW)
    assert (again.status, again.tries) == (Status.TO_CHECK, ticket.tries)
    assert again.command not in (None, ticket.command)
    late = event(20.5, "clean", command=ticket.command)
    assert last_ticket(decide(replace(known, ticket=again), late, county, at(22))).status is Status.TO_CHECK


def test_fresh_dirt_sends_a_ticket_back_that_a_person_was_to_verify(county: County) -> None:
    ticket = to_verify(county)
    known = replace(opened(county), ticket=ticket)
    assert last_ticket(decide(known, event(300), county, at(300))).status is Status.ON_SITE
    assert [d.word for d in decide(known, event(10), county, at(300))] == [Word.UPDATED]


@pytest.mark.parametrize(("outcome", "status"), [("expired", "noted"), ("failed", "noted"), ("refused", "noted"),
                                                 ("done", "ignored")])  # fmt: skip
def test_what_became_of_the_command_leads_to_another_look(county: County, outcome: str, status: str) -> None:
    ticket = checking(county)
    assert ticket.command is not None
    decisions = decide(Known(ticket=ticket), answer(22, ticket.command, outcome), county, at(22))
    assert decisions[0].word.value == status
    if status == "noted":
        assert (last_ticket(decisions).command, last_ticket(decisions).next_at) == (None, at(32))


def test_an_answer_to_an_older_command_changes_nothing(county: County) -> None:
    decisions = decide(Known(ticket=checking(county)), answer(22, uuid4(), "failed"), county, at(22))
    assert [d.word for d in decisions] == [Word.IGNORED]


def test_a_full_bin_opens_and_an_emptied_one_closes_after_done(county: County) -> None:
    known = opened(county, full_bin())
    ticket = checking(county, full_bin())
    assert (ticket.what, ticket.check) == (Kind.BIN_FULL, Check.READING)
    at_work = replace(known, ticket=ticket)
    assert decide(at_work, reading(21, 41), county, at(21))[0].word is Word.IGNORED
    assert last_ticket(decide(at_work, reading(21, 40), county, at(21))).status is Status.CLOSED
    assert last_ticket(decide(at_work, reading(21, 95), county, at(21))).status is Status.ON_SITE


def test_a_bin_that_read_empty_before_done_closes_with_done(county: County) -> None:
    known = replace(opened(county, full_bin()), ticket=after(county, ticket_of(opened(county, full_bin())),
                                                             ("accept", "v1", 2)))  # fmt: skip
    emptied = last_ticket(decide(known, reading(5, 3), county, at(5)))
    done = after(county, emptied, ("done", "v1", 6))
    assert done.status is Status.CLOSED


def test_where_the_village_has_nobody_the_ticket_starts_one_rung_up(county: County) -> None:
    gap = small_county(duties=tuple(duty for duty in DUTIES if duty.level is not Level.VILLAGE))
    decisions = decide(Known(), event(0), gap, at(0))
    assert last_ticket(decisions).person.id == "t1"
    assert "下级没有登记责任人" in words(decisions)


def test_a_ticket_of_the_waters_goes_to_the_keeper_of_the_ditch_and_climbs_as_any_other() -> None:
    water = replace(KEEPERS[1], categories=("overflow",))
    county = wayside(duties=(*DUTIES, KEEPERS[0], water))
    floating = ticket_of(opened(county, event(0, what="overflow")))
    assert (floating.person.id, floating.scene.way) == ("v2", DITCH)
    assert ticket_of(opened(county)).person.id == "v1b", "what lies on the lane is the lane keeper's"
    assert last_ticket(overdue_step(floating, county, at(30))).person.id == "t1"


def test_a_ticket_on_a_stretch_of_road_counts_for_the_village_whose_stretch_it_is() -> None:
    road = Way("yanhuang-1", WayKind.ROAD, "石门段", VILLAGE, "沿黄路")
    keeper = Duty("v2", road.id, Level.VILLAGE, "路段责任人")
    spots = (replace(SPOTS[0], ways=(road.id,)),)
    ticket = ticket_of(opened(wayside(ways=(road,), duties=(*DUTIES, keeper), spots=spots)))
    assert (ticket.scene.village, ticket.scene.way, ticket.person.id) == (VILLAGE, road.id, "v2")


def test_where_nobody_is_registered_the_county_desk_holds_the_ticket(county: County) -> None:
    nobody = small_county(duties=())
    ticket = last_ticket(decide(Known(), event(0), nobody, at(0)))
    assert (ticket.person.name, ticket.level) == ("县级值班室", Level.COUNTY)


def test_the_desk_is_a_desk_of_the_county_also_where_leaders_stand_above_it() -> None:
    ticket = last_ticket(decide(Known(), event(0), led_county(duties=()), at(0)))
    assert (ticket.person.name, ticket.level) == ("县级值班室", Level.COUNTY)


def test_a_device_that_left_the_registry_still_has_a_ticket_to_end(county: County) -> None:
    bare = small_county(devices=tuple(d for d in DEVICES if d.kind is not DeviceKind.CAMERA))
    done = after(bare, replace(accepted(county)), ("done", "v1", 20))
    assert (done.check, done.person.id) == (Check.PERSON, "t1")
