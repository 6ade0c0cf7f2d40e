"""[[limit]] and [work]: how long a stage may take, and the hours in which people work."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, field_validator

from county.calendar import Calendar
from county.policy.base import Positive, Severity, Strict
from county.values import Level

Stage = Literal["triage", "accept", "handle", "verify", "assess"]
NEEDED_STAGES: tuple[Stage, ...] = ("accept", "handle")
_PLAIN = {
    "second": timedelta(seconds=1), "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1), "day": timedelta(days=1),
}  # fmt: skip
_UNIT_WORDS = {
    "second": "秒", "minute": "分钟", "hour": "小时", "day": "自然日", "work_hour": "工作时", "work_day": "工作日",
}  # fmt: skip
_AS_WRITTEN = {word: unit for unit, word in _UNIT_WORDS.items()} | {"天": "day"}


def _plain_unit(written: object) -> object:
    """Take the words of Chinese documents too."""
    return _AS_WRITTEN.get(written, written) if isinstance(written, str) else written


Unit = Annotated[Literal["second", "minute", "hour", "day", "work_hour", "work_day"], BeforeValidator(_plain_unit)]


class Span(Strict):
    """A length of time, by the clock or by the county's calendar.

    ``unit`` may be written as in Chinese documents: 小时 hour, 工作时 work_hour, 工作日 work_day, 自然日 day.
    """

    value: Positive
    unit: Unit

    def due(self, start: datetime, calendar: Calendar) -> datetime:
        """When a clock started at ``start`` (aware) runs out."""
        if self.unit == "work_hour":
            return calendar.after_work_hours(start, self.value)
        if self.unit == "work_day":
            return calendar.after_work_days(start, self.value)
        return start + self.value * _PLAIN[self.unit]


class Limit(Span):
    """How long a stage may take at a level; narrowed by category, zone and severity, the narrowest limit counts."""

    stage: Stage
    level: Level
    category: str = ""
    zone: str = ""
    severity: Severity | Literal[""] = ""

    @field_validator("stage", mode="before")
    @classmethod
    def _known(cls, written: object) -> object:
        if written == "arrive":
            raise ValueError("stage 'arrive' has no limit of its own: 到场算在处置里，期限写在 handle")
        return written

    @property
    def narrowness(self) -> tuple[bool, bool, bool]:
        """Of two limits that fit, the one with the higher counts: category before zone before severity."""
        return bool(self.category), bool(self.zone), bool(self.severity)

    def fits(self, category: str, zone: str, severity: str) -> bool:
        """Whether it is meant for such a case."""
        return (
            self.category in ("", category) and self.zone in ("", zone) and self.severity in ("", severity)
        )  # fmt: skip


def words_of(span: Span) -> str:
    """A length of time as people say it: ``2工作日``; whole minutes of seconds as minutes."""
    if span.unit == "second" and span.value >= 60 and span.value % 60 == 0:
        span = Span(value=span.value / 60, unit="minute")
    return f"{span.value:g}{_UNIT_WORDS[span.unit]}"


class Work(Strict):
    """Local working hours as (start, end) pairs, and the time zone of the county."""

    zone: str = "Asia/Shanghai"
    hours: tuple[tuple[time, time], ...] = ((time(8, 0), time(12, 0)), (time(14, 0), time(18, 0)))

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ValueError, KeyError, OSError) as error:
            raise ValueError(f"unknown time zone {zone!r}; write a name like 'Asia/Shanghai'") from error
        return zone

    @field_validator("hours")
    @classmethod
    def _in_order(cls, hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
        flat = [moment for pair in hours for moment in pair]
        if not flat or any(a >= b for a, b in pairwise(flat)):
            raise ValueError("working hours must rise and not overlap, like [['08:00','12:00'],['14:00','18:00']]")
        return hours
