"""What the wall and the office read, counted by the database, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from alerts.alarms.opening import Seen, opened
from alerts.devices.cover import link_spot
from alerts.store.book import Book
from alerts.store.figures import Funnel, Rank, Rung, TownshipState, Upkeep, score_of
from alerts.store.newest import Newest
from alerts.store.queries import Filters
from alerts.tickets.acts import Data
from alerts.values import Known, Look, Source, Status
from broker.messages import State
from county.snapshot import County
from county.values import own_spot, sensor_of
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, T0, at, event, reading
from tests.county.small import CAMERA, TOWNSHIP, led_county


@pytest.fixture
def room(book: Book, county: County) -> Room:
    return Room(book, county)


@pytest.fixture
def busy(room: Room) -> Room:
    """Minute 0: a camera's ticket, closed by a clean look after 120 min; minute 60: a full bin that climbed."""
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
    room.minutes = 120
    room.relay.step()
    room.feed(event(119, "clean"), event(120, "clean", what="overflow"))
    return room


def test_an_empty_book_answers_with_zeros_and_none(room: Room) -> None:
    counts = room.figures.counts(at(0))
    assert (counts.today, counts.waiting, counts.overdue) == (0, 0, 0)
    assert (counts.waiting_longest_min, counts.closed_mean_h, counts.on_time_percent) == (None, None, None)
    assert room.figures.funnel(T0) == Funnel(0, 0, 0, 0, 0, 0)
    assert (room.figures.ranking(T0), room.figures.ladder(T0), room.figures.townships()) == ([], {}, [])
    assert room.figures.trend_24h(T0).closed == (0,) * 24
    assert (room.reader.number(), room.reader.recent(), room.reader.latest_shot()) == (0, [], None)
    assert room.reader.audited_at() is None


def test_the_kpi_cards(busy: Room) -> None:
    counts = busy.figures.counts(at(120))
    assert (counts.today, counts.yesterday, counts.waiting, counts.handling, counts.checking) == (2, 0, 1, 0, 0)
    assert counts.waiting_longest_min == 60
    assert (counts.closed_today, counts.unaided_today, counts.overdue) == (1, 0, 1)
    assert (counts.closed_mean_h, counts.on_time_percent) == (2.0, 100.0)
    tomorrow = busy.figures.counts(at(24 * 60))
    assert (tomorrow.today, tomorrow.yesterday, tomorrow.closed_today) == (0, 2, 0)


def test_the_day_turns_at_local_midnight(busy: Room) -> None:
    # T0 is 10:00 in Shanghai: 13 h 59 min later it is still today there, though UTC has not reached midnight either
    assert busy.figures.counts(T0 + timedelta(hours=13, minutes=59)).today == 2
    assert busy.figures.counts(T0 + timedelta(hours=14)).today == 0


def test_the_funnel_counts_looks_alarms_and_tickets(busy: Room) -> None:
    assert busy.figures.funnel(T0) == Funnel(events=4, alarms=3, dispatched=2, accepted=1, handled=1, closed=1)
    assert busy.figures.funnel(at(30)).dispatched == 1


@pytest.mark.parametrize(
    ("judged", "ended", "in_time", "score"),
    [(0, 0, 0, None), (1, 0, 0, None), (2, 2, 2, None), (3, 0, 0, 0.0), (3, 3, 3, 100.0), (4, 3, 2, 60.0)],
)
def test_a_township_is_scored_by_three_tickets_or_not_at_all(
    judged: int, ended: int, in_time: int, score: float | None
) -> None:
    assert score_of(judged, ended, in_time) == score


def test_ranking_categories_ladder_and_map(busy: Room) -> None:
    assert busy.figures.ranking(T0) == [Rank(TOWNSHIP, None, 1, 1, 1)], "two tickets make no score"
    assert busy.figures.by_category(T0) == {"bin_full": 1, "garbage": 1, "overflow": 1}
    assert busy.figures.ladder(at(120)) == {"village": Rung(0, 2.0), "township": Rung(1, None)}
    assert busy.figures.townships() == [TownshipState(TOWNSHIP, 1, "minor")]


def test_what_devices_say_of_themselves_is_no_dirt_of_their_township_and_has_a_figure_of_its_own(busy: Room) -> None:
    def shown() -> list[object]:
        figures = busy.figures
        return [
            figures.counts(at(120)), figures.funnel(T0), figures.ranking(T0), figures.townships(),
            figures.ladder(at(120)), figures.by_category(T0), figures.trend_24h(at(120)),
        ]  # fmt: skip

    before = shown()
    camera, sensor = own_spot(busy.county.devices[CAMERA]), sensor_of(busy.county.spots[-1])
    for spot, what, source in (
        (camera, "camera_silent", Source.EQUIPMENT), (sensor, "bin_silent", Source.SENSOR),
        (link_spot(TOWNSHIP), "link_down", Source.EQUIPMENT),
    ):  # fmt: skip
        look = Look(spot.device, spot.id, what, at(100), uuid4(), 0, State.DIRTY)
        with busy.book.writing() as pen:
            seen = Seen(look, "没有数据", 1.0, 1, rendered=False, source=source)
            pen.apply(opened(Known(), seen, spot, busy.county, at(100)), "test", at(100))
    assert shown() == before
    assert busy.figures.upkeep() == Upkeep(3, 0)
    busy.minutes = 131
    busy.sweep.step()
    assert busy.figures.upkeep() == Upkeep(3, 3)


