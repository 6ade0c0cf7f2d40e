"""[[right]] and [supervision]: who may ask for a side move of a ticket, who decides it, how often and how long.

A reason is always needed; that is no county's to change. A move that a county says nothing about has the usual rights.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from county.policy.base import Severity, Strict
from county.policy.limits import Span
from county.values import Level


class Move(StrEnum):
    """A step aside from the way of a ticket. ``words`` is what people read."""

    VOID = "void"
    RETURN = "return"
    TRANSFER = "transfer"
    EXTEND = "extend"
    HOLD = "hold"
    RESUME = "resume"
    REWORK = "rework"
    SUPERVISE = "supervise"
    APPEAL = "appeal"
    FORCE_CLOSE = "force_close"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return _WORDS[self]


_WORDS = {
    Move.VOID: "不予立案", Move.RETURN: "退回", Move.TRANSFER: "转办", Move.EXTEND: "延期", Move.HOLD: "挂账",
    Move.RESUME: "恢复办理", Move.REWORK: "返工", Move.SUPERVISE: "督办", Move.APPEAL: "申诉",
    Move.FORCE_CLOSE: "强制结案",
}  # fmt: skip
AT_ONCE = "none"
ABOVE = "above"
EVERY = tuple(Level)
OVER_VILLAGE = tuple(level for level in Level if level is not Level.VILLAGE)
ENDING = frozenset({Move.VOID, Move.FORCE_CLOSE})  # nobody ends a case alone


class Right(Strict):
    """Who may make one move: ``levels`` ask, ``decided_by`` decides ("none": at once; "above": one level higher).

    At most ``most`` times a ticket; an extension or a hold lasts ``longest`` at most, and so long after its end a
    ticket may still be appealed; an ask waits ``within`` for its answer before it climbs.
    """

    move: Move
    levels: tuple[Level, ...]
    decided_by: Level | Literal["none", "above"] = "above"
    most: Annotated[int, Field(ge=1, le=100)] = 1
    longest: Span = Span(value=30, unit="day")
    within: Span = Span(value=4, unit="work_hour")

    @model_validator(mode="after")
    def _two_persons(self) -> Right:
        if self.move in ENDING and self.decided_by == AT_ONCE:
            raise ValueError(f"{self.move.value} ends a case, so somebody else must decide it; use above or a level")
        return self


class Supervision(Strict):
    """督办: how long the written reply may take, and what is supervised without anybody asking for it.

    An overdue ticket that has climbed to ``overdue_at`` is ("never": none is); so are new tickets of these severities
    and categories, the key cases, in the name of the person on level ``by``.
    """

    reply: Span = Span(value=1, unit="work_day")
    overdue_at: Level | Literal["never"] = Level.COUNTY
    severities: tuple[Severity, ...] = ()
    categories: tuple[str, ...] = ()
    by: Level = Level.COUNTY


@cache
def _usual() -> tuple[Right, ...]:
    quarter = Span(value=90, unit="day")
    return (
        Right(move=Move.VOID, levels=OVER_VILLAGE, most=3, within=Span(value=1, unit="work_day")),
        Right(move=Move.RETURN, levels=EVERY, most=2),
        Right(move=Move.TRANSFER, levels=(Level.VILLAGE,), most=2),
        Right(move=Move.TRANSFER, levels=OVER_VILLAGE, decided_by="none", most=5),
        Right(move=Move.EXTEND, levels=EVERY, longest=Span(value=3, unit="work_day")),
        Right(move=Move.HOLD, levels=EVERY, decided_by=Level.COUNTY, longest=quarter,
              within=Span(value=1, unit="work_day")),
        Right(move=Move.RESUME, levels=EVERY, decided_by="none", most=10),
        Right(move=Move.REWORK, levels=OVER_VILLAGE, decided_by="none", most=10),
        Right(move=Move.SUPERVISE, levels=OVER_VILLAGE, decided_by="none", most=5),
        Right(move=Move.APPEAL, levels=EVERY, most=3, longest=Span(value=7, unit="day"),
              within=Span(value=2, unit="work_day")),
        Right(move=Move.FORCE_CLOSE, levels=OVER_VILLAGE, decided_by=Level.COUNTY, most=3,
              within=Span(value=1, unit="work_day")),
    )  # fmt: skip


def with_usual(told: Sequence[Right]) -> tuple[Right, ...]:
    """The rights of a county: what it told, and the usual ones for moves of which it told nothing."""
    moves = {right.move for right in told}
    return (*told, *(right for right in _usual() if right.move not in moves))


def faults(told: Sequence[Right], ladder: Sequence[Level]) -> str:
    """What is wrong with a county's own rights, "" when nothing is."""
    seen: set[tuple[Move, Level]] = set()
    for right in told:
        if isinstance(right.decided_by, Level) and right.decided_by not in ladder:
            return f"right {right.move.value}: decided_by {right.decided_by.value!r} is no level of the ladder"
        for level in right.levels:
            if (right.move, level) in seen:
                return f"two rights for {right.move.value} on level {level.value!r}; keep one"
            seen.add((right.move, level))
    return ""
