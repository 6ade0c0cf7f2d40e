"""The messages that go down to the boxes: receipts, commands, desired configurations, and whether the door is open."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from broker.messages import Count, Frozen, Kind, Name, Text, Unit


class Outcome(StrEnum):
    """What the door did with one message."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class ReceiptLine(Frozen):
    """One message id of a batch and what became of it."""

    message_id: UUID
    outcome: Outcome
    reason: Text = ""


class Receipt(Frozen):
    """Down: every id of a committed batch, duplicates and refused ones included."""

    kind: ClassVar[str] = "receipt"
    schema_number: Literal[1] = Field(default=1, alias="schema")
    at: AwareDatetime
    lines: tuple[ReceiptLine, ...]


class Switch(Frozen):
    """How to switch a camera at run time; what is left out stays as it is. Kept over a restart, told in health.

    ``kinds_off`` is the whole list of kinds that are not looked for; ``min_score`` what a box of dirt must score at one
    look, over whatever the box's file says.
    """

    detection: bool | None = None
    kinds_off: tuple[Kind, ...] | None = Field(default=None, max_length=100)
    pictures: bool | None = None
    min_score: Unit | None = None


class Command(Frozen):
    """Down: do something before ``expires_at``.

    ``recheck`` looks at a spot again. The others are for the camera of the spot: ``switch`` as ``switch`` says;
    ``relearn`` takes its view of now as the usual one, after which its spots are unknown until ``confirm`` says that
    they lie right in it (or the box's file draws them anew); ``live`` sends small live pictures until it expires, a
    minute at most: who goes on watching asks again.
    """

    kind: ClassVar[str] = "command"
    schema_number: Literal[1] = Field(default=1, alias="schema")
    command_id: UUID
    device: Name
    name: Literal["recheck", "snapshot", "live", "switch", "relearn", "confirm"]
    spot: Name
    what: Kind | None = None
    switch: Switch | None = None
    issued_at: AwareDatetime
    expires_at: AwareDatetime


class Config(Frozen):
    """Down, retained: the desired configuration of a box."""

    kind: ClassVar[str] = "config"
    schema_number: Literal[1] = Field(default=1, alias="schema")
    version: Count
    issued_at: AwareDatetime
    body: dict[str, Any]


class Door(Frozen):
    """Retained per county: open or shut. Absent means open; shut stops the receipted kinds only."""

    kind: ClassVar[str] = "door"
    schema_number: Literal[1] = Field(default=1, alias="schema")
    open: bool
    reason: Text = ""
    at: AwareDatetime


DOWNWARD: dict[str, type[Frozen]] = {"receipt": Receipt, "command": Command, "config": Config, "door": Door}
