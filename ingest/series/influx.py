"""Series in InfluxDB (1.8+, 2.x, 3.x) by its documented HTTP interface: line protocol in, InfluxQL out.

Written synchronously at ``/api/v2/write`` in nanoseconds; only an answer of 204 counts. Read at ``/query`` (a 2.x
server needs a DBRP mapping from the database name to the bucket). No Flux, no client library, no background batches.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ingest.series import Ask, Line, Point, Rejected, Sample, SeriesAway, key_of, why_not
from ingest.series.history import Bars, By, Span
from ingest.store import micros, moment_of

_CURES = {
    401: "check the token", 403: "the token may not write this bucket", 404: "create the bucket, or its DBRP mapping",
}  # fmt: skip
_SPLIT = frozenset({400, 413, 422})  # something in it is bad or it is too much: halves tell which


@dataclass(frozen=True, slots=True)
class InfluxSettings:
    """Where and as whom. ``url`` is the server's base address; ``bucket`` is also the database name of ``/query``."""

    url: str
    bucket: str
    org: str = ""
    token: str = field(default="", repr=False)
    timeout_s: float = 20.0
    ahead: timedelta = timedelta(hours=8)  # the county's midnight before UTC's
    victoria: bool = False  # VictoriaMetrics takes the same lines and answers other queries


