"""What every block of policy.toml is built from: strict frozen models, and the bounds of their numbers."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["urgent", "major", "minor"]
RANK: dict[Severity, int] = {"minor": 0, "major": 1, "urgent": 2}
# A longer limit than a million is a slip of the keyboard, and beyond some it would overflow every date.
Positive = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100)]
Celsius = Annotated[float, Field(ge=-60, le=300)]
HoursOfDay = tuple[time, time]  # a local from and to; past midnight where to is the earlier


class Strict(BaseModel):
    """A block that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def within(hours: HoursOfDay, moment: time) -> bool:
    """Whether a time of day lies in hours that may pass midnight; the end does not belong to them."""
    start, end = hours
    return start <= moment < end if start <= end else moment >= start or moment < end
