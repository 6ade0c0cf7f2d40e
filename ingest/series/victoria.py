"""Series in VictoriaMetrics: written as to InfluxDB 2 (``/api/v2/write``), read by its own queries.

A field becomes a metric ``measurement_field``, tags become labels, times are kept to the millisecond. It differs from
InfluxDB: a bad line is passed over without a word (so nothing bad is sent, see ``why_not``); the same point with
another value does not overwrite (start it with ``-dedup.minScrapeInterval=1ms``, so that a repeated one counts once);
and what it took in the last seconds before it was killed is gone.
"""

from __future__ import annotations

import http.client
import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ingest.series import Ask, Line, Sample, SeriesAway, key_of
from ingest.series.history import LENGTHS, Bars, By, Span
from ingest.series.influx import InfluxSeries
from ingest.store import micros

_OURS = frozenset({"__name__", "db"})
_NEWEST = timedelta(days=400)  # how far back the newest value is looked for
_ROLLUPS = {"mean": "avg", "max": "max", "min": "min", "sum": "sum", "count": "count"}
Window = tuple[datetime, datetime, timedelta]
Key = tuple[tuple[str, str], ...]


class VictoriaSeries(InfluxSeries):
    """The series of one VictoriaMetrics; usable from several threads. Its retention is set where it is started."""

    engine = "VictoriaMetrics"

    def range(self, ask: Ask) -> list[Line]:
        """Return one line per set of tags; windows are whole, so ``start`` counts from the window's beginning."""
        name = _selector(ask.measurement, ask.field, ask.tags)
        if ask.every is None:
            return self._raw(name, ask.start, ask.end)
        start = _floor(ask.start, ask.every)
        found = self._windows(_ROLLUPS[ask.how], name, (start, ask.end, ask.every))
        return [Line(dict(tags), tuple(_samples(values))) for tags, values in sorted(found.items())]

    def last(self, measurement: str, field_name: str, tags: Mapping[str, str] | None = None) -> list[Line]:
        """Return the newest sample of every matching series of the last 400 days."""
        window = f"{_selector(measurement, field_name, tags or {})}[{int(_NEWEST.total_seconds())}s]"
        values, times = (self._now(f"{how}_over_time({window})") for how in ("last", "tlast"))
        return [
            Line(dict(tags), (Sample(datetime.fromtimestamp(times[tags], UTC), value),))
            for tags, value in sorted(values.items())
            if tags in times
        ]

    def bars(self, span: Span, by: By) -> list[Bars]:
        """Return hours or days of every matching series, reckoned by the server."""
        name, length = _selector(span.measurement, span.field, span.tags), LENGTHS[by]
        n, mean, low, high = (
            self._windows(how, name, (span.start, span.end, length)) for how in ("count", "avg", "min", "max")
        )
        return [
            Bars(dict(tags), list(counts), [int(one) for one in counts.values()],
                 *([column[tags][at] for at in counts] for column in (mean, low, high)))
            for tags, counts in sorted(n.items())
        ]  # fmt: skip

    def _raw(self, name: str, start: datetime, end: datetime) -> list[Line]:
        asked = {"match[]": name, "start": f"{micros(start) / 1e6:.3f}", "end": f"{micros(end) / 1e6 - 0.001:.3f}"}
        lines = [json.loads(line) for line in self._get("/api/v1/export", asked).splitlines()]
        return sorted(
            (Line(dict(_tags(one["metric"])), tuple(_pairs(one))) for one in lines), key=lambda line: key_of(line.tags)
        )

    def _windows(self, how: str, name: str, window: Window) -> dict[Key, dict[float, float]]:
        """Ask for each window at its last millisecond; returns the windows' beginnings and values, by tags."""
        start, end, every = window
        length = every.total_seconds()
        if end <= start:
            return {}
        last = _floor(end - timedelta(microseconds=1), every, start) + every
        asked = {
            "query": f"{how}_over_time({name}[{length:g}s])", "step": f"{length:g}s", "nocache": "1",
            "start": f"{micros(start) / 1e6 + length - 0.001:.3f}", "end": f"{micros(last) / 1e6 - 0.001:.3f}",
        }  # fmt: skip
        return {
            _tags(one["metric"]): {round(at - length + 0.001, 3): float(value) for at, value in one["values"]}
            for one in self._result("/api/v1/query_range", asked)
        }

    def _now(self, query: str) -> dict[Key, float]:
        found = self._result("/api/v1/query", {"query": query, "nocache": "1"})
        return {_tags(one["metric"]): float(one["value"][1]) for one in found}

    def _result(self, path: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        try:
            answer = json.loads(self._get(path, asked))
            return list(answer["data"]["result"])
        except (ValueError, KeyError, TypeError) as fault:
            raise SeriesAway(f"VictoriaMetrics answered something that is no query result: {fault}") from fault

    def _get(self, path: str, asked: Mapping[str, str]) -> bytes:
        status, answer = self._request("GET", f"{path}?{urlencode(asked)}", None)
        if status != http.client.OK:
            raise SeriesAway(self._words(status, answer))
        return answer


def _selector(measurement: str, field_name: str, tags: Mapping[str, str]) -> str:
    wanted = [("__name__", f"{measurement}_{field_name}"), *key_of(tags)]
    return "{" + ",".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in wanted) + "}"


def _tags(metric: Mapping[str, str]) -> Key:
    return key_of({name: value for name, value in metric.items() if name not in _OURS})


def _pairs(one: Mapping[str, Any]) -> Iterator[Sample]:
    for stamp, value in zip(one["timestamps"], one["values"], strict=True):
        if value is not None and math.isfinite(value):
            yield Sample(datetime.fromtimestamp(stamp / 1000, UTC), float(value))


def _samples(values: Mapping[float, float]) -> Iterator[Sample]:
    return (Sample(datetime.fromtimestamp(at, UTC), value) for at, value in values.items())


def _floor(moment: datetime, length: timedelta, origin: datetime = datetime(1970, 1, 1, tzinfo=UTC)) -> datetime:
    return moment - (moment - origin) % length
