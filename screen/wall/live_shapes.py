"""The JSON of a live picture: a watch, and what it shows now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from screen.shapes import Shape


class LiveWhy(BaseModel):
    """Why somebody wants to see it; may be left out, and stands in the register."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"reason": "核对占道堆放"}]})

    reason: str = Field(default="", max_length=500)


class LiveBegun(Shape):
    """A watch: ask on with its id, at least every six seconds."""

    watch: UUID
    camera: str
    at: datetime


class LiveShown(Shape):
    """The newest picture: ``live`` only while it is at most 3 s old, ``stale`` after (``words`` says since when).

    ``waiting``: none has come yet, and why; ``over``: this watch has ended. ``jpeg`` is base64, null when ``seen``
    names the frame that is still the newest. Ages in seconds.
    """

    state: Literal["waiting", "live", "stale", "over"]
    words: str
    at: datetime
    age_s: float | None = None
    frame: UUID | None = None
    rendered: bool = False
    jpeg: str | None = None
