"""Who reported a ticket as a citizen is not asked to judge it: the next person is, and nobody is told why."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from alerts.tickets.entitled import people_over
from alerts.values import Ticket
from alerts.world import World


def aware(ticket: Ticket, conn: sa.Connection, world: World) -> Ticket:
    """The ticket that knows which of the people of its place must not judge it, while somebody decides about it."""
    county = world.county()
    asked = {who.id for who in people_over(county, ticket, county.policy.ladder, world.now())}
    return replace(ticket, kept_from=frozenset(who for who in asked if world.reported(conn, ticket.id, who)))
