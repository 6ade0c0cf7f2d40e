"""What the end of a rule does to what it raised: an edit is no look, so nothing is clean because of it."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.alarms import condition_book
from alerts.mutes.mutes import Scope
from alerts.reports.reports import Reports
from alerts.store.book import Book
from alerts.store.tables import LOOKS
from alerts.values import Check, Source, Status, Ticket
from broker.messages import State
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, doing, person
from tests.alerts.mute_cases import Muted, wish
from tests.alerts.rule_cases import accepted, county_with, heat, history, look, only, sweep, thrice, warm
from tests.alerts.said import SEAL, report
from tests.alerts.test_edits import edited
from tests.county.small import BIN, SPOT

Json = dict[str, Any]
SURE: Json = {"name": "把握", "on": "event", "category": "garbage", "when": ["score >= 0.5"]}
LONG: Json = {"name": "持续一小时", "on": "event", "category": "garbage", "for_s": 3600}


def reported_done(room: Room, minutes: float) -> Ticket:
    room.minutes = minutes
    room.desk.act(room.code(), "done", doing(person(room.county, "v1"), minutes, photos=(PHOTO,)).data, "done")
    return only(room)


def clean_looks(book: Book) -> list[str]:
    with book.store.read() as conn:
        return [row.kind for row in conn.execute(LOOKS.select()) if row.state == State.CLEAN.value]


@pytest.mark.parametrize("taken", [False, True])
def test_a_rule_that_gets_another_name_goes_on_from_where_it_was(book: Book, taken: bool) -> None:
    room = Room(book, county_with(thrice(repeat=2)))
    look(room, 0)
    look(room, 1)
    if taken:
        accepted(room, 2)
    before = only(room)
    edited(room, 5, thrice(repeat=2, name="连看两次"))
    after = only(room)
    assert (after.status, after.dirty) == (before.status, before.dirty)
    assert history(room)[-1] == "第2版规则中“连看三次”改名为“连看两次”,告警照旧"
    assert [(row.rule, row.state.raised) for row in condition_book.every(book)] == [("连看两次", "major")]
    look(room, 20)
    assert len(room.tickets()) == 1
    look(room, 21, "clean")
    assert only(room).is_open is taken


def test_a_renamed_rule_that_still_waits_counts_on(book: Book) -> None:
    room = Room(book, county_with(thrice(for_s=600, repeat=1)))
    look(room, 0)
    edited(room, 5, thrice(for_s=600, repeat=1, name="十分钟"))
    assert room.tickets() == []
    sweep(room, 10)
    assert only(room).dirty


def test_an_edit_drops_what_nobody_took_with_its_true_reason(book: Book) -> None:
    room = Room(book, county_with(heat()))
    warm(room, 0, 50)
    edited(room, 5)
    assert only(room).status is Status.DROPPED
    rows = history(room)
    assert "无人接单,不再算问题:第2版规则中“桶温”不再适用于这里" in rows
    assert not any("干净" in row or "消除" in row for row in rows)
    assert clean_looks(book) == []
    warm(room, 6, 75)
    assert [one.is_open for one in room.tickets()] == [False, True], "and hot by itself it is a case again"


def test_an_edit_leaves_what_somebody_took_and_no_reading_is_invented(book: Book) -> None:
    room = Room(book, county_with(heat()))
    warm(room, 0, 50)
    accepted(room, 1)
    edited(room, 5)
    assert history(room)[-1] == "第2版规则中“桶温”不再适用于这里,没有人看到已消除,处理后仍要核查"
    ticket = reported_done(room, 6)
    assert (ticket.status, ticket.check, bool(ticket.dirty)) == (Status.TO_CHECK, Check.READING, True)
    for hours in range(1, 200):
        sweep(room, hours * 60)
    assert (only(room).status, only(room).check) == (Status.TO_CHECK, Check.PERSON), "in the end a person goes"


def test_of_several_things_of_one_ticket_an_edit_drops_only_its_own(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=1), {**thrice(repeat=1), "name": "满", "category": "overflow"}))
    look(room, 0)
    look(room, 1, what="overflow")
    edited(room, 5, thrice(repeat=1), {**SURE, "name": "满溢", "category": "overflow", "when": ["score >= 0.95"]})
    ticket = only(room)
    assert (ticket.status, ticket.dirty) == (Status.DISPATCHED, ("cam-1/cam-1.spot-1/garbage",))
    assert any("垃圾桶满溢不再算,这里还有其他问题" in row for row in history(room))
    assert clean_looks(book) == []


def test_under_a_mute_an_edit_drops_what_was_kept(book: Book) -> None:
    room = Muted(book, county_with(heat(category="bin_tilted")))
    room.mutes.add(wish(2, Scope(BIN), categories=("bin_tilted",)), "t1")
    warm(room, 1, 50)
    assert room.kept() == [("bin_tilted", 1, True)]
    edited(room, 5)
    assert room.kept() == [("bin_tilted", 1, False)]
    room.at(130)
    assert room.tickets() == []


def test_a_stricter_rule_drops_what_it_would_not_raise_and_nobody_saw_it_clean(book: Book) -> None:
    room = Room(book, county_with(SURE))
    look(room, 0)
    edited(room, 5, {**SURE, "when": ["score >= 0.9"]})
    assert only(room).status is Status.DROPPED
    assert any("无人接单,不再算问题" in row for row in history(room))
    assert not any("干净:" in row for row in history(room))
    assert clean_looks(book) == []


# While another rule waits on the same look


@pytest.mark.parametrize("changed", [[], [{**SURE, "when": ["score >= 0.9"]}]], ids=["deleted", "stricter"])
def test_what_another_rule_still_waits_on_keeps_its_ticket(
    book: Book, changed: list[Json], caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(book, county_with(SURE, LONG))
    look(room, 0)
    edited(room, 5, *changed, LONG)
    assert (only(room).status, bool(only(room).dirty)) == (Status.DISPATCHED, True)
    for minute in (61, 120, 600):
        sweep(room, minute)
    assert (len(room.tickets()), bool(only(room).dirty)) == (1, True)
    assert "begins anew" not in caplog.text
    assert [row.state.raised for row in condition_book.every(book) if row.rule == LONG["name"]] == ["major"]


def test_and_a_clean_look_ends_it_before_the_other_rule_is_ripe(book: Book) -> None:
    room = Room(book, county_with(SURE, LONG))
    look(room, 0)
    edited(room, 5, LONG)
    look(room, 10, "clean")
    assert only(room).status is Status.CLOSED_UNAIDED
    sweep(room, 90)
    assert len(room.tickets()) == 1


def test_a_look_whose_ticket_was_dropped_opens_another_when_a_later_edit_means_it(
    book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    strict = {**SURE, "name": "很有把握", "when": ["score >= 0.9"]}
    room = Room(book, county_with(SURE, strict))
    look(room, 0)
    edited(room, 5, strict)
    assert only(room).status is Status.DROPPED
    edited(room, 10, {**strict, "when": ["score >= 0.7"]})
    dropped, opened = room.tickets()
    assert (dropped.is_open, opened.is_open, opened.seen_at) == (False, True, dropped.seen_at)
    assert dropped.id != opened.id
    assert "begins anew" not in caplog.text


def test_what_a_person_told_stays_when_the_rule_of_the_camera_goes(book: Book) -> None:
    room = Room(book, county_with(heat(), SURE))
    look(room, 0)
    room.minutes = 1
    Reports(book, room.world, SEAL).take(report(SPOT), "k1")
    edited(room, 5, {**SURE, "when": ["score >= 0.9"]})
    assert (only(room).is_open, only(room).dirty) == (True, (f"@{Source.REPORT.value}/{SPOT}/garbage",))
