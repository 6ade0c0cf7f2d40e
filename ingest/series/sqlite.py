"""Series in one SQLite file: nothing to install, enough for a county's year. Hours and days stand beside the points."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from ingest.series import Ask, Line, Point, Rejected, Sample, SeriesAway, key_of, why_not
from ingest.series.history import LENGTHS, Bars, By, Span
from ingest.series.tiers import HOUR, TIERS, Tiering, Tiers, marks
from ingest.store import micros, moment_of

_TABLES = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, field TEXT NOT NULL, tags TEXT NOT NULL,
    UNIQUE (measurement, field, tags)
);
CREATE TABLE IF NOT EXISTS points (
    series INTEGER NOT NULL, ts INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (series, ts)
) WITHOUT ROWID;
"""
_GATHER = {"mean": "avg", "max": "max", "min": "min", "sum": "sum", "count": "count"}


class SqliteSeries:
    """The series of one file; usable from several threads."""

    def __init__(self, path: Path, tiers: Tiers = TIERS) -> None:
        """Open or create the file; ``SeriesAway`` when that is impossible."""
        self._lock = threading.Lock()
        self._ids: dict[tuple[str, str, str], int] = {}
        with _named():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._link = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._link.execute("PRAGMA journal_mode=WAL")
            self._link.execute("PRAGMA synchronous=FULL")
            self._link.executescript(_TABLES)
            self._tiering = Tiering(self._link, tiers)
            with self._transaction():
                self._tiering.build()

    def write(self, points: Sequence[Point]) -> list[Rejected]:
        """Store all points in one transaction; a value that is no finite number is rejected."""
        rejected = [Rejected(point, why) for point in points if (why := why_not(point))]
        good = [point for point in points if not why_not(point)]
        with self._lock, _named(), self._transaction():
            rows = [
                (self._id(point.measurement, name, _text(point.tags)), micros(point.at), float(value))
                for point in good
                for name, value in point.fields.items()
            ]
            self._tiering.add(rows)
        return rejected

    def range(self, ask: Ask) -> list[Line]:
        """Return one line per set of tags; whole hours come from their tier, also when the points have gone."""
        if ask.every == LENGTHS["hour"] and micros(ask.start) % HOUR == micros(ask.end) % HOUR == 0:
            span = Span(ask.measurement, ask.field, ask.start, ask.end, ask.tags)
            found = self.bars(span, "hour")
            moments = {at: datetime.fromtimestamp(at, UTC) for at in {at for bars in found for at in bars.at}}
            return [_line(bars, ask.how, moments) for bars in found]
        ids = self._matching(ask.measurement, ask.field, ask.tags)
        names = marks(list(ids))
        if ask.every is None:
            query = f"SELECT series, ts, value FROM points WHERE series IN ({names}) AND ts >= ? AND ts < ?"
            values: list[object] = [*ids, micros(ask.start), micros(ask.end)]
        else:
            window = max(1, int(ask.every.total_seconds() * 1_000_000))
            query = (
                f"SELECT series, ts - ts % ? AS slot, {_GATHER[ask.how]}(value) FROM points "
                f"WHERE series IN ({names}) AND ts >= ? AND ts < ? GROUP BY series, slot"
            )
            values = [window, *ids, micros(ask.start), micros(ask.end)]
        with self._lock, _named():
            rows = self._link.execute(f"{query} ORDER BY 1, 2", values).fetchall()
        return _lines(rows, ids)

    def last(self, measurement: str, field_name: str, tags: Mapping[str, str] | None = None) -> list[Line]:
        """Return the newest sample of every matching series."""
        ids = self._matching(measurement, field_name, tags or {})
        newest = "SELECT series, ts, value FROM points WHERE series = ? ORDER BY ts DESC LIMIT 1"
        with self._lock, _named():
            rows = [row for one in ids for row in self._link.execute(newest, (one,))]
        return _lines(rows, ids)

    def bars(self, span: Span, by: By) -> list[Bars]:
        """Return the hours or days of every matching series from their tier."""
        ids = self._matching(span.measurement, span.field, span.tags)
        start, end = micros(span.start), micros(span.end)
        read = self._tiering.hours if by == "hour" else self._tiering.days
        with self._lock, _named():
            found = read(ids, start, end)
        return [
            Bars(tags, one.at, one.n, one.mean, one.low, one.high)
            for number, tags in ids.items()
            if (one := found.get(number)) is not None and one.at
        ]

    def tidy(self, now: datetime) -> int:
        """Drop what each tier no longer keeps; returns how many raw points went."""
        with self._lock, _named(), self._transaction():
            return self._tiering.prune(now)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._link.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._link.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._link.execute("COMMIT")
        except BaseException:
            self._ids.clear()  # ids drawn inside are gone with the rollback
            if self._link.in_transaction:
                self._link.execute("ROLLBACK")
            raise

    def _id(self, measurement: str, field_name: str, tags: str) -> int:
        key = (measurement, field_name, tags)
        if key not in self._ids:
            self._link.execute("INSERT OR IGNORE INTO series (measurement, field, tags) VALUES (?, ?, ?)", key)
            query = "SELECT id FROM series WHERE measurement = ? AND field = ? AND tags = ?"
            self._ids[key] = int(self._link.execute(query, key).fetchone()[0])
        return self._ids[key]

    def _matching(self, measurement: str, field_name: str, tags: Mapping[str, str]) -> dict[int, dict[str, str]]:
        with self._lock, _named():
            query = "SELECT id, tags FROM series WHERE measurement = ? AND field = ? ORDER BY tags"
            rows = self._link.execute(query, (measurement, field_name)).fetchall()
        told = {number: dict(json.loads(text)) for number, text in rows}
        wanted = dict(key_of(tags))
        return {number: one for number, one in told.items() if wanted.items() <= one.items()}


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as fault:
        raise SeriesAway(f"the series file refused: {fault}") from fault


def _text(tags: Mapping[str, str]) -> str:
    return json.dumps(key_of(tags), ensure_ascii=False)


def _lines(rows: Sequence[tuple[int, int, float]], ids: Mapping[int, Mapping[str, str]]) -> list[Line]:
    found = {
        number: tuple(Sample(moment_of(stamp), value) for _, stamp, value in group)
        for number, group in groupby(rows, key=lambda row: row[0])
    }
    return [Line(tags, found[number]) for number, tags in ids.items() if number in found]


def _line(bars: Bars, how: str, moments: Mapping[float, datetime]) -> Line:
    """One of the columns as samples; all series share the moments."""
    if how == "sum":
        values: Sequence[float] = [mean * n for mean, n in zip(bars.mean, bars.n, strict=True)]
    else:
        values = {"mean": bars.mean, "max": bars.high, "min": bars.low, "count": bars.n}[how]
    return Line(bars.tags, tuple(map(Sample, map(moments.__getitem__, bars.at), values)))
