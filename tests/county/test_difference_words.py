"""Differences of the county's files as the office reads them: no column of a file has an English name there."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date, time
from typing import Any

import pytest

from county.calendar import Calendar, Day
from county.column_words import cell_words, column_words
from county.diff import differences
from county.difference_words import file_words, key_words, text_words
from county.sheets import SHEETS
from county.shifts import Local, Shift
from county.staff import Leave, Unit, UnitKind
from county.values import Device, Duty, LegalBasis, Level, Mask, Person, PersonKind, Region, Spot
from county.ways import Way
from tests.county.small import DEVICES, DUTIES, PEOPLE, SPOTS, VILLAGE, WAYS, small_county

OLD = small_county().content
VALUES = {
    "regions.csv": Region, "people.csv": Person, "duties.csv": Duty, "devices.csv": Device, "ways.csv": Way,
    "units.csv": Unit, "roster.csv": Shift, "leave.csv": Leave, "calendar.csv": Day, "spots.geojson": Spot,
    "masks.geojson": Mask,
}  # fmt: skip
CHINESE = re.compile(r"[一-鿿（）]+")


def told(*, secrets: bool = True, **changes: Any) -> list[str]:
    """The differences that these changes of the small county make."""
    found = differences(OLD, replace(OLD, **changes))
    return [f"{file_words(one.file)} {key_words(one)} {text_words(one, secrets=secrets)}" for one in found]


def test_every_column_of_every_file_and_every_field_behind_it_has_a_chinese_name() -> None:
    columns = [(file, name) for file, sheet in SHEETS.items() for name in sheet.header]
    columns += [(file, field.name) for file, value in VALUES.items() for field in fields(value)]
    assert [one for one in columns if CHINESE.fullmatch(column_words(*one)) is None] == []
    assert set(SHEETS) <= set(VALUES)


@pytest.mark.parametrize("basis", [one for one in LegalBasis if one.value])
def test_every_word_that_may_stand_in_a_cell_is_said_in_chinese(basis: LegalBasis) -> None:
    assert cell_words("devices.csv", "legal_basis", basis.value) != basis.value
    for kind in UnitKind:
        assert CHINESE.fullmatch(cell_words("units.csv", "kind", kind.value))
    assert cell_words("devices.csv", "viewers", "county|u-7") == "县级、u-7"


def test_a_changed_record_names_its_columns_and_what_stands_in_them() -> None:
    camera = replace(DEVICES[1], legal_basis=LegalBasis.ART9, viewers=("county",))
    assert told(devices=(DEVICES[0], camera, DEVICES[2])) == [
        "设备 cam-1 安装依据：799 号令第七条 → 799 号令第九条；画面给谁看：空 → 县级"
    ]
    assert told(people=(replace(PEOPLE[0], kind=PersonKind.VOLUNTEER), *PEOPLE[1:])) == ["人员 v1 身份：空 → 协管员"]
    assert told(duties=(replace(DUTIES[0], valid_to=date(2026, 5, 1)), *DUTIES[1:])) == [
        f"职责 {VILLAGE} (石门村) 村级 排位0 失效日：不限 → 2026-05-01"
    ]
    assert told(spots=(replace(SPOTS[0], polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))),)) == [
        "点位 cam-1 cam-1.spot-1 画的范围：已重画"
    ]
    ways = replace(OLD, ways=WAYS), replace(OLD, ways=(replace(WAYS[0], rota=(0, 3)), *WAYS[1:]))
    assert [text_words(one, secrets=True) for one in differences(*ways)] == ["清扫日：空 → 周一、周四"]
    day = date(2026, 1, 1)
    changed = differences(
        replace(OLD, calendar=Calendar({day: Day(day, False, "元旦")})),
        replace(OLD, calendar=Calendar({day: Day(day, True, "元旦")})),
    )
    assert text_words(changed[0], secrets=True) == "上班：休息 → 上班"


def test_whose_numbers_one_may_not_see_one_learns_only_that_they_changed() -> None:
    people = (replace(PEOPLE[0], phone="19900000077", name="马：书记, phone: x → y"), *PEOPLE[1:])
    line = told(secrets=False, people=people)[0]
    assert line == "人员 v1 姓名：马村官 → 马：书记, phone: x → y；电话：已更改"
    assert "19900000077" in told(people=people)[0]


def test_the_keys_of_duties_leaves_and_shifts_hold_no_english_word() -> None:
    duty = Duty("v2", VILLAGE, Level.VILLAGE, "水管员", 1, date(2026, 3, 1), categories=("dumped",))
    shift = Shift("v2", VILLAGE, Level.VILLAGE, Local(date(2026, 3, 1)), None, (0, 4), (time(18), time(8)))
    lines = told(duties=(*DUTIES, duty), shifts=(shift,), leaves=(Leave("v1", date(2026, 3, 1)),))
    assert lines == [
        "请假 v1 自2026-03-01 v1",
        f"值班表 {VILLAGE} (石门村) 村级 v2 周一、周五 18:00-08:00 自2026-03-01 00:00 v2",
        f"职责 {VILLAGE} (石门村) 村级 排位1 只管dumped 自2026-03-01 v2 水管员",
    ]
