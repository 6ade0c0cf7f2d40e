"""The JSON of the register."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from alerts.register.deeds import Deed
from screen.moments import Moment
from screen.shapes import Shape

Short = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]


class RegisterAsked(Shape):
    """Which rows; empty means all. ``before`` is the cursor: the smallest ``n`` of the page before."""

    account: Short = ""
    deed: Deed | None = None
    subject: Short = ""
    since: Moment | None = None
    until: Moment | None = None
    before: Annotated[int, Field(ge=1, le=2**62)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class RegisterRow(Shape):
    """One row: who (account, name, unit, role, from which address), what, to what, why."""

    n: int
    at: datetime
    deed: str
    deed_name: str
    account: str
    name: str
    unit: str
    role: str
    source: str
    kind: str
    subject: str
    reason: str
    words: str  # the deed as a sentence
    content: str
    more: str
    hash: str


class RegisterPage(Shape):
    """One page, the newest first; ``next`` is the cursor of the following one, null at the end."""

    rows: list[RegisterRow]
    next: int | None
    head: str


class DeedShown(Shape):
    code: Deed
    name: str


class RegisterForm(Shape):
    deeds: list[DeedShown]


class ChainShown(Shape):
    """How the whole chain stands: ``broken`` is the first row that is not as it was written."""

    rows: int
    head: str
    broken: int | None
    words: str
