"""Reports for the tests of this room, and a seal that lives in memory."""

from __future__ import annotations

import base64
import math
from typing import Any

from alerts.alarms.grounds import Where
from alerts.reports.reporters import Reporter
from alerts.reports.reporting import Report
from alerts.reports.reports import Reports
from alerts.reports.seal import Seal
from alerts.store.book import Book
from alerts.values import Source
from alerts.world import World
from county.coordinates import DEGREE_M, Point
from county.snapshot import County
from tests.alerts.makes import at
from tests.county.small import SPOTS, small_county

SEAL = Seal(base64.urlsafe_b64encode(b"k" * 32))
GATE = Point(106.2, 36.1)  # where the small county's camera stands, and so its spot
ALONE = Point(106.25, 36.15)  # kilometres from everything
WANG = Reporter("王小明", "139 1234 5678")
BUILDING = {"code": "illegal_building", "name": "乱搭乱建", "severity": "minor", "merge_m": 15, "zero_target": True}


def reporting_county(**overrides: Any) -> County:
    """The small county with a category that no detector knows, and a known reward."""
    categories = [
        {"code": "garbage", "name": "暴露垃圾", "severity": "major"},
        {"code": "overflow", "name": "垃圾桶满溢", "severity": "major"},
        {"code": "dumped", "name": "乱倾倒", "severity": "urgent"},
        {"code": "bin_full", "name": "垃圾桶满溢", "severity": "minor"}, BUILDING,
    ]  # fmt: skip
    reward = {"amounts": {"garbage": "10", "illegal_building": "30"}, "other": "5", "month_cap": "25"}
    return small_county(**{"categories": categories, "reward": reward, "spots": SPOTS, **overrides})


def beside(point: Point, east_m: float = 0, north_m: float = 0) -> Point:
    """A point so many metres away."""
    wide = DEGREE_M * math.cos(math.radians(point.latitude))
    return Point(point.longitude + east_m / wide, point.latitude + north_m / DEGREE_M)


def report(where: Where | Point | str = GATE, **more: Any) -> Report:
    """A citizen's report of garbage at a point, at a spot by its id, or at a described place."""
    if isinstance(where, str):
        where = Where(spot=where)
    if isinstance(where, Point):
        where = Where(point=where)
    return Report(**{"source": Source.REPORT, "what": "garbage", "where": where, "words": "路边一堆垃圾", **more})


def reports_of(book: Book, county: County, minutes: float = 0) -> Reports:
    return Reports(book, World(lambda: county, lambda: at(minutes)), SEAL)
