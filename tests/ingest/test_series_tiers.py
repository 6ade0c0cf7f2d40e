"""Hours and days are what the points say, in whatever order these come, and stay when the points have gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.inbox import Inbox
from ingest.lease import Lease
from ingest.series import Ask, Point
from ingest.series.history import Bars, By, Gap, Span, gaps
from ingest.series.sqlite import SqliteSeries
from ingest.series.tiers import Tiers
from ingest.series.writer import NAME, SeriesWriter
from ingest.store import Store
from tests.county.small import BIN, COUNTY, VILLAGE
from tests.ingest.makes import NOON, incoming, reading

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOON.replace(hour=16) - DAY  # of the county's clock, in UTC


@pytest.fixture
def series(tmp_path: Path) -> Iterator[SqliteSeries]:
    with closing(SqliteSeries(tmp_path / "series.db")) as opened:
        yield opened


def point(at: datetime, value: float, spot: str = BIN) -> Point:
    return Point("reading", {"spot": spot, "village": VILLAGE}, {"fill_percent": value}, at)


def bars(series: SqliteSeries, by: By, start: datetime = MIDNIGHT, length: timedelta = DAY) -> Bars:
    found = series.bars(Span("reading", "fill_percent", start, start + length, {"spot": BIN}), by)
    return found[0] if found else Bars({}, [], [], [], [], [])


def raw_count(series: SqliteSeries, start: datetime, length: timedelta) -> int:
    ask = Ask("reading", "fill_percent", start, start + length, {"spot": BIN})
    return sum(len(line.samples) for line in series.range(ask))


MINUTES = st.lists(st.tuples(st.integers(0, 3 * 24 * 60), st.integers(0, 100)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=MINUTES, cuts=st.lists(st.integers(0, 40), max_size=4))
def test_the_tiers_are_what_the_points_say_however_they_come(
    tmp_path: Path, said: list[tuple[int, int]], cuts: list[int]
) -> None:
    """Late, twice, corrected, in any batches: as if every hour had been counted at the end."""
    (tmp_path / "prop.db").unlink(missing_ok=True)
    points = [point(MIDNIGHT + timedelta(minutes=minute), value) for minute, value in said]
    with closing(SqliteSeries(tmp_path / "prop.db")) as series:
        edges = [0, *sorted(min(cut, len(points)) for cut in cuts), len(points)]
        for begin, end in pairwise(edges):
            series.write(points[begin:end])
        last = dict(said)
        for by, length in (("hour", 60), ("day", 24 * 60)):
            windows: dict[int, list[int]] = {}
            for minute, value in sorted(last.items()):
                windows.setdefault(minute - minute % length, []).append(value)
            found = bars(series, by, MIDNIGHT, 4 * DAY)  # type: ignore[arg-type]
            assert list(found.at) == [(MIDNIGHT + timedelta(minutes=minute)).timestamp() for minute in windows]
            assert list(found.n) == [len(values) for values in windows.values()]
            assert list(found.low) == [min(values) for values in windows.values()]
            assert list(found.high) == [max(values) for values in windows.values()]
            assert list(found.mean) == pytest.approx([sum(values) / len(values) for values in windows.values()])


def test_points_go_after_thirty_days_hours_after_a_year_days_after_ten(series: SqliteSeries) -> None:
    series.write([point(MIDNIGHT + 5 * HOUR, 10), point(MIDNIGHT + 6 * HOUR, 30)])
    assert series.tidy(MIDNIGHT + 30 * DAY) == 0
    assert series.tidy(MIDNIGHT + 31 * DAY) == 2
    assert raw_count(series, MIDNIGHT, DAY) == 0
    assert bars(series, "hour").n == [1, 1]
    series.tidy(MIDNIGHT + 366 * DAY)
    assert bars(series, "hour").n == [1, 1]
    series.tidy(MIDNIGHT + 369 * DAY)
    assert bars(series, "hour").n == []
    assert (bars(series, "day").n, bars(series, "day").mean) == ([2], [20])
    series.tidy(MIDNIGHT + 3650 * DAY)
    assert bars(series, "day").n == [2]
    series.tidy(MIDNIGHT + 3656 * DAY)
    assert bars(series, "day").n == []


def test_an_hour_is_never_cut_in_the_middle(series: SqliteSeries) -> None:
    series.write([point(MIDNIGHT + timedelta(minutes=minute), 10) for minute in (5, 55)])
    assert series.tidy(MIDNIGHT + 30 * DAY + timedelta(minutes=30)) == 0
    series.write([point(MIDNIGHT + timedelta(minutes=30), 40)])
    assert (bars(series, "hour").n, bars(series, "hour").mean) == ([3], [20])


def test_a_point_that_comes_after_its_neighbours_have_gone_is_added_once(series: SqliteSeries) -> None:
    series.write([point(MIDNIGHT, 10), point(MIDNIGHT + HOUR, 50)])
    series.tidy(MIDNIGHT + 40 * DAY)
    late = [point(MIDNIGHT + timedelta(minutes=20), 40), point(MIDNIGHT + 5 * HOUR, 80)]
    series.write(late)
    series.write(late)  # killed between write and cursor
    assert bars(series, "hour").n == [2, 1, 1]
    assert bars(series, "hour").mean == [25, 50, 80]
    assert (bars(series, "hour").low, bars(series, "hour").high) == ([10, 50, 80], [40, 50, 80])
    assert (bars(series, "day").n, bars(series, "day").mean) == ([4], [45])


def test_a_file_from_before_there_were_tiers_gets_them_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    with closing(SqliteSeries(path)) as before:
        before.write([point(MIDNIGHT + number * HOUR, number) for number in range(30)])
    with closing(sqlite3.connect(path)) as link:
        link.executescript("DROP TABLE hours; DROP TABLE days;")
    with closing(SqliteSeries(path)) as series:
        assert bars(series, "hour", length=3 * DAY).mean == list(range(30))
        assert bars(series, "day", length=3 * DAY).n == [24, 6]


def test_days_begin_at_the_county_s_midnight(tmp_path: Path) -> None:
    with closing(SqliteSeries(tmp_path / "utc.db", Tiers(ahead=timedelta()))) as utc:
        utc.write([point(MIDNIGHT, 10), point(MIDNIGHT + 8 * HOUR, 30)])
        start = MIDNIGHT.replace(hour=0)
        assert bars(utc, "day", start, 3 * DAY).n == [1, 1]
        assert bars(utc, "day", start, 3 * DAY).at == [start.timestamp(), (start + DAY).timestamp()]


@pytest.mark.parametrize(
    "wrong",
    [
        {"raw": DAY}, {"raw": 400 * DAY}, {"hourly": 4000 * DAY}, {"ahead": timedelta(minutes=30)},
    ],
)  # fmt: skip
def test_tiers_that_contradict_each_other_are_refused(wrong: dict[str, timedelta]) -> None:
    with pytest.raises(ValueError, match=r"kept|whole hours"):
        Tiers(**wrong)


def test_hours_of_a_cut_are_missing_from_none_when_the_cursor_has_caught_up(tmp_path: Path) -> None:
    """Hours of readings wait in the inbox; then all of them stand in the hours, one write of many batches."""
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    inbox = Inbox(store)
    fence = Lease(store, COUNTY).take("test", NOON)
    assert fence is not None
    told = [reading(at=NOON + timedelta(seconds=4 * number), fill_percent=number % 100) for number in range(4500)]
    for begin in range(0, len(told), 500):
        inbox.append([incoming(one) for one in told[begin : begin + 500]], fence)
    with closing(SqliteSeries(tmp_path / "series.db")) as series:
        writer = SeriesWriter(inbox, series)
        assert [writer.step() for _ in range(4)] == [2000, 2000, 500, 0]
        assert inbox.cursor(NAME) == inbox.last()
        (line,) = series.bars(Span("reading", "fill_percent", NOON, NOON + 6 * HOUR), "hour")
        assert line.n == [900] * 5
        assert line.mean == [49.5] * 5
    store.close()


@pytest.mark.parametrize(
    ("at", "covers", "longest", "expected"),
    [
        ([], 0.0, None, [Gap(0, 1000)]),
        ([], 0.0, 2000.0, []),
        (list(range(0, 1001, 100)), 0.0, None, []),
        ([0, 100, 200, 800, 900, 1000], 0.0, None, [Gap(200, 800)]),
        ([0, 100, 200, 500, 600, 1000], 0.0, 300.0, [Gap(600, 1000)]),
        ([500], 0.0, 100.0, [Gap(0, 500), Gap(500, 1000)]),
        ([0, 200, 400, 600, 800], 200.0, None, []),
        ([0, 600], 200.0, None, [Gap(200, 600), Gap(800, 1000)]),
        ([0, 600], 200.0, 300.0, [Gap(200, 600)]),
    ],
)
def test_a_gap_is_where_nothing_speaks_for_the_time(
    at: list[float], covers: float, longest: float | None, expected: list[Gap]
) -> None:
    assert gaps(at, 0, 1000, covers, longest) == expected


@given(st.lists(st.integers(0, 999), unique=True, max_size=30).map(sorted), st.integers(0, 50), st.integers(0, 100))
def test_gaps_are_apart_in_order_and_hold_no_value(at: list[float], covers: int, longest: int) -> None:
    found = gaps(at, 0, 1000, covers, longest)
    edges = [edge for gap in found for edge in (gap.start, gap.end)]
    assert edges == sorted(edges)
    assert all(gap.end - gap.start > longest for gap in found)
    assert not any(gap.start < moment + covers and moment < gap.end for gap in found for moment in at if covers)
    assert all(0 <= edge <= 1000 + covers for edge in edges)
