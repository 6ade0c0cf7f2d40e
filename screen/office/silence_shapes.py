"""The JSON of mutes: what somebody asks for, and how each stands."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from alerts.mutes.mute_office import Shown
from screen.moments import Moment
from screen.shapes import Shape, Words

Name = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^\d{0,24}$")]
LocalTime = Annotated[time, Field(description="A local time of day, like 08:00.")]


class SilenceBody(Shape):
    """A mute: one of ``camera``, ``spot`` and ``area``; no ``categories`` are all; ``daily`` are local hours."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {"camera": "cam-1", "categories": ["garbage"], "reason": "修路", "until": "2026-11-22T18:00:00+08:00"},
                {"area": "640999101", "reason": "工地围挡", "until": "2026-12-22T18:00:00+08:00", "works": True,
                 "daily": ["08:00", "18:00"]},
            ]
        },
    )  # fmt: skip

    camera: Name = ""
    spot: Name = ""
    area: Code = ""
    categories: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    reason: Words = ""
    begin: Moment | None = None
    until: Moment | None = None
    daily: tuple[LocalTime, LocalTime] | None = None
    works: bool = False


class SilenceAnswer(Shape):
    """Why; a refusal and an early end need it."""

    words: Words = ""


class SilenceLine(Shape):
    """A mute; ``hold`` is asked, held, refused or ended. ``finds`` and ``looks`` are how much it holds back.

    ``grantable``: it waits for the answer of who reads this.
    """

    number: int
    hold: str
    hold_name: str
    camera: str
    spot: str
    area: str
    place: str
    categories: list[str]
    begin: datetime
    until: datetime
    daily: list[str]
    works: bool
    author: str
    level: str
    reason: str
    granted_by: str
    finds: int
    looks: int
    grantable: bool = False


def line(shown: Shown) -> SilenceLine:
    mute, scope = shown.mute, shown.mute.scope
    return SilenceLine(
        number=mute.number, hold=mute.hold.value, hold_name=mute.hold.words, camera=scope.device, spot=scope.spot,
        area=scope.area, place=mute.place, categories=list(mute.categories), begin=mute.begin_at, until=mute.end_at,
        daily=[f"{one:%H:%M}" for one in mute.daily or ()], works=mute.works, author=mute.author.name,
        level=mute.author.level.value, reason=mute.reason, granted_by=mute.granted_by, finds=shown.count.finds,
        looks=shown.count.looks,
    )  # fmt: skip
