"""The voice notes of tickets: kept in the transaction of the act that they came with, held as the photos are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from alerts.store.book import Book, Pen
from alerts.store.holds import hold_of
from alerts.tickets.voice_tables import VOICES
from alerts.values import Voice
from ingest.store import micros, moment_of


@dataclass(frozen=True, slots=True)
class Spoken:
    """A voice note of a ticket: who spoke it, when it came in (aware), with which act."""

    voice: Voice
    at: datetime
    person: str
    act: str


def keep(pen: Pen, ticket: UUID, act: str, spoken: tuple[Sequence[Voice], str], now: datetime) -> None:
    """Keep what comes with an act, before it is done: ``spoken`` are the voice notes and who spoke them.

    An act that closes the ticket lets go of everything that was held for it, this too.
    """
    for voice in spoken[0]:
        row = {"ticket": ticket, "sha256": voice.sha256, "at_us": micros(now), "person": spoken[1],
               "kind": voice.kind, "seconds": voice.seconds, "act": act[:32]}  # fmt: skip
        pen.conn.execute(pen.insert(VOICES).on_conflict_do_nothing().values(row))
    pen.ask_for([hold_of(ticket, voice.sha256, now) for voice in spoken[0]])


def of_ticket(book: Book, ticket: UUID) -> tuple[Spoken, ...]:
    """The voice notes of a ticket, oldest first."""
    query = sa.select(VOICES).where(VOICES.c.ticket == ticket).order_by(VOICES.c.at_us, VOICES.c.sha256)
    with book.store.read() as conn:
        return tuple(
            Spoken(Voice(row.sha256, row.kind, row.seconds), moment_of(row.at_us), row.person, row.act)
            for row in conn.execute(query)
        )
