"""The log of messages: every notice of somebody's part of the county, page by page, those that failed first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.mutes.mute_tables import MUTES
from alerts.notices.statements import IS_DIGEST, JOINED, of_county
from alerts.store.book import Book
from alerts.store.tables import DELIVERIES, NOTICES, TICKETS, moment
from alerts.tickets.areas import Part, within
from ingest.store import moment_of

STATES = ("failed", "declined", "waiting", "claimed", "accepted", "delivered", "digested", "unwanted")
FAILED = STATES[:2]
CURSOR = r"^([01])\.([0-9]{1,16})\.([0-9a-f]{32})$"
_N = NOTICES.c
_OF = TICKETS.alias("of")
_rank = sa.case((_N.state.in_(FAILED), 0), else_=1)
_PHONE = re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True)
class Which:
    """Which messages; empty means all. ``parts`` is what somebody may see: None is the whole county."""

    parts: tuple[Part, ...] | None = None
    state: str = ""
    purpose: str = ""
    channel: str = ""
    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Message:
    """One notice. ``person`` and ``words`` (what the channel answered at last) are masked; times in UTC."""

    id: UUID
    at: datetime
    person: str
    purpose: str
    route: str
    channel: str
    state: str
    tries: int
    sent_at: datetime | None
    maybe_doubled: bool
    words: str
    ticket: UUID | None
    number: str
    place: str


def page(book: Book, which: Which = Which()) -> tuple[list[Message], str]:
    """One page, and the cursor of the next ("" at the end); ``ValueError`` for a cursor that is none."""
    last = sa.select(DELIVERIES.c.words).where(DELIVERIES.c.notice == _N.id).order_by(DELIVERIES.c.n.desc()).limit(1)
    told = sa.select(NOTICES, _rank.label("fine"), last.scalar_subquery().label("said"), *_about())
    query = told.outerjoin(_OF, _OF.c.id == _N.ticket).where(*_asked(book, which))
    query = query.order_by(_rank, _N.created_us.desc(), _N.id.desc()).limit(which.limit + 1)
    with book.store.read() as conn:
        rows = conn.execute(query).all()
    shown = rows[: which.limit]
    after = f"{shown[-1].fine}.{shown[-1].created_us}.{shown[-1].id.hex}" if len(rows) > len(shown) else ""
    return [_message(row) for row in shown], after


def masked(name: str) -> str:
    """A name of which the first sign is left."""
    return name[:1] + "*" * (len(name) - 1)


def _about() -> Sequence[sa.ColumnElement[Any]]:
    t = _OF.c
    return (t.number.label("of_number"), t.place_name.label("of_place"), t.spot_name.label("of_spot"))


def _asked(book: Book, which: Which) -> list[sa.ColumnElement[bool]]:
    same = {_N.state: which.state, _N.purpose: which.purpose, _N.channel: which.channel}
    found = [_own(book, which.parts), *(column == value for column, value in same.items() if value)]
    if which.after:
        place = re.fullmatch(CURSOR, which.after)
        if place is None:
            raise ValueError("not a cursor of this log")
        fine, at_us, one = int(place[1]), int(place[2]), UUID(place[3])
        older = sa.or_(_N.created_us < at_us, (_N.created_us == at_us) & (_N.id < one))
        found.append(sa.or_(_rank > fine, sa.and_(_rank == fine, older)))
    return found


def _own(book: Book, parts: tuple[Part, ...] | None) -> sa.ColumnElement[bool]:
    """About a ticket or a mute of these parts, or a letter that holds one about such a ticket."""
    mine = TICKETS.alias("mine")
    joined = sa.select(JOINED.c.digest).join(mine, mine.c.id == JOINED.c.ticket)
    if parts is None:
        digests = joined.where(JOINED.c.digest.is_not(None), mine.c.county == book.county)
        return sa.or_(of_county(book.county), IS_DIGEST & _N.id.in_(digests))
    own = sa.select(TICKETS.c.id).where(TICKETS.c.county == book.county, within(parts)).correlate(None)
    of_ticket = ~IS_DIGEST & _N.ticket.in_(own)
    held = sa.select(JOINED.c.digest).where(JOINED.c.digest.is_not(None), JOINED.c.ticket.in_(own))
    regions = [part.region for part in parts if part.region and not part.categories]
    inside = sa.or_(sa.false(), *(MUTES.c.region.startswith(one, autoescape=True) for one in regions))
    of_mute = sa.exists().where(MUTES.c.n == _N.mute, MUTES.c.county == book.county, inside)
    return sa.or_(of_ticket, IS_DIGEST & _N.id.in_(held), of_mute)


def _message(row: sa.Row[Any]) -> Message:
    return Message(
        row.id, moment_of(row.created_us), masked(row.person_name), row.purpose, row.route, row.channel, row.state,
        row.attempts, moment(row.sent_us), row.maybe_doubled, _PHONE.sub(r"\1****\2", row.said or row.answer),
        row.ticket if row.of_number else None, row.of_number or "",
        f"{row.of_place or ''} {row.of_spot or ''}".strip(),
    )  # fmt: skip
