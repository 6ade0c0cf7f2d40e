"""The JSON of people and duties: lists, one person, who answers where, and the changes that may be made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from county.values import Level
from screen.county.revision_shapes import GapShown, Reason, Revision
from screen.shapes import Shape

Key = Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00]*$")]
Id = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00\r\n]*$", strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00\r\n]*$", strip_whitespace=True)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?\d{7,15}$")]


class PeopleFilter(Shape):
    """Which people: ``q`` is looked for in name, id, unit, role and place."""

    day: date | None = None
    q: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0


class DutyShown(Shape):
    """One duty; ``state`` is of the day that was asked about."""

    key: str
    area: str
    place: str
    level: str
    level_name: str
    role: str
    rank: int
    begins: date | None
    ends: date | None
    categories: list[str]
    state: Literal["past", "now", "coming"]


class PersonLine(Shape):
    """One of the list; the phone is masked unless the viewer may change people."""

    id: str
    name: str
    phone: str
    unit: str
    volunteer: bool
    on_leave: bool
    duties: list[DutyShown]


class PeoplePage(Shape):
    """Some people of the viewer's part of the county; ``total`` counts all that match."""

    day: date
    revision: int
    may_edit: bool
    total: int
    people: list[PersonLine]


class LeaveShown(Shape):
    start: date
    end: date | None
    reason: str
    state: Literal["past", "now", "coming"]


class Binding(Shape):
    """A way to be reached: ``since`` is when it was bound by scanning, null for one of the county's files."""

    name: str
    since: datetime | None


class PersonShown(Shape):
    """One person with every duty that they had, have or will have. Addresses only for who may change people."""

    revision: int
    may_edit: bool
    id: str
    name: str
    phone: str
    unit: str
    unit_id: str
    kind: str
    email: str
    wechat: str
    wecom: str
    channels: list[str]
    bound: list[Binding]
    duties: list[DutyShown]
    leaves: list[LeaveShown]
    tickets: int


class Holder(Shape):
    """Who answers: ``deputies`` come after."""

    level: str
    level_name: str
    person: str
    name: str
    phone: str
    role: str
    deputies: list[str]


class Place(Shape):
    """A region, spot or way with the whole chain behind it; ``gaps`` counts those in it."""

    kind: Literal["county", "township", "village", "below", "spot", "lane", "road", "ditch", "pond"]
    code: str
    name: str
    chain: list[Holder]
    missing: list[str]
    gaps: int
    opens: bool


class Tree(Shape):
    """A region and what lies in it, on one day; ``above`` leads back to the top."""

    day: date
    revision: int
    may_edit: bool
    above: list[tuple[str, str]]
    here: Place
    inside: list[Place]


class GapPage(Shape):
    day: date
    revision: int
    total: int
    gaps: list[GapShown]


class PersonBody(Shape):
    """What people.csv says about somebody."""

    id: Id
    name: Name
    phone: Phone
    unit: Text = ""
    volunteer: bool = False
    email: Text = ""
    wechat: Text = ""
    wecom: Text = ""
    channels: Annotated[tuple[Text, ...], Field(max_length=10)] = ()


class PutPersonBody(Shape):
    kind: Literal["put_person"]
    person: PersonBody
    new: bool


class AddDutyBody(Shape):
    kind: Literal["add_duty"]
    person: Id
    area: Key
    level: Level
    role: Name
    rank: Annotated[int, Field(ge=0, le=99)] = 0
    begins: date
    ends: date | None = None
    categories: Annotated[tuple[Text, ...], Field(max_length=50)] = ()


class EndDutyBody(Shape):
    kind: Literal["end_duty"]
    key: Key
    on: date


class HandOverBody(Shape):
    kind: Literal["hand_over"]
    old: Id
    new: Id
    on: date


class LeaveBody(Shape):
    kind: Literal["leave"]
    person: Id
    start: date
    end: date | None = None
    reason: Text = ""
    deputy: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,64}$")] = ""


class BackBody(Shape):
    kind: Literal["back"]
    person: Id
    on: date


ChangeBody = Annotated[
    PutPersonBody | AddDutyBody | EndDutyBody | HandOverBody | LeaveBody | BackBody, Field(discriminator="kind")
]


class ChangesBody(Shape):
    """Changes that belong together, made on revision ``after``; ``reason`` is needed for saving."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {"after": 3, "reason": "马村官调走", "changes": [
                    {"kind": "hand_over", "old": "v1", "new": "v2", "on": "2026-12-01"},
                ]},
            ]
        },
    )  # fmt: skip

    after: Revision
    changes: Annotated[list[ChangeBody], Field(min_length=1, max_length=20)]
    reason: Reason = ""
