"""From a finding to a ticket: 信息采集, 案卷建立, 任务派遣, with triage in between where the county asks it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alerts.alarms import flapping
from alerts.alarms.grading import graver
from alerts.tickets import triage
from alerts.tickets.entitled import duties_today
from alerts.tickets.moves import SYSTEM, Change, category, desk, first_person, identity, plain
from alerts.values import (
    DEALT,
    PEOPLE,
    Alarm,
    Decision,
    History,
    Known,
    Look,
    Scene,
    Source,
    Stage,
    Status,
    Ticket,
    Who,
    Word,
)
from broker.messages import OF_BINS, Box, Event, Kind
from county.policy import Severity
from county.policy.equipment import OF_EQUIPMENT
from county.snapshot import County
from county.values import Spot

NEVER_LEFT_OUT = (OF_BINS - {Kind.BIN_FULL}) | OF_EQUIPMENT  # a spot's list of kinds is about what is seen there


@dataclass(frozen=True, slots=True)
class Seen:
    """An event, a reading, a device's state or what a person reported, brought to one shape."""

    look: Look
    reason: str
    score: float
    looks: int
    rendered: bool
    picture: str | None = None
    boxes: tuple[Box, ...] = ()
    again: bool = False
    source: Source = Source.CAMERA
    severity: Severity | None = None  # what a rule says; None: that of the category

    @property
    def measured(self) -> bool:
        """Whether nobody saw it: a sensor or a device told it."""
        if self.look.kind in NEVER_LEFT_OUT or self.source is Source.EQUIPMENT:
            return True
        return self.source is Source.SENSOR and self.look.kind != Kind.BIN_FULL


def seen_in(message: Event, look: Look) -> Seen:
    """An event as it was seen."""
    return Seen(look, plain(message.reason), message.score, message.looks, message.rendered, message.picture,
                message.boxes, message.tells_again)  # fmt: skip


def watches(spot: Spot, what: str) -> bool:
    """Whether a kind counts at a spot; what a bin's sensor says is never left out."""
    return not spot.kinds or what in spot.kinds or what in NEVER_LEFT_OUT


def opened(known: Known, seen: Seen, spot: Spot, county: County, now: datetime) -> list[Decision]:
    """Open alarm and ticket: collected, then judged by a person where the county asks it, else filed and dispatched."""
    look = seen.look
    name, usual = category(county, look.kind)
    back = _relapsed(known.earlier, look, county)
    severity = seen.severity or usual
    if back and county.policy.relapse.graver:
        severity = back["floor"] = graver(severity)
    who = first_person(county, (spot.region, spot.id, look.kind), county.policy.ladder, now) or desk(county)
    ticket = Ticket(
        _fresh(known, look), _scene(spot, county, _way(spot, look.kind, who, (county, now))),
        look.kind, severity, Status.TO_CONFIRM, Stage.COLLECTED, who.level, who, look.at, now,
        (look.kind,), (look.key,), None, None, None, rendered=seen.rendered, source=seen.source,
        revision=county.revision, **back, kept_from=known.kept_from,
        flaps=flapping.inherited(known.earlier, look, county, now),
    )  # fmt: skip
    many = f"连续{seen.looks}次" if seen.looks > 1 else ""
    again = f"(反弹,{county.policy.relapse_days:g}天内第{ticket.relapse}次)" if ticket.relapse else ""
    why = f"{many}{how(seen)}{name}{again}:{seen.reason}"
    row = History("", ticket.status.words, ticket.stage, now, why, SYSTEM, who.name, who.level, severity)
    first = Decision(Word.OPENED, f"{why},告警立为工单", looks=(look,), alarm=alarm_of(ticket, seen), ticket=ticket,
                     history=row)  # fmt: skip
    asked = triage.asked(ticket, seen.score, county, now)
    enough = "受理" if seen.source in PEOPLE else "达到确认次数"
    return [first, asked] if asked else [first, *triage.filed(ticket, county, Change(now, enough))]


def alarm_of(ticket: Ticket, seen: Seen) -> Alarm:
    """The alarm that a dirty look opens in a ticket."""
    look = seen.look
    return Alarm(
        identity("alarm", ticket.id, *_parts(look)), look.place, look.spot,
        look.kind, ticket.id, look.at, look.at, look.state, seen.reason, seen.score, seen.looks,
        picture=seen.picture, boxes=seen.boxes, source=seen.source,
    )  # fmt: skip


def saw(seen: Seen) -> str:
    """The verb for how somebody came to know: what a sensor says of a bin, nobody saw."""
    return "发现" if seen.measured else "看到"


def how(seen: Seen) -> str:
    """How somebody came to know, before the name of what it is."""
    people = {Source.PATROL: "督查发现", Source.REPORT: "随手拍反映", Source.SUPERIOR: "上级交办"}
    return people.get(seen.source) or saw(seen)


def _relapsed(earlier: tuple[Ticket, ...], look: Look, county: County) -> dict[str, Any]:
    """Link a ticket to the last one of its site and category that was dealt with, if that is not long ago (反弹)."""
    days = timedelta(days=county.policy.relapse_days)
    for one in earlier:
        ended = one.closed_at
        if one.status in DEALT and look.kind in one.kinds and ended is not None and look.at - ended <= days:
            return {"earlier": one.id, "relapse": one.relapse + 1}
    return {}


def _fresh(known: Known, look: Look) -> UUID:
    """The id of the ticket that a look opens: the same however often it is decided, unless what it opened has ended."""
    used = {one.id for one in known.earlier}
    found = identity("ticket", *_parts(look))
    while found in used:
        found = identity("ticket", found)
    return found


def _parts(look: Look) -> tuple[object, ...]:
    return look.place, look.spot, look.kind, *look.order


def _way(spot: Spot, what: str, who: Who, at: tuple[County, datetime]) -> str:
    """The lane, road or ditch that a ticket counts for: the one by which its person answers, else the spot's first."""
    kept = {duty.area for duty in duties_today(at[0], who.id, at[1]) if not duty.categories or what in duty.categories}
    return next((way for way in spot.ways if way in kept), next(iter(spot.ways), ""))


def _scene(spot: Spot, county: County, way: str) -> Scene:
    device = county.device(spot.device)
    longitude, latitude, crs = county.point_of(spot) or (None, None, "")
    return Scene(
        county.code, spot.device, spot.id, device.speaker if device else spot.device, spot.region, spot.zone,
        county.place_name(spot.region), spot.name, longitude, latitude, crs, spot.ground, way,
    )  # fmt: skip
