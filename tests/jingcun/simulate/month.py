"""A small county to live through: two villages, a few cameras and bins, rates that make something happen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from county.snapshot import County
from county.values import Duty, Level, Person, Region
from jingcun.simulate.grow import grown, with_one_channel
from jingcun.simulate.month import Month, Plan
from jingcun.simulate.rates import Rates, committed
from jingcun.simulate.shards import simulate
from tests.county.small import COUNTY, DUTIES, PEOPLE, REGIONS, small_county

BEGIN = datetime(2026, 11, 1, 16, 0, tzinfo=UTC)  # midnight in the county
BUSY = {
    "places": {"dumpings_per_day": 1.0, "piles_per_day": 0.5},
    "bins": {"fill_at_round": 70, "falls_per_bin_day": 0.05, "fires_per_bin_day": 0.02},
    "equipment": {"broken_per_bin_day": 0.05},
}


def rates(changes: Mapping[str, Mapping[str, Any]] | None = None, factor: float = 1.0) -> Rates:
    """The committed rates with these of their values changed, and so much of their noise."""
    told = committed().model_dump()
    for block, values in (changes or {}).items():
        told[block] |= values
    return Rates.model_validate(told).with_noise(factor)


def county(cameras: int = 4, bins: int = 8, **policy: Any) -> County:
    return with_one_channel(grown(small_county(**policy), cameras, bins, 0.8, 1))


def two_townships(cameras: int = 4, bins: int = 8) -> County:
    """The same with a second township; its own village people, and the county's people over both."""
    town, village = "640999102", "640999102200"
    regions = (*REGIONS, Region(town, "松坡乡", COUNTY), Region(village, "新庄村", town))
    people = (*PEOPLE, Person("v9", "高村官", "19900000009"), Person("t9", "杜乡官", "19900000010"))
    duties = (*DUTIES, Duty("v9", village, Level.VILLAGE, "村支书"), Duty("t9", village, Level.TOWNSHIP, "包村干部"),
              Duty("c1", town, Level.COUNTY, "包乡领导"))  # fmt: skip
    made = small_county(regions=regions, people=people, duties=duties)
    return with_one_channel(grown(made, cameras, bins, 0.8, 1))


def month(seed: int = 1, *, days: int = 1, noise: float = 1.0, of: County | None = None) -> Month:
    """Live through a busy stretch."""
    return simulate(of or county(), rates(BUSY, noise), Plan(BEGIN, days, seed))


def later(**span: float) -> datetime:
    return BEGIN + timedelta(**span)
