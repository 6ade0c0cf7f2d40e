"""To which piece of ground a report belongs: a spot, the nearest site within its category's radius, or its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.alarms.grounds import OWN, Where, ground_of, nearest, point_of
from alerts.tickets.doing import Refused
from county.coordinates import Point
from county.snapshot import County
from county.values import Region, Spot
from tests.alerts.said import ALONE, BUILDING, GATE, beside, reporting_county
from tests.county.small import BIN, CAMERA, OTHER_VILLAGE, REGIONS, SPOT, VILLAGE

GRID = f"{VILLAGE}001"
PLACED = tuple(
    Region(one.code, one.name, one.parent, one.kind, None, None, *where, "CGCS2000") if where else one
    for one, where in zip(REGIONS, (None, None, (106.2, 36.1), (106.3, 36.2)), strict=True)
)  # fmt: skip


@pytest.fixture
def county() -> County:
    return reporting_county(regions=(*PLACED, Region(GRID, "第一网格", VILLAGE, "grid")))


def test_a_spot_named_by_its_code_is_taken_whatever_is_watched_there(county: County) -> None:
    spot = ground_of(Where(spot=SPOT), "illegal_building", county, ())
    assert (spot.id, spot.device, spot.kinds) == (SPOT, CAMERA, ())
    assert ground_of(Where(spot=f"{CAMERA}/{SPOT}"), "garbage", county, ()).id == SPOT, "a site's name will do"


def test_a_spot_id_that_two_devices_use_names_no_place_until_the_device_is_said() -> None:
    two = (
        Spot("spot-1", CAMERA, "村口", VILLAGE, "street"),
        Spot("spot-1", BIN, "上河村垃圾点", OTHER_VILLAGE, site="point"),
    )
    both = reporting_county(spots=two)
    with pytest.raises(Refused, match=f"有2台设备的点位都叫“spot-1”.*{CAMERA}/spot-1、{BIN}/spot-1"):
        ground_of(Where(spot="spot-1"), "garbage", both, ())
    for one in two:
        assert ground_of(Where(spot=f"{one.device}/spot-1"), "garbage", both, ()).region == one.region
    together = reporting_county(spots=tuple(replace(one, site="gate", region=VILLAGE) for one in two))
    assert ground_of(Where(spot="spot-1"), "garbage", together, ()).site == "gate", "one piece of ground, one place"


@pytest.mark.parametrize(
    ("metres", "what", "joined"),
    [(0, "garbage", True), (29.9, "garbage", True), (30.1, "garbage", False), (14.9, "illegal_building", True),
     (15.1, "illegal_building", False)],
)  # fmt: skip
def test_a_point_joins_the_site_within_the_radius_of_its_category(
    county: County, metres: float, what: str, joined: bool
) -> None:
    spot = ground_of(Where(point=beside(GATE, metres)), what, county, ())
    assert (spot.id == SPOT) == joined
    assert (spot.device == OWN) == (not joined)


def test_the_nearest_of_several_is_taken_and_the_first_at_a_tie(county: County) -> None:
    near, far = (Spot(name, OWN, name, VILLAGE, longitude=p.longitude, latitude=p.latitude, crs="WGS-84")
                 for name, p in (("near", beside(GATE, 8)), ("far", beside(GATE, 25))))  # fmt: skip
    assert ground_of(Where(point=beside(GATE, 9)), "garbage", county, (far, near)).id == "near"
    assert ground_of(Where(point=beside(GATE, 1)), "garbage", county, (far, near)).id == SPOT
    there = point_of(near)
    assert there is not None
    assert nearest(there, (near, near), 0) == near
    assert nearest(there, (Spot("nowhere", OWN, "", VILLAGE),), 1e9) is None


def test_a_bin_without_a_spot_of_its_own_is_found_by_its_device(county: County) -> None:
    assert ground_of(Where(point=Point(106.21, 36.11)), "overflow", county, ()).device == BIN


def test_a_village_centre_is_no_site(county: County) -> None:
    spot = ground_of(Where(point=Point(106.3, 36.2)), "garbage", county, ())
    assert (spot.device, spot.region) == (OWN, OTHER_VILLAGE)


def test_a_place_of_its_own_lies_in_the_nearest_village_or_where_the_reporter_says(county: County) -> None:
    assert ground_of(Where(point=ALONE), "garbage", county, ()).region == VILLAGE
    spot = ground_of(Where(point=ALONE, region=GRID, words="张家院墙外"), "garbage", county, ())
    assert (spot.region, spot.name, spot.crs, spot.zone) == (GRID, "张家院墙外", "WGS-84", "")
    assert ground_of(Where(point=ALONE, region=OTHER_VILLAGE), "garbage", county, ()).region == OTHER_VILLAGE


def test_without_a_point_the_same_words_in_one_village_are_one_place(county: County) -> None:
    first = ground_of(Where(region=VILLAGE, words="小学门口"), "garbage", county, ())
    assert (first.longitude, first.name) == (None, "小学门口")
    assert ground_of(Where(region=VILLAGE, words=" 小学门口 "), "garbage", county, (first,)) == first
    assert ground_of(Where(region=OTHER_VILLAGE, words="小学门口"), "garbage", county, (first,)).id != first.id
    assert ground_of(Where(region=VILLAGE, words="卫生院门口"), "garbage", county, (first,)).id != first.id


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Where(spot="nothing-here"), "没有点位“nothing-here”"), (Where(spot="x\x00\n" * 40), "没有点位"),
        (Where(), "请说明地点"), (Where(region="640999101299"), "没有这个村"),
        (Where(region="640999101"), "没有这个村"),
        (Where(region=VILLAGE), "请写明在村里的什么地方"), (Where(point=Point(116.4, 39.9)), "太远"),
        (Where(point=Point(116.4, 39.9), region=VILLAGE), "太远"), (Where(point=Point(-106.2, -36.1)), "太远"),
    ],
)  # fmt: skip
def test_what_leads_to_no_place_is_refused_in_plain_words(county: County, where: Where, words: str) -> None:
    with pytest.raises(Refused, match=words):
        ground_of(where, "garbage", county, ())


def test_a_county_that_knows_no_coordinates_asks_for_the_village() -> None:
    bare = reporting_county(spots=(), devices=())
    with pytest.raises(Refused, match="请选择所在的村"):
        ground_of(Where(point=ALONE), "garbage", bare, ())
    assert ground_of(Where(point=ALONE, region=VILLAGE), "garbage", bare, ()).region == VILLAGE


def test_how_far_is_too_far_is_the_countys_to_say() -> None:
    county = reporting_county(report={"reach_m": 1000})
    with pytest.raises(Refused, match="太远"):
        ground_of(Where(point=ALONE), "garbage", county, ())


def test_an_unknown_category_merges_nothing(county: County) -> None:
    assert "nothing" not in BUILDING.values()
    assert ground_of(Where(point=beside(GATE, 1)), "nothing", county, ()).device == OWN
