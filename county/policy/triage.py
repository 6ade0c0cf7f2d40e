"""[triage] and [[triage.when]]: what a person judges (属实, 不属实, 看不清) before anybody is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from county.policy.base import HoursOfDay, Severity, Strict, within
from county.values import Level

FoundBy = Literal["camera", "sensor", "patrol", "report", "superior", "equipment"]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: category, zone, who found it, how sure (0..1), and when, in the county's local time."""

    what: str
    zone: str
    source: str
    score: float
    local: datetime


class When(Strict):
    """All that is told here must hold; an empty list holds always. Only a camera is
    more or less sure (``below_score``). ``hours`` may pass midnight: ["22:00", "06:00"].
    """

    categories: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    sources: tuple[FoundBy, ...] = ()
    below_score: Annotated[float, Field(gt=0, le=1)] | None = None
    hours: tuple[HoursOfDay, ...] = ()

    def holds(self, found: Found) -> bool:
        """Whether this is such a finding."""
        listed = ((self.categories, found.what), (self.zones, found.zone), (self.sources, found.source))
        if any(names and name not in names for names, name in listed):
            return False
        if self.below_score is not None and (found.source != "camera" or found.score >= self.below_score):
            return False
        return not self.hours or any(within(span, found.local.time()) for span in self.hours)


class Triage(Strict):
    """Who judges before dispatch, and what happens when the limit of stage ``triage`` runs out.

    ``level`` is the rung of who judges, ``role`` one of the roles in duties.csv there (empty: whoever answers).
    ``late``: send somebody, or ask one rung up. ``unclear``: ask one rung up, or let the camera look again first.
    ``second`` are the severities of which a "not true" needs a second person.
    """

    when: tuple[When, ...] = ()
    level: Level = Level.TOWNSHIP
    role: str = ""
    late: Literal["dispatch", "climb"] = "dispatch"
    unclear: Literal["climb", "look"] = "climb"
    second: tuple[Severity, ...] = ()

    def asks(self, found: Found) -> bool:
        """Whether a person judges this finding first."""
        return any(when.holds(found) for when in self.when)

    def wrong(self, categories: Sequence[str], zones: Sequence[str]) -> str:
        """What these conditions name that the county does not know; empty when nothing."""
        for when in self.when:
            strange = [*(set(when.categories) - set(categories)), *(set(when.zones) - set(zones))]
            if strange:
                return f"[[triage.when]] names {', '.join(sorted(strange))}; use codes of [[category]] and of [zones]"
        return ""
