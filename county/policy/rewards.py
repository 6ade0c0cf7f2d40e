"""[reward]: what a true report is worth."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from county.policy.base import Strict

Yuan = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=2, allow_inf_nan=False)]


class Reward(Strict):
    """Yuan by category code (``other`` for the rest), for the first who reports a problem, once it is verified.

    ``month_cap`` is the most that one person gets for the reports of a calendar month; None: no cap. With ``known``
    a problem is also rewarded that a camera, a sensor or the staff had found before.
    """

    amounts: Mapping[str, Yuan] = Field(default_factory=dict)
    other: Yuan = Decimal(0)
    month_cap: Yuan | None = None
    known: bool = False

    def amount(self, category: str) -> Decimal:
        """What the first report of this category is worth; 0 where nothing is paid."""
        return self.amounts.get(category, self.other)
