"""Mutes (静默): for a while what is found at a camera, spot or area is kept and counted, but opens no ticket. Pure.

A mute has an author, a reason and an end; a long or grave one, and works (管控区域/时段), need a grant by the level
above. Nobody's household can be muted (无差别), and what people report is never muted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.values import PEOPLE, Source, Who
from broker.messages import Box, State
from county.policy import Severity
from county.policy.base import within
from county.snapshot import County
from county.values import SENSOR, Spot


class Hold(StrEnum):
    """How a mute stands. ``words`` is what people read."""

    ASKED = "asked"
    HELD = "held"
    REFUSED = "refused"
    ENDED = "ended"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return {"asked": "待批准", "held": "已生效", "refused": "未批准", "ended": "已结束"}[self]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is muted: an ``area`` (region code), a ``device`` (camera or bin), or one ``spot`` of a device."""

    device: str = ""
    spot: str = ""
    area: str = ""

    def covers(self, spot: Spot) -> bool:
        if self.area:
            return spot.region.startswith(self.area)
        return spot.device == self.device and self.spot in ("", spot.id, spot.id.removesuffix(SENSOR))


@dataclass(frozen=True, slots=True)
class Wish:
    """A mute as somebody asks for it. No ``categories``: all. ``daily``: only in these local hours of each day.

    ``works``: a place under control, like a construction site.
    """

    scope: Scope
    reason: str
    begin_at: datetime
    end_at: datetime | None
    categories: tuple[str, ...] = ()
    daily: tuple[time, time] | None = None
    works: bool = False


@dataclass(frozen=True, slots=True)
class Mute:
    """A mute: the wish, its author, how it stands, and who decided that. ``place`` and ``region`` are for people.

    While it waits, ``round`` is how often somebody was asked to grant it, and ``next_at`` when they are asked again.
    """

    number: int
    scope: Scope
    reason: str
    begin_at: datetime
    end_at: datetime
    author: Who
    hold: Hold
    place: str
    region: str
    categories: tuple[str, ...] = ()
    daily: tuple[time, time] | None = None
    works: bool = False
    granted_by: str = ""
    ended_at: datetime | None = None
    round: int = 0
    next_at: datetime | None = None

    def covers(self, spot: Spot, category: str) -> bool:
        """Whether it is about this category at this spot."""
        return self.scope.covers(spot) and (not self.categories or category in self.categories)

    def in_force(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether it mutes at this moment."""
        if self.hold is not Hold.HELD or not self.begin_at <= now < self.end_at:
            return False
        if self.daily is None:
            return True
        return within(self.daily, now.astimezone(zone).time())


@dataclass(frozen=True, slots=True)
class Kept:
    """Dirt that was found while a mute held: an alarm without ticket. ``is_open`` until it is clean or has a ticket.

    ``merged`` looks were kept, one after another; what the last one showed stands here.
    """

    place: str
    spot: str
    kind: str
    mute: int
    first_at: datetime
    last_at: datetime
    reason: str
    score: float
    looks: int
    event_id: UUID
    revision: int
    merged: int = 1
    picture: str | None = None
    boxes: tuple[Box, ...] = ()
    source: Source = Source.CAMERA
    rendered: bool = False
    severity: Severity | None = None  # what a rule said; None: that of the category
    state: State = State.DIRTY
    is_open: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        return self.place, self.spot, self.kind


def muting(mutes: Iterable[Mute], source: Source, now: datetime, county: County) -> Mute | None:
    """The mute that holds now of those that are about a spot and category; what people report none holds back."""
    if source in PEOPLE:
        return None
    zone = ZoneInfo(county.calendar.zone)
    return next((one for one in mutes if one.in_force(now, zone)), None)
