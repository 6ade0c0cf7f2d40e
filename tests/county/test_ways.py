"""Lanes, roads, ditches and ponds: their keepers come before the village, and their rota has days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.files import dump, load
from county.snapshot import County
from county.values import SENSOR, Duty, Level, Region
from county.ways import Way, WayKind
from tests.county.small import (
    DITCH,
    DUTIES,
    KEEPERS,
    LANE,
    OTHER_VILLAGE,
    POLICY_TOML,
    REGIONS,
    SPOT,
    SPOTS,
    VILLAGE,
    WAYS,
    small_folder,
    wayside,
)  # fmt: skip

DAY = date(2026, 3, 2)  # a Monday
GRID = Region(f"{VILLAGE}001", "第一网格", VILLAGE)


def names(county: County, what: str = "", spot: str = SPOT, code: str = VILLAGE, day: date = DAY) -> list[str]:
    return [person.id for person in county.responsibles(code, "village", day, spot, what)]


def test_a_ticket_at_a_lane_names_its_keeper_before_the_village() -> None:
    county = wayside(spots=(replace(SPOTS[0], ways=(LANE,)),))
    assert names(county) == ["v1b"]
    assert names(county, spot="elsewhere") == ["v1", "v1b"]
    assert county.chain(VILLAGE, DAY, SPOT).village == county.people["v1b"]
    assert county.chain(VILLAGE, DAY, SPOT).township == county.people["t1"], "above the village nothing changes"
    assert names(county, spot=LANE) == ["v1b"], "a way itself may be named, where no spot is"


def test_a_keeper_for_some_categories_counts_only_for_them_and_comes_first() -> None:
    water = replace(KEEPERS[1], categories=("floating_waste", "dumped"))
    county = wayside(duties=(*DUTIES, KEEPERS[0], water))
    assert names(county, "floating_waste") == ["v2", "v1b"], "the ditch's keeper, then who keeps the lane for all"
    assert names(county, "dumped")[0] == "v2"
    assert names(county, "garbage") == names(county) == ["v1b"]


def test_of_two_general_keepers_the_first_way_of_the_spot_counts() -> None:
    assert names(wayside())[0] == "v1b"
    assert names(wayside(spots=(replace(SPOTS[0], ways=(DITCH, LANE)),)))[0] == "v2"


def test_the_spot_itself_comes_before_its_ways_and_a_way_before_the_grid() -> None:
    grid = Duty("t1", GRID.code, Level.VILLAGE, "网格员")
    spot = replace(SPOTS[0], region=GRID.code, ways=(LANE,))
    county = wayside(regions=(*REGIONS, GRID), spots=(spot,), duties=(*DUTIES, *KEEPERS, grid))
    assert names(county, code=GRID.code) == ["v1b"]
    own = Duty("c1", SPOT, Level.VILLAGE, "点长")
    county = wayside(regions=(*REGIONS, GRID), spots=(spot,), duties=(*DUTIES, *KEEPERS, grid, own))
    assert names(county, code=GRID.code) == ["c1"]


def test_a_category_counts_at_the_narrowest_area_only() -> None:
    wide = Duty("c1", VILLAGE, Level.VILLAGE, "水管员", categories=("dumped",))
    county = wayside(duties=(*DUTIES, *KEEPERS, wide))
    assert names(county, "dumped")[0] == "v1b", "the lane is narrower than the village"
    assert names(county, "dumped", spot="elsewhere") == ["c1", "v1", "v1b"]


def test_who_keeps_a_lane_mends_no_sensor() -> None:
    assert names(wayside(), spot=f"{SPOT}{SENSOR}") == ["v1", "v1b"]


def test_the_same_spot_id_under_two_boxes_keeps_its_own_ways() -> None:
    twin = replace(SPOTS[0], device="cam-2", region=OTHER_VILLAGE, ways=())
    county = wayside(spots=(replace(SPOTS[0], ways=(LANE,)), twin))
    assert names(county) == ["v1b"]
    assert names(county, code=OTHER_VILLAGE) == ["v2"]


def test_a_way_is_looked_up_by_its_id() -> None:
    county = wayside()
    assert county.way(LANE) == county.ways[LANE] == WAYS[0]
    assert county.way("nowhere") is None


def test_a_vacant_way_is_a_gap_with_its_days_and_the_word_for_who_is_missing() -> None:
    ended = replace(KEEPERS[0], valid_to=date(2026, 4, 1))
    (gap,) = wayside(duties=(*DUTIES, ended, KEEPERS[1])).gaps(DAY)
    assert (gap.kind, gap.area, gap.village, gap.start, gap.end) == ("way", LANE, VILLAGE, date(2026, 4, 1), None)
    assert gap.text == f"巷 {LANE}（柳林镇 石门村 乐善巷）没有巷长：2026-04-01 起"
    assert [each.area for each in wayside(duties=DUTIES).gaps(DAY)] == [LANE, DITCH]


def test_a_keeper_for_some_categories_or_on_another_level_keeps_a_way_too() -> None:
    keepers = (replace(KEEPERS[0], level=Level.TOWNSHIP), replace(KEEPERS[1], categories=("dumped",)))
    assert wayside(duties=(*DUTIES, *keepers)).gaps(DAY) == []


def test_a_way_has_no_gap_before_it_is_made_or_after_it_is_gone() -> None:
    lane = replace(WAYS[0], valid_from=date(2026, 5, 1), valid_to=date(2026, 6, 1))
    county = wayside(ways=(lane, WAYS[1]), duties=(*DUTIES, KEEPERS[1]))
    assert [(gap.start, gap.end) for gap in county.gaps(DAY)] == [(date(2026, 5, 1), date(2026, 6, 1))]
    assert county.gaps(date(2026, 6, 1)) == []


def test_a_spot_whose_village_has_ended_is_a_gap_of_its_own() -> None:
    merged = replace(REGIONS[2], valid_to=date(2026, 6, 1))
    ending = (*(replace(duty, valid_to=date(2026, 6, 1)) for duty in DUTIES[:2]), *DUTIES[2:])
    county = wayside(regions=(*REGIONS[:2], merged, REGIONS[3]), duties=ending, ways=(), spots=SPOTS)
    gaps = county.gaps(DAY)
    assert [(gap.kind, gap.area, gap.level, gap.start, gap.end) for gap in gaps] == [
        ("spot", SPOT, Level.VILLAGE, date(2026, 6, 1), None),
        ("spot", "bin-1", Level.VILLAGE, date(2026, 6, 1), None),
    ]
    assert gaps[0].text == (f"点位 {SPOT}（柳林镇 石门村 村口垃圾点）没有村级责任人：2026-06-01 起")


def test_a_spot_is_not_named_beside_its_village_nor_when_its_camera_is_gone() -> None:
    without = tuple(duty for duty in DUTIES if duty.area != VILLAGE)
    county = wayside(duties=without, ways=(), spots=SPOTS)
    assert [(gap.kind, gap.area) for gap in county.gaps(DAY)] == [("village", VILLAGE)]
    merged = replace(REGIONS[2], valid_to=date(2026, 6, 1))
    devices = tuple(replace(device, valid_to=date(2026, 6, 1)) for device in county.content.devices)
    county = wayside(regions=(*REGIONS[:2], merged, REGIONS[3]), devices=devices, duties=without, ways=(), spots=SPOTS)
    assert {gap.kind for gap in county.gaps(DAY)} == {"village"}


def test_the_rota_names_the_days_of_cleaning() -> None:
    ditch = WAYS[1]
    assert [ditch.rota_holds(DAY + timedelta(days=n)) for n in range(7)] == [True, False, False, True] + [False] * 3
    assert ditch.due_days(DAY, DAY + timedelta(days=8)) == (DAY, date(2026, 3, 5), date(2026, 3, 9))
    assert ditch.due_days(DAY, DAY) == ditch.due_days(DAY + timedelta(days=1), DAY) == ()
    assert WAYS[0].due_days(DAY, DAY + timedelta(days=99)) == (), "no rota, no day"
    assert replace(ditch, valid_to=date(2026, 3, 5)).due_days(DAY, date(2027, 1, 1)) == (DAY,)


@given(
    st.sets(st.integers(0, 6)), st.dates(date(2025, 12, 1), date(2026, 2, 1)), st.integers(0, 60), st.integers(0, 60)
)  # fmt: skip
def test_due_days_are_exactly_the_days_of_the_rota(days: set[int], start: date, length: int, ends: int) -> None:
    way = Way("w", WayKind.ROAD, "路", VILLAGE, rota=tuple(sorted(days)), valid_to=start + timedelta(days=ends))
    wanted = [d for n in range(length) if (d := start + timedelta(days=n)).weekday() in days and n < ends]
    assert list(way.due_days(start, start + timedelta(days=length))) == wanted


areas = st.sampled_from([SPOT, LANE, DITCH, GRID.code, VILLAGE])
duty = st.builds(
    Duty, st.sampled_from(["v1", "v2", "t1"]), areas, st.just(Level.VILLAGE), st.just("员"), st.integers(0, 1),
    st.sampled_from([None, DAY, DAY + timedelta(days=2)]), st.sampled_from([None, DAY + timedelta(days=3)]),
    st.sampled_from([(), ("dumped",), ("dumped", "garbage")]),
)  # fmt: skip


@given(st.lists(duty, max_size=7), st.integers(0, 4), st.sampled_from(["", "dumped", "garbage", "overflow"]))
def test_the_answer_agrees_with_a_slow_reading_of_the_rule(duties: list[Duty], offset: int, what: str) -> None:
    spot = replace(SPOTS[0], region=GRID.code, ways=(LANE, DITCH))
    county = wayside(regions=(*REGIONS, GRID), spots=(spot,), duties=tuple(duties))
    day = DAY + timedelta(days=offset)
    expected: list[str] = []
    for layer in ([SPOT], [LANE, DITCH], [GRID.code], [VILLAGE]):
        here = [d for d in duties if d.area in layer and d.holds(day) and (not d.categories or what in d.categories)]
        here.sort(key=lambda d: (not d.categories, layer.index(d.area), d.rank))
        if here:
            expected = list(dict.fromkeys(d.person for d in here))
            break
    assert names(county, what, code=GRID.code, day=day) == expected
    assert names(county, what, code=GRID.code, day=day) == expected, "and so it does when asked again"


def test_an_answer_of_another_day_does_not_stay() -> None:
    county = wayside(duties=(*DUTIES, replace(KEEPERS[0], valid_to=DAY + timedelta(days=30))))
    answers = [names(county, day=DAY + timedelta(days=n))[0] for n in (*range(40), 0)]
    assert answers == ["v1b"] * 30 + ["v1"] * 10 + ["v1b"]


@pytest.mark.parametrize(
    ("kind", "word"), [("lane", "巷长"), ("road", "路段责任人"), ("ditch", "沟渠管护人"), ("pond", "坑塘管护人")]
)
def test_each_kind_has_a_word_for_its_keeper(kind: str, word: str) -> None:
    assert WayKind(kind).keeper == word


def test_ways_are_written_and_read_back_the_same() -> None:
    road = Way("yanhuang-1", WayKind.ROAD, "石门段", VILLAGE, "沿黄路", DAY, date(2027, 1, 1), 106.2, 36.1, "CGCS2000",
               tuple(range(7)))  # fmt: skip
    only = replace(KEEPERS[1], categories=("dumped", "garbage"))
    content = wayside(ways=(*WAYS, road), duties=(*DUTIES, KEEPERS[0], only)).content
    folder = dump(content, POLICY_TOML.encode())
    assert folder["ways.csv"].decode().splitlines()[0].endswith("crs,rota")
    again = load(folder).content
    assert again == content
    assert dump(again, POLICY_TOML.encode()) == folder
    assert (road.title, WAYS[0].title) == ("沿黄路 石门段", "乐善巷")


def test_a_rota_may_be_written_in_other_ways() -> None:
    text = "id,kind,name,region,road,valid_from,valid_to,rota\n" + "".join(
        f'w{n},road,路{n},{VILLAGE},,,,"{rota}"\n' for n, rota in enumerate(["thu, Mon", "daily", "", "mon|thu"])
    )
    folder = {**small_folder(), "ways.csv": text.encode()}
    assert [way.rota for way in load(folder).ways.values()] == [(0, 3), tuple(range(7)), (), (0, 3)]
