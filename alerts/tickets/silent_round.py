"""The round that asks who fell silent after accepting, lets acceptances lapse, and lets climb what lapsed again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from alerts.store.book import Pen
from alerts.store.tables import TICKETS
from alerts.tickets.rounds import Round
from alerts.tickets.silent import fallen_silent
from alerts.values import Decision, Status, Ticket
from county.snapshot import County

_ACCEPTED = TICKETS.c.status == Status.ACCEPTED.value
_LAPSED = (TICKETS.c.status == Status.DISPATCHED.value) & TICKETS.c.lapsed_us.is_not(None)


class SilentRound(Round):
    """Looks once at every accepted ticket, and at those that nobody has accepted again."""

    cause = "silent"

    def _due(self, county: County, now: datetime) -> Iterable[UUID]:
        return (one.id for one in self._open(_ACCEPTED | _LAPSED) if fallen_silent(one, county, now))

    def _decided(self, pen: Pen, ticket: Ticket, county: County, now: datetime) -> list[Decision]:
        return fallen_silent(ticket, county, now)
