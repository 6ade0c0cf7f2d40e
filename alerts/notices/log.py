"""The delivery log of a ticket: who was told what, by which way, and what each attempt came to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.tables import DELIVERIES, NOTICES, moment
from ingest.store import moment_of


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt, or a receipt: by which channel, what it came to, the provider's own number and words."""

    at: datetime
    channel: str
    result: str
    provider_id: str
    words: str
    maybe_sent: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: to whom, why, by which route, and how it stands."""

    id: UUID
    at: datetime
    person: str
    purpose: str
    route: str
    channel: str
    state: str
    sent_at: datetime | None
    maybe_doubled: bool
    tries: tuple[Tried, ...]


def of_ticket(book: Book, ticket: UUID) -> list[Told]:
    """The notices of a ticket, oldest first, with every attempt."""
    mine = sa.select(NOTICES.c.id).where(NOTICES.c.ticket == ticket)
    tries = sa.select(DELIVERIES).where(DELIVERIES.c.notice.in_(mine)).order_by(DELIVERIES.c.notice, DELIVERIES.c.n)
    told = sa.select(NOTICES).where(NOTICES.c.ticket == ticket).order_by(NOTICES.c.created_us, NOTICES.c.id)
    made: defaultdict[UUID, list[Tried]] = defaultdict(list)
    with book.store.read() as conn:
        for row in conn.execute(tries):
            made[row.notice].append(
                Tried(moment_of(row.at_us), row.channel, row.result, row.provider_id, row.words, row.maybe_sent)
            )
        return [
            Told(row.id, moment_of(row.created_us), row.person_name, row.purpose, row.route, row.channel, row.state,
                 moment(row.sent_us), row.maybe_doubled, tuple(made[row.id]))
            for row in conn.execute(told)
        ]  # fmt: skip
