"""The JSON of refused messages."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from screen.shapes import Shape


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


class ReplayBody(Shape):
    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{}, {"payload": '{"schema": 1}'}]})

    payload: str | None = Field(default=None, max_length=60_000)
