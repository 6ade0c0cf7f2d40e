"""Each figure of the wall agrees with the list behind it, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from alerts.alarms.opening import Seen, opened
from alerts.store.behind import Asked, Behind, Figure, Listed
from alerts.store.book import Book
from alerts.store.counting import MONTH
from alerts.store.figures import SEVERITIES
from alerts.tickets.acts import Data
from alerts.values import Known, Look, Source
from broker.messages import State
from county.snapshot import County
from county.values import own_spot
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, event, reading
from tests.county.small import CAMERA, OTHER_VILLAGE, TOWNSHIP, VILLAGE

NOW = at(120)


@pytest.fixture
def room(book: Book, county: County) -> Room:
    """A closed ticket of two alarms, a full bin that climbed, and a silent camera that is no dirt."""
    room = Room(book, county)
    room.feed(event(0), event(1), event(2, what="overflow"))
    room.post.step()
    room.minutes = 10
    room.desk.act(room.code(), "accept")
    room.minutes = 20
    room.desk.act(room.code(), "done", Data(photos=(PHOTO,)))
    room.minutes = 60
    room.feed(reading(60, 95))
    room.minutes = 91
    room.sweep.step()
    camera = own_spot(county.devices[CAMERA])
    look = Look(camera.device, camera.id, "camera_silent", at(100), uuid4(), 0, State.DIRTY)
    with book.writing() as pen:
        seen = Seen(look, "没有数据", 1.0, 1, rendered=False, source=Source.EQUIPMENT)
        pen.apply(opened(Known(), seen, camera, county, at(100)), "test", at(100))
    room.minutes = 120
    room.relay.step()
    room.feed(event(119, "clean"), event(120, "clean", what="overflow"))
    return room


def listed(room: Room, figure: Figure, **more: Any) -> Listed:
    return Behind(room.book).of(Asked(figure, **more), NOW)


def figures(room: Room) -> Iterator[tuple[Asked, int]]:
    """Every figure that the wall shows of this room, and how it is asked for."""
    counts, funnel = room.figures.counts(NOW), room.figures.funnel(NOW - MONTH)
    yield Asked(Figure.TODAY), counts.today
    yield Asked(Figure.WAITING), counts.waiting
    yield Asked(Figure.HANDLING), counts.handling
    yield Asked(Figure.CHECKING), counts.checking
    yield Asked(Figure.CLOSED_TODAY), counts.closed_today
    yield Asked(Figure.OVERDUE), counts.overdue
    yield Asked(Figure.EVENTS), funnel.events
    yield Asked(Figure.ALARMS), funnel.alarms
    yield Asked(Figure.DISPATCHED), funnel.dispatched
    yield Asked(Figure.ACCEPTED), funnel.accepted
    yield Asked(Figure.HANDLED), funnel.handled
    yield Asked(Figure.CLOSED), funnel.closed
    for kind, count in room.figures.by_category(NOW - MONTH).items():
        yield Asked(Figure.ALARMS, kinds=(kind,)), count
    for rank in room.figures.ranking(NOW - MONTH):
        yield Asked(Figure.RANK_OPEN, rank.township), rank.open
        yield Asked(Figure.RANK_ENDED, rank.township), rank.closed
        yield Asked(Figure.RANK_OVERDUE, rank.township), rank.overdue
    for state in room.figures.townships():
        yield Asked(Figure.OPEN, state.township), state.open
    for level, rung in room.figures.ladder(NOW).items():
        yield Asked(Figure.RUNG, rung=level), rung.open
    upkeep = room.figures.upkeep()
    yield Asked(Figure.UPKEEP), upkeep.open
    yield Asked(Figure.UPKEEP_OVERDUE), upkeep.overdue
    trend = room.figures.trend_24h(NOW)
    for n, hour in enumerate(trend.hours):
        yield Asked(Figure.HOUR_CLOSED, hour=hour), trend.closed[n]
        for severity in SEVERITIES:
            yield Asked(Figure.HOUR_OPENED, hour=hour, severity=severity), trend.opened[severity][n]


def test_every_figure_is_as_long_as_its_list(room: Room) -> None:
    seen = set()
    for asked, count in figures(room):
        answer = Behind(room.book).of(asked, NOW)
        assert answer.total == count, asked
        assert len(answer.entries) == answer.rows, asked
        if count:
            seen.add(asked.figure)
    assert {Figure.TODAY, Figure.WAITING, Figure.CLOSED_TODAY, Figure.OVERDUE, Figure.EVENTS, Figure.RUNG} <= seen
    assert {Figure.HOUR_OPENED, Figure.HOUR_CLOSED, Figure.UPKEEP, Figure.OPEN, Figure.RANK_OVERDUE} <= seen


def test_the_looks_of_the_rows_add_up_to_the_events(room: Room) -> None:
    events = listed(room, Figure.EVENTS)
    assert (events.total, events.rows) == (4, 3)
    assert sum(entry.looks or 0 for entry in events.entries) == events.total
    assert {entry.kind for entry in events.entries} == {"garbage", "overflow", "bin_full"}


def test_what_did_not_end_in_time_is_the_rest_of_what_was_dealt_with(room: Room) -> None:
    dealt, late = listed(room, Figure.DEALT), listed(room, Figure.LATE)
    in_time = dealt.total - late.total
    assert room.figures.counts(NOW).on_time_percent == 100 * in_time / dealt.total
    assert [entry.in_time for entry in dealt.entries] == [True]
    assert dealt.entries[0].closed_at == NOW


def test_a_figure_of_one_village_is_that_village_s(room: Room) -> None:
    assert listed(room, Figure.OPEN, scope=TOWNSHIP).total == 1
    assert listed(room, Figure.OPEN, scope=VILLAGE).total == 1
    assert listed(room, Figure.OPEN, scope=OTHER_VILLAGE).total == 0
    assert listed(room, Figure.EVENTS, scope=OTHER_VILLAGE).total == 0


def test_a_list_comes_in_pieces_and_its_total_does_not_change(room: Room) -> None:
    whole = listed(room, Figure.DISPATCHED)
    first, second = (listed(room, Figure.DISPATCHED, limit=1, offset=n) for n in (0, 1))
    assert first.total == second.total == whole.total == 2
    assert [entry.line.id for entry in (*first.entries, *second.entries)] == [e.line.id for e in whole.entries]
    assert listed(room, Figure.DISPATCHED, limit=0).entries == ()


def test_yesterday_s_tickets_are_not_today_s(room: Room) -> None:
    tomorrow = NOW + timedelta(days=1)
    assert Behind(room.book).of(Asked(Figure.TODAY), tomorrow).total == 0
    assert Behind(room.book).of(Asked(Figure.DISPATCHED), tomorrow).total == 2
    assert Behind(room.book).of(Asked(Figure.DISPATCHED), NOW + MONTH + timedelta(hours=2)).total == 0
