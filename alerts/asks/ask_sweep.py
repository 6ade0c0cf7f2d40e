"""The sweep of the asks: those that nobody answers climb or lapse, and what policy supervises is supervised."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from alerts.asks import ask_book, asking, supervising
from alerts.asks.ask_book import Asked
from alerts.asks.asks import Case, Outcome
from alerts.asks.move_tables import ASKS
from alerts.store.book import Book, Pen
from alerts.store.tables import TICKETS, ticket_of
from alerts.values import Decision
from alerts.world import World
from county.policy import Move
from county.snapshot import County

AT_ONCE = 200


class AskSweep:
    """Moves what time has made due among the asks."""

    def __init__(self, book: Book, world: World) -> None:
        """One sweep works on the waiting asks; there is no job per ask."""
        self._book = book
        self._world = world

    def step(self) -> list[Decision]:
        """Decide about every ask whose time has come, and every ticket to be supervised; returns what was decided."""
        now, county = self._world.now(), self._world.county()
        done: list[Decision] = []
        for one in ask_book.listed(self._book):
            if asking.pass_time(Case(one.ticket), one.ask, county, now).asks:
                done += self._ask(one, county)
        for ticket in self._unsupervised(county):
            done += self._supervise(ticket, county)
        return done

    def _ask(self, one: Asked, county: County) -> list[Decision]:
        with self._book.writing() as pen:
            ticket, ask = pen.ticket(one.ticket.id), ask_book.ask_of(pen, one.ask.id)
            if ticket is None or ask is None:
                return []
            now = self._world.now()
            return self._written(pen, asking.pass_time(ask_book.case_of(pen, ticket), ask, county, now))

    def _supervise(self, ticket: UUID, county: County) -> list[Decision]:
        with self._book.writing() as pen:
            known = pen.ticket(ticket)
            if known is None:
                return []
            return self._written(pen, supervising.by_itself(ask_book.case_of(pen, known), county, self._world.now()))

    def _written(self, pen: Pen, outcome: Outcome) -> list[Decision]:
        ask_book.write(pen, outcome, "sweep", self._world.now())
        self._world.crash("alerts.before_commit")
        return list(outcome.decisions)

    def _unsupervised(self, county: County) -> list[UUID]:
        """The open tickets that policy supervises, nobody ever has, and somebody is there to do."""
        mine = TICKETS.c.is_open & (TICKETS.c.county == self._book.county)
        never = ~sa.exists().where((ASKS.c.ticket == TICKETS.c.id) & (ASKS.c.move == Move.SUPERVISE.value))
        with self._book.store.read() as conn:
            rows = conn.execute(sa.select(TICKETS).where(mine & _meant(county), never).limit(AT_ONCE)).all()
        now = self._world.now()
        return [row.id for row in rows if supervising.by_itself(Case(ticket_of(row)), county, now).asks]


def _meant(county: County) -> sa.ColumnElement[bool]:
    """Narrow the tickets to those that the policy could mean: overdue ones, and those of a key severity or category."""
    policy, t = county.policy.supervision, TICKETS.c
    key = [t.kinds.contains(code, autoescape=True) for code in policy.categories]
    return sa.or_(t.overdue & t.level.in_(supervising.overdue_levels(county)), t.severity.in_(policy.severities), *key)
