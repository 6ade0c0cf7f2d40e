"""[silence]: who may mute what for how long, and which mutes somebody above must grant first."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from county.policy.base import Positive, Severity, Strict
from county.values import Level

Hours = Annotated[float, Field(gt=0, le=24 * 366, allow_inf_nan=False)]


class SilencePolicy(Strict):
    """A mute is by camera, spot or area, with category, time and reason; never by household (无差别).

    ``levels`` may mute: whoever deals with the dirt cannot mute it, unless the county says so. Longer than
    ``grant_over_h``, or for a category of ``grant_severities``, the level above must grant it first; works
    (管控区域) always. A spot in one of ``alone_zones`` is somebody's yard and is not muted alone; regions of
    ``household_kinds`` are never muted.
    """

    levels: tuple[Level, ...] = (Level.TOWNSHIP, Level.COUNTY, Level.LEADER)
    longest_h: Hours = 168
    works_longest_h: Hours = 2160
    grant_over_h: Positive = 24
    grant_severities: tuple[Severity, ...] = ("urgent",)
    alone_zones: tuple[str, ...] = ("yard",)
    household_kinds: tuple[str, ...] = ("household", "户", "农户")

    @model_validator(mode="after")
    def _whole(self) -> SilencePolicy:
        if not self.levels:
            raise ValueError("levels names nobody who may mute; name a level of the ladder")
        if self.works_longest_h < self.longest_h:
            raise ValueError("works_longest_h must not lie below longest_h: works last longer than a mute")
        return self
