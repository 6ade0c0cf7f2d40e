"""The delivery log of a ticket: who was told what, by which way, and what each attempt came to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from alerts.notices.statements import IS_DIGEST, JOINED
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
    digest: UUID | None = None  # into which letter it was joined (并入汇总); its tries are those of that letter
    why: str = ""  # and why


def of_ticket(book: Book, ticket: UUID) -> list[Told]:
    """The notices of a ticket and the digests that hold one of them, oldest first, with every attempt."""
    own = (NOTICES.c.ticket == ticket) & ~IS_DIGEST
    joined = sa.select(JOINED.c.digest).where((JOINED.c.ticket == ticket) & JOINED.c.digest.is_not(None))
    mine = own | NOTICES.c.id.in_(joined)
    names = sa.select(NOTICES.c.id).where(mine)
    tries = sa.select(DELIVERIES).where(DELIVERIES.c.notice.in_(names)).order_by(DELIVERIES.c.notice, DELIVERIES.c.n)
    told = sa.select(NOTICES).where(mine).order_by(NOTICES.c.created_us, IS_DIGEST, NOTICES.c.id)
    made: defaultdict[UUID, list[Tried]] = defaultdict(list)
    with book.store.read() as conn:
        for row in conn.execute(tries):
            made[row.notice].append(
                Tried(moment_of(row.at_us), row.channel, row.result, row.provider_id, row.words, row.maybe_sent)
            )
        return [
            Told(row.id, moment_of(row.created_us), row.person_name, row.purpose, row.route, row.channel, row.state,
                 moment(row.sent_us), row.maybe_doubled, tuple(made[row.digest or row.id]), row.digest,
                 row.answer if row.digest is not None else "")
            for row in conn.execute(told)
        ]  # fmt: skip
