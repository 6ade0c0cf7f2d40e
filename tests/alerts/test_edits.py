"""A new revision of the county's rules: what is pending or open is judged by it, and the history says what changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alerts.alarms import condition_book
from alerts.alarms.edits import JUDGED
from alerts.alarms.rule_tables import CONDITIONS
from alerts.store.book import Book, counter
from alerts.store.tables import TICKETS
from alerts.values import Check, Clock, Status
from county.policy.rules import Rule
from county.policy.wording import difference, in_words
from county.snapshot import County
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, doing, person
from tests.alerts.rule_cases import county_with, heat, history, look, only, sweep, thrice, warm
from tests.county.small import DEVICES, SPOTS, VILLAGE, limits, small_county

Json = dict[str, Any]


def edited(room: Room, minutes: float, *rules: Json, **policy: Any) -> None:
    """A new revision is saved, and the sweep comes by."""
    revised(room, minutes, county_with(*rules, revision=room.county.revision + 1, **policy))


def revised(room: Room, minutes: float, county: County) -> None:
    room.county = county
    sweep(room, minutes)


# Pending


@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({"repeat": 3}, True), ({"repeat": 5}, False), ({"repeat": 2, "when": ["temperature_c >= 47"]}, True),
        ({"repeat": 3, "when": ["temperature_c >= 47"]}, False), ({"repeat": 3, "areas": [VILLAGE]}, True),
    ],
)  # fmt: skip
def test_a_pending_count_is_judged_by_the_edited_rule(book: Book, changes: Json, opens: bool) -> None:
    room = Room(book, county_with(heat(repeat=4)))
    for minute, degrees in enumerate([46, 47, 49]):
        warm(room, minute, degrees)
    edited(room, 5, {**heat(), **changes})
    assert bool(room.tickets()) is opens
    if opens:
        assert any("第2版规则修改了“桶温”:条件由“紧急:桶内温度≥45℃,连续4次”改为“" in row for row in history(room))
    else:
        (row,) = condition_book.every(book)
        assert row.digest == room.county.laws_at("reading", _bin(room.county))[0].rule.digest


def _bin(county: County) -> Any:
    return next(one for one in county.spots if one.device == "bin-1")


@pytest.mark.parametrize(("seconds", "at_minute"), [(300, 6), (1200, 20)])
def test_a_pending_duration_is_judged_by_the_edited_one(book: Book, seconds: float, at_minute: float) -> None:
    room = Room(book, county_with(heat(for_s=600)))
    warm(room, 0, 50)
    edited(room, 6, heat(for_s=seconds))
    for minute in range(7, 30):
        sweep(room, minute)
    assert only(room).opened_at == at(at_minute)


def test_a_pending_alarm_has_the_edited_severity(book: Book) -> None:
    room = Room(book, county_with(heat(for_s=600)))
    warm(room, 0, 50)
    edited(room, 5, heat(for_s=600, severity="minor"))
    sweep(room, 10)
    assert only(room).severity == "minor"


def test_a_rule_that_is_deleted_forgets_what_was_pending(book: Book) -> None:
    room = Room(book, county_with(heat(repeat=3)))
    warm(room, 0, 50)
    edited(room, 5)
    assert condition_book.every(book) == []
    assert room.tickets() == []
    warm(room, 6, 75)
    assert only(room).opened_at == at(6), "the built-in threshold is back"


def test_what_a_camera_saw_counts_at_once_when_its_rule_is_deleted(book: Book) -> None:
    room = Room(book, county_with(thrice()))
    look(room, 0)
    edited(room, 5)
    assert "第2版规则中“连看三次”不再适用于这里" in history(room)[0]
    assert only(room).seen_at == at(0)


def test_a_rule_that_moves_to_another_area_is_gone_here(book: Book) -> None:
    room = Room(book, county_with(thrice()))
    look(room, 0)
    edited(room, 5, thrice(areas=["640999101201"]))
    assert len(room.tickets()) == 1


def test_a_new_number_of_a_village_reaches_what_is_pending_there(book: Book) -> None:
    rule = heat(when=["temperature_c >= 45"], numbers={"times": 3}, repeat="times")
    room = Room(book, county_with(rule))
    warm(room, 0, 48)
    warm(room, 1, 50)
    edited(room, 5, rule, at=[{"area": VILLAGE, "rule": [{"name": "桶温", "numbers": {"times": 2}}]}])
    assert len(room.tickets()) == 1


def test_a_look_that_met_no_condition_is_judged_by_the_edited_one(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=1, when=["score >= 0.9"])))
    look(room, 0)
    assert room.tickets() == []
    edited(room, 5, thrice(repeat=1, when=["score >= 0.7"]))
    assert only(room).seen_at == at(0)
    assert "第0分钟dirty" in history(room)[0]


def test_a_look_that_met_no_condition_counts_when_the_rule_is_deleted(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=1, when=["score >= 0.9"])))
    look(room, 0)
    edited(room, 5)
    assert only(room).seen_at == at(0)


# Open


def test_an_open_alarm_takes_the_edited_severity_and_its_history_says_so(book: Book) -> None:
    room = Room(book, county_with(heat(severity="minor")))
    warm(room, 0, 50)
    edited(room, 5, heat(severity="urgent"))
    assert only(room).severity == "urgent"
    rows = history(room)
    assert "第2版规则修改了“桶温”:条件由“一般:桶内温度≥45℃”改为“紧急:桶内温度≥45℃”" in rows
    assert any("由一般升为紧急" in row for row in rows)
    room.post.step()
    assert "【净村·紧急】" in room.channel.letters[-1].text


def test_an_open_alarm_that_the_edited_rule_would_not_raise_ends_by_its_clear_condition(book: Book) -> None:
    room = Room(book, county_with(heat()))
    warm(room, 0, 50)
    edited(room, 5, heat(when=["temperature_c >= 60"]))
    assert only(room).status is Status.DROPPED, "it is as hot as it was"
    assert any("解除条件成立" in row for row in history(room))


def test_with_a_clear_condition_of_its_own_it_stays_until_that_holds(book: Book) -> None:
    room = Room(book, county_with(heat()))
    warm(room, 0, 50)
    edited(room, 5, heat(when=["temperature_c >= 60"], clear={"when": ["temperature_c < 40"]}))
    assert only(room).is_open
    warm(room, 6, 45)
    assert only(room).is_open
    warm(room, 7, 39)
    assert not only(room).is_open


def test_an_open_alarm_of_a_deleted_rule_ends_unless_it_counts_without_it(book: Book) -> None:
    room = Room(book, county_with(heat(), thrice(repeat=1)))
    warm(room, 0, 50)
    look(room, 0)
    edited(room, 5)
    by_spot = {ticket.scene.place: ticket for ticket in room.tickets()}
    assert by_spot["bin-1"].status is Status.DROPPED
    assert by_spot["cam-1"].status is Status.DISPATCHED
    rows = [line.words for line in room.reader.history(by_spot["cam-1"].id)]
    assert "第2版规则中“连看三次”不再适用于这里,告警照旧" in rows
    look(room, 6, "clean")
    assert not any(ticket.is_open for ticket in room.tickets())


def test_a_deleted_rule_is_no_proof_of_work_that_was_reported_done(book: Book) -> None:
    room = Room(book, county_with(heat(clear={"when": ["temperature_c < 40"]})))
    warm(room, 0, 50)
    room.post.step()
    code, village = room.code(), person(room.county, "v1")
    for minute, act in ((5, "accept"), (10, "done")):
        room.minutes = minute
        room.desk.act(code, act, doing(village, minute, "浇了水", ("ab" * 32,)).data, f"key-{act}")
    warm(room, 12, 42)
    before = only(room)
    edited(room, 13)
    ticket = only(room)
    assert (before.status, ticket.status, ticket.dirty) == (Status.TO_CHECK, Status.TO_CHECK, before.dirty)
    assert room.reader.history(ticket.id)[-1].words == "第2版规则中“桶温”不再适用于这里,已提交的处理仍要核查"
    assert ticket.next_at is not None
    sweep(room, 13 + (ticket.next_at - at(13)).total_seconds() / 60)
    assert only(room).check is Check.PERSON


def test_a_rule_that_speaks_of_another_category_ends_the_one_and_begins_the_other(book: Book) -> None:
    room = Room(book, county_with(heat(category="bin_fire")))
    warm(room, 0, 50)
    edited(room, 5, heat(category="bin_tilted"))
    old, new = room.tickets()
    assert (old.what, old.status) == ("bin_fire", Status.DROPPED)
    assert (new.what, new.status) == ("bin_tilted", Status.DISPATCHED)
    words = [line.words for line in room.reader.history(new.id)]
    assert any("问题类别由垃圾桶疑似起火改为垃圾桶倾倒" in row for row in words)
    warm(room, 6, 50)
    assert [ticket.is_open for ticket in room.tickets()] == [False, True]


def test_a_place_that_is_gone_from_the_registry_is_told_and_closes_nothing(book: Book) -> None:
    room = Room(book, county_with(heat(), thrice()))
    warm(room, 0, 50)
    look(room, 0)
    gone = small_county(2, rule=[heat(), thrice()], devices=DEVICES[:1], spots=())
    revised(room, 5, gone)
    assert condition_book.every(book) == []
    assert only(room).is_open
    assert any("第2版登记中已没有这个设备或点位" in row for row in history(room))


def test_a_rule_that_comes_new_takes_on_what_is_open(book: Book) -> None:
    room = Room(book, small_county())
    look(room, 0)
    edited(room, 5, thrice(clear={"when": ["state == clean"], "repeat": 2}))
    look(room, 6)
    assert len(room.tickets()) == 1
    look(room, 7, "clean")
    assert only(room).is_open
    look(room, 8, "clean")
    assert only(room).status is Status.CLOSED_UNAIDED


# Limits


def test_a_new_limit_counts_from_the_beginning_of_the_step(book: Book) -> None:
    room = Room(book, county_with(limits=limits(30)))
    look(room, 0)
    assert only(room).due_at == at(30)
    edited(room, 10, limits=limits(60))
    assert (only(room).due_at, only(room).revision) == (at(60), 2)
    assert "第2版规则:时限由11月21日 10:30改为11月21日 11:00" in history(room)
    edited(room, 20, limits=limits(25))
    assert only(room).due_at == at(25)
    sweep(room, 24)
    assert not only(room).overdue
    sweep(room, 25)
    assert only(room).overdue, "and it climbs by the new one"
    assert only(room).due_at == at(50), "the township has its own half hour less five"


def test_a_limit_that_is_past_by_the_new_rules_is_overdue_at_once(book: Book) -> None:
    room = Room(book, county_with(limits=limits(60)))
    look(room, 0)
    edited(room, 30, limits=limits(20))
    sweep(room, 30)
    assert only(room).overdue
    assert only(room).person.id == "t1"


def test_the_handling_limit_counts_from_the_acceptance(book: Book) -> None:
    room = Room(book, county_with(limits=limits(30)))
    look(room, 0)
    room.post.step()
    room.minutes = 10
    room.desk.act(room.code(), "accept", doing(person(room.county, "v1"), 10).data, "k1")
    edited(room, 15, limits=limits(45))
    ticket = only(room)
    assert (ticket.due_clock, ticket.due_at, ticket.next_at) == (Clock.HANDLE, at(55), at(55))


def test_an_edit_that_changes_no_limit_writes_nothing(book: Book) -> None:
    room = Room(book, county_with(limits=limits(30)))
    look(room, 0)
    rows = history(room)
    edited(room, 10, heat(), limits=limits(30), reminder_s=900)
    assert history(room) == rows


# Once


@pytest.mark.parametrize("point", ["alerts.before_commit", "alerts.after_commit"])
def test_a_kill_in_the_middle_of_an_edit_tells_nothing_twice(book: Book, point: str) -> None:
    room = Room(book, county_with(heat(severity="minor"), thrice(repeat=1, severity="minor")))
    warm(room, 0, 50)
    look(room, 0)
    room.kill_at = point
    with pytest.raises(Killed):
        edited(room, 5, heat(severity="urgent"), thrice(repeat=1, severity="urgent"))
    again = Room(Book(book.store, book.county), room.county)
    sweep(again, 6)
    assert [ticket.severity for ticket in again.tickets()] == ["urgent", "urgent"]
    for ticket in again.tickets():
        rows = [line.words for line in again.reader.history(ticket.id)]
        assert sum("第2版规则修改了" in row for row in rows) == 1


def test_an_older_snapshot_of_the_county_judges_nothing_back(book: Book) -> None:
    room = Room(book, county_with(heat(severity="minor"), revision=1))
    warm(room, 0, 50)
    edited(room, 5, heat(severity="urgent"))
    late = Room(Book(book.store, book.county), county_with(heat(severity="minor"), revision=1))
    sweep(late, 6)
    assert only(late).severity == "urgent"
    with book.store.read() as conn:
        assert counter(conn, book.county, JUDGED) == 2


# Words


def definition(**changes: Any) -> Any:
    return Rule.model_validate(heat(**changes)).definition()


NAMES: Any = {"urgent": "紧急", "major": "重要", "minor": "一般"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"category": "bin_full"}, "问题类别由疑似起火改为满溢"),
        ({"for_s": 600}, "条件由“重要:桶内温度≥45℃”改为“重要:桶内温度≥45℃,持续10分钟”"),
        ({"repeat": 2, "within_s": 60}, "改为“重要:桶内温度≥45℃,连续2次(60秒内)”"),
        ({"any": ["lid_open == true", "tilted != true"]}, "改为“重要:桶内温度≥45℃且(桶盖打开或没有桶身倾斜)”"),
        ({"clear": {"when": ["temperature_c < 30"], "for_s": 7200}}, "由“条件不再成立”改为“桶内温度<30℃,持续2小时”"),
        ({"schedule": [{"days": ["sat", "sun"], "hours": [["08:00", "12:00"]]}]}, "由“任何时间”改为“周六周日08"),
        ({"schedule": [{"only": "holiday"}]}, "由“任何时间”改为“每天节假日”"),
    ],
)  # fmt: skip
def test_what_an_edit_changed_is_said_in_plain_words(changes: Json, words: str) -> None:
    categories = {"bin_fire": "疑似起火", "bin_full": "满溢"}
    said = difference(definition(), definition(**changes), NAMES, categories)
    assert words in said
    assert bool(said) is bool(words)


def test_other_kinds_of_events_are_told_too() -> None:
    old = Rule.model_validate(thrice()).definition()
    assert "所看的消息有变" in difference(old, replace(old, what=("dumped",)), NAMES, {})
    assert in_words(old.steps[0].condition, "event") == "看到不干净,连续3次"


def test_spots_that_stay_are_not_touched(book: Book) -> None:
    room = Room(book, county_with(thrice()))
    look(room, 0)
    before = condition_book.every(book)
    revised(room, 5, small_county(2, rule=[thrice()], spots=(*SPOTS,)))
    assert condition_book.every(book) == before


def test_what_people_ended_is_not_begun_again_by_deleting_its_rule(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=1)))
    look(room, 0)
    room.post.step()
    room.minutes = 1
    room.desk.act(room.code(), "not_true", doing(person(room.county, "v1"), 1, "没有").data, "k1")
    room.post.step()
    room.desk.act(room.code(), "confirm_false", doing(person(room.county, "t1"), 2, "看过").data, "k2")
    edited(room, 5)
    assert only(room).status is Status.NOT_FILED


def test_a_row_that_an_edit_cannot_decide_stands_before_no_other(book: Book) -> None:
    room = Room(book, county_with(heat(), thrice(repeat=1)))
    warm(room, 0, 50)
    look(room, 0)
    with book.store.write() as conn:
        conn.execute(TICKETS.update().values(is_open=False))  # their alarms stay open: the book does not agree
        conn.execute(CONDITIONS.update().values(raised=None))
    edited(room, 5, heat(severity="minor"), thrice(repeat=1, severity="minor"))
    assert len(room.tickets()) == 2
    assert condition_book.every(book) == []
