"""[recheck] and [[recheck.same_hour]]: the proof that a place is clean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from county.policy.base import Positive, Strict


class SameHour(Strict):
    """同时段核查: these categories (none told: all) are looked at once more at the hour at which they were found.

    ``within_minutes`` of that time of day, on one of the next ``days`` days after the work was reported done.
    """

    categories: tuple[str, ...] = ()
    within_minutes: Annotated[float, Field(ge=1, le=240)] = 30
    days: Annotated[int, Field(ge=1, le=30)] = 3


class Recheck(Strict):
    """How a spot is looked at again.

    ``looks`` clean looks are needed, each ``apart_s`` after the one before; the box itself already asks for several
    equal pictures for one look. ``retry_s``: pause after *unknown*; ``tries``: looks without a result, then a person
    goes; ``expires_s``: how long a command lives. ``sample``: the share of tickets that a person checks beside the
    camera. ``disputes``: when the handler has contradicted the camera so often, a person decides.
    """

    looks: Annotated[int, Field(ge=1, le=20)] = 1
    apart_s: Annotated[float, Field(ge=0, le=1_000_000)] = 600
    retry_s: Positive = 600
    tries: Annotated[int, Field(ge=1, le=100)] = 6
    expires_s: Positive = 120
    sample: Annotated[float, Field(ge=0, le=1)] = 0
    disputes: Annotated[int, Field(ge=1, le=10)] = 2
    same_hour: tuple[SameHour, ...] = ()

    def hour_of(self, what: str) -> SameHour | None:
        """The first block that holds for a category, or None."""
        return next((one for one in self.same_hour if not one.categories or what in one.categories), None)

    def wrong(self, categories: Sequence[str]) -> str:
        """Which categories are named that the county does not know; empty when none."""
        strange = {code for one in self.same_hour for code in one.categories} - set(categories)
        return f"[[recheck.same_hour]] names {', '.join(sorted(strange))}; use codes of [[category]]" if strange else ""
