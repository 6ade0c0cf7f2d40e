"""A county's policy: level names, categories, time limits, the ladder, channels. Data from policy.toml, never code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from broker.messages import Kind
from county.calendar import Calendar
from county.values import LADDER, Level

Severity = Literal["urgent", "major", "minor"]
Stage = Literal["accept", "arrive", "handle", "verify"]
Unit = Literal["second", "minute", "hour", "day", "work_hour", "work_day"]
# A longer limit than a million is a slip of the keyboard, and beyond some it would overflow every date.
Positive = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100)]
Celsius = Annotated[float, Field(ge=-60, le=300)]
_PLAIN = {
    "second": timedelta(seconds=1), "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1), "day": timedelta(days=1),
}  # fmt: skip
NEEDED_STAGES: tuple[Stage, ...] = ("accept", "handle")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelNames(_Strict):
    """What this county calls its levels; ``below`` names what lies under the village, from the top down."""

    county: str = "县"
    township: str = "乡镇"
    village: str = "村"
    below: tuple[str, ...] = ("组", "网格")

    def of(self, level: str) -> str:
        """The county's word for ``village``, ``township`` or ``county``."""
        return {Level.COUNTY: self.county, Level.TOWNSHIP: self.township, Level.VILLAGE: self.village}[Level(level)]


class Category(_Strict):
    """An alarm kind as this county knows it; the codes of the national lists where they exist.

    ``remark`` stands beside the name in a ticket: how far this kind may be believed.
    """

    code: str
    name: str
    severity: Severity = "major"
    gb30428: str = ""
    gb47678: str = ""
    remark: str = ""


class Limit(_Strict):
    """How long a stage may take at a level; narrowed by category and zone, the narrowest limit counts."""

    stage: Stage
    level: Level
    value: Positive
    unit: Unit
    category: str = ""
    zone: str = ""

    def due(self, start: datetime, calendar: Calendar) -> datetime:
        """When a clock started at ``start`` (aware) runs out."""
        if self.unit == "work_hour":
            return calendar.after_work_hours(start, self.value)
        if self.unit == "work_day":
            return calendar.after_work_days(start, self.value)
        return start + self.value * _PLAIN[self.unit]


class Recheck(_Strict):
    """How a spot is looked at again: clean looks needed, pause after *unknown*, tries, and how long a command lives."""

    looks: Annotated[int, Field(ge=1, le=20)] = 3
    retry_s: Positive = 600
    tries: Annotated[int, Field(ge=1, le=100)] = 6
    expires_s: Positive = 120


class BinThresholds(_Strict):
    """When a bin is full, emptied, on fire, fallen, or its sensor weak or silent.

    Fill in percent: at or above ``dirty`` a bin is full, at or below ``clean`` it has been emptied, from ``warn`` on
    the wall shows it. A level is the median of the last ``median`` distances; one that is ``jump`` points away from it
    counts only when the next one agrees. A fall of ``emptied_drop`` points is an emptying.
    """

    dirty: Percent = 90
    clean: Percent = 40
    warn: Percent | None = None  # ten points below dirty unless told
    median: Annotated[int, Field(ge=1, le=9)] = 3
    jump: Annotated[float, Field(gt=0, le=100)] = 30
    emptied_drop: Annotated[float, Field(gt=0, le=100)] = 30
    fire_c: Celsius = 60  # on fire at this temperature
    fire_rise_c: Annotated[float, Field(gt=0, le=100)] = 10  # or when it rises so much within fire_rise_s
    fire_rise_s: Positive = 1800
    fire_rise_from_c: Celsius = 40  # a rise below is the sun of the morning
    fire_over_c: Celsius = 38  # no fire any more below this
    tilt_degrees: Annotated[float, Field(gt=0, le=180)] = 45
    tilt_looks: Annotated[int, Field(ge=1, le=20)] = 2  # a bin is tipped for a moment when it is emptied
    battery: Percent = 15
    battery_good: Percent = 30
    weak_dbm: Annotated[float, Field(ge=-200, le=0)] = -117
    good_dbm: Annotated[float, Field(ge=-200, le=0)] = -112
    report_s: Positive = 1800  # how often a sensor reports
    silent_reports: Annotated[int, Field(ge=2, le=1_000)] = 6  # so many reports missing is silence

    @model_validator(mode="after")
    def _apart(self) -> BinThresholds:
        if self.clean >= self.dirty:
            raise ValueError("clean must lie below dirty, or one reading would open and close the same alarm")
        if not self.clean <= self.warns_at <= self.dirty:
            raise ValueError("warn must lie between clean and dirty")
        if self.battery_good <= self.battery or self.good_dbm <= self.weak_dbm:
            raise ValueError("battery_good and good_dbm must lie above battery and weak_dbm, or an alarm would flutter")
        if self.fire_over_c >= min(self.fire_c, self.fire_rise_from_c):
            raise ValueError("fire_over_c must lie below fire_c and fire_rise_from_c, or an alarm would flutter")
        return self

    @property
    def warns_at(self) -> float:
        """The fill from which the wall shows that a bin will soon be full."""
        return self.warn if self.warn is not None else max(self.clean, self.dirty - 10)

    @property
    def silent_after(self) -> timedelta:
        """How long a sensor may say nothing."""
        return timedelta(seconds=self.report_s * self.silent_reports)


