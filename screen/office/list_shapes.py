"""The JSON of the red and black lists: what is asked, and a list as somebody of the office sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from alerts.lists.list_acts import may
from alerts.lists.list_rights import By
from alerts.lists.village_list import VillageList
from screen.shapes import Shape, Words

Code = Annotated[str, StringConstraints(pattern=r"^\d{6,12}$")]
Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
Revision = Annotated[int, Field(ge=1, le=2**31, description="of the list as it was seen; another is refused")]


class ListWish(Shape):
    """For which area (county or township) and month."""

    area: Code
    month: Month


class LineEdit(Shape):
    """One change of a line, with its reason: its points, its picture (by the number of a ticket, "" for none), or off.

    Exactly one of ``points``, ``ticket`` and ``remove``.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{"revision": 1, "reason": "两件工单记错了村", "points": 96.5}]},
    )

    revision: Revision
    reason: Words
    points: float | None = Field(default=None, ge=0, le=100)
    ticket: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")] | None = None
    remove: bool = False

    @model_validator(mode="after")
    def _one(self) -> LineEdit:
        if (self.points is not None) + (self.ticket is not None) + self.remove != 1:
            raise ValueError("say one of points, ticket and remove")
        return self


class ObjectionBody(Shape):
    """What is said against the line of a village."""

    village: Code
    words: Words


class ObjectionAnswer(Shape):
    """The answer to an objection; ``upheld`` takes its line off the list."""

    revision: Revision
    objection: Annotated[int, Field(ge=1, le=2**31)]
    upheld: bool
    words: Words


class ListDeed(Shape):
    """A refusal and a withdrawal need words."""

    revision: Revision
    words: Words = ""


class ListLine(Shape):
    """A village on the list; ``removed``: why it stands there no more."""

    village: str
    name: str
    colour: str
    place: int
    points: float
    words: str
    note: str
    removed: str
    picture: str | None
    ticket: str


class ObjectionShown(Shape):
    """An objection; ``upheld`` is null until it was answered."""

    number: int
    village: str
    name: str
    words: str
    at: datetime
    upheld: bool | None
    answer: str
    answered_by: str
    own: bool


class ListDone(Shape):
    at: datetime
    name: str
    act_name: str
    words: str


class LeftOut(Shape):
    name: str
    words: str


class ListShown(Shape):
    """A list; ``until``: to when it may be objected to. ``may``: what who reads this may do to it now."""

    number: int
    area: str
    area_name: str
    month: str
    state: str
    state_name: str
    revision: int
    until: datetime | None
    published_at: datetime | None
    lines: list[ListLine]
    left_out: list[LeftOut]
    objections: list[ObjectionShown]
    history: list[ListDone]
    may: list[str]


class ListArea(Shape):
    code: str
    name: str


class ListPage(Shape):
    """The lists, newest month first; ``areas``: for which who reads this may draw one up."""

    on: bool
    black_public: bool
    areas: list[ListArea]
    lists: list[ListShown]


def shown(one: VillageList, by: By | None) -> ListShown:
    """A list for somebody; without a person nothing may be done."""
    me = by.person.id if by is not None else ""
    return ListShown(
        number=one.number, area=one.area, area_name=one.area_name, month=one.month, state=one.state.value,
        state_name=one.state.words, revision=one.revision, until=one.until, published_at=one.published_at,
        lines=[
            ListLine(village=each.village, name=each.name, colour=each.colour.value, place=each.place,
                     points=each.points, words=each.words, note=each.note, removed=each.removed,
                     picture=each.picture, ticket=each.ticket)
            for each in (*one.standing, *(each for each in one.lines if each.removed))
        ],
        left_out=[LeftOut(name=name, words=words) for name, words in one.left_out],
        objections=[
            ObjectionShown(number=each.number, village=each.village, name=each.name, words=each.words, at=each.at,
                           upheld=each.upheld, answer=each.answer, answered_by=each.answered_by, own=each.by == me)
            for each in one.objections
        ],
        history=[
            ListDone(at=each.at, name=each.name, act_name=each.act.words, words=each.words) for each in one.history
        ],
        may=may(one, by) if by is not None else [],
    )  # fmt: skip
