"""The JSON of the policy editor: the text of a revision, a draft, and a back-test of one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from screen.county.revision_shapes import DifferenceShown, Reason, Revision, RevisionShown
from screen.shapes import Shape

MOST_TEXT = 200_000  # characters of policy.toml; that of a county has some ten thousand
Toml = Annotated[str, StringConstraints(max_length=MOST_TEXT)]


class PolicyShown(Shape):
    """policy.toml of one revision."""

    number: int
    newest: int
    text: str
    may_edit: bool


class RevisionPage(Shape):
    """Revisions, newest first; ``total`` counts them all."""

    total: int
    revisions: list[RevisionShown]


class Compared(Shape):
    """What differs between two revisions."""

    old: int
    new: int
    differences: list[DifferenceShown]
    differences_count: int


class DraftBody(Shape):
    """A new policy.toml, made on revision ``after``; ``reason`` is needed for saving."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{"after": 3, "text": "reminder_s = 1800", "reason": "催办改为半小时"}]},
    )  # fmt: skip

    after: Revision
    text: Toml
    reason: Reason = ""


class BackBody(Shape):
    """Going back to a revision: it becomes a new one. ``after`` is the newest that was looked at."""

    after: Revision
    reason: Reason = ""


class BacktestBody(Shape):
    """Which draft to try on how many of the last days."""

    text: Toml
    days: Annotated[int, Field(ge=1, le=92)] = 7


class Counts(Shape):
    """What one policy made of the messages. ``merges`` joined a ticket that was open; ``reduction`` is a fraction."""

    messages: int
    alarms: int
    tickets: int
    merges: int
    overdue: int
    climbs: int
    notices: int
    reduction: float | None


class TicketChange(Shape):
    """A ticket that the draft treats otherwise."""

    at: str
    place: str
    words: str


class BacktestShown(Shape):
    """How the back-test stands; ``progress`` goes from 0 to 1. One runs at a time, for the whole county."""

    state: Literal["none", "running", "done", "failed", "cancelled"]
    author: str = ""
    days: int = 0
    progress: float = 0
    words: str = ""
    before: Counts | None = None
    after: Counts | None = None
    changes: tuple[TicketChange, ...] = ()
    changes_count: int = 0
