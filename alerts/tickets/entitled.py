"""Who somebody is at a place: on which levels they answer for it today, and whether they only help (协管员). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from alerts.tickets.doing import Refused
from alerts.tickets.moves import local_day, rank
from alerts.values import Ticket, Who
from county.snapshot import County
from county.values import SENSOR, Duty, Level, Person, PersonKind, Spot

HELP = frozenset({"not_true", "confirm_true", "confirm_unclear", "verify_bad"})  # what a helper may do, and no more


class NotEntitled(Refused):
    """Somebody has no right to do it, whenever they try; the text says why, in Chinese."""


def duties_today(county: County, person: str, now: datetime) -> tuple[Duty, ...]:
    """What somebody answers for on this day; nothing who is on leave, or whose unit has ended."""
    day, unit = local_day(county, now), county.unit_of(person)
    if county.on_leave(person, day) or (unit is not None and not unit.holds(day)):
        return ()
    return tuple(duty for duty in county.content.duties if duty.person == person and duty.holds(day))


def still(county: County, who: Who) -> Person | None:
    """The person of a row of ``people.csv`` if it means whom it meant; None for its next holder, or if it is gone."""
    person = county.people.get(who.id)
    return person if person is not None and (person.name, person.phone) == (who.name, who.phone) else None


def covers(duty: Duty, ticket: Ticket, county: County) -> bool:
    """Whether a duty is about a ticket: its area (a region code, the id of a spot or way) and its categories."""
    scene = ticket.scene
    spot = county.spot(scene.place, scene.spot)
    ways = spot.ways if spot is not None else ()
    return _about(duty, scene.region, (scene.spot, scene.way, *ways), ticket.what)


def _about(duty: Duty, region: str, names: Sequence[str], what: str) -> bool:
    if duty.categories and what not in duty.categories:
        return False
    inside = duty.area.isdigit() and region.startswith(duty.area)
    return inside or any(duty.area in (name, name.removesuffix(SENSOR)) for name in names)


def may_inspect(county: County, person: str, spot: Spot, what: str, now: datetime) -> bool:
    """Whether somebody may enter what is wrong at a place as the county's own finding; no helper may.

    Their duty of the day is about it, or they stand on a level above every place.
    """
    duties = () if is_helper(county, person) else duties_today(county, person, now)
    above = any(rank(duty.level) >= rank(Level.COUNTY) for duty in duties)
    return above or any(_about(duty, spot.region, (spot.id, *spot.ways), what) for duty in duties)


def levels_over(county: County, person: str, ticket: Ticket, now: datetime) -> tuple[Level, ...]:
    """The levels on which somebody answers for a ticket's place today, lowest first; none for a helper."""
    if is_helper(county, person):
        return ()
    found = {duty.level for duty in duties_today(county, person, now) if covers(duty, ticket, county)}
    return tuple(sorted(found, key=rank))


def acting_levels(county: County, who: Who, ticket: Ticket, now: datetime) -> tuple[Level, ...]:
    """The same for one ticket: whoever has it acts on the level on which it is theirs."""
    levels = levels_over(county, who.id, ticket, now)
    if ticket.person.id == who.id and not is_helper(county, who.id):
        levels = tuple(sorted({*levels, ticket.person.level}, key=rank))
    return levels


def is_helper(county: County, person: str) -> bool:
    """Whether somebody is a volunteer (协管员)."""
    known = county.people.get(person)
    return known is not None and known.kind is PersonKind.VOLUNTEER


def acting(county: County, person: Person, ticket: Ticket, now: datetime) -> Who:
    """Somebody as who acts on a ticket: on their highest level over its place; ``NotEntitled`` where they have none."""
    levels = levels_over(county, person.id, ticket, now)
    if levels:
        return Who(person.id, person.name, person.phone, levels[-1])
    if ticket.person.id == person.id:
        return ticket.person
    helps = any(covers(duty, ticket, county) for duty in duties_today(county, person.id, now))
    if helps and is_helper(county, person.id):
        return Who(person.id, person.name, person.phone, Level.VILLAGE)
    raise NotEntitled(f"{person.name}今天不负责这个地方,不能办理这张工单")


def must_not_only_help(county: County, act: str, who: Who) -> None:
    """A helper reports and confirms; ``NotEntitled`` for everything else."""
    if act not in HELP and is_helper(county, who.id):
        raise NotEntitled("协管员可以上报和确认,不能接单、办结或结案")


def people_over(county: County, ticket: Ticket, levels: Sequence[Level], now: datetime) -> Iterator[Who]:
    """Everybody who answers for a ticket on these levels today, in this order, deputies after the first."""
    region, spot, what = ticket.area
    for level in levels:
        for person in county.responsibles(region, level, local_day(county, now), spot, what):
            yield Who(person.id, person.name, person.phone, level)
