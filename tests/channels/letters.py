"""A letter as the post office writes one, for the tests of channels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from alerts.channels import Letter

LINK = "https://desk.example/t/abcd2345efgh"
LETTER = Letter(
    "0199f3c2-1c7e-7a30-9d57-0b6c7a2f51aa", "GD-1121-0001", "dispatch", "village", 1, "马村官", "19900000001",
    f"【净村】石门村 东街:暴露垃圾,重要。工单GD-1121-0001请接单。11月21日18:00前办结。处理:{LINK}", LINK,
    what="暴露垃圾", severity="重要", place="柳林镇 石门村 东街", due="11月21日18:00", code="abcd2345efgh",
    village="640999101200",
)  # fmt: skip


def letter(**other: Any) -> Letter:
    """The letter with other fields."""
    return replace(LETTER, **other)
