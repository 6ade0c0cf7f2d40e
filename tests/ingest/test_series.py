"""Both series stores answer alike; InfluxDB is a real one behind an nginx that checks the token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.alarms import rules
from ingest.dead_letters import DeadLetters
from ingest.inbox import Inbox
from ingest.lease import Lease
from ingest.series import Ask, Point, Rejected, Sample, Series, SeriesAway, why_not
from ingest.series.history import Span
from ingest.series.influx import InfluxSeries, InfluxSettings, line_of
from ingest.series.sqlite import SqliteSeries
from ingest.series.victoria import VictoriaSeries
from ingest.series.writer import AHEAD, NAME, SeriesWriter, believed
from ingest.store import Store
from tests.county.small import BIN, BOX, COUNTY, VILLAGE
from tests.ingest.makes import NOON, event, incoming, reading
from tests.servers import wait_until
from tests.servers_influx import Influx
from tests.servers_victoria import Victoria


def influx(server: Influx, token: str | None = None) -> InfluxSeries:
    return InfluxSeries(InfluxSettings(server.url, server.bucket, "jingcun", token or server.token))


class Flushed(VictoriaSeries):
    """What was written can be asked for at once, and not only a second later."""

    def write(self, points: Sequence[Point]) -> list[Rejected]:
        rejected = super().write(points)
        assert self._request("GET", "/internal/force_flush", None)[0] == 200
        return rejected


REAL = [pytest.param(name, marks=pytest.mark.real) for name in ("influx", "victoria")]


@pytest.fixture(params=["sqlite", *REAL])
def series(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Series]:
    opened: Series
    if request.param == "sqlite":
        opened = SqliteSeries(tmp_path / "series.db")
    elif request.param == "victoria":
        opened = Flushed(InfluxSettings(request.getfixturevalue("real_victoria").url, "jingcun"))
    else:
        opened = influx(request.getfixturevalue("real_influx"))
    yield opened
    opened.close()


def point(minute: float, value: float, spot: str = BIN) -> Point:
    return Point(
        "reading", {"spot": spot, "village": VILLAGE}, {"fill_percent": value}, NOON + timedelta(minutes=minute)
    )


def hour(**other: object) -> Ask:
    said: dict[str, object] = {"measurement": "reading", "field": "fill_percent", "start": NOON}
    return Ask(**(said | {"end": NOON + timedelta(hours=1)} | other))  # type: ignore[arg-type]


def test_what_was_written_comes_back_by_tags_in_the_order_of_time(series: Series) -> None:
    assert series.write([point(2, 30), point(1, 20), point(1, 70, "bin-2"), point(61, 99)]) == []
    first, second = series.range(hour())
    assert first.tags == {"spot": BIN, "village": VILLAGE}
    assert first.samples == (
        Sample(NOON + timedelta(minutes=1), 20),
        Sample(NOON + timedelta(minutes=2), 30),
    )
    assert [sample.value for sample in second.samples] == [70]
    assert [line.tags["spot"] for line in series.range(hour(tags={"spot": "bin-2"}))] == ["bin-2"]
    assert series.range(hour(field="no_such_field")) == []


def test_the_same_tags_and_time_overwrite(series: Series) -> None:
    series.write([point(1, 25)])
    series.write([point(1, 25)])
    assert [sample.value for sample in series.range(hour())[0].samples] == [25]
    if not isinstance(series, VictoriaSeries):  # it keeps one of the two, and does not say which
        series.write([point(1, 20)])
        assert [sample.value for sample in series.range(hour())[0].samples] == [20]


def test_samples_gather_into_windows(series: Series) -> None:
    series.write([point(0, 10), point(5, 20), point(29, 60), point(31, 90)])
    half = timedelta(minutes=30)
    line = series.range(hour(every=half))[0]
    assert line.samples == (Sample(NOON, 30), Sample(NOON + half, 90))
    assert [sample.value for sample in series.range(hour(every=half, how="max"))[0].samples] == [60, 90]
    assert [sample.value for sample in series.range(hour(every=half, how="count"))[0].samples] == [3, 1]


@pytest.mark.parametrize(
    ("how", "expected"),
    [("mean", [30, 90]), ("max", [60, 90]), ("min", [10, 90]), ("sum", [90, 90]), ("count", [3, 1])],
)
def test_whole_hours_are_the_same_from_their_tier(series: Series, how: str, expected: list[float]) -> None:
    series.write([point(0, 10), point(5, 20), point(59, 60), point(61, 90)])
    ask = hour(every=timedelta(hours=1), how=how, end=NOON + timedelta(hours=3))
    assert series.range(ask)[0].samples == tuple(
        Sample(NOON + timedelta(hours=number), value) for number, value in enumerate(expected)
    )


def test_the_newest_sample_of_each_series(series: Series) -> None:
    series.write([point(1, 20), point(2, 30), point(1, 70, "bin-2")])
    assert [(line.tags["spot"], line.samples[0].value) for line in series.last("reading", "fill_percent")] == [
        (BIN, 30),
        ("bin-2", 70),
    ]
    assert len(series.last("reading", "fill_percent", {"spot": "bin-2"})) == 1


def test_what_is_no_number_is_rejected_and_the_rest_is_kept(series: Series) -> None:
    bad = point(1, float("nan"))
    assert [refused.point is bad for refused in series.write([bad, point(2, 5)])] == [True]
    assert [sample.value for sample in series.range(hour())[0].samples] == [5]


@pytest.mark.parametrize("value", ["a,b=c d", "quote\" ' x", "村口 垃圾点", "two\nlines", "back\\slash", "end\\"])
def test_no_text_breaks_out_of_its_tag(series: Series, value: str) -> None:
    series.write([point(1, 5, value), point(2, 6, "other")])
    lines = series.range(hour())
    assert sorted(sample.value for line in lines for sample in line.samples) == [5, 6]
    assert all(set(line.tags) == {"spot", "village"} for line in lines)


@settings(max_examples=200)
@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_a_line_is_always_one_line_with_one_time(name: str, value: str) -> None:
    line = line_of(Point("reading", {"k" + name: value}, {"f": 1.5}, NOON)).decode()
    assert "\n" not in line
    assert "\r" not in line
    assert line.endswith(f" f=1.5 {int(NOON.timestamp())}000000000")


def test_the_writer_turns_the_inbox_into_points_once(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    inbox, series = Inbox(store), SqliteSeries(tmp_path / "series.db")
    fence = Lease(store, COUNTY).take("test", NOON)
    assert fence is not None
    empty = reading(fill_percent=None)
    again = event(phase="update", score=0.5, looks=0, picture="a" * 64)  # tells no look of its own
    inbox.append([incoming(reading()), incoming(event(score=0.5)), incoming(empty), incoming(again)], fence)
    writer = SeriesWriter(inbox, series)
    assert (writer.step(), writer.step()) == (4, 0)
    assert series.range(hour())[0].tags == {"device": BOX, "spot": BIN, "village": VILLAGE}
    (counted,) = series.range(hour(measurement="event", field="count"))
    assert counted.tags["what"] == "garbage"
    assert inbox.cursor(NAME) == inbox.last()
    series.close()
    store.close()


@pytest.mark.real
def test_an_outage_of_influxdb_only_delays(real_influx: Influx, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    inbox, series = Inbox(store), influx(real_influx)
    fence = Lease(store, COUNTY).take("test", NOON)
    assert fence is not None
    real_influx.stop()
    inbox.append([incoming(reading(at=NOON + timedelta(seconds=number))) for number in range(50)], fence)
    writer, stop = SeriesWriter(inbox, series), threading.Event()
    with pytest.raises(SeriesAway, match="502"):
        writer.step()
    assert inbox.cursor(NAME) == 0
    thread = threading.Thread(target=writer.run, args=(stop, 0.05, 0.05))
    thread.start()
    wait_until(lambda: writer.away, "the writer says that InfluxDB is away")
    real_influx.start()
    wait_until(lambda: inbox.cursor(NAME) == inbox.last(), "the cursor reaches the end")
    stop.set()
    thread.join(20)
    assert len(series.range(hour())[0].samples) == 50
    series.close()
    store.close()


@pytest.mark.real
def test_an_outage_of_victoriametrics_only_delays(real_victoria: Victoria, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    inbox, series = Inbox(store), Flushed(InfluxSettings(real_victoria.url, "jingcun"))
    fence = Lease(store, COUNTY).take("test", NOON)
    assert fence is not None
    real_victoria.stop()
    inbox.append([incoming(reading(at=NOON + timedelta(seconds=number))) for number in range(50)], fence)
    writer, stop = SeriesWriter(inbox, series), threading.Event()
    thread = threading.Thread(target=writer.run, args=(stop, 0.05, 0.05))
    thread.start()
    wait_until(lambda: writer.away, "the writer says that VictoriaMetrics is away")
    assert inbox.cursor(NAME) == 0
    real_victoria.start()
    wait_until(lambda: inbox.cursor(NAME) == inbox.last(), "the cursor reaches the end")
    stop.set()
    thread.join(20)
    assert len(series.range(hour())[0].samples) == 50
    series.close()
    store.close()


@pytest.mark.real
def test_influxdb_names_a_wrong_token_and_isolates_a_bad_line(real_influx: Influx) -> None:
    stranger = influx(real_influx, token="wrong")
    with pytest.raises(SeriesAway, match="check the token"):
        stranger.write([point(1, 5)])
    stranger.close()
    series = influx(real_influx)
    series.write([point(1, 5)])
    clash = Point("reading", {"spot": BIN}, {"fill_percent": 3.0}, NOON - timedelta(days=365 * 400))
    refused = series.write([point(2, 6), clash, point(3, 7)])
    assert [one.point is clash for one in refused] == [True]
    assert [sample.value for sample in series.range(hour())[0].samples] == [5, 6, 7]
    series.close()


def test_a_point_that_no_store_takes_becomes_a_dead_letter_and_its_batch_is_kept(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    inbox, letters = Inbox(store), DeadLetters(store)
    fence = Lease(store, COUNTY).take("test", NOON)
    assert fence is not None
    good, bad = reading(), reading(at=NOON + timedelta(minutes=1), fill_percent=99)
    inbox.append([incoming(good), incoming(bad), incoming(event())], fence)

    class Picky(SqliteSeries):
        def write(self, points: Sequence[Point]) -> list[Rejected]:
            sour = [one for one in points if one.fields.get("fill_percent") == 99]
            super().write([one for one in points if one not in sour])
            return [Rejected(one, "InfluxDB answered 400: field type conflict") for one in sour]

    series = Picky(tmp_path / "series.db")
    writer = SeriesWriter(inbox, series, letters=letters, now=lambda: NOON)
    assert writer.step() == 3
    assert inbox.cursor(NAME) == inbox.last()
    (letter,) = letters.list()
    assert (letter.device, letter.topic, writer.rejected) == (BOX, "series/reading", 1)
    assert "field type conflict" in letter.reason
    assert json.loads(letter.payload)["fields"] == {"fill_percent": "99.0"}
    assert [sample.value for sample in series.range(hour())[0].samples] == [40]
    series.close()
    store.close()


@pytest.mark.parametrize(
    ("tags", "fields", "why"),
    [
        ({}, {"f": float("inf")}, "no finite number"),
        ({f"t{number}": "x" for number in range(13)}, {"f": 1.0}, "at most 12"),
        ({"t": "x" * 201}, {"f": 1.0}, "longer than 200"),
        ({"t": "x"}, {"f": 1.0}, ""),
    ],
)
def test_what_would_swell_or_break_a_store_is_refused_before(
    tags: dict[str, str], fields: dict[str, float], why: str
) -> None:
    told = why_not(Point("reading", tags, fields, NOON))
    assert why in told
    assert bool(told) == bool(why)


def test_hours_and_days_say_count_mean_lowest_and_highest(series: Series) -> None:
    midnight = NOON.replace(hour=16)  # UTC: the county's next day
    hours = timedelta(hours=1)
    series.write([point(0, 10), point(59, 30), point(61, 90), point(1, 70, "bin-2"), point(12 * 60, 50)])
    span = Span("reading", "fill_percent", NOON - 12 * hours, NOON + 36 * hours, {"spot": BIN})
    (line,) = series.bars(span, "hour")
    assert line.tags == {"spot": BIN, "village": VILLAGE}
    assert list(line.at) == [(NOON + number * hours).timestamp() for number in (0, 1, 12)]
    assert (line.n, line.mean, line.low, line.high) == ([2, 1, 1], [20, 90, 50], [10, 90, 50], [30, 90, 50])
    whole = Span("reading", "fill_percent", midnight - 24 * hours, midnight + 24 * hours)
    first, second = series.bars(whole, "day")
    assert [first.tags["spot"], second.tags["spot"]] == [BIN, "bin-2"]
    assert (list(first.at), first.n) == ([(midnight - 24 * hours).timestamp(), midnight.timestamp()], [3, 1])
    assert [round(mean, 6) for mean in first.mean] == [round(130 / 3, 6), 50]


@pytest.mark.parametrize("url", ["localhost:8086", "ftp://x", ""])
def test_a_wrong_address_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="no address of an InfluxDB"):
        InfluxSeries(InfluxSettings(url, "b"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 100)), min_size=1, max_size=20))
def test_sqlite_keeps_the_last_value_of_each_minute(tmp_path: Path, said: list[tuple[int, int]]) -> None:
    (tmp_path / "prop.db").unlink(missing_ok=True)
    series = SqliteSeries(tmp_path / "prop.db")
    for minute, value in said:
        series.write([point(minute, value)])
    expected = [value for _, value in sorted(dict(said).items())]
    assert [sample.value for sample in series.range(hour())[0].samples] == expected
    series.close()


@pytest.mark.parametrize(
    ("off", "counts_at"),
    [
        (timedelta(days=1), timedelta(0)),
        (AHEAD + timedelta(milliseconds=1), timedelta(0)),
        (AHEAD, AHEAD),
        (timedelta(days=-30), timedelta(days=-30)),
    ],
)
def test_a_time_from_the_future_is_that_of_its_arrival_and_a_late_one_its_own(
    off: timedelta, counts_at: timedelta
) -> None:
    assert believed(NOON + off, NOON) == NOON + counts_at


def test_curves_and_alarms_believe_a_clock_alike() -> None:
    assert AHEAD == rules.AHEAD
