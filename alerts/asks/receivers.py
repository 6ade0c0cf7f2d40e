"""To whom somebody may transfer a ticket: what the chooser of the office page lists. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts.asks.deciders import right_of
from alerts.asks.wanting import as_receiver, deciding_level, part_of, within_reach
from alerts.tickets.entitled import covers
from alerts.tickets.moves import local_day
from alerts.values import Ticket, Who
from county.policy import Move
from county.snapshot import County
from county.values import Level, Person


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who may get a ticket: on which level, by which duty, and whether they answer for its place anyhow."""

    person: Person
    level: Level
    duty: str
    near: bool


def receivers(ticket: Ticket, who: Who, county: County, now: datetime, words: str = "") -> Iterator[Receiver]:
    """Everybody to whom somebody may transfer a ticket now, those who answer for its place first.

    ``words`` stand in the name, the unit or the duty of each.
    """
    right = right_of(ticket, Move.TRANSFER, who, county, now)
    if right is None:
        return
    level = deciding_level(who, right, county)
    for person, duty, near in _near_first(ticket, part_of(ticket, level), county, now):
        if person.id == ticket.person.id or words not in f"{person.name} {person.unit} {duty}":
            continue
        to = as_receiver(person, ticket, county, now)
        if to is not None and within_reach(to, ticket, level, county, now):
            yield Receiver(person, to.level, duty, near)


def _near_first(ticket: Ticket, part: str, county: County, now: datetime) -> Iterator[tuple[Person, str, bool]]:
    """The people with a duty over the place, then those with one in this part; each once, with the first duty."""
    day = local_day(county, now)
    duties = [duty for duty in county.content.duties if duty.holds(day) and duty.person in county.people]
    over = {duty.person: duty.role for duty in reversed(duties) if covers(duty, ticket, county)}
    beside = {duty.person: duty.role for duty in reversed(duties) if duty.area.startswith(part)}
    for one in reversed(over):
        yield county.people[one], over[one], True
    for one in reversed(beside):
        if one not in over:
            yield county.people[one], beside[one], False
