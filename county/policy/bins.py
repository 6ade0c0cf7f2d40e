"""[bin]: when a bin is full, emptied, on fire, fallen, or its sensor weak or silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from county.policy.base import Celsius, Percent, Positive, Strict


class BinNumbers(Strict):
    """The numbers of [bin], as the county or one of its areas gives them.

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


class BinThresholds(BinNumbers):
    """The numbers that hold at a bin, and fit together."""

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
