"""A county's own rules on what cameras see, through engine and book: what they hold back, raise and end."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa

from alerts.alarms import condition_book
from alerts.store.book import Book
from alerts.store.tables import ALARMS
from alerts.values import Check, Status
from broker.messages import Kind
from county.policy import Category
from county.policy.categories import default_categories
from tests.alerts.loop import Room
from tests.alerts.makes import at, doing, event, person
from tests.alerts.rule_cases import (
    accepted,
    county_with,
    history,
    look,
    only,
    sweep,
    thrice,
)


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


def test_a_look_that_is_told_twice_feeds_its_alarm_once(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=2)))
    look(room, 0)
    again = event(1)
    for _ in range(3):
        room.minutes = 1
        room.feed(again.model_copy(update={"message_id": uuid4()}))
    with book.store.read() as conn:
        assert conn.execute(sa.select(ALARMS.c.merged, ALARMS.c.looks)).all() == [(1, 3)]


def test_while_the_proof_decides_a_rule_only_listens(book: Book) -> None:
    room = Room(book, county_with(thrice(repeat=2, for_s=60), recheck={"looks": 3}))
    look(room, 0)
    look(room, 1)
    accepted(room, 5)
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
