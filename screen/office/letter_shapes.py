"""The JSON of refused messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ingest.dead_letters import Sift
from screen.shapes import Shape

Words = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$", strip_whitespace=True)]
BEFORE = r"^([0-9]{1,16})\.([0-9]{1,18})$"


class LetterFilter(BaseModel):
    """Which letters; ``words`` stand in reason or topic, ``before`` is the ``cursor`` of the last one seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Words = ""
    words: Words = ""
    waiting: bool = False
    before: Annotated[str, StringConstraints(pattern=f"^$|{BEFORE}")] = ""
    limit: int = Field(default=100, ge=1, le=500)


def sift_of(asked: LetterFilter) -> Sift:
    """What a filter means."""
    at_us, _, number = asked.before.partition(".")
    return Sift(asked.device, asked.words, asked.waiting, (int(at_us), int(number)) if number else None)


class LetterShown(Shape):
    """A refused message in the list; ``text`` (only when looked at alone) is its payload, bad bytes replaced."""

    id: int
    at: datetime
    device: str
    topic: str
    reason: str
    times: int
    size: int
    replayed_at: datetime | None
    replay_result: str | None
    text: str | None = None
    cursor: str = Field(default="", description="begins the next page of a list, as `before`")


class ReplayBody(Shape):
    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{}, {"payload": '{"schema": 1}'}]})

    payload: str | None = Field(default=None, max_length=60_000)
