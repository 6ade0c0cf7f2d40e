"""Somebody cannot be told: whoever stands above is, and asks them in person. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.tickets.moves import above, first_person, identity
from alerts.values import Notice, Purpose, Ticket, Who
from county.snapshot import County


@dataclass(frozen=True, slots=True)
class Lost:
    """A notice that no channel took: what each said, in its own words."""

    id: UUID
    purpose: Purpose
    person: Who
    words: str


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
