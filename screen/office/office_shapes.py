"""The JSON of the office: lists of tickets, what may be done with one, asks, the fairness log, and who is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from screen.desk.ticket_shapes import AskShown
from screen.moments import Moment
from screen.shapes import ActBody, Severity, Shape, Words

Name = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]


class Me(Shape):
    """Who is signed in: the account, the name of its person or its own, levels and areas of the duties of the day.

    ``areas`` are region codes, or ids of spots and ways; the admin has none and sees everything.
    """

    account: str
    name: str
    role: str  # as what, in Chinese
    sees_all: bool
    levels: list[str]
    areas: list[str]
    helper: bool
    rights: list[str]  # of screen/access/roles.py


class TicketLine(Shape):
    """One of the list. ``lapses``: acceptances that lapsed; ``asked_at``: since when 还在处理吗 waits for an answer."""

    ticket: str
    number: str
    at: datetime
    severity: Severity
    what: str
    what_name: str
    place: str
    state: str
    state_name: str
    level: str
    person: str
    due_at: datetime | None
    closed_at: datetime | None
    overdue: bool
    lapses: int = 0
    asked_at: datetime | None = None


class Choices(Shape):
    """What the person who is signed in may do with a ticket now; ``asks`` wait for this person's answer.

    ``alarms`` are the keys (place/spot/category) of what still holds there.
    """

    acts: list[str]
    moves: list[str]
    asks: list[AskShown]
    alarms: list[str]


class OfficeActBody(ActBody):
    """What comes with an act or a side move; which fields count depends on it.

    ``until`` (extend; hold cannot do without), ``to`` (transfer: a person's id or a unit), ``finding`` (appeal).
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{"reason": "等铲车", "until": "2026-11-23T18:00:00+08:00"}, {"to": "v2"}]},
    )

    until: Moment | None = None
    to: Name = ""
    finding: Literal["case", "rework", "overdue", ""] = ""


class AnswerBody(Shape):
    """Words with an answer; a refusal and a reply need them."""

    words: Words = ""


class ClearBody(Shape):
    """Which alarm of the ticket, and why it is none."""

    alarm: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
    reason: Words = ""


class AskLine(Shape):
    """An ask with the ticket that it is about."""

    ticket: str
    number: str
    place: str
    ask: AskShown


class FairnessLine(Shape):
    n: int
    at: datetime
    deed: str
    deed_name: str
    author: str
    level: str
    area: str
    place: str
    ticket: str | None
    number: str
    reason: str
    words: str


class TryShown(Shape):
    """One attempt to tell somebody, or a receipt; ``maybe_sent``: the line broke, and nobody knows."""

    at: datetime
    channel: str
    result: Literal["delivered", "accepted", "retry", "failed"]
    provider_id: str
    words: str
    maybe_sent: bool


class ToldShown(Shape):
    """One notice with every attempt. ``route`` is the way that it was to go, ``channel`` where it stands now.

    ``digest``: the letter into which it was joined (``state`` digested, 并入汇总), and ``why``; ``tries`` are its.
    """

    id: UUID
    at: datetime
    person: str
    purpose: str
    route: str
    channel: str
    state: Literal["waiting", "claimed", "delivered", "accepted", "failed", "declined", "unwanted", "digested"]
    sent_at: datetime | None
    maybe_doubled: bool
    tries: list[TryShown]
    digest: UUID | None = None
    why: str = ""


class TicketFilter(Shape):
    """Which tickets of a list."""

    state: Name = ""
    scope: Annotated[str, StringConstraints(pattern=r"^\d{0,24}$")] = ""
    open_only: bool = True
    overdue_only: bool = False
    limit: int = Field(default=100, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=1_000_000)


class FairnessFilter(Shape):
    """Which lines of the fairness log."""

    area: Annotated[str, StringConstraints(pattern=r"^\d{0,24}$")] = ""
    level: Literal["village", "township", "county", "leader", ""] = ""
    deed: Name = ""
    limit: int = Field(default=200, ge=1, le=1000)
    offset: int = Field(default=0, ge=0, le=1_000_000)
