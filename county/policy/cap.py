"""[cap]: how many letters one person gets in a while by one way; what is over is joined into one letter (汇总)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from county.policy.base import Severity, Strict

Minutes = Annotated[float, Field(ge=1, le=1440, allow_inf_nan=False)]


class Cap(Strict):
    """At most ``letters`` in any ``within_minutes``; 0 is no cap. What is over waits ``wait_minutes`` at most.

    ``but``: severities that never wait; what is urgent is always among them.
    """

    letters: Annotated[int, Field(ge=0, le=1000, strict=True)] = 0
    within_minutes: Minutes = 60
    wait_minutes: Annotated[float, Field(ge=1, le=240, allow_inf_nan=False)] = 10
    but: tuple[Severity, ...] = ("urgent",)

    @field_validator("but")
    @classmethod
    def _urgent_never_waits(cls, told: tuple[Severity, ...]) -> tuple[Severity, ...]:
        if "urgent" not in told:
            raise ValueError("but must hold 'urgent': what is urgent never waits; write but = ['urgent', …]")
        return told
