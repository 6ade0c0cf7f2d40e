"""The JSON of a place, of its cameras and bins, and of the health of every device."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from screen.shapes import BinTone, SeenBox, Severity, Shape

Kind = Literal["box", "camera", "bin"]


class StillShown(Shape):
    """The newest picture of a camera. ``fresh`` says that it is young and the camera online; else it is an old one."""

    ticket: str
    sha256: str
    at: datetime
    boxes: list[SeenBox]
    what_name: str
    rendered: bool
    fresh: bool


class GlimpseShown(Shape):
    """The newest still that a camera gave by itself; ``fresh`` while it is young and the camera online."""

    at: datetime
    fresh: bool


class CameraShown(Shape):
    """A camera: whether it is online (``words``: what is wrong), when it was last heard, and what it last showed.

    ``live``: this viewer may watch it live, and it can be asked to.
    """

    id: str
    name: str
    village: str
    place: str
    online: bool
    words: str
    heard_at: datetime | None
    still: StillShown | None
    glimpse: GlimpseShown | None = None
    live: bool = False
    open: int
    worst: Severity | None


class CamerasShown(Shape):
    """Cameras, those with an open urgent ticket first, then by severity, then by the newest picture."""

    now: datetime
    total: int
    online: int
    shown: list[CameraShown]


class BinShown(Shape):
    id: str
    name: str
    fill: float | None
    tone: BinTone
    heard_at: datetime | None


class Crumb(Shape):
    code: str
    name: str


class Child(Shape):
    """A township or village below a place."""

    code: str
    name: str
    open: int
    worst: Severity | None
    cameras: int
    bins: int


class PlaceShown(Shape):
    """A county, township or village: the way to it, what is below it, and a village's own cameras and bins."""

    now: datetime
    path: list[Crumb]
    open: int
    children: list[Child]
    cameras: list[CameraShown]
    bins: list[BinShown]


class CameraAsked(BaseModel):
    model_config = ConfigDict(frozen=True)

    scope: str = Field(default="", pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})?$")
    limit: int = Field(default=24, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=100_000)


class DeviceLine(Shape):
    """One device as it is now: ``words`` says what is wrong, "" for nothing; ``facts`` is what it tells of itself."""

    id: str
    kind: Kind
    name: str
    place: str
    village: str
    well: bool
    words: str
    heard_at: datetime | None
    facts: list[str]


class EquipmentShown(Shape):
    """The county's devices of one kind, those with a fault first; ``spots_judged`` of ``spots`` can be judged now."""

    now: datetime
    kind: Kind
    total: int
    faulty: int
    spots: int
    spots_judged: int
    shown: list[DeviceLine]


class EquipmentAsked(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: Kind = "box"
    faulty: bool = False
    limit: int = Field(default=100, ge=1, le=200)
    offset: int = Field(default=0, ge=0, le=100_000)
