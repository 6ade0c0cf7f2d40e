"""[[need]]: how many people of a role every area of a kind must have (三包联, 五包五责)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from county.policy.base import Strict
from county.values import Level

AreaKind = Literal["county", "township", "village", "below", "lane", "road", "ditch", "pond"]
Count = Annotated[int, Field(ge=0, le=1000)]


class Need(Strict):
    """At least ``least`` and, where told, at most ``most`` people with a duty of this role and level on every area.

    ``kind`` is the county's own word in regions.csv (village, community…); without it all areas of the level count.
    """

    role: Annotated[str, Field(min_length=1, max_length=60)]
    level: Level
    area: AreaKind
    kind: str = ""
    least: Count = 1
    most: Count | None = None

    @model_validator(mode="after")
    def _possible(self) -> Need:
        if self.most is not None and self.most < self.least:
            raise ValueError("most lies below least, so that no number of people would do")
        if self.kind and self.area in ("lane", "road", "ditch", "pond"):
            raise ValueError(f"kind is a word of regions.csv, and a {self.area} stands in ways.csv; leave it out")
        return self

    @property
    def words(self) -> str:
        """How many there must be."""
        if self.most is None:
            return f"at least {self.least}"
        return f"{self.least}" if self.most == self.least else f"{self.least} to {self.most}"

    @property
    def asked(self) -> str:
        """The same for people: 至少 1 人."""
        if self.most is None:
            return f"至少 {self.least} 人"
        return f" {self.least} 人" if self.most == self.least else f" {self.least} 到 {self.most} 人"

    def met_by(self, count: int) -> bool:
        """Whether so many people are right."""
        return self.least <= count and (self.most is None or count <= self.most)
