"""A county's own rules through engine, book and sweep: what they hold back, raise, grade and end."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.alarms import condition_book
from alerts.alarms.rule_tables import CONDITIONS
from alerts.engine import Engine, Sweep
from alerts.store.book import Book
from alerts.store.tables import ALARMS, TICKETS
from alerts.tickets.daily_round import DailyRound
from alerts.values import Check, Status, Ticket
from broker.messages import Kind, Reading
from county.policy import Category
from county.policy.categories import default_categories
from county.snapshot import County
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, doing, event, person
from tests.alerts.test_conditions import Place
from tests.county.small import BIN, BOX, VILLAGE, small_county

Json = dict[str, Any]


def thrice(**more: Any) -> Json:
    return {"name": "连看三次", "on": "event", "category": "garbage", "repeat": 3, **more}


def heat(**more: Any) -> Json:
    return {"name": "桶温", "on": "reading", "category": "bin_fire", "when": ["temperature_c >= 45"], **more}


def county_with(*rules: Json, revision: int = 1, **policy: Any) -> County:
    return small_county(revision, rule=list(rules), **policy)


def reading(minutes: float, **values: Any) -> Reading:
    return Reading(message_id=uuid4(), device=BOX, at=at(minutes), spot=BIN, **values)


def look(room: Room, minutes: float, state: str = "dirty", **more: Any) -> None:
    room.minutes = minutes
    room.feed(event(minutes, state, **more))


def warm(room: Room, minutes: float, degrees: float, **more: Any) -> None:
    room.minutes = minutes
    room.feed(reading(minutes, temperature_c=degrees, **more))


def sweep(room: Room, minutes: float) -> None:
    room.minutes = minutes
    room.sweep.step()


def only(room: Room) -> Ticket:
    (ticket,) = room.tickets()
    return ticket


def history(room: Room) -> list[str]:
    return [line.words for line in room.reader.history(only(room).id)]


# Events


def test_a_dirty_look_waits_until_it_was_seen_often_enough_in_a_row(book: Book) -> None:
    room = Room(book, county_with(thrice()))
    for minute, state in enumerate(["dirty", "dirty", "clean", "dirty", "dirty"]):
        look(room, minute, state)
    assert room.tickets() == []
    look(room, 5)
    ticket = only(room)
    assert (ticket.seen_at, ticket.status, ticket.severity) == (at(5), Status.DISPATCHED, "major")
    assert "第5分钟dirty(规则“连看三次”:看到不干净,连续3次)" in history(room)[0]


def test_kinds_without_a_rule_open_at_once_as_ever(book: Book) -> None:
    room = Room(book, county_with(thrice()))
    look(room, 0, what=Kind.OVERFLOW)
    assert only(room).kinds == (Kind.OVERFLOW,)


def test_a_rule_of_another_area_holds_nothing_back(book: Book) -> None:
    room = Room(book, county_with(thrice(areas=["640999101201"])))
    look(room, 0)
    assert only(room).status is Status.DISPATCHED


def test_an_unknown_look_neither_counts_nor_breaks(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=2)))
    for minute, state in enumerate(["dirty", "unknown", "dirty"]):
        look(room, minute, state)
    assert len(room.tickets()) == 1


def test_a_rule_may_make_another_category_of_what_a_camera_sees(book: Book) -> None:
    fouled = Category(code="fouled_street", name="街巷反复脏乱", severity="urgent")
    rule = thrice(name="反复", category="fouled_street", what=["garbage", "overflow"], repeat=2)
    room = Room(book, county_with(rule, category=[*default_categories(), fouled]))
    look(room, 0)
    assert only(room).kinds == ("garbage",), "the kind itself counts at once, for no rule holds it back"
    look(room, 1, what=Kind.OVERFLOW)
    ticket = only(room)
    assert (ticket.kinds, ticket.severity, ticket.what) == (
        ("garbage", "fouled_street", "overflow"), "urgent", "fouled_street",
    )  # fmt: skip


def test_a_camera_may_have_to_see_it_clean_twice(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=1, clear={"when": ["state == clean"], "repeat": 2})))
    for minute, state in enumerate(["dirty", "clean", "dirty", "clean"]):
        look(room, minute, state)
        assert only(room).is_open
    look(room, 4, "clean")
    assert only(room).status is Status.CLOSED_UNAIDED
    look(room, 5)
    assert len(room.tickets()) == 2, "what comes back after the end is another alarm"


def test_the_picture_of_a_look_that_still_waits_stands_in_its_ticket(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=1, for_s=600)))
    first = event(0)
    room.feed(first)
    sha = "cd" * 32
    again = first.model_copy(update={"message_id": uuid4(), "revision": 9, "looks": 0, "picture": sha})
    room.feed(again)
    sweep(room, 10)
    with book.store.read() as conn:
        assert conn.execute(sa.select(ALARMS.c.picture)).scalars().all() == [sha]


def test_a_late_look_does_not_shorten_what_must_last(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=1, for_s=600)))
    look(room, 0)
    room.minutes = 9
    room.feed(event(8, "clean"), event(9))
    sweep(room, 10)
    assert room.tickets() == []
    room.feed(event(4))
    sweep(room, 18.9)
    assert room.tickets() == [], "what is older than the look that broke it changes nothing"
    sweep(room, 19)
    assert only(room).seen_at == at(9)


def test_once_the_work_is_reported_done_the_proof_decides(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=2), recheck={"looks": 1}))
    for minute in (0, 1):
        look(room, minute)
    room.post.step()
    code, village = room.code(), person(room.county, "v1")
    for minute, act in ((5, "accept"), (20, "done")):
        room.minutes = minute
        room.desk.act(code, act, doing(village, minute, "扫了", ("ab" * 32,)).data, f"key-{act}")
    assert only(room).check is Check.CAMERA
    look(room, 30, "clean", command=only(room).command)
    assert only(room).status is Status.CLOSED
    look(room, 40)
    assert len(room.tickets()) == 1, "it counts anew from one"
    look(room, 41)
    assert len(room.tickets()) == 2


# Readings, time, severities


GRAVE: Json = heat(
    when=None, clear={"when": ["temperature_c < 35"]},
    level=[
        {"severity": "minor", "when": ["temperature_c >= 45"]},
        {"severity": "urgent", "when": ["temperature_c >= 70"]},
    ],
)  # fmt: skip
GRAVE.pop("when")


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
    room = Room(book, county_with(heat(severity="minor"), rise=rises, limits=_days(3)))
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
    room = Room(book, county_with(GRAVE, rise=[{"after_s": 3600, "severity": "major"}], limits=_days(3)))
    warm(room, 0, 50)
    sweep(room, 60)
    warm(room, 61, 75)
    assert only(room).severity == "urgent"
    warm(room, 62, 50)
    assert only(room).severity == "major"


def _days(count: float) -> list[Json]:
    levels = ("village", "township", "county")
    return [{"stage": stage, "level": level, "value": count, "unit": "day"}
            for stage in ("accept", "handle") for level in levels]  # fmt: skip


# Restart, crash, replay


@pytest.mark.parametrize("point", ["alerts.before_commit", "alerts.after_commit"])
def test_a_kill_loses_and_doubles_no_count(book: Book, point: str) -> None:
    room = Room(book, county_with(thrice()))
    look(room, 0)
    room.inbox.add(event(1))
    room.kill_at = point
    with pytest.raises(Killed):
        room.engine.step()
    again = Book(book.store, book.county)
    engine = Engine(again, room.inbox, room.world)
    engine.step()
    (row,) = condition_book.every(again)
    assert len(row.state.said) == 2
    room.inbox.add(event(2))
    engine.step()
    assert len(room.tickets()) == 1


def test_a_duration_goes_on_over_a_restart(book: Book) -> None:
    room = Room(book, county_with(heat(for_s=600)))
    warm(room, 0, 50)
    again = Room(Book(book.store, book.county), room.county)
    again.inbox = room.inbox
    sweep(again, 10)
    assert len(again.tickets()) == 1


def test_a_kill_in_the_sweep_raises_once(book: Book) -> None:
    room = Room(book, county_with(heat(for_s=600)))
    warm(room, 0, 50)
    for point in ("alerts.before_commit", "alerts.after_commit"):
        room.kill_at = point
        with pytest.raises(Killed):
            sweep(room, 10)
    sweep(room, 11)
    assert len(room.tickets()) == 1


def test_where_nothing_is_under_way_nothing_is_kept(book: Book) -> None:
    room = Room(book, county_with(heat(repeat=2), thrice()))
    warm(room, 0, 20)
    look(room, 0, "clean")
    assert condition_book.every(book) == []
    warm(room, 1, 50)
    assert [row.rule for row in condition_book.every(book)] == ["桶温"]
    warm(room, 2, 20)
    assert condition_book.every(book) == []


def test_a_county_without_rules_on_readings_pays_nothing(book: Book) -> None:
    room = Room(book, county_with(thrice()))
    warm(room, 0, 20)
    statements: list[str] = []

    def count(*args: Any) -> None:
        statements.append(str(args[2]))

    engine = book.store._engine
    sa.event.listen(engine, "before_cursor_execute", count)
    warm(room, 1, 50)
    sa.event.remove(engine, "before_cursor_execute", count)
    assert not any("conditions" in one for one in statements)


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
    room = Room(book, county_with(GRAVE, daily=daily, limits=_days(9)))
    warm(room, 0, 50)
    room.minutes = 61
    DailyRound(book, room.world).step()
    assert only(room).severity == "major", "a step graver than its rule"
    warm(room, 62, 75)
    assert only(room).severity == "urgent"
    warm(room, 63, 50)
    assert only(room).severity == "major"


TURNS = [
    (1, 45, False),
    (11, 30, False),
    (6, 45, False),
    (11, 30, False),
    (6, 45, False),
    (11, 30, False),
    (5, 30, False),
]


@settings(max_examples=25)
@example(stream=TURNS)
@given(stream=st.lists(st.tuples(st.integers(1, 20), st.sampled_from([30, 45, 55, 75]), st.booleans()), max_size=14))
def test_any_stream_through_book_and_restarts_is_what_the_pure_rule_says(
    stream: list[tuple[int, float, bool]],
) -> None:
    rule = heat(
        clear={"when": ["temperature_c < 40"], "for_s": 300},
        level=[
            {"severity": "minor", "when": ["temperature_c >= 45"], "for_s": 600},
            {"severity": "urgent", "when": ["temperature_c >= 70"], "repeat": 2},
        ],
    )  # fmt: skip
    rule.pop("when")
    county = county_with(rule, limits=_days(99), flapping={"window_s": 1})  # what turns often is another rule's matter
    with TemporaryDirectory() as folder, closing(Book(f"sqlite:///{Path(folder) / 'book.db'}", county.code)) as book:
        _follow(stream, Room(book, county), Place(county.laws_at("reading", county.spots[-1])[0]))


def _follow(stream: list[tuple[int, float, bool]], room: Room, place: Place) -> None:
    minute = 0
    for gap, degrees, restarts in stream:
        for passed in range(minute + 1, minute + gap):
            sweep(room, passed)
            place.look(passed)
        minute += gap
        if restarts:
            rows = room.inbox.rows
            room = Room(Book(room.book.store, room.book.county), room.county)
            room.inbox.rows = rows
        warm(room, minute, degrees)
        place.hear(minute, temperature_c=degrees)
        found = [ticket.severity for ticket in room.tickets() if ticket.is_open]
        assert found == ([place.state.raised] if place.state.raised else [])


def _accepted(room: Room, minutes: float) -> None:
    room.post.step()
    room.minutes = minutes
    room.desk.act(room.code(), "accept", doing(person(room.county, "v1"), minutes).data, "accept")


def test_what_was_over_and_is_not_while_somebody_works_is_the_same_alarm_as_grave_as_it_is_now(book: Book) -> None:
    room = Room(book, county_with(GRAVE))
    warm(room, 0, 50)
    _accepted(room, 5)
    warm(room, 6, 30)
    assert (only(room).status, only(room).dirty) == (Status.ACCEPTED, ())
    warm(room, 7, 75)
    assert (only(room).severity, only(room).dirty) == ("urgent", ("bin-1/bin-1/bin_fire",))


def test_while_the_proof_decides_a_rule_only_listens(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=2, for_s=60), recheck={"looks": 3}))
    look(room, 0)
    look(room, 1)
    _accepted(room, 5)
    room.minutes = 20
    room.desk.act(room.code(), "done", doing(person(room.county, "v1"), 20, "扫了", ("ab" * 32,)).data, "done")
    look(room, 21, "clean")
    assert only(room).status is Status.TO_CHECK, "one clean look is no proof, though it would end the rule"
    look(room, 22)
    assert (only(room).status, only(room).reworks) == (Status.ON_SITE, 1)
    (row,) = condition_book.every(book)
    assert [one.values["state"] for one in row.state.said] == ["dirty", "dirty", "clean", "dirty"]


def test_a_look_of_a_kind_that_a_spot_does_not_watch_is_no_rules_matter(book: Book) -> None:
    room = Room(book, county_with(thrice(category="straw_pile", repeat=1)))
    look(room, 0, what=Kind.STRAW_PILE)
    assert room.tickets() == []
    assert condition_book.every(book) == []


def test_one_row_that_cannot_be_decided_stands_before_no_other(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    """As if somebody had changed the book by hand: the same look would open the same ticket a second time."""
    room = Room(book, county_with(heat(for_s=600), thrice(repeat=1, for_s=600)))
    warm(room, 0, 50)
    sweep(room, 10)
    look(room, 11)
    with book.store.write() as conn:
        conn.execute(TICKETS.update().values(is_open=False))
        conn.execute(ALARMS.update().values(is_open=False))
        conn.execute(CONDITIONS.update().values(raised=None, next_us=0))
    sweep(room, 21)
    assert len(room.tickets()) == 2
    assert "begins anew" in caplog.text
    assert [row.rule for row in condition_book.every(book)] == ["连看三次"]
    warm(room, 22, 50)
    sweep(room, 32)
    assert len(room.tickets()) == 3
