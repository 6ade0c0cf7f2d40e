"""By what a channel knows somebody, all told: what they have bound first, then what people.csv says."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.bindings import binding_book
from alerts.channels import By
from alerts.channels.known import address_of
from alerts.store.book import Book
from county.values import Person
from ingest.store import StoreAway


def address(conn: sa.Connection, county: str, person: Person, by: By) -> str:
    """Read in a transaction of the book; empty where nobody has told it."""
    bound = binding_book.address_of(conn, county, person, by) if by in binding_book.BOUND_BY else ""
    return bound or address_of(person, by)


def address_now(book: Book, person: Person, by: By) -> str:
    """The same in a transaction of its own; what people.csv says while the book is away."""
    try:
        with book.store.read() as conn:
            return address(conn, book.county, person, by)
    except StoreAway:
        return address_of(person, by)
