"""[flapping]: when a place that turns dirty and clean again and again is one ticket instead of many."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from county.policy.base import Positive, Strict


class Flapping(Strict):
    """More than ``changes`` turns (to dirty or to clean) within ``window_s``: the open ticket stays, and nobody is told
    again, until the place was clean for ``settle_s`` or a person deals with it.
    """

    changes: Annotated[int, Field(ge=1, le=10)] = 4
    window_s: Positive = 3600
    settle_s: Positive = 1800
