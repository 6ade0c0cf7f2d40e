"""What a phone or a map says, brought to WGS-84, and distances on the ground."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.coordinates import DEGREE_M, BadPosition, Point, from_gcj02, located, to_gcj02

# WGS-84 and the same place in GCJ-02, longitude first, as the open conversions of the field have them.
PAIRS = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),  # Shanghai
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),  # Shenzhen
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),  # Beijing
]


@pytest.mark.parametrize(("true", "shifted"), PAIRS)
def test_gcj02_is_shifted_as_the_field_knows_it_and_shifted_back(
    true: tuple[float, float], shifted: tuple[float, float]
) -> None:
    assert to_gcj02(Point(*true)) == pytest.approx(shifted, abs=1e-9)
    assert located(*shifted, "GCJ-02").metres_to(Point(*true)) < 0.01
    assert Point(*shifted).metres_to(Point(*true)) > 300, "unconverted it would be another village's street"


@given(st.floats(73.5, 134.9), st.floats(18.1, 53.6))
def test_anywhere_in_china_the_way_back_ends_where_it_began(longitude: float, latitude: float) -> None:
    place = Point(longitude, latitude)
    shifted = to_gcj02(place)
    assert from_gcj02(*shifted).metres_to(place) < 0.01
    assert Point(*shifted).metres_to(place) < 1_000


@pytest.mark.parametrize("crs", ["WGS-84", "CGCS2000"])
def test_what_is_not_shifted_is_kept_as_it_is(crs: str) -> None:
    assert located(106.2, 36.1, crs) == Point(106.2, 36.1)


def test_outside_the_box_nothing_is_shifted() -> None:
    assert located(2.35, 48.85, "GCJ-02") == Point(2.35, 48.85)


@pytest.mark.parametrize("crs", ["", "BD-09", "gcj-02", "EPSG:4326", "x" * 500])
def test_an_unknown_reference_system_is_refused_with_the_cure(crs: str) -> None:
    with pytest.raises(BadPosition, match="请注明 WGS-84") as told:
        located(106.2, 36.1, crs)
    assert len(str(told.value)) < 100


@pytest.mark.parametrize(
    "place", [(900.0, 36.1), (106.2, 91.0), (math.nan, 36.1), (106.2, math.inf), (0.0, 0.0), (-181.0, 0.0)]
)
def test_what_is_no_place_is_refused(place: tuple[float, float]) -> None:
    with pytest.raises(BadPosition, match="经纬度不对"):
        located(*place, "WGS-84")


def test_distances_are_those_on_the_ground() -> None:
    here = Point(106.2, 36.1)
    assert here.metres_to(here) == 0
    assert here.metres_to(Point(106.2, 36.1 + 30 / DEGREE_M)) == pytest.approx(30, abs=1e-3)
    east = Point(106.2 + 30 / (DEGREE_M * math.cos(math.radians(36.1))), 36.1)
    assert here.metres_to(east) == pytest.approx(30, abs=1e-3)
    assert Point(0, 90).metres_to(Point(180, -90)) == pytest.approx(math.pi * 6_371_008.8)
