"""Two counties differ in words: what was added, removed, changed, and from what to what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from county.calendar import Calendar, Day
from county.diff import differences
from county.snapshot import Content
from county.staff import Leave, Unit, UnitKind
from county.values import Duty, Level, Person, PersonKind
from tests.county.small import (
    DEVICES,
    DUTIES,
    LANE,
    PEOPLE,
    REGIONS,
    SPOTS,
    TOWNSHIP,
    VILLAGE,
    WAYS,
    limits,
    small_county,
)

OLD = small_county().content
NEW_YEAR = Calendar({date(2026, 1, 1): Day(date(2026, 1, 1), False, "元旦")})
SHORT = [{**limit, "value": 10} if limit["stage"] == "accept" else limit for limit in limits()]
EXTRA = {"stage": "accept", "level": "village", "value": 5, "unit": "second", "category": "dumped", "zone": "yard"}

KINDS = ("garbage", "dumped")

CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"people": (*PEOPLE, Person("x", "新人", "19900000009"))}, ["+ people.csv: x 新人"]),
    ({"people": PEOPLE[1:]}, ["- people.csv: v1 马村官"]),
    (
        {"people": (replace(PEOPLE[0], name="马书记", wechat="wx"), *PEOPLE[1:])},
        ["~ people.csv: v1 name: 马村官 → 马书记, wechat: ∅ → wx"],
    ),
    ({"people": PEOPLE[::-1]}, []),
    (
        {"duties": (replace(DUTIES[0], person="v2"), *DUTIES[1:])},
        [f"~ duties.csv: {VILLAGE} (石门村) village rank 0 person: v1 → v2"],
    ),
    (
        {"duties": (*DUTIES, Duty("t1", TOWNSHIP, Level.TOWNSHIP, "副职", 1, date(2026, 3, 1)))},
        [f"+ duties.csv: {TOWNSHIP} (柳林镇) township rank 1 from 2026-03-01 t1 副职"],
    ),
    ({"regions": (*REGIONS[:3], replace(REGIONS[3], name="上河湾村"))},
     ["~ regions.csv: 640999101201 name: 上河村 → 上河湾村"]),
    ({"devices": (DEVICES[0], replace(DEVICES[1], consent="14号 2026-03-01"), DEVICES[2])},
     ["~ devices.csv: cam-1 consent: ∅ → 14号 2026-03-01"]),
    ({"private_zones": ["yard", "field"]}, ["~ policy.toml: private_zones None → yard, field"]),
    ({"devices": DEVICES[:2]}, ["- devices.csv: bin-1 1号桶"]),
    ({"spots": (replace(SPOTS[0], zone="yard"),)}, ["~ spots.geojson: cam-1 cam-1.spot-1 zone: street → yard"]),
    ({"spots": (replace(SPOTS[0], ways=(LANE,)),)}, [f"~ spots.geojson: cam-1 cam-1.spot-1 ways: ∅ → {LANE}"]),
    ({"ways": WAYS[:1]}, [f"+ ways.csv: {LANE} 乐善巷"]),
    (
        {"duties": (*DUTIES, Duty("v2", VILLAGE, Level.VILLAGE, "水管员", categories=("dumped", "garbage")))},
        [f"+ duties.csv: {VILLAGE} (石门村) village rank 0 for dumped|garbage v2 水管员"],
    ),
    (
        {"people": (replace(PEOPLE[0], kind=PersonKind.VOLUNTEER), *PEOPLE[1:])},
        ["~ people.csv: v1 kind: ∅ → volunteer"],
    ),
    ({"units": (Unit("a", "县政府", UnitKind.GOVERNMENT),)}, ["+ units.csv: a 县政府"]),
    ({"leaves": (Leave("v1", date(2026, 3, 1), date(2026, 3, 8), "年休假"),)},
     ["+ leave.csv: v1 from 2026-03-01 v1 2026-03-08 年休假"]),
    (
        {"needs": [{"role": "包村干部", "level": "township", "area": "village", "kind": "village", "least": 2}]},
        ["+ policy.toml: need 包村干部 township village is at least 2"],
    ),
    ({"reminder_s": 60}, ["~ policy.toml: reminder_s 1800.0 → 60.0"]),
    ({"limits": limits()[::-1]}, []),
    (
        {"limits": SHORT},
        [f"~ policy.toml: limit accept {level} 30 minute → 10 minute" for level in ("county", "township", "village")],
    ),
    ({"limits": [*limits(), EXTRA]}, ["+ policy.toml: limit accept village dumped yard is 5 second"]),
    (
        {"limits": [*limits(), {**limits()[3], "value": 2, "unit": "工作时", "severity": "urgent"}]},
        ["+ policy.toml: limit handle village urgent is 2 work_hour"],
    ),
    ({"channels": {"village": ["console", "file"]}}, ["+ policy.toml: channels.village is console, file"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "lines"), CASES)
def test_a_difference_reads_as_a_line(change: dict[str, Any], lines: list[str]) -> None:
    new = small_county(**change).content
    assert [str(found) for found in differences(OLD, new)] == lines
    assert [found.what for found in differences(new, OLD)] == [
        {"added": "removed", "removed": "added"}.get(found.what, "changed") for found in differences(OLD, new)
    ], "backwards the same lines differ"


def test_of_blocks_that_may_stand_several_times_only_what_differs_is_told() -> None:
    def daily(*names: str) -> Content:
        told = [
            {"name": name, "categories": [kind], "after_hours": 24} for name, kind in zip(names, KINDS, strict=True)
        ]
        return small_county(daily=told).content

    assert [str(found) for found in differences(daily("a", "b"), daily("a", "c"))][-1:] == [
        "+ policy.toml: daily c.severity is True"
    ]
    old, new = daily("same", "same"), daily("same", "same")
    assert differences(old, new) == []
    one = {"name": "same", "categories": ["garbage"], "after_hours": 36}
    changed = small_county(daily=[one, {"name": "same", "categories": ["dumped"], "after_hours": 24}]).content
    assert [str(found) for found in differences(old, changed)] == ["~ policy.toml: daily 1.after_hours 24.0 → 36.0"]


def test_calendar_and_outline_count_too() -> None:
    new: Content = replace(OLD, calendar=NEW_YEAR, outline="{}")
    assert [str(found) for found in differences(OLD, new)] == [
        "+ calendar.csv: 2026-01-01 元旦",
        "~ outline.geojson: outline",
    ]
