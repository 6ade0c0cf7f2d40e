"""The round that hands over: one transaction of the book for each open ticket whose person has left."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.tables import TICKETS, ticket_of
from alerts.tickets.handover import handed_over
from alerts.tickets.own_reports import aware
from alerts.values import Decision
from alerts.world import World


class HandoverRound:
    """Looks once at every open ticket."""

    def __init__(self, book: Book, world: World) -> None:
        """Decide by the world's county and clock."""
        self._book = book
        self._world = world

    def step(self) -> list[Decision]:
        """Hand over what must be; returns what was decided."""
        now, county = self._world.now(), self._world.county()
        query = sa.select(TICKETS).where(TICKETS.c.is_open & (TICKETS.c.county == self._book.county))
        with self._book.store.read() as conn:
            tickets = [ticket_of(row) for row in conn.execute(query)]
        done: list[Decision] = []
        for ticket in tickets:
            if not handed_over(ticket, county, now):
                continue
            with self._book.writing() as pen:
                fresh = pen.ticket(ticket.id)
                decisions = handed_over(aware(fresh, pen.conn, self._world), county, now) if fresh else []
                pen.apply(decisions, "handover", now)
                self._world.crash("alerts.before_commit")
            self._world.crash("alerts.after_commit")
            done.extend(decisions)
        return done
