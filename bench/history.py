"""A month of a county's bins out of the series store, as the curve page asks for it."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.result import Result, median
from ingest.series import Ask, Point
from ingest.series.sqlite import SqliteSeries

BINS, DAYS, EVERY = 500, 30, timedelta(minutes=30)
START = datetime(2026, 10, 1, tzinfo=UTC)
RUNS = 5


def history_30d_500bins() -> Result:
    """Hourly means over 30 days of 500 bins that report every half hour: 720,000 values, 360,000 means."""
    with (
        tempfile.TemporaryDirectory(prefix="jingcun-bench-") as folder,
        closing(SqliteSeries(Path(folder) / "series.db")) as series,
    ):
        _fill(series)
        ask = Ask("reading", "fill_percent", START, START + timedelta(days=DAYS), every=timedelta(hours=1))
        times = []
        for _ in range(RUNS):
            begin = time.perf_counter()
            lines = series.range(ask)
            times.append((time.perf_counter() - begin) * 1000)
            if len(lines) != BINS or any(len(line.samples) != DAYS * 24 for line in lines):
                raise ValueError("the store did not give every hour of every bin")
        return Result("history_30d_500bins", median(times), "ms", RUNS)


def _fill(series: SqliteSeries) -> None:
    """Write bin by bin, as a re-read of the inbox would not, but the rows end up in the same places."""
    for number in range(BINS):
        tags = {"device": f"bin-{number:03d}", "village": "640999101200", "spot": f"bin-{number:03d}"}
        series.write([
            Point("reading", tags, {"fill_percent": (step * 7 + number) % 100}, START + step * EVERY)
            for step in range(int(timedelta(days=DAYS) / EVERY))
        ])  # fmt: skip
