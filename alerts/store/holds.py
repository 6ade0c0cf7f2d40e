"""Which evidence a decision rests on: held while its ticket is open, let go of when it closes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from alerts.tickets.moves import identity
from alerts.values import Decision
from broker.messages import Kind
from ingest.evidence.holds import Hold, Release


def asked(decisions: Sequence[Decision], now: datetime) -> list[Hold | Release]:
    """Return what the door must hold or let go of, holds first, each with the id that it will always have."""
    closed = {one.ticket.id: one.ticket.version for one in decisions if one.ticket and not one.ticket.is_open}
    holds: dict[UUID, Hold] = {}
    for decision in decisions:
        for ticket, subject in _subjects(decision):
            if ticket not in closed:
                hold = hold_of(ticket, subject, now)
                holds[hold.id] = hold
    releases = [Release(id=identity("release", ticket, version), ticket=ticket, at=now)
                for ticket, version in closed.items()]  # fmt: skip
    return [*holds.values(), *releases]


def hold_of(ticket: UUID, subject: str | UUID, now: datetime) -> Hold:
    """Hold a file (its SHA-256) or what belongs to an event for a ticket."""
    name = identity("hold", ticket, subject)
    if isinstance(subject, UUID):
        return Hold(id=name, ticket=ticket, at=now, event_id=subject)
    return Hold(id=name, ticket=ticket, at=now, sha256=subject)


def _subjects(decision: Decision) -> Iterator[tuple[UUID, str | UUID]]:
    alarm, ticket = decision.alarm, decision.ticket
    if alarm is not None:
        if alarm.picture is not None:
            yield alarm.ticket, alarm.picture
        yield from (
            (alarm.ticket, look.event_id)
            for look in decision.looks
            if look.kind != Kind.BIN_FULL and not look.place.startswith("@")
        )
    if ticket is not None:
        yield from ((ticket.id, photo.sha256) for photo in decision.photos)