class InfluxSeries:
    """The series of one bucket; usable from several threads."""

    engine = "InfluxDB"

    def __init__(self, settings: InfluxSettings) -> None:
        """Connect with the first request."""
        parts = urlsplit(settings.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{settings.url!r} is no address of an InfluxDB; write http://host:8086")
        self._settings = settings
        self._parts = parts
        self._ahead_h = int(settings.ahead / timedelta(hours=1))
        self._lock = threading.Lock()
        self._link: http.client.HTTPConnection | None = None

    def write(self, points: Sequence[Point]) -> list[Rejected]:
        """Store all points; a batch that is refused is halved until the bad line stands alone."""
        rejected = [Rejected(point, why) for point in points if (why := why_not(point))]
        rejected += self._write([(point, line_of(point)) for point in points if point.fields and not why_not(point)])
        return rejected

    def range(self, ask: Ask) -> list[Line]:
        """Return one line per set of tags."""
        column = _identifier(ask.field)
        choice = column if ask.every is None else f"{ask.how}({column})"
        where = [f"time >= {_ns(ask.start)}", f"time < {_ns(ask.end)}", *_conditions(ask.tags)]
        group = "GROUP BY *" if ask.every is None else f"GROUP BY time({_ms(ask.every)}ms), * fill(none)"
        source = _identifier(ask.measurement)
        return self._query(f"SELECT {choice} FROM {source} WHERE {' AND '.join(where)} {group}")

    def last(self, measurement: str, field_name: str, tags: Mapping[str, str] | None = None) -> list[Line]:
        """Return the newest sample of every matching series."""
        where = " AND ".join(["time >= 0", *_conditions(tags or {})])
        source = _identifier(measurement)
        choice = _identifier(field_name)
        return self._query(f"SELECT {choice} FROM {source} WHERE {where} GROUP BY * ORDER BY time DESC LIMIT 1")

    def bars(self, span: Span, by: By) -> list[Bars]:
        """Return hours or days of every matching series, reckoned by the server."""
        column, source = _identifier(span.field), _identifier(span.measurement)
        choice = ", ".join(f"{how}({column})" for how in ("count", "mean", "min", "max"))
        where = [f"time >= {_ns(span.start)}", f"time < {_ns(span.end)}", *_conditions(span.tags)]
        window = "1h" if by == "hour" else f"1d, -{self._ahead_h}h"
        query = f"SELECT {choice} FROM {source} WHERE {' AND '.join(where)} GROUP BY time({window}), * fill(none)"
        return sorted((_bars(one) for one in self._ask(query) if one.get("values")), key=lambda one: key_of(one.tags))

    def tidy(self, now: datetime) -> int:
        """Leave it to the bucket's retention."""
        del now
        return 0

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _write(self, lines: Sequence[tuple[Point, bytes]]) -> list[Rejected]:
        if not lines:
            return []
        settings = self._settings
        target = f"/api/v2/write?{urlencode({'org': settings.org, 'bucket': settings.bucket, 'precision': 'ns'})}"
        status, answer = self._request("POST", target, b"\n".join(line for _, line in lines))
        if status == http.client.NO_CONTENT:
            return []
        if status not in _SPLIT:
            raise SeriesAway(self._words(status, answer))
        if len(lines) == 1:
            return [Rejected(lines[0][0], self._words(status, answer))]
        half = len(lines) // 2
        return self._write(lines[:half]) + self._write(lines[half:])

    def _query(self, text: str) -> list[Line]:
        return sorted((_line(series) for series in self._ask(text)), key=lambda line: key_of(line.tags))

    def _ask(self, text: str) -> list[dict[str, Any]]:
        values = urlencode({"db": self._settings.bucket, "epoch": "ns", "q": text}, quote_via=quote)
        status, answer = self._request("GET", f"/query?{values}", None)
        if status != http.client.OK:
            raise SeriesAway(self._words(status, answer))
        try:
            results = json.loads(answer)["results"]
        except (ValueError, KeyError) as fault:
            raise SeriesAway(f"InfluxDB answered something that is no InfluxQL result: {answer[:200]!r}") from fault
        for result in results:
            if "error" in result:
                raise SeriesAway(f"InfluxDB refused the query: {result['error'][:200]}")
        return [series for result in results for series in result.get("series", [])]

    def _request(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if self._settings.token:
            headers["Authorization"] = f"Token {self._settings.token}"
        with self._lock:
            try:
                link = self._open()
                link.request(method, self._parts.path.rstrip("/") + target, body, headers)
                response = link.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException) as fault:
                self._drop()
                raise SeriesAway(f"{self.engine} at {self._settings.url} cannot be reached: {fault!r}") from fault

    def _words(self, status: int, answer: bytes) -> str:
        return _words(self.engine, status, answer)

    def _open(self) -> http.client.HTTPConnection:
        if self._link is None:
            kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
            assert self._parts.hostname is not None
            self._link = kind(self._parts.hostname, self._parts.port, timeout=self._settings.timeout_s)
        return self._link

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


def line_of(point: Point) -> bytes:
    """Return the line protocol of a point; a control character or a final backslash would break out, so it goes."""
    tags = "".join(f",{_escape(name)}={_escape(value)}" for name, value in key_of(point.tags))
    fields = ",".join(f"{_escape(name)}={float(value)!r}" for name, value in point.fields.items())
    return f"{_escape(point.measurement)}{tags} {fields} {_ns(point.at)}".encode()


def _escape(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in text).rstrip("\\") or "_"
    return plain.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def _identifier(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _conditions(tags: Mapping[str, str]) -> list[str]:
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in key_of(tags)}
    return [f"{_identifier(name)} = '{value}'" for name, value in quoted.items()]


def _ns(moment: datetime) -> int:
    return micros(moment) * 1000


def _ms(length: timedelta) -> int:
    return max(1, int(length.total_seconds() * 1000))


def _line(series: dict[str, Any]) -> Line:
    samples = tuple(Sample(moment_of(stamp // 1000).astimezone(UTC), float(value)) for stamp, value in series["values"])
    return Line({name: value for name, value in series.get("tags", {}).items() if value}, samples)


def _bars(series: dict[str, Any]) -> Bars:
    stamps, n, mean, low, high = ([*column] for column in zip(*series["values"], strict=True))
    tags = {name: value for name, value in series.get("tags", {}).items() if value}
    return Bars(tags, [stamp / 1e9 for stamp in stamps], [int(one) for one in n], mean, low, high)


def _words(engine: str, status: int, answer: bytes) -> str:
    text = " ".join(answer[:300].decode("utf-8", "replace").split())
    cure = f" ({_CURES[status]})" if status in _CURES else ""
    return f"{engine} answered {status}{cure}: {text}"
