"""[[tell]]: which levels get a copy (抄送) of what happens to a ticket, by its severity. They need not act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from county.policy.base import Severity, Strict
from county.values import Level

Moment = Literal["dispatch", "overdue", "close"]


class Tell(Strict):
    """Who answers on these levels for the place is told when a ticket of this severity comes to one of the moments."""

    severity: Severity
    levels: tuple[Level, ...] = Field(min_length=1)
    when: tuple[Moment, ...] = Field(default=("dispatch", "overdue", "close"), min_length=1)


def levels_told(rows: Sequence[Tell], severity: Severity, moment: Moment) -> tuple[Level, ...]:
    """The levels that get a copy, each once, in the order in which the county wrote them."""
    told = (level for row in rows if row.severity == severity and moment in row.when for level in row.levels)
    return tuple(dict.fromkeys(told))
