"""What the passing of time does by the county's rules: durations that are reached, tickets that grow graver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from alerts.alarms import condition_book, grading
from alerts.alarms.applying import Moment, Sitting
from alerts.alarms.condition_book import Conditions
from alerts.store.book import Book, Conflict, Unwritable
from alerts.store.tables import TICKETS
from alerts.values import Decision
from alerts.world import World
from county.policy import Rise
from county.policy.base import RANK
from county.snapshot import County
from ingest.store import micros, moment_of

AT_ONCE = 200


class RuleSweep:
    """One round works on the indexed ``next_us`` of the conditions, and on the open tickets that may have risen.

    ``until`` says up to when everything that arrived here has been decided (None: nobody knows yet, wait): a condition
    is not ripe while messages that may break it still stand in the inbox.
    """

    def __init__(self, book: Book, world: World, until: Callable[[], datetime | None] | None = None) -> None:
        """Without ``until`` everything that has arrived is decided."""
        self._book = book
        self._world = world
        self._until = until or world.now

    def step(self) -> list[Decision]:
        """Decide what has become ripe; returns what was decided."""
        now, county = self._world.now(), self._world.county()
        until = self._until()
        done = self._ripe(county, now, min(until, now)) if until is not None else []
        return [*done, *self._rising(county, now)]

    def next_moment(self) -> datetime | None:
        """When time alone may do something next; None where nothing waits for it."""
        now, county = self._world.now(), self._world.county()
        moments = [condition_book.next_moment(self._book), _next_rise(self._book, county, now)]
        return min((one for one in moments if one is not None), default=None)

    def _ripe(self, county: County, now: datetime, until: datetime) -> list[Decision]:
        done: list[Decision] = []
        for place, spot, category in condition_book.due(self._book, until, AT_ONCE):
            moment = Moment(now, until, "sweep")
            try:
                done += self._ripened((place, spot, category), county, moment)
            except (Conflict, Unwritable) as fault:  # we hold the county's lock: the next try would end alike
                for row in condition_book.every(self._book, place):
                    if (row.spot, row.category) == (spot, category):
                        condition_book.let_go(self._book, row.key, fault)
        return done

    def _ripened(self, where: tuple[str, str, str], county: County, moment: Moment) -> list[Decision]:
        with self._book.writing() as pen:
            conditions = Conditions(pen, [where[0]])
            decisions = Sitting(conditions, county, moment).time(*where)
            conditions.write()
            self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        return decisions

    def _rising(self, county: County, now: datetime) -> list[Decision]:
        done: list[Decision] = []
        for ticket_id in _risen(self._book, county, now):
            with self._book.writing() as pen:
                ticket = pen.ticket(ticket_id)
                decisions = grading.risen(ticket, condition_book.began(pen.conn, ticket), county, now) if ticket else []
                pen.apply(decisions, "sweep", now)
                self._world.crash("alerts.before_commit")
            self._world.crash("alerts.after_commit")
            done += decisions
        return done


def _risen(book: Book, county: County, now: datetime) -> list[UUID]:
    """The open tickets that time may have made graver."""
    found: dict[UUID, None] = {}
    with book.store.read() as conn:
        for rise in county.policy.rises:
            reached = TICKETS.c.opened_us <= micros(now - timedelta(seconds=rise.after_s))
            query = sa.select(TICKETS.c.id).where(_below(rise, book.county) & reached)
            found |= dict.fromkeys(conn.execute(query.order_by(TICKETS.c.opened_us).limit(AT_ONCE)).scalars())
    return list(found)


def _next_rise(book: Book, county: County, now: datetime) -> datetime | None:
    """When the next open ticket may grow graver; those that have are no more, nor those that did not for a reason."""
    moments: list[datetime] = []
    with book.store.read() as conn:
        for rise in county.policy.rises:
            length = timedelta(seconds=rise.after_s)
            later = _below(rise, book.county) & (TICKETS.c.opened_us > micros(now - length))
            first = conn.execute(sa.select(sa.func.min(TICKETS.c.opened_us)).where(later)).scalar_one()
            moments += [] if first is None else [moment_of(first) + length]
    return min(moments, default=None)


def _below(rise: Rise, county: str) -> sa.ColumnElement[bool]:
    lower = [severity for severity in RANK if RANK[severity] < RANK[rise.severity]]
    at_work = TICKETS.c.status.in_([status.value for status in grading.AT_WORK])
    return TICKETS.c.is_open & (TICKETS.c.county == county) & at_work & TICKETS.c.severity.in_(lower)
