"""[report] and [photo]: what people report from the ground, and when their pictures are doubted."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from county.policy.base import Positive, Strict

Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class Report(Strict):
    """How far from every known place of the county a report may lie; farther is a slip or a jest, and is refused."""

    reach_m: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = 30_000


class Photo(Strict):
    """When a photo is marked as doubtful (never refused): taken so far from the place, or at so different a time."""

    far_m: Metres = 200
    late_s: Positive = 3600
    clock_s: Positive = 300  # the phone's clock differs so much from ours: the time in its watermark is not right
