"""The JSON of 调用登记: what is asked before evidence is shown, and what the answer opens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, StringConstraints, model_validator

from alerts.register.deeds import Cause
from screen.shapes import Shape

Line = Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f]*$")]
Words = Annotated[str, StringConstraints(min_length=2, max_length=300, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


class GrantAsked(Shape):
    """The four fields: cause and words, a ticket or a camera, and unit and name where the account does not say them."""

    model_config = ConfigDict(
        frozen=True, extra="forbid",
        json_schema_extra={"example": {
            "ticket": "01937c1e-5f7a-7c3e-9d55-0b1f5a6c7d8e", "cause": "appeal", "words": "村里不认扣分，复核结案照片",
        }},
    )  # fmt: skip

    cause: Cause
    words: Words
    ticket: UUID | None = None
    camera: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]+$")] | None = None
    unit: Line = ""
    name: Line = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.ticket is None) == (self.camera is None):
            raise ValueError("a ticket or a camera")
        return self


class Granted(Shape):
    """The row's number, and until when this account sees the evidence."""

    number: int
    until: datetime


class CauseShown(Shape):
    code: Cause
    name: str


class EvidenceNeed(Shape):
    """Whether the reason is asked before a ticket's pictures or voices are shown, and what the account says already.

    ``name`` and ``unit`` are empty where the account does not say them: then they are asked for, too.
    """

    pictures: bool
    voices: bool
    name: str
    unit: str
    causes: list[CauseShown]
