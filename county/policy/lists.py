"""[lists]: the monthly red and black list (红黑榜) of villages: off, until the county says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, model_validator

from county.policy.base import Strict
from county.values import Level

Points = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=1, le=366)]


class Lists(Strict):
    """Who approves, how many places a colour has, and what judges.

    Red from so many points on, black below so many; fewer than ``least`` tickets judge nobody. For ``objection_days``
    whole working days after it was handed in a list may be objected to, and nobody can approve it. The public board
    shows it for ``shown_days`` after it was published, its black part only with ``black_public``.
    """

    on: bool = False
    approve: tuple[Level, ...] = (Level.COUNTY, Level.LEADER)
    places: Annotated[int, Field(ge=1, le=50)] = 5
    red_from: Points = 90
    black_below: Points = 70
    least: Annotated[int, Field(ge=1, le=1000)] = 5
    objection_days: Annotated[int, Field(ge=1, le=30)] = 3
    black_public: bool = False
    shown_days: Days = 31

    @model_validator(mode="after")
    def _whole(self) -> Lists:
        if self.black_below > self.red_from:
            raise ValueError("black_below must not lie above red_from: a village would stand on both lists")
        return self

    def wrong(self, ladder: Iterable[Level]) -> str | None:
        """What does not fit the county's ladder, or None."""
        if self.on and not set(self.approve) & set(ladder):
            return "[lists] approve names no rung of the ladder, so nobody could approve a list"
        return None
