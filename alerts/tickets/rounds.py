"""A round over open tickets: what is due is looked for without a lock, and decided again under it, one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa

from alerts.store.book import Book, Pen
from alerts.store.tables import TICKETS, ticket_of
from alerts.values import Decision, Ticket
from alerts.world import World
from county.snapshot import County


class Round(ABC):
    """One transaction of the book for each ticket that it moves; ``cause`` is what the history names."""

    cause: ClassVar[str]

    def __init__(self, book: Book, world: World) -> None:
        """Decide by the world's county and clock."""
        self._book = book
        self._world = world

    def step(self) -> list[Decision]:
        """Go round once; returns what was decided."""
        now, county = self._world.now(), self._world.county()
        done: list[Decision] = []
        for ticket_id in dict.fromkeys(self._due(county, now)):
            with self._book.writing() as pen:
                ticket = pen.ticket(ticket_id)
                decisions = self._decided(pen, ticket, county, now) if ticket is not None else []
                pen.apply(decisions, self.cause, now)
                self._world.crash("alerts.before_commit")
            self._world.crash("alerts.after_commit")
            done.extend(decisions)
        return done

    @abstractmethod
    def _due(self, county: County, now: datetime) -> Iterable[UUID]:
        """The tickets that seem due; the connection it reads by is given back before the first."""

    @abstractmethod
    def _decided(self, pen: Pen, ticket: Ticket, county: County, now: datetime) -> list[Decision]:
        """What is decided about a ticket as it stands under the lock."""

    def _open(self, *which: sa.ColumnElement[bool]) -> list[Ticket]:
        """The county's open tickets of these conditions."""
        query = sa.select(TICKETS).where(TICKETS.c.is_open & (TICKETS.c.county == self._book.county), *which)
        with self._book.store.read() as conn:
            return [ticket_of(row) for row in conn.execute(query)]
