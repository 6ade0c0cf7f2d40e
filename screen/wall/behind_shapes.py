"""The JSON of what stands behind a figure, and how it is asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from screen.moments import Moment
from screen.shapes import LiveRow, Shape

Kind = Annotated[str, StringConstraints(max_length=32, pattern=r"^[^\x00]*$")]


class FigureAsked(BaseModel):
    """``scope`` is a region code; ``kind`` (of alarms), ``hour``, ``severity`` and ``rung`` where they matter."""

    model_config = ConfigDict(frozen=True)

    scope: str = Field(default="", pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})?$")
    kind: list[Kind] = Field(default_factory=list, max_length=50)
    hour: Moment | None = None
    hours: int = Field(default=1, ge=1, le=24)
    severity: Literal["", "urgent", "major", "minor"] = ""
    rung: Literal["", "village", "township", "county"] = ""
    limit: int = Field(default=50, ge=0, le=200)
    offset: int = Field(default=0, ge=0, le=1_000_000)


class FigureRow(LiveRow):
    """A ticket or, for a figure of alarms, an alarm with its ticket; ``looks`` are those that the alarm stands for."""

    overdue: bool
    in_time: bool | None
    closed_at: AwareDatetime | None
    looks: int | None


class FigureRows(Shape):
    """``total`` is the figure, ``rows`` how many rows there are in all, ``shown`` those of this answer."""

    figure: str
    total: int
    rows: int
    now: AwareDatetime
    shown: list[FigureRow]
