"""The numbers of the wall, counted by the database: KPI cards, funnel, ranking, categories, trend, ladder.

They are about cleanliness: what boxes, cameras and sensors say of themselves is counted apart (``upkeep``), for no
village is the dirtier for a dead camera.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from alerts.store import counting, outcomes
from alerts.store.book import Book
from alerts.store.counting import HOUR_US, of_devices
from alerts.store.outcomes import Backlog, Found, Relapses
from alerts.store.tables import ALARMS, TICKETS
from alerts.values import Source, Status
from county.policy import Policy, Severity
from county.values import Level
from ingest.store import micros, moment_of

SEVERITIES: tuple[Severity, ...] = ("urgent", "major", "minor")


@dataclass(frozen=True, slots=True)
class Counts:
    """The KPI cards. ``closed`` are those that somebody dealt with; ``unaided_today`` became clean by themselves.

    ``silent``: accepted, and whoever has it does not answer, or has lost it by that and nobody has accepted it again.

    Means in hours and percent over the last 30 days; None where there is nothing to divide by.
    """

    today: int
    yesterday: int
    waiting: int
    waiting_longest_min: float | None
    handling: int
    checking: int
    closed_today: int
    unaided_today: int
    closed_mean_h: float | None
    overdue: int
    on_time_percent: float | None
    silent: int = 0


@dataclass(frozen=True, slots=True)
class Funnel:
    """From looks that said dirty to closed tickets, since a moment."""

    events: int
    alarms: int
    dispatched: int
    accepted: int
    handled: int
    closed: int


LEAST = 3  # tickets that a score is made of


@dataclass(frozen=True, slots=True)
class Rank:
    """One township. ``score`` 0..100: 60 points for ending in time, 40 for having ended, of the tickets that ended or
    ran over their time; None where fewer than ``LEAST`` have: one late ticket alone is no 0 of 100.
    """

    township: str
    score: float | None
    open: int
    closed: int
    overdue: int


@dataclass(frozen=True, slots=True)
class TownshipState:
    """How a township stands on the map; ``worst`` is the gravest severity among its open tickets."""

    township: str
    open: int
    worst: Severity | None


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of the ladder: open tickets there, and mean hours of those closed there in the last 30 days."""

    open: int
    mean_h: float | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The open tickets about boxes, cameras, sensors and lines, and how many of them are past a limit."""

    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The last 24 hours, oldest first: when each begins, tickets opened by severity, tickets ended."""

    hours: tuple[datetime, ...]
    opened: Mapping[Severity, tuple[int, ...]]
    closed: tuple[int, ...]


