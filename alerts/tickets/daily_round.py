"""The round that finds what is still there the next day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa

from alerts.alarms.condition_book import Conditions
from alerts.store.book import Book
from alerts.store.pen import Pen
from alerts.store.tables import ALARMS, HISTORY, NOTICES, TICKETS, alarm_of
from alerts.tickets import daily
from alerts.tickets.moves import WORKING
from alerts.tickets.pauses import Pause, pauses
from alerts.tickets.rounds import Round
from alerts.values import Alarm, Decision, Ticket
from alerts.world import World
from county.snapshot import County
from ingest.store import moment_of

_RISING = [status.value for status in WORKING | daily.WAITING]


class DailyRound(Round):
    """Looks once at every open alarm that may be still there; what has risen already rises no second time."""

    cause = "daily"

    def __init__(self, book: Book, world: World, *, posted: bool = True) -> None:
        """Decide by the world's county and clock. Not ``posted``: no post runs, who is written to counts as told."""
        super().__init__(book, world)
        self._posted = posted

    def _decided(self, pen: Pen, ticket: Ticket, county: County, now: datetime) -> list[Decision]:
        grading = Conditions(pen).grading(ticket, county)
        paused = _pauses(pen.conn, [ticket.id]).get(ticket.id, ())
        there = daily.There(_alarms(pen, ticket.id), paused, told=not self._posted or _told(pen.conn, ticket))
        return daily.risen(ticket, there, grading, county, now)

    def _due(self, county: County, now: datetime) -> Iterator[UUID]:
        """The tickets with an alarm of which one more moment of its row has passed."""
        rules = {kind: rule for rule in county.policy.daily for kind in rule.categories}
        if not rules:
            return
        query = (
            sa.select(ALARMS).join(TICKETS, TICKETS.c.id == ALARMS.c.ticket)
            .where(TICKETS.c.is_open & (TICKETS.c.county == self._book.county) & TICKETS.c.status.in_(_RISING))
            .where(ALARMS.c.is_open & ALARMS.c.kind.in_(list(rules)))
        )  # fmt: skip
        with self._book.store.read() as conn:
            alarms = [alarm_of(row) for row in conn.execute(query)]
            late = [one for one in alarms if daily.days_left(rules[one.kind], one, (), county, now) > one.days]
            paused = _pauses(conn, {one.ticket for one in late})
        for alarm in late:
            if daily.days_left(rules[alarm.kind], alarm, paused.get(alarm.ticket, ()), county, now) > alarm.days:
                yield alarm.ticket


def _told(conn: sa.Connection, ticket: Ticket) -> bool:
    """Whether a channel was asked to tell somebody on the ticket's rung; what reaches nobody is another's matter."""
    mine = (NOTICES.c.ticket == ticket.id) & (NOTICES.c.level == ticket.level.value) & (NOTICES.c.ask == "")
    tried = conn.execute(sa.select(NOTICES.c.tried_us.is_not(None)).where(mine)).scalars().all()
    return not tried or any(tried)


def _alarms(pen: Pen, ticket: UUID) -> tuple[Alarm, ...]:
    query = sa.select(ALARMS).where((ALARMS.c.ticket == ticket) & ALARMS.c.is_open).order_by(ALARMS.c.first_us)
    return tuple(alarm_of(row) for row in pen.conn.execute(query))


def _pauses(conn: sa.Connection, tickets: Iterable[UUID]) -> dict[UUID, tuple[Pause, ...]]:
    """The pauses of each of these tickets, told from its history."""
    moves = HISTORY.c.old != HISTORY.c.new
    query = (
        sa.select(HISTORY.c.ticket, HISTORY.c.at_us, HISTORY.c.new)
        .where(HISTORY.c.ticket.in_(tickets) & moves).order_by(HISTORY.c.ticket, HISTORY.c.n)
    )  # fmt: skip
    rows = groupby(conn.execute(query), key=lambda row: row.ticket)
    return {ticket: pauses((moment_of(row.at_us), row.new) for row in own) for ticket, own in rows}
