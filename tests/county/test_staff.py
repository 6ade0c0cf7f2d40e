"""Units, leave and volunteers: who is away is passed over, a contractor may answer, a volunteer never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.files import dump, load
from county.snapshot import County
from county.staff import Leave, Unit, UnitKind, by_name_or_id
from county.values import Duty, Level, Person, PersonKind
from tests.county.small import (
    DUTIES,
    LANE,
    OTHER_VILLAGE,
    PEOPLE,
    POLICY_TOML,
    REGIONS,
    SPOT,
    SPOTS,
    VILLAGE,
    WAYS,
    small_county,
    small_folder,
    wayside,
)  # fmt: skip

DAY = date(2026, 3, 1)
UNITS = (
    Unit("gov", "青峦县政府", UnitKind.GOVERNMENT),
    Unit("liulin", "柳林镇政府", UnitKind.GOVERNMENT, "gov"),
    Unit("shimen", "石门村村委会", UnitKind.GOVERNMENT, "liulin"),
    Unit("shanghe", "上河村村委会", UnitKind.GOVERNMENT, "liulin"),
    Unit("erquan", "二泉公司", UnitKind.CONTRACTOR, "", date(2026, 1, 1), date(2026, 7, 1)),
)
WORKER = Person("e1", "二泉经理", "19900000011", "erquan")
HELPER = Person("h1", "热心大娘", "19900000012", kind=PersonKind.VOLUNTEER)


def with_units(**overrides: Any) -> County:
    return small_county(**{"units": UNITS, "people": (*PEOPLE, WORKER, HELPER), **overrides})


def names(county: County, day: date = DAY, level: str = "village", code: str = VILLAGE) -> list[str]:
    return [person.id for person in county.responsibles(code, level, day)]


def test_who_is_on_leave_is_passed_over_and_the_deputy_answers() -> None:
    county = small_county(leaves=(Leave("v1", DAY, date(2026, 3, 8), "年休假"),))
    days = {day: names(county, DAY + timedelta(days=day)) for day in (-1, 0, 6, 7)}
    assert days == {-1: ["v1", "v1b"], 0: ["v1b"], 6: ["v1b"], 7: ["v1", "v1b"]}
    assert county.on_leave("v1", DAY)
    assert not county.on_leave("v1", date(2026, 3, 8))
    assert not county.on_leave("v2", DAY)


def test_where_nobody_is_left_the_days_of_leave_are_a_gap() -> None:
    away = (Leave("v2", date(2026, 3, 5), date(2026, 3, 8)), Leave("v2", date(2026, 4, 1)))
    gaps = small_county(leaves=away).gaps(DAY)
    assert [(gap.village, gap.start, gap.end) for gap in gaps] == [
        (OTHER_VILLAGE, date(2026, 3, 5), date(2026, 3, 8)), (OTHER_VILLAGE, date(2026, 4, 1), None),
    ]  # fmt: skip


def test_a_village_with_one_person_on_all_rungs_has_nobody_to_verify() -> None:
    lone = small_county(
        ladder=["village"], duties=DUTIES[2:3], regions=(*REGIONS[:2], REGIONS[3]), devices=(), spots=()
    )
    (gap,) = lone.gaps(DAY)
    assert (gap.village, gap.start, gap.end) == (OTHER_VILLAGE, DAY, None)
    assert "没有别人可以核查" in gap.text
    second = Duty("v1", OTHER_VILLAGE, Level.VILLAGE, "网格员", rank=1, valid_from=date(2026, 4, 1))
    joined = small_county(
        ladder=["village"], duties=(DUTIES[2], second), regions=(*REGIONS[:2], REGIONS[3]), devices=(), spots=()
    )
    assert [(gap.start, gap.end) for gap in joined.gaps(DAY)] == [(DAY, date(2026, 4, 1))]


def test_while_the_keeper_of_a_lane_is_away_the_village_answers_and_the_lane_is_not_vacant() -> None:
    county = wayside(leaves=(Leave("v1b", DAY, date(2026, 4, 1)),), spots=(replace(SPOTS[0], ways=(LANE,)),))
    assert county.responsible(VILLAGE, "village", DAY, SPOT) == county.people["v1"]
    assert county.responsible(VILLAGE, "village", date(2026, 4, 1), SPOT) == county.people["v1b"]
    assert county.gaps(DAY) == []


def test_a_contractor_s_person_answers_with_the_same_clock_until_the_contract_ends() -> None:
    duties = (*DUTIES[2:], Duty("e1", VILLAGE, Level.VILLAGE, "保洁公司项目经理"), replace(DUTIES[0], rank=1))
    county = with_units(duties=duties)
    assert names(county)[0] == "e1"
    unit = county.unit_of("e1")
    assert unit is not None
    assert unit.kind is UnitKind.CONTRACTOR
    assert names(county, date(2026, 6, 30)) == ["e1", "v1"]
    assert names(county, date(2026, 7, 1)) == ["v1"]
    start = datetime(2026, 3, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert county.due("handle", "village", start) == small_county().due("handle", "village", start)


def test_the_end_of_a_contract_is_a_gap_where_nobody_stands_behind() -> None:
    duties = (*DUTIES[2:], Duty("e1", VILLAGE, Level.VILLAGE, "保洁公司项目经理"))
    gaps = with_units(duties=duties).gaps(date(2025, 12, 1))
    assert [(gap.start, gap.end) for gap in gaps] == [
        (date(2025, 12, 1), date(2026, 1, 1)), (date(2026, 7, 1), None),
    ]  # fmt: skip


def test_a_lane_kept_by_a_contractor_is_vacant_once_the_contract_has_ended() -> None:
    county = with_units(duties=(*DUTIES, Duty("e1", LANE, Level.VILLAGE, "巷长")), ways=WAYS[:1])
    (gap,) = county.gaps(DAY)
    assert (gap.kind, gap.area, gap.start) == ("way", LANE, date(2026, 7, 1))


def test_a_volunteer_helps_where_a_duty_says_so_and_never_answers() -> None:
    duties = (Duty("h1", VILLAGE, Level.VILLAGE, "网格协管员", valid_to=date(2026, 4, 1)), *DUTIES)
    county = with_units(duties=duties)
    assert names(county) == ["v1", "v1b"]
    assert county.volunteers(VILLAGE, DAY) == (county.people["h1"],)
    assert county.volunteers(VILLAGE, DAY, SPOT) == (county.people["h1"],), "also at the spots of the village"
    assert county.volunteers(OTHER_VILLAGE, DAY) == county.volunteers(VILLAGE, date(2026, 4, 1)) == ()
    assert county.people["h1"].kind is PersonKind.VOLUNTEER
    assert county.people["v1"].kind is PersonKind.STAFF
    alone = with_units(duties=(duties[0], *DUTIES[2:]))
    assert [gap.village for gap in alone.gaps(DAY)] == [VILLAGE], "a village with volunteers only has nobody"
    assert with_units(duties=duties, leaves=(Leave("h1", DAY),)).volunteers(VILLAGE, DAY) == ()


def test_a_unit_may_be_named_by_its_id_or_name_and_people_show_its_name() -> None:
    county = with_units()
    assert county.people["e1"].unit == "二泉公司"
    assert county.people["v1"].unit == "石门村村委会"
    assert {person: (unit := county.unit_of(person)) and unit.id for person in ("e1", "v1", "h1", "x")} == {
        "e1": "erquan", "v1": "shimen", "h1": None, "x": None,
    }  # fmt: skip
    assert county.units["liulin"].parent == "gov"


def test_of_two_units_of_one_name_each_goes_by_its_id() -> None:
    twins = (Unit("a", "石门村村委会", UnitKind.GOVERNMENT), Unit("b", "石门村村委会", UnitKind.GOVERNMENT))
    assert dict(by_name_or_id(twins)) == {"a": twins[0], "b": twins[1]}


def test_without_units_a_unit_is_only_a_word() -> None:
    county = small_county()
    assert (county.people["v1"].unit, county.unit_of("v1"), dict(county.units)) == ("石门村村委会", None, {})


spans = st.tuples(st.integers(0, 30), st.none() | st.integers(1, 30))


def leave(person: str, span: tuple[int, int | None]) -> Leave:
    start = DAY + timedelta(days=span[0])
    return Leave(person, start, None if span[1] is None else start + timedelta(days=span[1]))


@given(st.lists(spans, max_size=3), st.lists(spans, max_size=3), st.integers(0, 20), st.integers(21, 40))
def test_the_gaps_are_exactly_the_days_on_which_everybody_is_away(
    first: list[tuple[int, int | None]], second: list[tuple[int, int | None]], begins: int, ends: int
) -> None:
    unit = replace(UNITS[4], valid_from=DAY + timedelta(days=begins), valid_to=DAY + timedelta(days=ends))
    leaves = (*(leave("v2", span) for span in first), *(leave("e1", span) for span in second))
    duties = (*DUTIES, Duty("e1", OTHER_VILLAGE, Level.VILLAGE, "经理", 1))
    county = with_units(units=(*UNITS[:4], unit), duties=duties, leaves=leaves)
    gaps = county.gaps(DAY)
    for offset in range(70):
        day = DAY + timedelta(days=offset)
        there = {
            "v2": not any(one.person == "v2" and one.holds(day) for one in leaves),
            "e1": begins <= offset < ends and not any(one.person == "e1" and one.holds(day) for one in leaves),
        }
        expected = [who for who, present in there.items() if present]
        assert names(county, day, code=OTHER_VILLAGE) == expected
        assert any(gap.start <= day and (gap.end is None or day < gap.end) for gap in gaps) == (not expected)


def test_units_leave_and_volunteers_are_written_and_read_back_the_same() -> None:
    away = (Leave("v1", DAY, date(2026, 3, 8), "年休假"), Leave("v1", date(2026, 5, 1)))
    content = with_units(leaves=away).content
    folder = dump(content, POLICY_TOML.encode())
    assert folder["leave.csv"].decode().splitlines()[0] == "person,from,to,reason"
    assert folder["people.csv"].decode().splitlines()[0] == "id,name,phone,unit,wechat,kind"
    again = load(folder).content
    assert again == content
    assert dump(again, POLICY_TOML.encode()) == folder


def test_a_county_without_them_has_none_of_these_files_and_columns() -> None:
    folder = small_folder()
    assert {"units.csv", "leave.csv", "ways.csv"}.isdisjoint(folder)
    assert folder["people.csv"].decode().splitlines()[0] == "id,name,phone,unit,wechat"


@pytest.mark.parametrize("kind", list(UnitKind))
def test_every_kind_of_unit_can_be_entered(kind: UnitKind) -> None:
    county = with_units(units=(*UNITS, Unit("x", "单位", kind)))
    assert load(dump(county.content, POLICY_TOML.encode())).units["x"].kind is kind
