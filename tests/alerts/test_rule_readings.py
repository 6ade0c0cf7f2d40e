"""A county's own rules on readings, in time, and how grave they make a ticket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.engine import Sweep
from alerts.store.book import Book
from alerts.tickets.daily_round import DailyRound
from alerts.values import Status
from broker.messages import Kind
from tests.alerts.loop import Room
from tests.alerts.makes import at, doing, person
from tests.alerts.rule_cases import (
    GRAVE,
    Json,
    accepted,
    county_with,
    days,
    heat,
    history,
    only,
    reading,
    sweep,
    warm,
)
from tests.county.small import BIN, VILLAGE


def test_a_ticket_is_as_grave_as_its_alarm_and_falls_with_it(book: Book) -> None:
    room = Room(book, county_with(GRAVE))
    found = []
    for minute, degrees in enumerate([40, 46, 71, 72, 60, 36]):
        warm(room, minute, degrees)
        found += [ticket.severity for ticket in room.tickets()]
    assert found == ["minor", "urgent", "urgent", "minor", "minor"]
    rows = history(room)
    assert any("桶内温度 71℃(规则≥70),由一般升为紧急" in row for row in rows)
    assert any("桶内温度 60℃(规则≥45),由紧急降为一般" in row for row in rows)
    assert sum("情况变严重" in row for row in rows) == 1, "only what grows graver rings"
    warm(room, 9, 30)
    assert only(room).status is Status.CLOSED_UNAIDED


def test_the_builtin_threshold_of_a_category_with_a_rule_is_silent(book: Book) -> None:
    room = Room(book, county_with(heat(when=["temperature_c >= 90"])))
    warm(room, 0, 75)
    assert room.tickets() == []
    warm(room, 1, 75, fill_percent=95)
    assert only(room).kinds == (Kind.BIN_FULL,), "other categories have theirs"


def test_what_must_last_becomes_an_alarm_without_another_message(book: Book) -> None:
    room = Room(book, county_with(heat(for_s=600)))
    warm(room, 0, 50)
    sweep(room, 9.9)
    assert room.tickets() == []
    assert room.sweep.next_moment() == at(10)
    sweep(room, 10)
    assert "桶内温度 50℃(规则≥45),已持续10分钟" in history(room)[0]
    assert only(room).opened_at == at(10)
    sweep(room, 11)
    assert len(room.tickets()) == 1


def test_time_is_no_proof_while_messages_wait_to_be_read(book: Book) -> None:
    room = Room(book, county_with(heat(for_s=600)))
    careful = Sweep(book, room.world, lambda: room.engine.read_until)
    warm(room, 0, 50)
    room.minutes = 20
    room.inbox.add(reading(5, temperature_c=20))
    careful.step()
    assert room.tickets() == [], "the engine has read the inbox up to minute 0"
    room.engine.step()
    careful.step()
    assert room.tickets() == []
    fresh = Sweep(book, room.world, lambda: None)
    fresh.step()
    assert room.tickets() == []


def test_a_bin_is_full_by_its_level_not_by_one_distance(book: Book) -> None:
    room = Room(book, county_with(heat(name="满", category="bin_full", when=["fill_percent >= 60"], repeat=2)))
    for minute, fill in enumerate([20, 65]):
        room.feed(reading(minute, fill_percent=fill))
    assert room.tickets() == []
    room.feed(reading(1.5, temperature_c=20))
    room.feed(reading(2, fill_percent=66))
    assert only(room).kinds == (Kind.BIN_FULL,)
    room.feed(reading(3, fill_percent=30))
    assert only(room).status is Status.CLOSED_UNAIDED


def test_a_rule_on_the_sensor_is_a_ticket_of_the_sensor(book: Book) -> None:
    room = Room(book, county_with(heat(name="电", category="bin_battery", when=["battery_percent < 30"])))
    room.feed(reading(0, battery_percent=25))
    assert only(room).scene.spot == "bin-1.sensor"


def test_a_schedule_lets_a_rule_raise_only_in_its_hours(book: Book) -> None:
    room = Room(book, county_with(heat(schedule=[{"hours": [["18:00", "20:00"]]}])))
    warm(room, 0, 50)
    sweep(room, 7 * 60)
    assert room.tickets() == []
    sweep(room, 8 * 60)
    assert only(room).opened_at == at(8 * 60), "ten in the morning and eight hours"


@pytest.mark.parametrize(
    ("area", "change", "opens"),
    [
        (VILLAGE, {"numbers": {"hot": 45}}, True), ("640999101201", {"numbers": {"hot": 45}}, False),
        (BIN, {"numbers": {"hot": 45}, "schedule": [{"days": ["mon"]}]}, False),
        (BIN, {"numbers": {"hot": 45}, "schedule": [{"days": ["sat"]}]}, True),
    ],
)  # fmt: skip
def test_an_area_has_its_own_number_and_schedule(book: Book, area: str, change: Json, opens: bool) -> None:
    rule = heat(when=["temperature_c >= hot"], numbers={"hot": 70})
    room = Room(book, county_with(rule, at=[{"area": area, "rule": [{"name": "桶温", **change}]}]))
    warm(room, 0, 50)
    assert bool(room.tickets()) is opens


def test_two_rules_of_one_category_hold_one_alarm_until_both_are_over(book: Book) -> None:
    hot = heat(name="热", when=["temperature_c >= 45"], severity="minor")
    full = heat(name="满而热", when=["temperature_c >= 40", "fill_percent >= 80"], severity="urgent")
    room = Room(book, county_with(hot, full))
    warm(room, 0, 50, fill_percent=20)
    assert only(room).severity == "minor"
    warm(room, 1, 50, fill_percent=85)
    assert only(room).severity == "urgent"
    warm(room, 2, 42, fill_percent=86)
    assert only(room).severity == "urgent"
    warm(room, 3, 42, fill_percent=20)
    assert only(room).status is Status.CLOSED_UNAIDED


def test_unsolved_a_ticket_grows_graver_and_solved_it_does_not(book: Book) -> None:
    rises = [{"category": "bin_fire", "after_s": 3600, "severity": "major"}, {"after_s": 7200, "severity": "urgent"}]
    room = Room(book, county_with(heat(severity="minor"), rise=rises, limits=days(3)))
    warm(room, 0, 50)
    assert room.sweep.next_moment() == at(30), "the reminder"
    sweep(room, 59)
    assert only(room).severity == "minor"
    sweep(room, 60)
    assert only(room).severity == "major"
    assert any("立案1.0小时仍未解决,由一般升为重要" in row for row in history(room))
    sweep(room, 120)
    sweep(room, 121)
    assert only(room).severity == "urgent"
    assert sum("仍未解决" in row for row in history(room)) == 2


def test_what_time_has_made_of_a_ticket_an_improvement_does_not_undo(book: Book) -> None:
    room = Room(book, county_with(GRAVE, rise=[{"after_s": 3600, "severity": "major"}], limits=days(3)))
    warm(room, 0, 50)
    sweep(room, 60)
    warm(room, 61, 75)
    assert only(room).severity == "urgent"
    warm(room, 62, 50)
    assert only(room).severity == "major"


def test_people_may_end_it_and_it_begins_anew(book: Book) -> None:
    room = Room(book, county_with(heat(repeat=2)))
    for minute in (0, 1):
        warm(room, minute, 50)
    room.post.step()
    code, village = room.code(), person(room.county, "v1")
    room.desk.act(code, "not_true", doing(village, 2, "没有热").data, "k1")
    room.post.step()
    room.minutes = 3
    room.desk.act(room.code(), "confirm_false", doing(person(room.county, "t1"), 3, "看过了").data, "k2")
    assert only(room).status is Status.NOT_FILED
    warm(room, 4, 50)
    assert len(room.tickets()) == 1
    warm(room, 5, 50)
    assert len(room.tickets()) == 2
    assert room.tickets()[1].opened_at - room.tickets()[0].opened_at == timedelta(minutes=4)


def test_what_a_day_has_made_of_an_alarm_stays_when_its_rule_eases(book: Book) -> None:
    daily = [{"name": "日产日清", "categories": ["bin_fire"], "after_hours": 1}]
    room = Room(book, county_with(GRAVE, daily=daily, limits=days(9)))
    warm(room, 0, 50)
    room.minutes = 61
    DailyRound(book, room.world).step()
    assert only(room).severity == "major", "a step graver than its rule"
    warm(room, 62, 75)
    assert only(room).severity == "urgent"
    warm(room, 63, 50)
    assert only(room).severity == "major"


def test_what_was_over_and_is_not_while_somebody_works_is_the_same_alarm_as_grave_as_it_is_now(book: Book) -> None:
    room = Room(book, county_with(GRAVE))
    warm(room, 0, 50)
    accepted(room, 5)
    warm(room, 6, 30)
    assert (only(room).status, only(room).dirty) == (Status.ACCEPTED, ())
    warm(room, 7, 75)
    assert (only(room).severity, only(room).dirty) == ("urgent", ("bin-1/bin-1/bin_fire",))
