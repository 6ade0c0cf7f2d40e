"""False alarms per camera-day: hours of rendered days on which nobody dumps, one condition after the other.

A resting camera looks every five seconds; while somebody comes or goes, and shortly after, every second. Only behind
the gate, as on the box. Hours are counted, not days: the rate is an extrapolation, and a zero is worth no more than its
upper bound, three events in the time watched (95 %).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.watching import Watched, watch_gated
from detect.eye import Finds
from detect.spots import Spot
from edge.scenes.compose import compose
from edge.scenes.day import CONDITIONS, HOUR, Timeline, day
from edge.scenes.scene import Scene

Picture = npt.NDArray[np.uint8]

SEED = 5
BEGINS = {"lamp": 18.6, "infrared": 18.6}  # these are about the night; the others begin in the morning
MORNING = 7.0
RESTS_S, LOOKS_S, BEFORE_S, AFTER_S = 5.0, 1.0, 15.0, 15.0


def quiet_days(finder: Finds, scenes: Sequence[Scene], hours: float) -> dict[str, Any]:
    """Alarms of each condition in so many hours; each condition plays in another place."""
    found: dict[str, Any] = {}
    for number, condition in enumerate(CONDITIONS):
        scene = scenes[number % len(scenes)]
        print(f"day: {condition}, {scene.name}, {hours:g} h", file=sys.stderr, flush=True)
        spot = Spot(name="spot-1", polygon=scene.spot)
        timeline = day(scene, SEED, condition)
        seen = watch_gated(finder, spot, frames(timeline, begins(timeline, hours), hours), f"{scene.name}: {condition}")
        found[condition] = {"scene": scene.name} | rate(seen)
        print(f"day: {condition}: {found[condition]}", file=sys.stderr, flush=True)  # a long run may be cut short
    return found


def begins(timeline: Timeline, hours: float) -> float:
    """The second at which watching begins: with the first rain, snow or wind by daylight, else in the morning.

    Earlier where so many hours would not fit into the day.
    """
    at = BEGINS.get(timeline.condition, MORNING) * HOUR
    if timeline.condition in {"rain", "snow", "wind"}:
        at = next((one.start for one in timeline.spells if one.end > MORNING * HOUR), MORNING * HOUR)
    return max(0.0, min(at, (24 - hours) * HOUR))


def frames(timeline: Timeline, begin: float, hours: float) -> Iterator[tuple[float, Picture]]:
    """Seconds and pictures from ``begin`` on: seldom at rest, often while something moves and shortly after."""
    at, end = begin, min(24 * HOUR, begin + hours * HOUR)
    while at < end:
        yield at, compose(timeline.scene, timeline.view(at), timeline.seed * 1_000_003 + int(at * 1000))
        at += LOOKS_S if _busy(timeline, at) else RESTS_S


def _busy(timeline: Timeline, at: float) -> bool:
    """Whether somebody comes or goes about now; one who stands or parks there is at rest."""
    turns = (moment for one in timeline.happenings for moment in (one.start, one.end))
    return any(moment - BEFORE_S <= at < moment + AFTER_S for moment in turns)


def rate(seen: Watched) -> dict[str, Any]:
    """Certain dumping alarms, provisional ones, and state alarms, each per camera-day with its upper bound."""
    days = seen.seconds / 86_400
    counts = {"dumping": len(seen.sure), "dumping_early": len(seen.early), "state": len(seen.states)}
    return {
        "hours": round(seen.seconds / 3600, 2), "looks": seen.passed, "frames": seen.frames,
        "spared": round(1 - seen.passed / max(1, seen.frames), 3),
    } | {
        name: {"alarms": count, "per_camera_day": rounded(count / days), "upper_95": rounded(upper_bound(count) / days)}
        for name, count in counts.items()
    }  # fmt: skip


def together(days: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All conditions as one stretch of watching: certain dumping alarms, their rate, and its upper bound."""
    watched = sum(one["hours"] for one in days.values()) / 24
    alarms = sum(one["dumping"]["alarms"] for one in days.values())
    return {"camera_days": rounded(watched), "alarms": alarms, "per_camera_day": rounded(alarms / watched),
            "upper_95": rounded(upper_bound(alarms) / watched)}  # fmt: skip


def rounded(value: float) -> float:
    """To two digits behind the point."""
    return round(value, 2)


def upper_bound(count: int) -> float:
    """The largest mean that gives so few events with 5 % (Poisson): 3.0 for none, 4.7 for one."""
    low, high = 0.0, 10.0 + 4 * count
    for _ in range(60):
        middle = (low + high) / 2
        terms, total = 1.0, 1.0
        for number in range(1, count + 1):
            terms *= middle / number
            total += terms
        low, high = (middle, high) if np.exp(-middle) * total > 0.05 else (low, middle)
    return high
