"""人工清除: who may end an alarm by their word, what of its ticket ends with it, and that nothing is silenced by it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from alerts.alarms.clearing import cleared
from alerts.alarms.grading import Grading
from alerts.asks import fairness_book
from alerts.asks.fairness import Deed
from alerts.office import NoTicket, Office
from alerts.store.book import Book
from alerts.tickets.doing import Data, Refused
from alerts.tickets.entitled import NotEntitled
from alerts.values import Status
from county.snapshot import County
from tests.alerts.cases import opened, ticket_of
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, doing, person
from tests.alerts.rule_cases import county_with, heat, history, only, warm

KEY = "bin-1/bin-1/bin_fire"


@pytest.fixture
def room(book: Book) -> Room:
    opened = Room(book, county_with(heat(severity="urgent")))
    warm(opened, 0, 50)
    return opened


def clear(room: Room, who: str, words: str = "测试热源", key: str = KEY) -> None:
    Office(room.book, room.world).clear(only(room).id, key, room.county.people[who], Data(words))


def accept(room: Room) -> None:
    room.post.step()
    room.desk.act(room.code(), "accept", doing(person(room.county, "v1"), room.minutes).data, "k")


def test_a_superior_ends_an_alarm_with_a_reason_and_it_stands_in_the_fairness_log(room: Room) -> None:
    room.minutes = 5
    clear(room, "t1")
    assert only(room).status is Status.CLOSED_UNAIDED
    assert "田乡官人工清除告警“垃圾桶疑似起火”:测试热源" in history(room)
    (line,) = fairness_book.lines(room.book)
    assert (line.entry.deed, line.entry.author.name, line.entry.reason) == (Deed.CLEARED, "田乡官", "测试热源")


def test_what_still_holds_begins_a_new_alarm_with_the_next_message(room: Room) -> None:
    clear(room, "t1")
    warm(room, 6, 50)
    assert [(ticket.is_open, ticket.seen_at) for ticket in room.tickets()] == [(False, at(0)), (True, at(6))]


def test_a_ticket_that_somebody_works_on_waits_for_them(room: Room) -> None:
    accept(room)
    clear(room, "t1")
    assert (only(room).status, only(room).dirty) == (Status.ACCEPTED, ())
    assert any("等待处理人提交或复核" in row for row in history(room))
    warm(room, 6, 50)
    assert only(room).dirty == (KEY,)


def test_other_alarms_of_the_ticket_go_on_and_it_is_as_grave_as_they_are(room: Room) -> None:
    warm(room, 1, 50, fill_percent=95)
    assert only(room).severity == "urgent"
    clear(room, "t1")
    assert (only(room).is_open, only(room).severity, only(room).what) == (True, "minor", "bin_full")


@pytest.mark.parametrize(
    ("who", "words", "key", "fault"),
    [
        ("v1", "不热", KEY, "要由上一级决定"), ("t1", " ", KEY, "请写明为什么"), ("t1", "不热", "nonsense", "不在了"),
        ("t1", "不热", "bin-1/bin-1/garbage", "不在了"), ("v2", "不热", KEY, "不负责这个地方"),
    ],
)  # fmt: skip
def test_without_right_reason_or_alarm_nothing_ends(room: Room, who: str, words: str, key: str, fault: str) -> None:
    with pytest.raises(Refused, match=fault):
        clear(room, who, words, key)
    assert only(room).is_open
    assert fairness_book.lines(room.book) == []


def test_whoever_deals_with_it_does_not_clear_it(room: Room) -> None:
    room.post.step()
    room.minutes = 31
    room.sweep.step()
    room.post.step()
    room.desk.act(room.code(), "accept", doing(person(room.county, "t1"), 31).data, "k")
    with pytest.raises(NotEntitled, match="谁处理"):
        clear(room, "t1")
    clear(room, "c1")
    assert only(room).dirty == ()


def test_a_kill_leaves_neither_the_end_nor_the_line(room: Room) -> None:
    room.kill_at = "alerts.before_commit"
    with pytest.raises(Killed):
        clear(room, "t1")
    assert only(room).is_open
    assert fairness_book.lines(room.book) == []


def test_an_unknown_ticket_is_none(room: Room) -> None:
    with pytest.raises(Refused, match="不在了"):
        clear(room, "t1", key="bin-1/bin-1/bin_full")
    with pytest.raises(NoTicket):
        Office(room.book, room.world).clear(uuid4(), KEY, room.county.people["t1"], Data("x"))


def test_an_alarm_that_has_ended_meanwhile_is_not_ended_again(county: County) -> None:
    known = opened(county)
    assert known.alarm is not None
    gone = replace(known.alarm, is_open=False)
    with pytest.raises(Refused, match="不在了"):
        cleared(ticket_of(known), gone, doing(person(county, "t1"), 5, "误报"), Grading({}), county)