class Work(_Strict):
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


UNPROVEN = "仅经渲染场景验证"
# A county that never heard of these kinds still has words for them, should one of its boxes watch for them.
_RENDERED = {
    Kind.STRAW_PILE: "柴草乱堆", Kind.MANURE_PILE: "粪堆", Kind.EARTH_PILE: "乱堆土", Kind.COAL_PILE: "煤堆",
    Kind.FLOATING_WASTE: "水面漂浮物",
}  # fmt: skip
_FURTHER = (
    *(Category(code=kind, name=name, severity="minor", remark=UNPROVEN) for kind, name in _RENDERED.items()),
    Category(code=Kind.BIN_FIRE, name="垃圾桶疑似起火", severity="urgent"),
    Category(code=Kind.BIN_TILTED, name="垃圾桶倾倒", severity="major"),
    Category(code=Kind.BIN_BATTERY, name="传感器电量低", severity="minor"),
    Category(code=Kind.BIN_SIGNAL, name="传感器信号弱", severity="minor"),
    Category(code=Kind.BIN_SILENT, name="传感器无数据", severity="major"),
)  # fmt: skip


def _default_categories() -> tuple[Category, ...]:
    return (
        Category(code="garbage", name="暴露垃圾", severity="major", gb30428="01-02", gb47678="06010"),
        Category(code="overflow", name="垃圾桶满溢", severity="major"),
        Category(code="dumped", name="乱倾倒", severity="urgent"),
        Category(code="bin_full", name="垃圾桶满溢", severity="minor"),
        *_FURTHER,
    )


class Policy(_Strict):
    """The whole of policy.toml. ``ladder`` is the way up, lowest first."""

    levels: LevelNames = LevelNames()
    severities: Mapping[Severity, str] = {"urgent": "紧急", "major": "重要", "minor": "一般"}
    zones: Mapping[str, str] = {"road": "交通沿线", "street": "村庄街巷", "yard": "农户庭院", "field": "田间地头"}
    categories: tuple[Category, ...] = Field(default_factory=_default_categories, alias="category", min_length=1)
    limits: tuple[Limit, ...] = Field(alias="limit", min_length=1)
    ladder: tuple[Level, ...] = Field(default=LADDER, min_length=1)
    channels: Mapping[Level, tuple[str, ...]] = Field(default_factory=dict)
    reminder_s: Positive = 1800
    recheck: Recheck = Recheck()
    bins: BinThresholds = Field(default=BinThresholds(), alias="bin")
    work: Work = Work()

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @field_validator("categories")
    @classmethod
    def _with_further(cls, told: tuple[Category, ...]) -> tuple[Category, ...]:
        codes = {category.code for category in told}
        return (*told, *(category for category in _FURTHER if category.code not in codes))

    @model_validator(mode="after")
    def _whole(self) -> Policy:
        if len(set(self.ladder)) != len(self.ladder):
            raise ValueError("ladder names a level twice")
        self._check_categories([category.code for category in self.categories])
        for level in self.ladder:
            for stage in NEEDED_STAGES:
                if self.limit(stage, level) is None:
                    raise ValueError(
                        f"no limit for stage {stage!r} at level {level.value!r}; add a [[limit]] block for it "
                        "without category and zone"
                    )
        return self

    def _check_categories(self, codes: list[str]) -> None:
        if len(set(codes)) != len(codes):
            raise ValueError("two categories share a code")
        missing = [kind.value for kind in Kind if kind not in codes]
        if missing:
            raise ValueError(f"no [[category]] for the alarm kind {', '.join(missing)}; add one with name and severity")
        for limit in self.limits:
            if limit.category not in ("", *codes) or limit.zone not in ("", *self.zones):
                raise ValueError(
                    f"a limit for the unknown category {limit.category!r} or zone {limit.zone!r}; "
                    "use a code of [[category]] and of [zones], or leave it out"
                )

    def category(self, code: str) -> Category | None:
        """The category of an alarm kind, or None."""
        return next((category for category in self.categories if category.code == code), None)

    def limit(self, stage: Stage, level: str, category: str = "", zone: str = "") -> Limit | None:
        """The narrowest limit that fits: category counts before zone, both before neither."""
        fitting = [
            limit
            for limit in self.limits
            if limit.stage == stage and limit.level == level
            and limit.category in ("", category) and limit.zone in ("", zone)
        ]  # fmt: skip
        return max(fitting, key=lambda limit: (bool(limit.category), bool(limit.zone)), default=None)
