"""The JSON of revisions of the county's files: what a change would mean, and what came of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from screen.shapes import Shape

Reason = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]
Revision = Annotated[int, Field(ge=0, le=2**31, description="The revision that the change was made on.")]


class RevisionShown(Shape):
    """One saved state of the county's files."""

    number: int
    author: str
    reason: str
    at: datetime


class ProblemShown(Shape):
    """One thing that is wrong; ``line`` counts from 1, 0 is the file as a whole; ``code`` is stable."""

    file: str
    line: int
    code: str
    text: str
    cure: str


class DifferenceShown(Shape):
    """One line of the county's files that is new, gone or changed."""

    file: str
    file_name: str
    what: Literal["added", "removed", "changed"]
    what_name: str
    key: str
    text: str


class GapShown(Shape):
    """Nobody answers there from ``start`` until before ``end`` (null: for good)."""

    kind: str
    area: str
    village: str
    place: str
    level: str
    level_name: str
    start: date
    end: date | None
    text: str
    cure: str


class Holding(Shape):
    """Somebody loses a duty and has open tickets, which are handed over by themselves."""

    person: str
    name: str
    tickets: int


class Meanwhile(Shape):
    """What others saved since the revision that a change was made on."""

    revisions: list[RevisionShown]
    differences: list[DifferenceShown]


class Outlook(Shape):
    """What saving would mean: nothing is saved while there is a problem. ``base`` is the newest revision."""

    base: int
    problems: tuple[ProblemShown, ...] = ()
    problems_count: int = 0
    differences: tuple[DifferenceShown, ...] = ()
    differences_count: int = 0
    gaps_new: tuple[GapShown, ...] = ()
    gaps_gone: tuple[GapShown, ...] = ()
    holding: tuple[Holding, ...] = ()
    meanwhile: Meanwhile | None = None


class Saved(Shape):
    """The revision that holds now; ``changed`` is false when the files were the same."""

    number: int
    changed: bool
