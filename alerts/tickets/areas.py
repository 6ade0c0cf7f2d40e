"""The part of the county that somebody may see: what the duties of the day are about, one ticket and in lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from alerts.store.tables import TICKETS
from alerts.tickets.entitled import covers, duties_today
from alerts.values import Ticket
from county.snapshot import County
from county.values import SENSOR, Duty


@dataclass(frozen=True, slots=True)
class Part:
    """A region by its code, or spots and ways by their ids; of all categories, or of some.

    With ``person`` (id) alone: the tickets that are theirs, wherever they lie.
    """

    region: str = ""
    spots: tuple[str, ...] = ()
    way: str = ""
    categories: tuple[str, ...] = ()
    person: str = ""


def parts_today(county: County, person: str, now: datetime) -> tuple[Part, ...]:
    """What somebody's duties of the day are about, and what was given to them by name; no duty: nothing at all."""
    duties = duties_today(county, person, now)
    return (*(_part(duty, county) for duty in duties), Part(person=person)) if duties else ()


def within(parts: Sequence[Part]) -> sa.ColumnElement[bool]:
    """The tickets of these parts."""
    return sa.or_(sa.false(), *(_inside(part) for part in parts))


def sees(county: County, duties: Sequence[Duty], ticket: Ticket) -> bool:
    """Whether a ticket lies in what these duties are about."""
    return any(covers(duty, ticket, county) for duty in duties)


def _part(duty: Duty, county: County) -> Part:
    if duty.area.isdigit():
        return Part(region=duty.area, categories=duty.categories)
    on_it = [spot.id for spot in county.spots if duty.area in (spot.id, *spot.ways)]
    spots = (duty.area, f"{duty.area}{SENSOR}", *on_it)
    return Part(spots=spots, way=duty.area, categories=duty.categories)


def _inside(part: Part) -> sa.ColumnElement[bool]:
    t = TICKETS.c
    if part.person:
        return t.person_id == part.person
    if part.region:
        place = t.region.startswith(part.region, autoescape=True)
    else:
        place = sa.or_(t.spot.in_(part.spots), t.way == part.way)
    return place & t.what.in_(part.categories) if part.categories else place
