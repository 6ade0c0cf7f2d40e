"""A county's own rules over restarts and crashes: no count is lost or doubled, and no row stands before another."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.alarms import condition_book
from alerts.alarms.rule_tables import CONDITIONS
from alerts.engine import Engine
from alerts.store.book import Book
from alerts.store.tables import ALARMS, TICKETS
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import event
from tests.alerts.rule_cases import (
    county_with,
    days,
    heat,
    look,
    sweep,
    thrice,
    warm,
)
from tests.alerts.test_conditions import Place
from tests.depth import depth


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


TURNS = [
    (1, 45, False),
    (11, 30, False),
    (6, 45, False),
    (11, 30, False),
    (6, 45, False),
    (11, 30, False),
    (5, 30, False),
]


@settings(max_examples=depth(25))
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
    county = county_with(rule, limits=days(99), flapping={"window_s": 1})  # what turns often is another rule's matter
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


def test_one_row_that_cannot_be_decided_stands_before_no_other(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    """As if somebody had changed the book by hand: a ticket is closed, and its alarm is open still."""
    room = Room(book, county_with(heat(for_s=600), thrice(repeat=1, for_s=600)))
    warm(room, 0, 50)
    sweep(room, 10)
    look(room, 11)
    with book.store.write() as conn:
        conn.execute(TICKETS.update().values(is_open=False))
        conn.execute(CONDITIONS.update().values(raised=None, next_us=0))
    sweep(room, 21)
    assert len(room.tickets()) == 2
    assert "begins anew" in caplog.text
    assert [row.rule for row in condition_book.every(book)] == ["连看三次"]
    with book.store.write() as conn:
        conn.execute(ALARMS.update().values(is_open=False))
    warm(room, 22, 50)
    sweep(room, 32)
    assert len(room.tickets()) == 3
