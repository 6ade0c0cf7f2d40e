"""The papers of a county in its book: issued in one transaction with number and history, kept as they were signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.papers.issuing import KIND, Terms, Wish, code_of, issued, terms, written
from alerts.papers.rectification import NotIssued, Rectification, number_words, year_of
from alerts.papers.sheet import Sheet, digest, restored, sheet_of, stored
from alerts.papers.tables import PAPERS
from alerts.store.book import Book, Pen, counter
from alerts.store.holds import hold_of
from alerts.store.queries import Reader, Shot
from alerts.store.tables import TICKETS
from alerts.tickets.moves import identity
from alerts.values import Ticket
from county.snapshot import County
from ingest.store import micros, moment_of


@dataclass(frozen=True, slots=True)
class Issued:
    """A paper as it was issued. ``picture`` is the SHA-256 of its photo in the evidence store, or None."""

    id: UUID
    ticket: UUID
    number: str
    issuer: str
    issued_at: datetime
    due_at: datetime
    person: str
    picture: str | None
    sheet: Sheet
    sha256: str


class Shelf:
    """Issues papers and finds them again."""

    def __init__(self, book: Book) -> None:
        """Keep them in the county's book."""
        self._book = book
        self._reader = Reader(book)

    def issue(self, ticket: UUID, county: County, wish: Wish) -> Issued:
        """Issue the notice of a ticket; the same person and deadline again give the same paper.

        ``NotIssued`` says in Chinese why not, ``Conflict`` that the ticket has changed meanwhile; then nothing is
        written and no number is used up.
        """
        shot = self._reader.shot(ticket)
        with self._book.writing() as pen:
            found = pen.ticket(ticket)
            if found is None:
                raise NotIssued("工单不存在，不能签发整改通知书")
            agreed = terms(found, county, wish)
            row = pen.conn.execute(_same(found, agreed)).one_or_none()
            return _issued(row) if row is not None else _sign(pen, found, county, agreed, (wish.now, shot))

    def of(self, ticket: UUID) -> list[Issued]:
        """The papers of a ticket, the newest first."""
        mine = (PAPERS.c.county == self._book.county) & (PAPERS.c.ticket == ticket)
        newest = (PAPERS.c.issued_us.desc(), PAPERS.c.number.desc())
        with self._book.store.read() as conn:
            return [_issued(row) for row in conn.execute(sa.select(PAPERS).where(mine).order_by(*newest))]

    def ticket_numbered(self, number: str) -> UUID | None:
        """The newest ticket with a number (they begin anew each year)."""
        mine = (TICKETS.c.county == self._book.county) & (TICKETS.c.number == number)
        with self._book.store.read() as conn:
            newest = sa.select(TICKETS.c.id).where(mine).order_by(TICKETS.c.opened_us.desc()).limit(1)
            found: UUID | None = conn.execute(newest).scalar_one_or_none()
        return found


def _sign(pen: Pen, ticket: Ticket, county: County, agreed: Terms, made: tuple[datetime, Shot | None]) -> Issued:
    """Number a paper, write it, and say so in the ticket's history."""
    now, shot = made
    year = year_of(now, county.calendar.zone)
    serial = counter(pen.conn, pen.county, f"{KIND} {year}") + 1
    paper = written(ticket, county, agreed, (number_words(code_of(county), year, serial), now), shot)
    row = _row(pen, ticket, agreed, paper)
    pen.note(f"{KIND} {year}", serial)
    pen.conn.execute(PAPERS.insert(), row)
    pen.apply([issued(ticket, paper, agreed.issuer)], f"paper {paper.number}", now)
    if shot is not None:  # kept as long as the paper, so beyond the ticket's end
        pen.ask_for([hold_of(row["id"], shot.sha256, now)])
    return _issued(pen.conn.execute(_same(ticket, agreed)).one())


def _same(ticket: Ticket, agreed: Terms) -> sa.Select[Any]:
    alike = (PAPERS.c.due_us == micros(agreed.due_at)) & (PAPERS.c.person_id == agreed.person.id)
    return sa.select(PAPERS).where((PAPERS.c.ticket == ticket.id) & (PAPERS.c.kind == KIND) & alike)


def _row(pen: Pen, ticket: Ticket, agreed: Terms, paper: Rectification) -> dict[str, Any]:
    sheet = sheet_of(paper)
    return {
        "id": identity("paper", KIND, ticket.id, micros(agreed.due_at), agreed.person.id), "county": pen.county,
        "ticket": ticket.id, "kind": KIND, "number": sheet.number, "issued_by": agreed.issuer.id,
        "issuer_name": agreed.issuer.name, "issued_us": micros(paper.issued_at), "due_us": micros(agreed.due_at),
        "person_id": agreed.person.id, "person_name": agreed.person.name,
        "picture": paper.picture.sha256 if paper.picture else None, "sheet": stored(sheet), "sha256": digest(sheet),
    }  # fmt: skip


def _issued(row: sa.Row[Any]) -> Issued:
    return Issued(
        row.id, row.ticket, row.number, row.issuer_name, moment_of(row.issued_us), moment_of(row.due_us),
        row.person_name, row.picture, restored(row.sheet), row.sha256,
    )  # fmt: skip
