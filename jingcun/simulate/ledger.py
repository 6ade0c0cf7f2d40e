"""The book at the end of a simulation, read as values: tickets, alarms, notices, and what was put aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.store.tables import ALARMS, NOTICES, STUCK, TICKETS, ticket_of
from alerts.tickets.standing import BrokenChain, replayed, standing_of
from alerts.values import Ticket
from ingest.store import moment_of


@dataclass(frozen=True, slots=True)
class Sent:
    """One notice: to whom (id), what for, on which local day it was asked for, and what became of it."""

    ticket: UUID
    person: str
    purpose: str
    state: str
    day: date


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the book says. ``merged`` are the dirty looks that its alarms took in; ``broken`` the histories that do not
    replay to their ticket; ``findings`` what the auditor says of open tickets; ``cursor`` the last message decided.
    """

    tickets: tuple[Ticket, ...]
    alarms: int
    merged: int
    notices: tuple[Sent, ...]
    stuck: int
    broken: tuple[str, ...]
    findings: tuple[str, ...]
    cursor: int


def read(book: Book, now: datetime) -> Ledger:
    """Read the whole book, as of ``now``."""
    reader = Reader(book)
    merged = sa.func.coalesce(sa.func.sum(ALARMS.c.merged), 0)
    with book.store.read() as conn:
        tickets = tuple(ticket_of(row) for row in conn.execute(sa.select(TICKETS).order_by(TICKETS.c.opened_us)))
        alarms, looks = conn.execute(sa.select(sa.func.count(), merged).select_from(ALARMS)).one()
        notices = tuple(
            Sent(row.ticket, row.person_id, row.purpose, row.state,
                 moment_of(row.created_us).astimezone(book.zone).date())
            for row in conn.execute(sa.select(NOTICES).order_by(NOTICES.c.created_us))
        )  # fmt: skip
        stuck = conn.execute(sa.select(sa.func.count()).select_from(STUCK)).scalar_one()
    findings = tuple(f"{one.number} {one.words}" for one in reader.findings(now))
    return Ledger(tickets, int(alarms), int(looks), notices, stuck, tuple(_broken(reader, tickets)), findings,
                  book.cursor())  # fmt: skip


def _broken(reader: Reader, tickets: Sequence[Ticket]) -> Iterator[str]:
    for one in tickets:
        try:
            stands = replayed(reader.steps(one.id))
        except BrokenChain as fault:
            yield f"{one.number} {fault}"
            continue
        if stands != standing_of(one):
            yield f"{one.number} does not stand where its history ends"
