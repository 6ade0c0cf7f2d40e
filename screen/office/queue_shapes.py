"""The JSON of the office's queue: a page of tickets with its tabs, what may be chosen in its form, and receivers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.store.queue_book import CURSOR
from screen.office.office_shapes import Name, TicketLine
from screen.shapes import Shape

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{0,24}$")]
Search = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$", strip_whitespace=True)]

Cursor = Annotated[str, StringConstraints(pattern=f"^$|{CURSOR}")]


class QueueFilter(BaseModel):
    """Which tickets of which tab; ``after`` is the cursor of the page before, ``words`` are searched for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tab: Literal["mine", "accept", "work", "check", "overdue", "open", "all"] = "open"
    severity: Literal["urgent", "major", "minor", ""] = ""
    what: Name = ""
    person: Name = ""
    scope: Code = ""
    words: Search = ""
    overdue: bool = False
    after: Cursor = ""
    limit: int = Field(default=50, ge=1, le=200)


class Tabs(Shape):
    """How many tickets each tab holds."""

    mine: int
    accept: int
    work: int
    check: int
    overdue: int
    open: int
    all: int


class QueuePage(Shape):
    """Some tickets; ``after`` begins the next page, "" at the end. ``asks`` and ``mutes`` wait for one's own answer."""

    now: datetime
    tickets: list[TicketLine]
    after: str
    tabs: Tabs
    asks: int
    mutes: int


class Named(Shape):
    code: str
    name: str


class QueueForm(Shape):
    """What one may choose from: the county's categories, the own villages and spots, who has a duty there today."""

    county: str
    categories: list[Named]
    villages: list[Named]
    spots: list[Named]
    people: list[Named]


class ReceiverShown(Shape):
    """Somebody who may get a ticket; ``near`` answers for its place anyhow."""

    person: str
    name: str
    unit: str
    duty: str
    level: str
    level_name: str
    near: bool


class ReceiverFilter(BaseModel):
    """Words of a name, unit or duty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Search = ""
