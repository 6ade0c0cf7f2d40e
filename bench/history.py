"""A month of a county's bins out of the series store, as the curve page asks: from the points, and by the hour."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.result import Result, median
from ingest.series import Ask, Point
from ingest.series.history import Span
from ingest.series.sqlite import SqliteSeries

BINS, DAYS, EVERY = 500, 30, timedelta(minutes=30)
START = datetime(2026, 10, 1, tzinfo=UTC)
END = START + timedelta(days=DAYS)
RUNS = 5


def history_30d_500bins() -> Result:
    """Hourly means over 30 days of 500 bins that report every half hour: 720,000 values, 360,000 means."""
    ask = Ask("reading", "fill_percent", START, END, every=timedelta(hours=1))
    with _filled() as series:
        return _timed("history_30d_500bins", lambda: [len(line.samples) for line in series.range(ask)])


def history_30d_500bins_hourly() -> Result:
    """The same out of the hourly tier, with lowest, highest and count of each hour besides."""
    span = Span("reading", "fill_percent", START, END)
    with _filled() as series:
        return _timed("history_30d_500bins_hourly", lambda: [len(bars.mean) for bars in series.bars(span, "hour")])


def _timed(name: str, ask: Callable[[], list[int]]) -> Result:
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        counts = ask()
        times.append((time.perf_counter() - begin) * 1000)
        if counts != [DAYS * 24] * BINS:
            raise ValueError("the store did not give every hour of every bin")
    return Result(name, median(times), "ms", RUNS)


@contextmanager
def _filled() -> Iterator[SqliteSeries]:
    """A fresh file with the month in it, bin by bin: the rows end up where a re-read of the inbox would put them."""
    with (
        tempfile.TemporaryDirectory(prefix="jingcun-bench-") as folder,
        closing(SqliteSeries(Path(folder) / "series.db")) as series,
    ):
        for number in range(BINS):
            series.write(_month(number))
        yield series


def _month(number: int) -> list[Point]:
    tags = {"device": f"bin-{number:03d}", "village": "640999101200", "spot": f"bin-{number:03d}"}
    return [
        Point("reading", tags, {"fill_percent": (step * 7 + number) % 100}, START + step * EVERY)
        for step in range(int(timedelta(days=DAYS) / EVERY))
    ]
