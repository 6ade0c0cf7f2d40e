"""The JSON of photos that people hand in: what the phone says of one, and how it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.tickets.doing import Taken
from alerts.values import Phase, Photo, View
from screen.moments import Moment

Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]  # of a file, in hex
Degrees = Annotated[float, Field(allow_inf_nan=False)]


class PhotoBody(BaseModel):
    """A photo that was uploaded before, with what the phone says of it: of what, where, and when."""

    model_config = ConfigDict(frozen=True)

    sha256: Sha
    view: Literal["near", "far", "reference"] | None = None
    phase: Literal["before", "after"] | None = None
    lon: Degrees | None = None
    lat: Degrees | None = None
    crs: Annotated[str, StringConstraints(max_length=20)] = ""
    taken_at: Moment | None = None


Photos = Annotated[list[str | PhotoBody], Field(max_length=9)]  # the SHA-256 alone will do


class PhotoShown(BaseModel):
    """A photo of a ticket; coordinates in WGS-84. ``doubts`` say in words what about it does not fit."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    at: datetime
    view: Literal["near", "far", "reference"] | None = None
    phase: Literal["before", "after"] | None = None
    lon: float | None = None
    lat: float | None = None
    taken_at: datetime | None = None
    doubts: list[str] = []


class Pair(BaseModel):
    """The SHA-256 of a photo of the problem, and of one of what became of it."""

    model_config = ConfigDict(frozen=True)

    before: str | None
    after: str | None


def taken(one: str | PhotoBody) -> Taken:
    """A photo of a body as the acts take it."""
    if isinstance(one, str):
        return Taken(one)
    view, phase = View(one.view) if one.view else None, Phase(one.phase) if one.phase else None
    return Taken(one.sha256, view, phase, one.lon, one.lat, one.crs, one.taken_at)


def shown(photo: Photo) -> PhotoShown:
    """A photo of a ticket as JSON."""
    return PhotoShown(
        sha256=photo.sha256, at=photo.at, view=photo.view.value if photo.view else None,
        phase=photo.phase.value if photo.phase else None, lon=photo.longitude, lat=photo.latitude,
        taken_at=photo.taken_at, doubts=list(photo.doubts),
    )  # fmt: skip


def pair_of(pair: tuple[Photo | None, Photo | None]) -> Pair:
    """Before and after as JSON."""
    before, after = pair
    return Pair(before=before.sha256 if before else None, after=after.sha256 if after else None)
