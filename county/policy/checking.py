"""[recheck]: the proof that a place is clean."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from county.policy.base import Positive, Strict


class Recheck(Strict):
    """How a spot is looked at again: clean looks needed, pause after *unknown*, tries, and how long a command lives."""

    looks: Annotated[int, Field(ge=1, le=20)] = 3
    retry_s: Positive = 600
    tries: Annotated[int, Field(ge=1, le=100)] = 6
    expires_s: Positive = 120
