"""The tiers of the SQLite series file: raw points for weeks, hours for a year, days for ten.

Hours are kept a day (UTC) to the row, packed: count, sum, lowest and highest of each of 24 hours. So a month of 500
bins is 15,000 rows and not 360,000. Days are those of the county's clock. A late point corrects its hour and day: while
its raw neighbours are there the hour is counted anew, later it is added once.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from ingest.store import micros

HOUR, DAY = 3_600_000_000, 86_400_000_000  # microseconds
COUNT, SUM, LOW, HIGH = range(4)
WIDTH = 4
TABLES = """
CREATE TABLE IF NOT EXISTS hours (
    series INTEGER NOT NULL, day INTEGER NOT NULL, packed BLOB NOT NULL, PRIMARY KEY (series, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
    series INTEGER NOT NULL, day INTEGER NOT NULL, n REAL NOT NULL, total REAL NOT NULL, low REAL NOT NULL,
    high REAL NOT NULL, PRIMARY KEY (series, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS horizon (tier TEXT PRIMARY KEY, ts INTEGER NOT NULL) WITHOUT ROWID;
"""
Row = tuple[int, int, float]  # series, microseconds, value
Whole = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Real = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
_HOURS = np.arange(0, DAY, HOUR, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Tiers:
    """How long each tier is kept, and how far the county's midnight is ahead of UTC's."""

    raw: timedelta = timedelta(days=30)
    hourly: timedelta = timedelta(days=366)
    daily: timedelta = timedelta(days=3653)
    ahead: timedelta = timedelta(hours=8)

    def __post_init__(self) -> None:
        """``ValueError`` when a coarser tier is shorter than a finer one, or a day does not begin on an hour."""
        if not timedelta(days=2) <= self.raw <= self.hourly <= self.daily:
            raise ValueError("raw points are kept two days at least, hours no shorter, days no shorter than hours")
        if self.ahead % timedelta(hours=1):
            raise ValueError("the county's clock is whole hours ahead of UTC")


@dataclass(frozen=True, slots=True)
class Columns:
    """Windows of one series that hold something: beginnings (seconds since 1970), count, mean, lowest, highest."""

    at: list[float]
    n: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


TIERS = Tiers()


class Tiering:
    """Builds the tiers inside the writer's transactions, on its connection."""

    def __init__(self, link: sqlite3.Connection, tiers: Tiers) -> None:
        """Make the tables; fill the tiers from raw points that were written before there were any."""
        self._link = link
        self._ahead = micros_of(tiers.ahead)
        self._tiers = tiers
        link.executescript(TABLES)

    def add(self, rows: Sequence[Row]) -> None:
        """Write raw points and correct what stands above them; the caller holds the transaction."""
        horizon = self._horizon("raw")
        fresh = [row for row in rows if row[1] - row[1] % HOUR >= horizon]
        late = [row for row in rows if row[1] - row[1] % HOUR < horizon]
        self._link.executemany("INSERT OR REPLACE INTO points VALUES (?, ?, ?)", fresh)
        self._recount({(series, stamp - stamp % HOUR) for series, stamp, _ in fresh})
        self._add_late(late)

    def prune(self, now: datetime) -> int:
        """Drop what each tier no longer keeps; returns how many raw points went. The caller holds the transaction."""
        raw = micros(now - self._tiers.raw)
        raw -= raw % HOUR  # an hour is there wholly, or not at all
        if raw <= self._horizon("raw"):
            return 0
        gone = self._link.execute("DELETE FROM points WHERE ts < ?", (raw,)).rowcount
        self._link.execute("INSERT OR REPLACE INTO horizon VALUES ('raw', ?)", (raw,))
        self._link.execute("DELETE FROM hours WHERE day < ?", (micros(now - self._tiers.hourly) - DAY,))
        self._link.execute("DELETE FROM days WHERE day < ?", (micros(now - self._tiers.daily) - DAY,))
        return gone

    def build(self) -> None:
        """Count every hour anew from the raw points, where none was ever counted; the caller holds the transaction."""
        if self._link.execute("SELECT 1 FROM hours LIMIT 1").fetchone() is None:
            query = (
                f"SELECT series, ts - ts % {HOUR} AS hour, count(*), sum(value), min(value), max(value) "
                "FROM points GROUP BY series, hour"
            )
            rows = self._link.execute(query).fetchall()
            self._set_hours({(series, hour): (n, total, low, high) for series, hour, n, total, low, high in rows})

    def hours(self, series: Iterable[int], start: int, end: int) -> dict[int, Columns]:
        """The hours of these series from ``start`` until before ``end`` (µs), by series."""
        names = list(series)
        query = (
            f"SELECT series, day, packed FROM hours WHERE series IN ({marks(names)}) AND day >= ? AND day < ? "
            "ORDER BY series, day"
        )
        found = self._link.execute(query, [*names, start - start % DAY, end]).fetchall()
        if not found:
            return {}
        owners, begins, blobs = zip(*found, strict=True)
        table = np.frombuffer(b"".join(blobs), np.float64).reshape(-1, WIDTH)
        at = (np.array(begins, np.int64)[:, None] + _HOURS[None, :]).reshape(-1)
        keep = (table[:, COUNT] > 0) & (at >= start) & (at < end)
        return _by_series(np.repeat(np.array(owners, np.int64), 24)[keep], at[keep], table[keep])

    def days(self, series: Iterable[int], start: int, end: int) -> dict[int, Columns]:
        """The days (of the county's clock) that begin from ``start`` until before ``end`` (µs), by series."""
        names = list(series)
        query = (
            f"SELECT series, day, n, total, low, high FROM days WHERE series IN ({marks(names)}) "
            "AND day >= ? AND day < ? ORDER BY series, day"
        )
        found = self._link.execute(query, [*names, start, end]).fetchall()
        if not found:
            return {}
        owners, begins, *columns = zip(*found, strict=True)
        table = np.array(columns, np.float64).T
        return _by_series(np.array(owners, np.int64), np.array(begins, np.int64), table)

    def _recount(self, touched: set[tuple[int, int]]) -> None:
        query = (
            "SELECT count(*), sum(value), min(value), max(value) FROM points WHERE series = ? AND ts >= ? AND ts < ?"
        )
        self._set_hours({
            (one, hour): self._link.execute(query, (one, hour, hour + HOUR)).fetchone() for one, hour in touched
        })  # fmt: skip

    def _add_late(self, late: Sequence[Row]) -> None:
        """Add what comes when its hour's raw points are gone; one that is here already was added before."""
        added: dict[tuple[int, int], list[float]] = defaultdict(list)
        for series, stamp, value in late:
            if self._link.execute("INSERT OR IGNORE INTO points VALUES (?, ?, ?)", (series, stamp, value)).rowcount:
                added[series, stamp - stamp % HOUR].append(value)
        counted = {}
        for (series, hour), values in added.items():
            n, total, low, high = self._hour(series, hour)
            more = (n + len(values), total + sum(values), min(values), max(values))
            counted[series, hour] = more if not n else (*more[:2], min(low, more[LOW]), max(high, more[HIGH]))
        self._set_hours(counted)

    def _hour(self, series: int, hour: int) -> tuple[float, float, float, float]:
        packed = self._packed(series, hour - hour % DAY)
        place = hour % DAY // HOUR * WIDTH
        return (packed[place], packed[place + 1], packed[place + 2], packed[place + 3])

    def _packed(self, series: int, day: int) -> array[float]:
        row = self._link.execute("SELECT packed FROM hours WHERE series = ? AND day = ?", (series, day)).fetchone()
        packed = array("d")
        packed.frombytes(row[0] if row else bytes(24 * WIDTH * 8))
        return packed

    def _set_hours(self, counted: Mapping[tuple[int, int], tuple[float, float, float, float]]) -> None:
        by_day: dict[tuple[int, int], list[int]] = defaultdict(list)
        for series, hour in counted:
            by_day[series, hour - hour % DAY].append(hour)
        for (series, day), hours in by_day.items():
            packed = self._packed(series, day)
            for hour in hours:
                place = (hour - day) // HOUR * WIDTH
                packed[place : place + WIDTH] = array("d", counted[series, hour])
            self._link.execute("INSERT OR REPLACE INTO hours VALUES (?, ?, ?)", (series, day, packed.tobytes()))
        begun = {(series, hour - (hour + self._ahead) % DAY) for series, hour in counted}
        self._count_days(begun)

    def _count_days(self, touched: set[tuple[int, int]]) -> None:
        for series, day in touched:
            found = self.hours([series], day, day + DAY).get(series)
            if found is None or not found.at:
                continue
            total = sum(mean * n for mean, n in zip(found.mean, found.n, strict=True))
            values = (series, day, float(sum(found.n)), total, min(found.low), max(found.high))
            self._link.execute("INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?, ?)", values)

    def _horizon(self, tier: str) -> int:
        row = self._link.execute("SELECT ts FROM horizon WHERE tier = ?", (tier,)).fetchone()
        return int(row[0]) if row else -(1 << 62)


def micros_of(length: timedelta) -> int:
    """Return a length as whole microseconds."""
    return length // timedelta(microseconds=1)


def marks(values: Sequence[object]) -> str:
    """Return as many question marks as there are values."""
    return ",".join("?" * len(values))


def _by_series(owners: Whole, at: Whole, table: Real) -> dict[int, Columns]:
    """Cut the columns of all series, which lie one behind the other, into those of each."""
    n = table[:, COUNT]
    columns = ((at / 1_000_000).tolist(), n.astype(np.int64).tolist(), (table[:, SUM] / n).tolist(),
               table[:, LOW].tolist(), table[:, HIGH].tolist())  # fmt: skip
    names, begins = np.unique(owners, return_index=True)
    ends = [*begins[1:].tolist(), len(owners)]
    return {
        name: Columns(*(column[begin:end] for column in columns))
        for name, begin, end in zip(names.tolist(), begins.tolist(), ends, strict=True)
    }
