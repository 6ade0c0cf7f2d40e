"""[paper]: how official papers are headed and numbered, and what they ask for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from county.policy.base import Strict

Demand = Annotated[str, Field(min_length=2, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Paper(Strict):
    """The rectification notice (整改通知书).

    ``code`` begins the number (青环整〔2026〕12号); empty: the county's first character and 环整. ``issuer`` signs
    every paper; empty: the unit of the person who issues it. ``demands`` is what is asked for.
    """

    code: str = Field(default="", max_length=12, pattern=r"^[\w]*$")
    issuer: str = Field(default="", max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")
    demands: tuple[Demand, ...] = Field(
        default=(
            "立即清理上述问题点位，做到彻底、不留死角",
            "清理出的物品按规定收集处置，不得焚烧、掩埋、倾倒或者转移他处",
            "落实日常管护，防止同一地点再次发生",
        ),
        min_length=1,
        max_length=12,
    )
