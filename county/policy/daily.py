"""[[daily]]: 日产日清. What is seen one day and still there the next becomes graver and climbs, daily until cleared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from county.policy.base import Positive, Strict

DAY = timedelta(days=1)


class Daily(Strict):
    """Which categories are to be gone: ``after_hours`` of being seen, or ``by`` a local hour of the next day.

    Just one of the two. After the first moment the same comes every day. ``severity``: it becomes one step graver;
    ``rung``: it goes one rung up.
    """

    name: Annotated[str, Field(min_length=1, max_length=40)] = "日产日清"
    categories: tuple[str, ...] = Field(min_length=1)
    after_hours: Positive | None = None
    by: time | None = None
    severity: bool = True
    rung: bool = True

    @model_validator(mode="after")
    def _one_of_two(self) -> Daily:
        if (self.after_hours is None) == (self.by is None):
            raise ValueError('write just one of after_hours = 24 and by = "08:00"')
        if self.by is not None and self.by.tzinfo is not None:
            raise ValueError('by is a local hour without a zone, like "08:00"')
        return self

    def first(self, since: datetime, zone: ZoneInfo) -> datetime:
        """When it should be gone that has been there since then (aware)."""
        if self.after_hours is not None:
            return since + timedelta(hours=self.after_hours)
        assert self.by is not None
        return datetime.combine(since.astimezone(zone).date() + DAY, self.by, zone)

    def days(self, since: datetime, now: datetime, zone: ZoneInfo) -> int:
        """How many of these moments have passed; the moment itself has not."""
        late = now - self.first(since, zone)
        return 0 if late <= timedelta(0) else -(-late // DAY)


def wrong_in(rows: Sequence[Daily], categories: Sequence[str]) -> str:
    """What is wrong with the rows together; empty when nothing."""
    codes = [code for row in rows for code in row.categories]
    strange = sorted(set(codes) - set(categories))
    if strange:
        return f"[[daily]] names {', '.join(strange)}; use codes of [[category]]"
    twice = sorted({code for code in codes if codes.count(code) > 1})
    return f"two [[daily]] name {', '.join(twice)}; a category belongs to one" if twice else ""
