"""Day and night, and the local hours of the county. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Sky:
    """It is light between two local hours."""

    zone: ZoneInfo
    dawn_hour: float
    dusk_hour: float

    def hour(self, at: datetime) -> float:
        """The local hour, 0 to 24."""
        local = at.astimezone(self.zone)
        return local.hour + local.minute / 60 + local.second / 3600

    def is_light(self, at: datetime) -> bool:
        """Whether the sun is up."""
        return self.dawn_hour <= self.hour(at) < self.dusk_hour

    def next(self, hour: float, after: datetime) -> datetime:
        """When it is so late by the county's clock for the next time, later than ``after`` (which gives the zone)."""
        local = after.astimezone(self.zone)
        begin = datetime.combine(local.date(), time(), self.zone)
        moment = begin + timedelta(hours=hour)
        if moment <= local:
            moment = datetime.combine(local.date() + timedelta(days=1), time(), self.zone) + timedelta(hours=hour)
        return moment.astimezone(after.tzinfo)

    def within(self, first: float, last: float, at: datetime) -> datetime:
        """``at`` itself if it lies between two local hours, else the next time that the first one comes."""
        return at if first <= self.hour(at) < last else self.next(first, at)
