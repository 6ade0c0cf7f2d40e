"""The round that asks who fell silent after accepting: one transaction of the book for each ticket that it moves."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.tables import TICKETS, ticket_of
from alerts.tickets.silent import fallen_silent
from alerts.values import Decision, Status
from alerts.world import World

_ACCEPTED = TICKETS.c.status == Status.ACCEPTED.value
_LAPSED = (TICKETS.c.status == Status.DISPATCHED.value) & TICKETS.c.lapsed_us.is_not(None)


class SilentRound:
    """Looks once at every accepted ticket, and at those that nobody has accepted again."""

    def __init__(self, book: Book, world: World) -> None:
        """Decide by the world's county and clock."""
        self._book = book
        self._world = world

    def step(self) -> list[Decision]:
        """Ask, let lapse and let climb what must; returns what was decided."""
        now, county = self._world.now(), self._world.county()
        mine = TICKETS.c.is_open & (TICKETS.c.county == self._book.county)
        with self._book.store.read() as conn:
            tickets = [ticket_of(row) for row in conn.execute(sa.select(TICKETS).where(mine & (_ACCEPTED | _LAPSED)))]
        done: list[Decision] = []
        for ticket in tickets:
            if not fallen_silent(ticket, county, now):
                continue
            with self._book.writing() as pen:
                fresh = pen.ticket(ticket.id)
                decisions = fallen_silent(fresh, county, now) if fresh else []
                pen.apply(decisions, "silent", now)
                self._world.crash("alerts.before_commit")
            self._world.crash("alerts.after_commit")
            done.extend(decisions)
        return done
