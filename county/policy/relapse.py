"""[relapse]: 反弹. What came back within ``relapse_days`` may be graver from the start, and have less time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from county.policy.base import Strict


class Relapse(Strict):
    """``graver``: one step graver than its category; ``limit_share``: so large a share of every limit is given."""

    graver: bool = False
    limit_share: Annotated[float, Field(gt=0, le=1)] = 1
