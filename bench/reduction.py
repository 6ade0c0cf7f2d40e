"""A month of one county at scale, in process: how many raw events make one ticket, and whether the books balance.

The county of docs/scale.md (1,000 cameras, 5,000 bins) in the villages of the fictional 青峦, under its own policy. The
line is about the committed noise; half and double of it, recall, precision and times stand on stderr.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bench.result import Result
from county.files import from_path, load
from county.generate import HOME
from jingcun.simulate import report
from jingcun.simulate.grow import grown, with_one_channel
from jingcun.simulate.month import Plan
from jingcun.simulate.rates import committed
from jingcun.simulate.shards import simulate

CAMERAS, BINS, DAYS, SEED = 1_000, 5_000, 30, 1
NOISES = (0.5, 2.0, 1.0)  # the last one is the figure
LEAST_RECALL = 0.98
TOLD = ("raw_events", "camera_events_a_day", "bin_events_a_day", "readings", "tickets", "tickets_a_day", "reduction",
        "dumping_recall", "precision", "balanced", "seconds")  # fmt: skip


def month_reduction() -> Result:
    """Raw events for each ticket; ``RuntimeError`` where the books do not balance or dumpings are missed."""
    told = {noise: month(noise) for noise in NOISES}
    for noise, one in sorted(told.items()):
        print(f"noise {noise:g}: {told_of(one)}", file=sys.stderr, flush=True)
        judge(noise, one)
    return Result("month_reduction", told[1.0]["reduction"], "raw events per ticket", 1)


def month(noise: float, days: int = DAYS, cameras: int = CAMERAS, bins: int = BINS) -> dict[str, Any]:
    """The figures of a simulated month with so much of the committed noise, on up to two processors."""
    rates = committed().with_noise(noise)
    county = with_one_channel(grown(load(from_path(HOME)), cameras, bins, rates.bins.distance_share, SEED))
    plan = Plan(datetime(2026, 11, 2, tzinfo=ZoneInfo(county.calendar.zone)), days, SEED)
    return report.facts(simulate(county, rates, plan, _say, processes=min(2, os.cpu_count() or 1)), noise)


def told_of(one: dict[str, Any]) -> str:
    """The figures in one line."""
    return ", ".join(f"{name} {one[name]}" for name in TOLD)


def judge(noise: float, one: dict[str, Any]) -> None:
    """Refuse a month that proves nothing."""
    if not one["balanced"]:
        raise RuntimeError(f"at noise {noise:g} the books do not balance: {'; '.join(one['wrong'][:3])}")
    if one["dumping_recall"] is None or one["dumping_recall"] < LEAST_RECALL:
        raise RuntimeError(f"at noise {noise:g} only {one['dumping_recall']} of the true dumpings were found")


def _say(days: int, tickets: int) -> None:
    print(f"day {days}: {tickets} tickets", file=sys.stderr, flush=True)
