"""Who may accept a dispatched ticket besides the person who has it. Pure.

Links of letters live for weeks, and whoever had, was copied on, or stood in for a ticket holds one. Everybody who
answers for its place today may take it: deputies, who is on duty, those above, and those below from whom it has
climbed. While somebody has it to whom it was given by name (转办), only their contractor's crew and those above may.
"""

from __future__ import annotations

from datetime import datetime

from alerts.tickets.entitled import is_helper
from alerts.tickets.moves import rank
from alerts.tickets.posts import gone
from alerts.values import Ticket, Who
from county.snapshot import County
from county.staff import UnitKind


def kept_from(ticket: Ticket, who: Who, county: County, now: datetime) -> str:
    """Why somebody cannot accept a dispatched ticket, in words that follow "您"; empty while they can."""
    if ticket.person.id == who.id:
        return ""
    if is_helper(county, who.id):
        return "是协管员"
    return gone(ticket, who, county, now) or _given_to_another(ticket, who, county)


def passed_on(county: County, who: Who) -> bool:
    """Whether the row of ``people.csv`` for which a link was made is somebody else's by now.

    A new phone or a corrected name is still the same person; both at once are not.
    """
    known = county.people.get(who.id)
    return known is not None and known.name != who.name and known.phone != who.phone


def _given_to_another(ticket: Ticket, who: Who, county: County) -> str:
    named = ticket.given and ticket.given == ticket.person.id
    if not named or rank(who.level) > rank(ticket.level) or _of_one_crew(county, who.id, ticket.given):
        return ""
    return "不是指定的经办人"


def _of_one_crew(county: County, one: str, other: str) -> bool:
    unit, beside = county.unit_of(one), county.unit_of(other)
    return unit is not None and unit.kind is UnitKind.CONTRACTOR and beside is not None and unit.id == beside.id
