"""One account of how grave a ticket is: its open alarms, their days left, [[rise]] and 反弹, in whatever order."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alarms.grading import Grading, grave
from alerts.office import Office
from alerts.store.book import Book
from alerts.store.tables import ALARMS
from alerts.tickets.daily_round import DailyRound
from alerts.tickets.doing import Data
from alerts.values import Ticket
from county.policy import Severity
from county.snapshot import County
from county.values import Level
from tests.alerts.cases import opened, ticket_of
from tests.alerts.loop import Room
from tests.alerts.makes import at, doing, event, person
from tests.alerts.rule_cases import only
from tests.county.small import CAMERA, SPOT, limits, small_county
from tests.depth import depth

DAY = 24 * 60
GARBAGE, OVERFLOW, DUMPED = (f"{CAMERA}/{SPOT}/{what}" for what in ("garbage", "overflow", "dumped"))
PLAIN = [
    {"code": "garbage", "name": "暴露垃圾", "severity": "minor"},
    {"code": "overflow", "name": "垃圾桶满溢", "severity": "minor"},
    {"code": "dumped", "name": "乱倾倒", "severity": "urgent"},
    {"code": "bin_full", "name": "垃圾桶满溢", "severity": "minor"},
]
MINOR = [{"name": what, "on": "event", "category": what, "severity": "minor"} for what in ("garbage", "overflow")]


def patient(**policy: Any) -> County:
    """Garbage and overflow are minor, dumped is urgent; only garbage is 日产日清, and no limit runs out meanwhile."""
    daily = [{"categories": ["garbage"], "after_hours": 24}]
    told = {"rule": MINOR, "daily": daily, "limits": limits(900, "day"), "reminder_s": 999_000, **policy}
    return small_county(**told)


def look(room: Room, minute: float, what: str, state: str = "dirty") -> None:
    room.minutes = minute
    room.feed(event(minute, state, what=what))


def taken_up(book: Book, county: County) -> Room:
    """Garbage since minute 0, and somebody works on it, so that no clean look ends the ticket."""
    room = Room(book, county)
    look(room, 0, "garbage")
    room.post.step()
    room.desk.act(room.code(), "accept", doing(person(county, "v1"), 0).data, "accept")
    return room


def daily(room: Room, minute: float) -> None:
    room.minutes = minute
    DailyRound(room.book, room.world).step()


def test_ending_another_alarm_takes_no_days_raise_back(book: Book) -> None:
    room = taken_up(book, patient())
    look(room, 5, "overflow")
    daily(room, DAY + 1)
    assert only(room).severity == "major", "minor, and one day left"
    Office(book, room.world).clear(only(room).id, OVERFLOW, room.county.people["t1"], Data("测试"))
    assert (only(room).severity, only(room).dirty) == ("major", (GARBAGE,))


def test_a_day_left_raises_what_is_left_and_not_what_came_beside_it(book: Book) -> None:
    room = taken_up(book, patient(rule=[MINOR[0]]))
    look(room, 5, "overflow")
    assert only(room).severity == "major"
    daily(room, DAY + 1)
    assert (only(room).severity, only(room).level) == ("major", Level.TOWNSHIP), "minor with a day left is no more"
    look(room, DAY + 2, "overflow", "clean")
    assert only(room).severity == "major", "and no less, when the other is over"
    look(room, DAY + 3, "garbage", "clean")
    look(room, DAY + 4, "garbage")
    assert only(room).severity == "minor", "dirty again after a clean look: no day is counted yet"


def test_every_day_on_which_nobody_looked_counts_a_step_and_the_rungs_are_gone_up_one_by_one(book: Book) -> None:
    room = taken_up(book, patient())
    look(room, 5, "overflow")
    daily(room, 2 * DAY + 1)
    assert (only(room).severity, only(room).level) == ("urgent", Level.TOWNSHIP)
    (row,) = [one.words for one in room.reader.history(only(room).id) if "未清" in one.words]
    assert "已2天未清(超期未清),升为紧急,上报乡镇级田乡官" in row
    look(room, 2 * DAY + 2, "overflow", "clean")
    assert only(room).severity == "urgent"


def test_each_alarm_counts_its_own_days(book: Book) -> None:
    both = [{"categories": ["garbage", "overflow"], "after_hours": 24}]
    room = taken_up(book, patient(daily=both))
    look(room, DAY, "overflow")
    daily(room, 2 * DAY + 1)
    with book.store.read() as conn:
        days = {row.kind: row.days for row in conn.execute(sa.select(ALARMS.c.kind, ALARMS.c.days))}
    assert days == {"garbage": 2, "overflow": 1}
    look(room, 2 * DAY + 2, "garbage", "clean")
    assert only(room).severity == "major", "overflow was left one day, and not two"


def test_a_county_that_counts_days_as_rungs_only_leaves_the_severity(book: Book) -> None:
    room = taken_up(book, patient(daily=[{"categories": ["garbage"], "after_hours": 24, "severity": False}]))
    daily(room, 3 * DAY)
    assert (only(room).severity, only(room).level) == ("minor", Level.TOWNSHIP)


def test_a_graver_ticket_has_the_shorter_limit_from_the_start_of_its_clock(book: Book) -> None:
    short = [{"stage": "handle", "level": "village", "severity": "major", "value": 2, "unit": "day"}]
    room = taken_up(book, patient(limits=[*limits(900, "day"), *short]))
    daily(room, DAY + 1)
    assert (only(room).severity, only(room).due_at) == ("major", at(2 * DAY))


@pytest.mark.parametrize(
    ("grades", "days", "more", "severity"),
    [
        ({GARBAGE: "minor"}, {}, {}, "minor"),
        ({GARBAGE: "minor"}, {GARBAGE: 1}, {}, "major"),
        ({GARBAGE: "minor"}, {GARBAGE: 7}, {}, "urgent"),
        ({GARBAGE: "minor", OVERFLOW: "major"}, {GARBAGE: 1}, {}, "major"),
        ({GARBAGE: "minor", OVERFLOW: "major"}, {OVERFLOW: 3}, {}, "major"),  # not of 日产日清
        ({GARBAGE: "minor"}, {}, {"floor": "major"}, "major"),
        ({GARBAGE: "minor"}, {GARBAGE: 1}, {"floor": "major"}, "urgent"),  # 反弹 first, then the day
        ({GARBAGE: "minor"}, {GARBAGE: 1, DUMPED: 5}, {}, "major"),  # what is over no longer counts
    ],
)
def test_the_account(
    grades: dict[str, Severity], days: dict[str, int], more: dict[str, Any], severity: Severity
) -> None:
    county = patient()
    found = grave(_ticket(county, tuple(grades), **more), Grading(grades, days=days), county, at(DAY + 1))
    assert found is not None
    assert found[0] == severity


def test_rise_says_what_it_is_at_least_and_adds_nothing_to_a_day_left() -> None:
    county = patient(rise=[{"after_s": 3600, "severity": "major"}])
    ticket = _ticket(county, (GARBAGE,))
    for days, severity in ((0, "major"), (1, "major"), (2, "urgent")):
        found = grave(ticket, Grading({GARBAGE: "minor"}, days={GARBAGE: days}), county, at(DAY))
        assert found == (severity, "garbage")
    assert grave(replace(ticket, dirty=()), Grading({}), county, at(DAY)) is None


def _ticket(county: County, dirty: tuple[str, ...], **more: Any) -> Ticket:
    return replace(ticket_of(opened(county)), dirty=dirty, **more)


STEPS = st.lists(
    st.tuples(
        st.sampled_from([7, 300, 1441]),
        st.sampled_from(["garbage dirty", "garbage clean", "overflow dirty", "overflow clean", "daily", "rules"]),
    ),
    min_size=3,
    max_size=10,
)


@settings(max_examples=depth(30), deadline=None)
@given(steps=STEPS, rises=st.booleans(), ruled=st.booleans())
def test_the_order_and_batching_of_sweeps_does_not_change_the_severity_that_results(
    steps: list[tuple[int, str]], rises: bool, ruled: bool
) -> None:
    """Whether rules stand behind the alarms, or they count at once."""
    rise = [{"after_s": 50 * 3600, "severity": "major"}] if rises else []
    grades = {"rule": MINOR} if ruled else {"rule": [], "categories": PLAIN}
    county = patient(rise=rise, flapping={"changes": 10, "window_s": 1}, **grades)
    often, rarely = (_lived(steps, county, often=one) for one in (True, False))
    assert often.dirty == rarely.dirty
    if often.dirty:  # what is no longer dirty keeps what it was while the proof is waited for
        assert often.severity == rarely.severity


def _lived(steps: list[tuple[int, str]], county: County, *, often: bool) -> Ticket:
    """A ticket after these steps; unless ``often``, all sweeps wait for the end, and come in the other order."""
    with TemporaryDirectory() as folder, closing(Book(f"sqlite:///{Path(folder) / 'book.db'}", county.code)) as book:
        room, minute = taken_up(book, county), 0
        for gap, step in steps:
            minute += gap
            if " " in step:
                look(room, minute, *step.split())
            elif often:
                _sweep(room, minute, step)
        for step in ("rules", "daily") if often else ("daily", "rules"):
            _sweep(room, minute, step)
        return only(room)


def _sweep(room: Room, minute: float, step: str) -> None:
    room.minutes = minute
    if step == "daily":
        daily(room, minute)
    else:
        room.sweep.step()