class Figures:
    """Counts over one county's book."""

    def __init__(self, book: Book) -> None:
        """Read through the book's own connections; days are those of the book's zone."""
        self._book = book
        self._store = book.store

    def counts(self, now: datetime) -> Counts:
        """The KPI cards at ``now``."""
        today = self.midnight(now)
        month = micros(now - counting.MONTH)
        t, cards = TICKETS.c, counting.cards(today, now)
        dealt, waiting = cards["dealt"], cards["waiting"]
        row = self._row(
            _count(cards["today"]).label("today"),
            _count((t.opened_us >= micros(today - timedelta(days=1))) & (t.opened_us < micros(today))).label("before"),
            _count(waiting).label("waiting"),
            sa.func.min(sa.case((waiting, t.opened_us))).label("oldest"),
            _count(cards["handling"]).label("handling"),
            _count(cards["checking"]).label("checking"),
            _count(cards["closed_today"]).label("closed"),
            _count((t.status == Status.CLOSED_UNAIDED.value) & (t.closed_us >= micros(today))).label("unaided"),
            sa.func.avg(sa.case((dealt, t.closed_us - t.opened_us))).label("mean_us"),
            _count(cards["overdue"]).label("overdue"),
            _count(cards["silent"]).label("silent"),
            _count(dealt).label("dealt"), _count(dealt & t.in_time).label("in_time"),
            where=t.is_open | (t.closed_us >= month) | (t.opened_us >= month),
        )  # fmt: skip
        longest = (now - moment_of(row.oldest)) / timedelta(minutes=1) if row.oldest is not None else None
        percent = round(100 * row.in_time / row.dealt, 1) if row.dealt else None
        return Counts(row.today, row.before, row.waiting, longest, row.handling, row.checking, row.closed,
                      row.unaided, _hours(row.mean_us), row.overdue, percent, row.silent)  # fmt: skip

    def funnel(self, since: datetime) -> Funnel:
        """How many looks became how many alarms, tickets, and closed ones."""
        alarms = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(ALARMS.c.merged), 0)).where(
            counting.alarms_since(self._book.county, since)
        )
        steps = counting.steps(since)
        with self._store.read() as conn:
            count, events = conn.execute(alarms).one()
        row = self._row(
            sa.func.count().label("all"), _count(steps["accepted"]).label("accepted"),
            _count(steps["handled"]).label("handled"), _count(steps["closed"]).label("closed"),
            where=steps["dispatched"],
        )  # fmt: skip
        return Funnel(int(events), count, row.all, row.accepted, row.handled, row.closed)

    def ranking(self, since: datetime) -> list[Rank]:
        """Townships with tickets since a moment, best first."""
        t = TICKETS.c
        tell = counting.ranked(since)
        ended, late = tell["ended"], tell["overdue"]
        query = (
            sa.select(
                t.township, _count(tell["open"]).label("open"), _count(ended).label("ended"),
                _count(ended & t.in_time).label("in_time"), _count(late).label("overdue"),
                _count(ended | late).label("judged"),
            )
            .where(self._dirt() & (t.opened_us >= micros(since))).group_by(t.township)
        )  # fmt: skip
        with self._rows(query) as rows:
            ranks = [
                Rank(row.township, score_of(row.judged, row.ended, row.in_time), row.open, row.ended, row.overdue)
                for row in rows
            ]
        return sorted(ranks, key=lambda rank: (rank.score is None, -(rank.score or 0), rank.open, rank.township))

    def by_category(self, since: datetime) -> dict[str, int]:
        """Alarms by kind since a moment, most first."""
        number = sa.func.count()
        query = (
            sa.select(ALARMS.c.kind, number.label("n"))
            .where(counting.alarms_since(self._book.county, since))
            .group_by(ALARMS.c.kind).order_by(number.desc(), ALARMS.c.kind)
        )  # fmt: skip
        with self._rows(query) as rows:
            return {row.kind: row.n for row in rows}

    def trend_24h(self, now: datetime) -> Trend:
        """The 24 hours that end with the hour of ``now``."""
        last = micros(now) // HOUR_US
        hours = range(last - 23, last + 1)
        opened = self._by_hour(TICKETS.c.opened_us, hours.start)
        closed = self._by_hour(TICKETS.c.closed_us, hours.start)
        return Trend(
            tuple(moment_of(hour * HOUR_US) for hour in hours),
            {severity: tuple(opened.get((hour, severity), 0) for hour in hours) for severity in SEVERITIES},
            tuple(sum(closed.get((hour, severity), 0) for severity in SEVERITIES) for hour in hours),
        )

    def townships(self) -> list[TownshipState]:
        """Townships with open tickets."""
        t = TICKETS.c
        query = (
            sa.select(t.township, sa.func.count().label("n"), _count(t.severity == "urgent").label("urgent"),
                      _count(t.severity == "major").label("major"))
            .where(self._dirt() & t.is_open).group_by(t.township).order_by(t.township)
        )  # fmt: skip
        with self._rows(query) as rows:
            return [
                TownshipState(row.township, row.n, "urgent" if row.urgent else "major" if row.major else "minor")
                for row in rows
            ]

    def ladder(self, now: datetime) -> dict[str, Rung]:
        """The levels that hold tickets: ``village``, ``township``, ``county`` (with what its leaders hold)."""
        t = TICKETS.c
        level = sa.case((t.level == Level.LEADER.value, Level.COUNTY.value), else_=t.level).label("level")
        dealt = (t.status == Status.CLOSED.value) & (t.closed_us >= micros(now - counting.MONTH))
        query = (
            sa.select(level, _count(t.is_open).label("open"),
                      sa.func.avg(sa.case((dealt, t.closed_us - t.opened_us))).label("mean_us"))
            .where(self._dirt() & (t.is_open | dealt)).group_by(level)
        )  # fmt: skip
        with self._rows(query) as rows:
            return {row.level: Rung(row.open, _hours(row.mean_us)) for row in rows}

    def relapses(self, since: datetime, until: datetime) -> list[Relapses]:
        """By village: closed, come back (反弹), and the share."""
        return outcomes.relapses(self._book, since, until)

    def backlog(self, policy: Policy, scope: str = "") -> list[Backlog]:
        """The categories of which none may be open, and how many are."""
        return outcomes.backlog(self._book, policy, scope)

    def by_source(self, since: datetime, until: datetime) -> Mapping[Source, Found]:
        """What each source found, counted apart."""
        return outcomes.by_source(self._book, since, until)

    def upkeep(self) -> Upkeep:
        """What is to be mended."""
        t = TICKETS.c
        query = sa.select(sa.func.count().label("open"), _count(t.overdue).label("overdue")).where(
            (t.county == self._book.county) & t.is_open & of_devices(TICKETS)
        )
        with self._store.read() as conn:
            row = conn.execute(query).one()
        return Upkeep(row.open, row.overdue)

    def _dirt(self) -> sa.ColumnElement[bool]:
        return (TICKETS.c.county == self._book.county) & ~of_devices(TICKETS)

    def _by_hour(self, column: sa.Column[int], first: int) -> dict[tuple[int, str], int]:
        hour = (column // HOUR_US).label("hour")
        query = (
            sa.select(hour, TICKETS.c.severity, sa.func.count().label("n"))
            .where(self._dirt() & (column >= first * HOUR_US))
            .group_by(hour, TICKETS.c.severity)
        )  # fmt: skip
        with self._rows(query) as rows:
            return {(int(row.hour), row.severity): row.n for row in rows}

    @contextmanager
    def _rows(self, query: sa.Select[Any]) -> Iterator[sa.CursorResult[Any]]:
        with self._store.read() as conn:
            yield conn.execute(query)

    def _row(self, *columns: sa.ColumnElement[Any], where: sa.ColumnElement[bool]) -> sa.Row[Any]:
        query = sa.select(*columns).select_from(TICKETS).where(self._dirt() & where)
        with self._store.read() as conn:
            return conn.execute(query).one()

    def midnight(self, now: datetime) -> datetime:
        """When the day of ``now`` began here."""
        return now.astimezone(self._book.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _hours(microseconds: Any) -> float | None:
    return round(float(microseconds) / HOUR_US, 2) if microseconds is not None else None


def score_of(judged: int, ended: int, in_time: int) -> float | None:
    """The score of a township by its tickets that ended or ran over their time (``judged``); see ``Rank``."""
    if judged < LEAST:
        return None
    return round(60 * float(in_time / judged) + 40 * float(ended / judged), 1)
