"""Whether the series store holds every reading of the inbox, with its value: read back by its documented interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from broker.messages import Reading
from ingest.inbox import Row
from ingest.series import Ask, Series
from ingest.store import micros

Key = tuple[str, str, int]  # device, spot, microseconds since 1970
PART = timedelta(minutes=10)  # so much is asked for at once
_FIELD = "fill_percent"


def missing(wanted: Mapping[Key, set[float]], found: Mapping[Key, float]) -> int:
    """How many readings are not there, or with a value that none of that moment had."""
    return sum(found.get(key) not in values for key, values in wanted.items())


def told_by(row: Row) -> tuple[Key, float] | None:
    """The fill that a row of the inbox tells, with its key; None for any other row."""
    message = row.message() if row.kind == Reading.kind else None
    if not isinstance(message, Reading) or message.fill_percent is None:
        return None
    return (row.device, message.spot, micros(message.at)), float(message.fill_percent)


def found_in(series: Series, begin: datetime, end: datetime) -> dict[Key, float]:
    """What the store answers from ``begin`` until before ``end`` (aware); ``SeriesAway`` when it does not."""
    found: dict[Key, float] = {}
    for start, stop in _parts(begin, end):
        for line in series.range(Ask("reading", _FIELD, start, stop)):
            where = (line.tags["device"], line.tags["spot"])
            found.update({(*where, micros(sample.at)): sample.value for sample in line.samples})
    return found


def _parts(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while begin < end:
        yield begin, min(end, begin + PART)
        begin += PART
