"""Bonds: so many people of a role on every area, n:m by rank; what is short, or too much, is told with its days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.files import dump, to_path
from county.office import check
from county.policy import Need
from county.snapshot import County
from county.staff import Leave, Unit, UnitKind
from county.values import Duty, Level, Region
from tests.county.small import (
    DUTIES,
    LANE,
    OTHER_VILLAGE,
    PEOPLE,
    POLICY_TOML,
    REGIONS,
    TOWNSHIP,
    VILLAGE,
    WAYS,
    small_county,
)  # fmt: skip

DAY = date(2026, 3, 1)
OFFICERS = {"role": "包村干部", "level": "township", "area": "village"}


def bonds(*officers: Duty, **overrides: Any) -> County:
    """The county with a need for officers; the usual one stands on the township, which is no bond with a village."""
    return small_county(**{"needs": [OFFICERS], "duties": (*DUTIES, *officers), **overrides})


def officer(person: str, village: str = VILLAGE, rank: int = 0, **dates: Any) -> Duty:
    return Duty(person, village, Level.TOWNSHIP, "包村干部", rank, **dates)


def told(county: County, day: date = DAY) -> list[str]:
    return [gap.text for gap in county.gaps(day) if gap.kind == "need"]


def test_an_area_with_too_few_is_named_in_plain_words() -> None:
    county = bonds(officer("t1"))
    (gap,) = county.gaps(DAY)
    assert (gap.kind, gap.area, gap.village, gap.level, gap.start, gap.end) == (
        "need", OTHER_VILLAGE, OTHER_VILLAGE, Level.TOWNSHIP, DAY, None,
    )  # fmt: skip
    assert gap.text == (
        f"村 {OTHER_VILLAGE}（柳林镇 上河村）的包村干部（乡镇级）应有至少 1 人，现有 0 人：2026-03-01 起"
    )


def test_the_check_of_a_folder_tells_it_and_is_not_content(tmp_path: Path) -> None:
    need = '[[need]]\nrole = "包村干部"\nlevel = "township"\narea = "village"\n'
    to_path(dump(bonds(officer("t1")).content, f"{POLICY_TOML}\n{need}".encode()), tmp_path)
    report = check(tmp_path, DAY)
    assert not report.ok
    assert [gap.text for gap in report.gaps] == told(bonds(officer("t1")))


def test_pairs_may_be_many_to_many_by_rank() -> None:
    both = [officer("t1"), officer("c1", rank=1), officer("t1", OTHER_VILLAGE)]
    county = bonds(*both)
    assert told(county) == []
    assert [who.id for who in county.responsibles(VILLAGE, "township", DAY)] == ["t1", "c1"]
    two = bonds(*both, needs=[{**OFFICERS, "least": 2, "most": 2}])
    assert told(two) == [f"村 {OTHER_VILLAGE}（柳林镇 上河村）的包村干部（乡镇级）应有 2 人，现有 1 人：2026-03-01 起"]


def test_too_many_are_told_too_and_one_person_twice_is_one() -> None:
    crowd = [officer("t1"), officer("c1", rank=1), officer("t1", rank=2), officer("v2", rank=3)]
    county = bonds(*crowd, officer("t1", OTHER_VILLAGE), needs=[{**OFFICERS, "least": 1, "most": 2}])
    assert told(county) == [
        f"村 {VILLAGE}（柳林镇 石门村）的包村干部（乡镇级）应有 1 到 2 人，现有 3 人：2026-03-01 起"
    ]


def test_a_need_counts_the_role_the_level_and_the_very_area() -> None:
    other = (
        replace(officer("t1"), role="驻村干部"), replace(officer("t1", rank=1), level=Level.COUNTY),
        replace(officer("t1", rank=1), area=TOWNSHIP),
    )  # fmt: skip
    assert len(told(bonds(*other))) == 2


def test_days_are_told_and_each_number_stands_alone() -> None:
    first = officer("t1", valid_to=date(2026, 4, 1))
    second = officer("c1", rank=1, valid_from=date(2026, 5, 1))
    county = bonds(first, second, officer("v2", OTHER_VILLAGE), needs=[{**OFFICERS, "least": 2}])
    spans = [(g.start, g.end, g.text.split("现有 ")[1][0]) for g in county.gaps(DAY) if g.area == VILLAGE]
    assert spans == [
        (DAY, date(2026, 4, 1), "1"), (date(2026, 4, 1), date(2026, 5, 1), "0"), (date(2026, 5, 1), None, "1"),
    ]  # fmt: skip


def test_an_officer_on_leave_is_still_bound_but_one_whose_unit_has_ended_is_not() -> None:
    both = (officer("t1"), officer("t1", OTHER_VILLAGE))
    assert told(bonds(*both, leaves=(Leave("t1", DAY),))) == []
    units = (Unit("all", "单位", UnitKind.COMPANY, valid_to=date(2026, 6, 1)),)
    ending = bonds(*both, units=units, people=tuple(replace(person, unit="all") for person in PEOPLE))
    assert [gap.start for gap in ending.gaps(DAY) if gap.kind == "need"] == [date(2026, 6, 1)] * 2


def test_a_need_may_be_for_one_kind_of_village_for_townships_or_for_lanes() -> None:
    regions = (*REGIONS[:2], replace(REGIONS[2], kind="village"), replace(REGIONS[3], kind="community"))
    only = [{**OFFICERS, "kind": "village"}]
    assert [gap.area for gap in bonds(regions=regions, needs=only).gaps(DAY)] == [VILLAGE]
    leaders = [{"role": "包乡领导", "level": "county", "area": "township", "least": 2}]
    (gap,) = bonds(needs=leaders).gaps(DAY)
    assert (gap.area, gap.village) == (TOWNSHIP, "")
    assert gap.text == f"乡镇 {TOWNSHIP}（柳林镇）的包乡领导（县级）应有至少 2 人，现有 1 人：2026-03-01 起"
    lanes = [{"role": "巷长", "level": "village", "area": "lane", "least": 2}]
    (gap,) = bonds(Duty("v1", LANE, Level.VILLAGE, "巷长"), ways=WAYS[:1], needs=lanes).gaps(DAY)
    assert gap.text.startswith(f"巷 {LANE}（柳林镇 石门村 乐善巷）的巷长（村级）应有至少 2 人，现有 1 人")
    assert gap.village == VILLAGE


def test_an_area_needs_nobody_before_it_exists_or_after_it_ends() -> None:
    new = replace(REGIONS[3], valid_from=date(2026, 4, 1), valid_to=date(2026, 6, 1))
    county = bonds(officer("t1"), regions=(*REGIONS[:3], new), duties=(*DUTIES, officer("t1")))
    assert [(gap.start, gap.end) for gap in county.gaps(DAY)] == [(date(2026, 4, 1), date(2026, 6, 1))]
    assert county.gaps(date(2026, 6, 1)) == []


def test_grids_below_a_village_may_have_needs_too() -> None:
    grid = Region(f"{VILLAGE}001", "第一网格", VILLAGE, "grid")
    need = [{"role": "网格员", "level": "village", "area": "below", "kind": "grid"}]
    assert [gap.area for gap in bonds(regions=(*REGIONS, grid), needs=need).gaps(DAY)] == [grid.code]


@pytest.mark.parametrize(
    ("need", "words"),
    [({"least": 2}, "至少 2 人"), ({"least": 2, "most": 2}, " 2 人"), ({"least": 0, "most": 3}, " 0 到 3 人")],
)
def test_how_many_is_said_as_people_say_it(need: dict[str, int], words: str) -> None:
    assert Need.model_validate({**OFFICERS, **need}).asked == words


spans = st.tuples(st.integers(0, 30), st.integers(1, 30))


@given(st.lists(spans, max_size=5), st.integers(0, 3), st.integers(0, 2))
def test_the_days_of_a_shortfall_are_exactly_those_with_a_wrong_number(
    found: list[tuple[int, int]], least: int, more: int
) -> None:
    officers = [
        officer(f"{'tcv'[n % 3]}1", rank=n, valid_from=DAY + timedelta(days=a), valid_to=DAY + timedelta(days=a + b))
        for n, (a, b) in enumerate(found)
    ]
    county = bonds(*officers, needs=[{**OFFICERS, "least": least, "most": least + more}])
    gaps = [gap for gap in county.gaps(DAY) if gap.area == VILLAGE]
    for offset in range(70):
        day = DAY + timedelta(days=offset)
        count = len({duty.person for duty in officers if duty.holds(day)})
        named = [gap for gap in gaps if gap.start <= day and (gap.end is None or day < gap.end)]
        assert len(named) == (not least <= count <= least + more)
        assert all(f"现有 {count} 人" in gap.text for gap in named)
