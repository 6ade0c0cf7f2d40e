"""The lines between the box and its looking process."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter

from broker.downward import Command
from broker.messages import State
from edge.settings import BoxSettings
from edge.switches import Switches

# How the looking process ends, besides with 0 and by a signal.
UNUSABLE = 2  # starting again does not help
ANEW = 3  # another model was put there: start again at once


class Line(BaseModel):
    """Base of every line."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Start(Line):
    """In, first: what to look at, and how much to log (a level of ``logging``)."""

    settings: BoxSettings
    log_level: int = logging.WARNING


class Ask(Line):
    """In: look again at a spot."""

    ask: Command


class Put(Line):
    """Out: so many events were put into the outbox just now."""

    put: int


class Fault(Line):
    """Out: why the looking process cannot work at all."""

    fault: str


class Shown(Line):
    """Out: a still or a live picture that may leave, as base64 of a small JPEG; never stored."""

    jpeg: str
    spot: str
    at: datetime
    asked: UUID | None
    blurred: int
    rendered: bool = False


class SpotReport(Line):
    """A spot's state, and how long it was observed and not; seconds since the looking process started."""

    spot: str
    state: State
    observed_s: float
    unknown_s: float
    reason: str


class CameraReport(Line):
    """How one camera is."""

    name: str
    online: bool
    last_frame_age_s: float | None
    restarts: int
    reason: str
    finished: bool
    frames: int
    looks: int
    switches: Switches = Switches()
    spots: tuple[SpotReport, ...]


class Report(Line):
    """Out, every second: how the cameras are; what is wrong with the model, and what the search before a picture leaves
    cannot find ('' when nothing).
    """

    cameras: tuple[CameraReport, ...]
    note: str = ""
    weakness: str = ""


Said = TypeAdapter[Put | Report | Fault | Shown](Put | Report | Fault | Shown)
