"""The JSON of reports: what a citizen hands in and reads, what the staff sees. Nobody's name but where it is asked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from screen.desk.photo_shapes import Degrees, Photos
from screen.shapes import Shape, Words

Line = Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00]*$")]
Code = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]
SpotCode = Annotated[str, StringConstraints(max_length=129, pattern=r"^[^\x00]*$")]  # also as device/id
Phone = Annotated[str, StringConstraints(max_length=24, pattern=r"^(\+?\d[\d\s-]{5,22})?$")]


class ReporterBody(Shape):
    """Who reports, if they want to be asked back and rewarded; kept sealed."""

    name: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")] = ""
    phone: Phone = ""


class ReportBody(Shape):
    """A category of the county, and where: a spot's code, or coordinates with their CRS, or village and words.

    ``region`` is the 12-digit code of the village, or that of a grid. ``source`` is the staff's to say.
    """

    what: Code
    spot: SpotCode = ""
    lon: Degrees | None = None
    lat: Degrees | None = None
    crs: Annotated[str, StringConstraints(max_length=20)] = ""
    region: Annotated[str, StringConstraints(max_length=24, pattern=r"^\d*$")] = ""
    place: Line = ""
    words: Words = ""
    photos: Photos = Field(default_factory=list)
    reporter: ReporterBody | None = None
    source: Literal["report", "patrol", "superior"] | None = None
    origin: Line = ""


class ReceiptShown(Shape):
    """``code`` asks for the progress; whoever has it is taken for the reporter. ``new`` False: known already."""

    code: str
    number: str
    new: bool
    words: str


class ProgressShown(Shape):
    """How a report stands, in plain words; ``state`` is the stable code."""

    at: datetime
    what_name: str
    place: str
    state: str
    state_words: str
    new: bool
    verdict_words: str
    reward_words: str
    closed_at: datetime | None


class Choice(Shape):
    code: str
    name: str


class Form(Shape):
    """What a form for reports needs: categories, villages with their township, and which coordinates are understood."""

    categories: list[Choice]
    villages: list[Choice]
    crs: list[str]
    most_photos: int


class ReportShown(Shape):
    """A report as the staff sees it; who made it is not here. ``verdict`` is what others say of it."""

    id: str
    at: datetime
    source: str
    source_name: str
    what: str
    what_name: str
    place: str
    words: str
    origin: str
    ticket: str
    new: bool
    named: bool
    verdict: Literal["true", "false", "unclear"] | None


class VerifyBody(Shape):
    verdict: Literal["true", "false", "unclear"]
    words: Words = ""


class ReasonBody(Shape):
    reason: Words = ""


class WordsBody(Shape):
    words: Words = ""


class ReporterShown(Shape):
    """Who reported; ``known`` False where nobody said, or it was forgotten. That it was shown is written down."""

    known: bool
    name: str
    phone: str


class Forgotten(Shape):
    reports: int


class AwardShown(Shape):
    """A problem that stands to be rewarded; yuan as text, so that no cent is lost."""

    ticket: str
    report: str
    amount: Decimal
    month: str
    words: str


class LedgerLine(Shape):
    n: int
    ticket: str
    report: str
    deed: Literal["approved", "paid", "withdrawn"]
    deed_name: str
    amount: Decimal
    month: str
    by: str
    at: datetime
    words: str


class Rewards(Shape):
    awards: list[AwardShown]
    ledger: list[LedgerLine]
