"""[[at]]: what a township, village, grid, device or spot has otherwise than the county; the narrowest counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

from county.policy.base import Strict
from county.policy.bins import BinNumbers, BinThresholds
from county.policy.checking import Recheck
from county.policy.rules import RuleAt

Block = TypeVar("Block", bound=BaseModel)


class At(Strict):
    """Single keys of [bin], [recheck] and of rules that differ in one area (region code, device or spot id)."""

    area: Annotated[str, Field(min_length=1)]
    bins: BinNumbers | None = Field(default=None, alias="bin")
    recheck: Recheck | None = None
    rules: tuple[RuleAt, ...] = Field(default=(), alias="rule")


def bins_under(county: BinThresholds, changes: Sequence[At]) -> BinThresholds:
    """The county's thresholds with these changes, the narrowest area last. ValueError where they do not fit."""
    return _under(county, [change.bins for change in changes])


def recheck_under(county: Recheck, changes: Sequence[At]) -> Recheck:
    """The county's proof with these changes, the narrowest area last."""
    return _under(county, [change.recheck for change in changes])


def _under(county: Block, changes: Sequence[BaseModel | None]) -> Block:
    said = [one.model_dump(exclude_unset=True) for one in changes if one is not None]
    if not said:
        return county
    whole = {key: value for part in (county.model_dump(), *said) for key, value in part.items()}
    return type(county).model_validate(whole)
