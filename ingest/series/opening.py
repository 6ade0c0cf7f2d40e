"""Opens the series store that the settings name; whoever writes and whoever reads curves comes here."""

from __future__ import annotations

from pathlib import Path

from ingest.series import Series
from ingest.series.influx import InfluxSeries, InfluxSettings
from ingest.series.sqlite import SqliteSeries
from ingest.series.victoria import VictoriaSeries


def open_series(where: Path | InfluxSettings) -> Series:
    """Open it; ``SeriesAway`` when a file cannot be opened."""
    if isinstance(where, Path):
        return SqliteSeries(where)
    return VictoriaSeries(where) if where.victoria else InfluxSeries(where)
