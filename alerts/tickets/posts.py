"""Whether somebody still has the post by which a ticket is theirs. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.tickets.entitled import covers, duties_today
from alerts.tickets.moves import DESK_ID, local_day, people_at
from alerts.values import Ticket, Who
from county.snapshot import County


def gone(ticket: Ticket, who: Who, county: County, now: datetime) -> str:
    """Why somebody can have a ticket no longer, in words (请假, 已不负责这里…); empty while they can.

    Whoever it was given to by name (转办) need not answer for its place, only be there.
    """
    if who.id == DESK_ID:
        return ""
    away = _away(who, county, now)
    if away or _answers(ticket, who, county, now):
        return away
    given = who.id == ticket.given and not _retired(who, county, now)
    return "" if given else "已不负责这里"


def _away(who: Who, county: County, now: datetime) -> str:
    """Why they are not there at all, whatever their duties."""
    if who.id not in county.people:
        return "已不在名册上"
    if county.on_leave(who.id, local_day(county, now)):
        return "请假"
    unit = county.unit_of(who.id)
    ended = unit is not None and not unit.holds(local_day(county, now))
    return f"所在单位{unit.name}已到期" if unit is not None and ended else ""


def _answers(ticket: Ticket, who: Who, county: County, now: datetime) -> bool:
    """Whether they answer on their rung for the place and any of its kinds; the usual answer is found at once."""
    if any(one.id == who.id for one in people_at(county, ticket.area, who.level, now)):
        return True
    here = [duty for duty in duties_today(county, who.id, now) if duty.level == who.level]
    kinds = [replace(ticket, what=kind) for kind in ticket.kinds] if here else []
    return any(covers(duty, one, county) for duty in here for one in kinds)


def _retired(who: Who, county: County, now: datetime) -> bool:
    """Whether they had duties, and have none today."""
    had = any(duty.person == who.id for duty in county.content.duties)
    return had and not duties_today(county, who.id, now)
