"""Somebody cannot be told: once the last way to them is lost, whoever stands above is, and asks in person. Pure.

A last way that declines is lost too: nothing is broken, and still they do not know.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.tickets.moves import above, first_person, identity
from alerts.values import Notice, Purpose, Ticket, Who
from county.policy.channels import split
from county.snapshot import County

_ENDED = frozenset({"failed", "declined", "unwanted"})
_WENT = frozenset({"delivered", "accepted"})


@dataclass(frozen=True, slots=True)
class Lost:
    """A notice that no channel took: what each said, in its own words, by channel."""

    id: UUID
    purpose: Purpose
    person: Who
    said: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """What each channel said, cut to what a letter has room for."""
        return ";".join(f"{channel}:{told or '没有说明'}" for channel, told in self.said)[:200]


@dataclass(frozen=True, slots=True)
class Way:
    """One route of a call to a person: how its notice stands, its channel, and those that come after it."""

    route: str
    state: str
    channel: str
    rest: str = ""

    def reaches(self, groups: Collection[str]) -> bool:
        """Whether it has reached the person or still may; ``groups`` are the channels that reach nobody in person."""
        if self.state in _ENDED:
            return False
        if self.state in _WENT:
            return self.channel not in groups
        return any(one not in groups for one in (self.channel, *split(self.rest)))


def last_lost(before: Way, after: Way, beside: Sequence[Way], groups: Collection[str]) -> bool:
    """Whether an answer, which made ``before`` into ``after``, took the last way to a person.

    Where nobody's own way was ever among the routes, a group or a loudspeaker is all there is, and counts as one.
    """
    ways = (before, *beside)
    if all(one in groups for way in ways for one in split(way.route)):
        groups = ()
    return before.reaches(groups) and not after.reaches(groups) and not any(one.reaches(groups) for one in beside)


def noted_of(lost: Lost, told: Sequence[Notice]) -> str:
    """What the ticket's history says of it: by which channels, and not what those said (it may hold a number)."""
    ways = "、".join(dict.fromkeys(channel for channel, _ in lost.said))
    then = f"已请{told[0].person.name}当面或打电话告诉" if told else "没有别人可以告诉"
    return f"{lost.person.name}收不到通知({ways}没有送到),{then}"


def told_above(lost: Lost, ticket: Ticket, county: County, now: datetime) -> tuple[Notice, ...]:
    """Tell who stands above; nobody where there is none, or where this was such a letter itself.

    A letter that waits for the morning is for who is there in the morning, on duty and not on leave.
    """
    if lost.purpose is Purpose.UNREACHED or not ticket.is_open:
        return ()
    morning = county.policy.quiet.until(now, ZoneInfo(county.calendar.zone), ticket.severity)
    rungs, not_who = above(county, lost.person.level), frozenset({lost.person.id})
    who = first_person(county, ticket.area, rungs, morning or now, but=not_who)
    if who is None:
        return ()
    scene = ticket.scene
    words = (f"【净村】{lost.person.name}收不到工单{ticket.number}的通知({lost.words}):{scene.place_name} "
             f"{scene.spot_name}。请当面或打电话告诉他。")  # fmt: skip
    return tuple(
        Notice(
            identity("unreached", lost.id, who.id, route), ticket.id, ticket.level, ticket.round, who, route,
            Purpose.UNREACHED, words, ask=lost.id,
        )
        for route in county.routes(who.level, who.id)
    )  # fmt: skip
