"""What came of the work, counted by the database: what came back (反弹), what may not be open at all, who found it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.tables import ALARMS, TICKETS
from alerts.values import DEALT, Source
from county.policy import Policy
from ingest.store import micros


@dataclass(frozen=True, slots=True)
class Relapses:
    """One village (12 digits; "" for all together): tickets dealt with and ended, and how many of them came back."""

    village: str
    closed: int
    relapsed: int

    @property
    def percent(self) -> float | None:
        """The share that came back, to a tenth; None where nothing was closed."""
        return round(100 * self.relapsed / self.closed, 1) if self.closed else None


@dataclass(frozen=True, slots=True)
class Backlog:
    """A category that may not be open at all; ``red`` as soon as one ticket of it is."""

    category: str
    name: str
    open: int

    @property
    def red(self) -> bool:
        """Found one, removed one: a single one that is left is too many."""
        return self.open > 0


@dataclass(frozen=True, slots=True)
class Found:
    """What one source found: tickets that it opened, and alarms, also those that joined a ticket of another source."""

    tickets: int
    alarms: int


def relapses(book: Book, since: datetime, until: datetime) -> list[Relapses]:
    """By village, of the tickets that were dealt with and ended from ``since`` to before ``until``; by code.

    One that came back more than once counts once: it was not kept. Coming back counts whenever it happened.
    """
    t, later = TICKETS.c, TICKETS.alias("later").c
    back = t.id.in_(sa.select(later.earlier).where((later.county == book.county) & later.earlier.is_not(None)))
    ended = (t.closed_us >= micros(since)) & (t.closed_us < micros(until))
    query = (
        sa.select(
            t.village, sa.func.count().label("closed"), sa.func.sum(sa.case((back, 1), else_=0)).label("relapsed"),
        )
        .where((t.county == book.county) & t.status.in_([one.value for one in DEALT]) & ended)
        .group_by(t.village).order_by(t.village)
    )  # fmt: skip
    with book.store.read() as conn:
        return [Relapses(row.village, row.closed, int(row.relapsed)) for row in conn.execute(query)]


def together(villages: list[Relapses]) -> Relapses:
    """Several villages as one."""
    return Relapses("", sum(one.closed for one in villages), sum(one.relapsed for one in villages))


def backlog(book: Book, policy: Policy, scope: str = "") -> list[Backlog]:
    """The categories with a zero target, each with its open tickets in a region (6, 9 or 12 digits; "": everywhere)."""
    targets = [one for one in policy.categories if one.zero_target]
    a, t = ALARMS.c, TICKETS.c
    query = (
        sa.select(a.kind, sa.func.count(sa.distinct(t.id)).label("open")).join(TICKETS, t.id == a.ticket)
        .where((t.county == book.county) & t.is_open & a.is_open & a.kind.in_([one.code for one in targets]))
        .group_by(a.kind)
    )  # fmt: skip
    if scope:
        query = query.where(t.region.startswith(scope, autoescape=True))
    with book.store.read() as conn:
        counted = {row.kind: int(row.open) for row in conn.execute(query)}
    return [Backlog(one.code, one.name, counted.get(one.code, 0)) for one in targets]


def by_source(book: Book, since: datetime, until: datetime) -> Mapping[Source, Found]:
    """What each source found from ``since`` to before ``until``; every source is there, also with nothing."""
    span = (micros(since), micros(until))
    t, a = TICKETS.c, ALARMS.c
    opened = (t.county == book.county) & (t.opened_us >= span[0]) & (t.opened_us < span[1])
    raised = (a.county == book.county) & (a.first_us >= span[0]) & (a.first_us < span[1])
    with book.store.read() as conn:
        tickets = conn.execute(sa.select(t.source, sa.func.count()).where(opened).group_by(t.source)).all()
        alarms = conn.execute(sa.select(a.source, sa.func.count()).where(raised).group_by(a.source)).all()
    of_tickets, of_alarms = ({row[0]: int(row[1]) for row in rows} for rows in (tickets, alarms))
    return {one: Found(of_tickets.get(one.value, 0), of_alarms.get(one.value, 0)) for one in Source}
