"""[silence_after_accept] and [remind]: what follows where nobody answers, before accepting and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from county.policy.base import Positive, Severity, Strict
from county.policy.channels import Route
from county.policy.limits import Limit, Span

Share = Annotated[float, Field(gt=0, lt=1)]  # of the handling limit
Wait = Span | Share


class Silence(Strict):
    """After ``ask`` without a word "还在处理吗?" is asked; after ``lapse`` without an answer the acceptance lapses."""

    ask: Wait
    lapse: Wait


class SilenceAfterAccept(Strict):
    """By severity; one that is left out is never asked: taking work away from somebody is a county's own decision."""

    urgent: Silence | None = None
    major: Silence | None = None
    minor: Silence | None = None

    def of(self, severity: Severity) -> Silence | None:
        """How long who accepted a ticket of this severity may be silent; None: as long as they wish."""
        return {"urgent": self.urgent, "major": self.major, "minor": self.minor}[severity]


class Also(Strict):
    """From this round of letters on (1 is the first letter, 2 the first reminder) these routes are used as well."""

    from_round: Annotated[int, Field(ge=2, le=100)]
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    severities: tuple[Severity, ...] = ()  # none told: all


class Remind(Strict):
    """``every_s``: how often who does not accept is reminded, by severity; else it is the policy's ``reminder_s``."""

    every_s: Mapping[Severity, Positive] = Field(default_factory=dict)
    also: tuple[Also, ...] = ()

    def routes(self, severity: Severity, letters: int) -> tuple[str, ...]:
        """By which further ways the so-many-th letter without an answer goes out."""
        fitting = (
            one for one in self.also
            if letters >= one.from_round and (not one.severities or severity in one.severities)
        )  # fmt: skip
        return tuple(dict.fromkeys(route for one in fitting for route in one.routes))


def span_of(wait: Wait, limit: Limit | None) -> Span | None:
    """A wait as a length of time; None for a share where no limit is known."""
    if isinstance(wait, Span):
        return wait
    return Span(value=limit.value * wait, unit=limit.unit) if limit is not None else None
