"""The round that hands over open tickets whose person has left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from alerts.store.book import Pen
from alerts.tickets.handover import handed_over
from alerts.tickets.own_reports import aware
from alerts.tickets.rounds import Round
from alerts.values import Decision, Ticket
from county.snapshot import County


class HandoverRound(Round):
    """Looks once at every open ticket."""

    cause = "handover"

    def _due(self, county: County, now: datetime) -> Iterable[UUID]:
        return (one.id for one in self._open() if handed_over(one, county, now))

    def _decided(self, pen: Pen, ticket: Ticket, county: County, now: datetime) -> list[Decision]:
        return handed_over(aware(ticket, pen.conn, self._world), county, now)
