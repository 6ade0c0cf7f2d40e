"""The nouns of a red and black list: the list of one area and month, its lines, what was objected, who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.lists.reckoning import Colour


class State(StrEnum):
    """How far a list is. The value is the stable code, ``words`` what people read."""

    DRAFT = "draft"
    OBJECTION = "objection"  # handed in: who stands on it may object, and the approver has to wait
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return _STATES[self]


_STATES = {
    State.DRAFT: "草拟", State.OBJECTION: "异议期待批", State.APPROVED: "已批准", State.PUBLISHED: "已发布",
    State.WITHDRAWN: "已撤回",
}  # fmt: skip


class Act(StrEnum):
    """What somebody did to a list."""

    PROPOSE = "propose"
    CORRECT = "correct"
    PICTURE = "picture"
    REMOVE = "remove"
    SUBMIT = "submit"
    OBJECT = "object"
    REJECT = "reject"  # an objection
    UPHOLD = "uphold"  # an objection: its line goes
    APPROVE = "approve"
    REFUSE = "refuse"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return _ACTS[self]


_ACTS = {
    Act.PROPOSE: "拟榜", Act.CORRECT: "更正分数", Act.PICTURE: "配图", Act.REMOVE: "移出", Act.SUBMIT: "提交",
    Act.OBJECT: "提异议", Act.REJECT: "异议不成立", Act.UPHOLD: "异议成立", Act.APPROVE: "批准", Act.REFUSE: "退回",
    Act.PUBLISH: "发布", Act.WITHDRAW: "撤回",
}  # fmt: skip
WRITING = frozenset({Act.PROPOSE, Act.CORRECT, Act.PICTURE, Act.REMOVE, Act.UPHOLD})


@dataclass(frozen=True, slots=True)
class Line:
    """A village on the list. ``removed`` is why it stands there no more; ``note`` why its points were corrected.

    ``picture`` is a SHA-256, ``ticket`` the number of the ticket that it is of.
    """

    village: str
    name: str
    colour: Colour
    place: int
    points: float
    words: str
    note: str = ""
    removed: str = ""
    picture: str | None = None
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """What somebody said against a line, and the answer; ``upheld`` is None until there is one."""

    number: int
    village: str
    by: str
    name: str
    words: str
    at: datetime
    upheld: bool | None = None
    answer: str = ""
    answered_by: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """One act on a list; ``by`` is a person's id."""

    at: datetime
    by: str
    name: str
    act: Act
    words: str


@dataclass(frozen=True, slots=True)
class VillageList:
    """The list of an area (the county's or a township's code) for a month (2026-11). ``until``: end of the window."""

    number: int
    area: str
    area_name: str
    month: str
    state: State
    revision: int
    lines: tuple[Line, ...]
    left_out: tuple[tuple[str, str], ...]  # name of a village, why it was not judged
    history: tuple[Done, ...]
    objections: tuple[Objection, ...] = ()
    until: datetime | None = None
    published_at: datetime | None = None

    @property
    def hands(self) -> frozenset[str]:
        """Everybody who wrote at it: none of them may approve it."""
        return frozenset(one.by for one in self.history if one.act in WRITING)

    @property
    def standing(self) -> tuple[Line, ...]:
        """The lines that stand, red first, by place."""
        left = (one for one in self.lines if not one.removed)
        return tuple(sorted(left, key=lambda one: (one.colour is Colour.BLACK, one.place, one.village)))