def test_what_the_leaders_hold_counts_under_the_county(book: Book) -> None:
    room = Room(book, led_county())
    room.feed(event(0))
    for minute in (30, 60, 61, 90, 91, 121):
        room.minutes = minute
        room.sweep.step()
        if minute == 61:
            room.feed(reading(61, 95))
    assert sorted(line.level for line in room.reader.recent()) == ["county", "leader"]
    assert room.figures.ladder(at(121)) == {"county": Rung(2, None)}


def test_the_trend_has_24_hours_and_every_ticket_in_its_hour(busy: Room) -> None:
    trend = busy.figures.trend_24h(at(120))
    assert trend.hours[0] == T0 - timedelta(hours=21)
    assert trend.hours[-1] == T0 + timedelta(hours=2)
    assert trend.opened["major"][-3:] == (1, 0, 0)
    assert trend.opened["minor"][-3:] == (0, 1, 0)
    assert trend.closed[-3:] == (0, 0, 1)


def test_lists(busy: Room) -> None:
    recent = busy.reader.recent()
    assert [(line.what, line.status_name) for line in recent] == [("bin_full", "已派遣(待接单)"), ("garbage", "已结案")]
    assert [line.person for line in busy.reader.queue()] == ["田乡官"]
    everything = Filters(open_only=False)
    assert len(busy.reader.queue(everything)) == 2
    assert busy.reader.queue(Filters(statuses=(Status.CLOSED,), open_only=False))[0].closed_at == at(120)
    assert len(busy.reader.queue(Filters(overdue_only=True, scope=TOWNSHIP, level="township"))) == 1
    assert busy.reader.queue(Filters(scope="640999102")) == []
    assert busy.reader.queue(Filters(scope="%")) == []
    assert len(busy.reader.queue(Filters(open_only=False, limit=1, offset=1))) == 1
    assert busy.reader.line(recent[0].id) == recent[0]


def test_the_change_number_rises_with_each_change(busy: Room) -> None:
    number = busy.reader.number()
    busy.minutes = 121
    busy.feed(event(121))
    assert busy.reader.number() == number + 1


@pytest.mark.parametrize("limit", [2, 30])
def test_the_newest_that_are_kept_up_are_the_newest_that_are_read(
    busy: Room, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = Newest(busy.book, limit)
    assert newest.lines() == busy.reader.recent(limit)
    monkeypatch.delattr("alerts.store.newest._ANEW")  # only what changed is read from now on
    busy.minutes = 130
    busy.feed(event(130))
    busy.desk.act(busy.desk.mint(busy.tickets()[1].id), "accept")
    assert newest.lines() == busy.reader.recent(limit) == newest.lines()
    assert [line.status_name for line in newest.lines()[:2]] == ["已派遣(待接单)", "已接单"]


def test_many_changes_are_read_anew(busy: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.store.newest.MOST_CHANGED", 0)
    newest = Newest(busy.book)
    assert newest.lines() == newest.lines() == busy.reader.recent()


def test_a_picture_that_comes_after_its_event_is_shown_and_a_wall_that_asks_hears_of_it(busy: Room) -> None:
    busy.minutes = 130
    first = event(130)
    busy.feed(first)
    ticket, number = busy.tickets()[-1], busy.reader.number()
    assert busy.reader.shot(ticket.id) is None
    again = {"message_id": uuid4(), "revision": 1, "looks": 0, "picture": "c" * 64}
    busy.feed(first.model_copy(update=again))
    shot = busy.reader.shot(ticket.id)
    assert shot is not None
    assert (shot.sha256, shot.boxes) == ("c" * 64, first.boxes)
    assert busy.reader.number() == number + 1


def test_evidence_belongs_to_its_ticket_only(busy: Room) -> None:
    camera, bin_ticket = busy.tickets()
    busy.minutes = 130
    busy.feed(event(130, picture="c" * 64))
    again = busy.tickets()[-1]
    assert busy.reader.shows(again.id, "c" * 64)
    assert busy.reader.shows(camera.id, PHOTO)
    assert not busy.reader.shows(bin_ticket.id, PHOTO)
    shot = busy.reader.latest_shot()
    assert shot is not None
    assert (shot.ticket, shot.device, shot.what) == (again.id, "cam-1", "garbage")
    assert busy.reader.latest_shot(["cam-1"]) is None
    assert busy.reader.shot(camera.id) is None
    assert [photo.person for photo in busy.reader.photos(camera.id)] == ["马村官"]


def test_history_and_notices_are_in_order(busy: Room) -> None:
    camera = busy.tickets()[0]
    history = busy.reader.history(camera.id)
    assert [row.stage for row in history][:3] == ["信息采集", "案卷建立", "任务派遣"]
    assert [row.stage for row in history][-2:] == ["核查结案", "综合评价"]
    assert "act accept v1" in [row.caused_by for row in history]
    assert [(n.person, n.state, n.purpose) for n in busy.reader.notices(camera.id)] == [
        ("马村官", "delivered", "dispatch")
    ]


def test_the_auditor_looks_at_every_open_ticket(busy: Room) -> None:
    assert busy.reader.findings(at(120)) == []
    assert "没有执行" in busy.reader.findings(at(200))[0].words
    with busy.book.writing() as pen:
        pen.audited(at(120))
    assert busy.reader.audited_at() == at(120)


def test_a_ticket_whose_time_still_runs_scores_nothing_yet(room: Room) -> None:
    room.feed(event(0))
    assert room.figures.ranking(T0) == [Rank(TOWNSHIP, None, 1, 0, 0)]
