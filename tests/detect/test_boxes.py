import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.boxes import Found, Point, iou, meets_itself, overlap, polygon_area, share_covered, share_in_polygon

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
TRIANGLE = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))


def box(x1: float, y1: float, x2: float, y2: float) -> Found:
    return Found("garbage", 0.5, x1, y1, x2, y2)


@pytest.mark.parametrize(
    ("other", "shared", "share"),
    [
        (box(0, 0, 2, 2), 4.0, 1.0),
        (box(1, 0, 3, 2), 2.0, 1 / 3),
        (box(2, 0, 4, 2), 0.0, 0.0),
        (box(5, 5, 6, 6), 0.0, 0.0),
    ],
)
def test_boxes_share_what_lies_in_both(other: Found, shared: float, share: float) -> None:
    assert overlap(box(0, 0, 2, 2), other) == shared
    assert iou(box(0, 0, 2, 2), other) == pytest.approx(share)


@pytest.mark.parametrize(
    ("one", "polygon", "inside", "covered"),
    [
        (box(0.3, 0.3, 0.5, 0.5), SQUARE, 1.0, 0.04 / 0.36),
        (box(0.0, 0.2, 0.4, 0.8), SQUARE, 0.5, 1 / 3),
        (box(0.0, 0.0, 1.0, 1.0), SQUARE, 0.36, 1.0),
        (box(0.85, 0.85, 0.9, 0.9), SQUARE, 0.0, 0.0),
        (box(0.0, 0.0, 1.0, 1.0), TRIANGLE, 0.5, 1.0),
        (box(0.0, 0.0, 0.5, 0.5), TRIANGLE, 1.0, 0.5),
    ],
)
def test_a_box_and_an_area_know_their_common_part(
    one: Found, polygon: tuple[tuple[float, float], ...], inside: float, covered: float
) -> None:
    assert share_in_polygon(one, polygon) == pytest.approx(inside)
    assert share_covered(polygon, one) == pytest.approx(covered)


def test_the_way_round_a_polygon_does_not_matter() -> None:
    assert polygon_area(SQUARE) == pytest.approx(polygon_area(SQUARE[::-1])) == pytest.approx(0.36)


@pytest.mark.parametrize(
    ("polygon", "meets"),
    [
        (SQUARE, False),
        (TRIANGLE, False),
        ((*SQUARE, SQUARE[0]), False),  # closed by hand
        ((SQUARE[0], *SQUARE), False),  # a corner clicked twice
        (((0, 0), (0.5, 0), (1, 0), (1, 1), (0.5, 0.2), (0, 1)), False),  # a corner on a side, a dent
        (((0, 0), (1, 1), (1, 0), (0, 1)), True),  # a bow tie
        (((0, 0), (1, 1), (1, 0), (0, 0.8)), True),
        (((0.5, 0), (0.8, 1), (0, 0.4), (1, 0.4), (0.2, 1)), True),  # a star: its middle counts twice
        (((0, 0), (0.5, 0.5), (1, 0), (1, 1), (0.5, 0.5), (0, 1)), True),  # an eight through one corner
    ],
)
def test_a_polygon_that_crosses_or_touches_itself_is_known(polygon: tuple[Point, ...], meets: bool) -> None:
    assert meets_itself(polygon) is meets
    assert meets_itself(polygon[::-1]) is meets


@given(st.floats(0, 6), st.lists(st.floats(0.1, 0.5), min_size=3, max_size=12))
def test_corners_in_order_around_a_place_are_never_refused(turned: float, far: list[float]) -> None:
    angles = [turned + number * 6.283 / len(far) for number in range(len(far))]
    polygon = [(0.5 + r * math.cos(a), 0.5 + r * math.sin(a)) for a, r in zip(angles, far, strict=True)]
    assert not meets_itself(polygon)


def test_a_grown_box_keeps_its_centre_and_shares_become_pixels() -> None:
    assert box(0, 0, 10, 20).grown(0.5) == box(-5, -10, 15, 30)
    assert box(320, 90, 640, 180).normalised(640, 180) == box(0.5, 0.5, 1.0, 1.0)


share = st.floats(0, 1)


@given(share, share, share, share)
def test_shares_stay_between_none_and_all(x: float, y: float, w: float, h: float) -> None:
    one = box(x, y, x + w + 0.01, y + h + 0.01)
    for polygon in (SQUARE, TRIANGLE):
        assert -1e-9 <= share_in_polygon(one, polygon) <= 1 + 1e-6
        assert -1e-9 <= share_covered(polygon, one) <= 1 + 1e-6
