"""Series: numbers over time for curves and counts, behind one interface (SQLite, InfluxDB, VictoriaMetrics).

The same measurement, tags and time overwrite, so writing twice is harmless. A message id is never a tag.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from ingest.series.history import Bars, By, Span

MOST_TAGS = 12
LONGEST = 200  # characters of a name or a tag


class SeriesAway(RuntimeError):
    """The series store cannot take or give now; the text says why. Nothing was lost: try again later."""


@dataclass(frozen=True, slots=True)
class Point:
    """One moment of one series: names and tag values are text, fields are finite numbers, ``at`` is aware."""

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, float]
    at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """A point that the store will never take, and why."""

    point: Point
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Which samples: one field of one measurement, narrowed by tags, from ``start`` until before ``end`` (aware).

    With ``every`` the samples are gathered into windows of that length (aligned to 1970 UTC, stamped with their start).
    """

    measurement: str
    field: str
    start: datetime
    end: datetime
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)
    every: timedelta | None = None
    how: Literal["mean", "max", "min", "sum", "count"] = "mean"


class Sample(NamedTuple):
    """A value at a time. A tuple, for there are hundreds of thousands in one answer."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """One series of an answer: its tags, and its samples in the order of time."""

    tags: Mapping[str, str]
    samples: tuple[Sample, ...]


class Series(Protocol):
    """A store of series."""

    def write(self, points: Sequence[Point]) -> list[Rejected]:
        """Store durably before returning; returns what can never be stored. ``SeriesAway``: nothing is certain."""
        ...

    def range(self, ask: Ask) -> list[Line]:
        """Return one line per set of tags, ordered by tags; no line for a series without samples."""
        ...

    def last(self, measurement: str, field_name: str, tags: Mapping[str, str] | None = None) -> list[Line]:
        """Return the newest sample of every matching series, one line each."""
        ...

    def bars(self, span: Span, by: By) -> list[Bars]:
        """Return every matching series by whole hours, or days of the county's clock, ordered by tags.

        ``span`` begins and ends where a window does.
        """
        ...

    def tidy(self, now: datetime) -> int:
        """Let go what is older than it is kept; returns how many raw points went (0: the engine does it by itself)."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def why_not(point: Point) -> str:
    """Say why no engine should be given this point, "" when it may be: a number that is none, tags without bound."""
    if not all(math.isfinite(value) for value in point.fields.values()):
        return "a field is no finite number"
    if len(point.tags) > MOST_TAGS:
        return f"it has {len(point.tags)} tags, at most {MOST_TAGS} are kept: what differs each time is a field, no tag"
    names = (point.measurement, *point.fields, *point.tags, *point.tags.values())
    if any(len(name) > LONGEST for name in names):
        return f"a name or tag is longer than {LONGEST} characters"
    return ""


def key_of(tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return tags as a comparable key; empty values say nothing and are left out."""
    return tuple(sorted((name, value) for name, value in tags.items() if value))
