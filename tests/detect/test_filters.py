from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from detect.boxes import Found
from detect.filters import Filter, merged
from detect.kinds import ALL, CHINESE, LABELS, RENDERED_ONLY, USUAL, Label
from detect.spots import Spot, at_least, look_at

AT = datetime(2026, 5, 1, tzinfo=UTC)
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
BAG = Found("garbage", 0.5, 0.2, 0.2, 0.4, 0.6)  # 0.08 of the picture, half as wide as high in a square one
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@pytest.mark.parametrize(
    ("told", "aspect", "counts"),
    [
        ({}, 1.0, True),
        ({"min_score": 0.5}, 1.0, True),
        ({"min_score": 0.51}, 1.0, False),
        ({"min_area": 0.07, "max_area": 0.09}, 1.0, True),
        ({"min_area": 0.09}, 1.0, False),
        ({"max_area": 0.07}, 1.0, False),
        ({"min_ratio": 0.6}, 1.0, False),
        ({"min_ratio": 0.6}, 16 / 9, True),
        ({"max_ratio": 0.6}, 1.0, True),
        ({"max_ratio": 0.6}, 16 / 9, False),
        ({"masks": [LEFT]}, 1.0, False),
        ({"masks": [[[0.9, 0.9], [1, 0.9], [1, 1]]]}, 1.0, True),
        ({"masks": [[[0.9, 0.9], [1, 0.9], [1, 1]], LEFT]}, 1.0, False),
        ({"threshold": 0.9}, 1.0, True),
    ],
)
def test_a_box_counts_by_its_score_size_shape_and_place(told: dict[str, Any], aspect: float, counts: bool) -> None:
    filters = {"garbage": told}
    spot = Spot.model_validate({"name": "gate", "polygon": WHOLE, "filters": filters})
    assert look_at(spot, [BAG], None, AT, aspect).found == ((BAG,) if counts else ())


def test_a_filter_is_for_its_own_class_only() -> None:
    spot = Spot(name="gate", polygon=WHOLE, filters={"overflow": Filter(min_score=0.9)})
    bin_ = Found("overflow", 0.5, 0.2, 0.2, 0.4, 0.6)
    assert look_at(spot, [BAG, bin_], None, AT).found == (BAG,)


def test_a_person_too_small_to_count_neither_hides_a_spot_nor_visits_it() -> None:
    body = Found("person", 0.9, 0.0, 0.0, 0.9, 0.9)
    spot = Spot(name="gate", polygon=WHOLE)
    assert look_at(spot, [body], None, AT).hidden > 0.8
    strict = spot.model_copy(update={"filters": {"person": Filter(max_area=0.5)}})
    assert (look_at(strict, [body], None, AT).hidden, look_at(strict, [body], None, AT).found) == (0.0, ())


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"garbage": {"min_area": 0.5, "max_area": 0.1}}, "min_area must not be above max_area"),
        ({"garbage": {"min_ratio": 3, "max_ratio": 2}}, "min_ratio must not be above max_ratio"),
        ({"garbage": {"min_ratio": 0}}, "greater than 0"),
        ({"garbage": {"min_score": 1.1}}, "less than or equal to 1"),
        ({"garbage": {"score": 0.5}}, "Extra inputs"),
        ({"garbage": {"masks": [[[0, 0], [1, 1]]]}}, "at least 3"),
        ({"garbage": {"masks": [[[0, 0], [0.5, 0.5], [1, 1]]]}}, "no area"),
        ({"garbage": {"masks": [[[0, 0], [1, 1], [1, 0], [0, 0.8]]]}}, "crosses or touches itself"),
        ({"garbage": {"threshold": 0.1}}, "leave must not be above filters.garbage.threshold"),
        ({"person": {"threshold": 0.5}}, "filters.person.threshold has no meaning"),
        ({"plate": {"min_score": 0.5}}, "Input should be"),
        ({"garbage_bin": {"min_score": 0.5}}, "Input should be"),
    ],
)
def test_a_wrong_filter_is_named_with_its_cure(told: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Spot.model_validate({"name": "gate", "polygon": WHOLE, "filters": told})


def test_a_threshold_is_for_the_kinds_of_its_class() -> None:
    spot = Spot(name="gate", polygon=WHOLE, filters={"garbage": Filter(threshold=0.6)})
    assert [spot.rules.threshold(what) for what in spot.kinds] == [0.6, 0.3, 0.6]


def test_what_a_spot_says_counts_over_what_its_camera_says_key_by_key() -> None:
    camera: dict[Label, Filter] = {"garbage": Filter(min_score=0.4, max_area=0.5), "person": Filter(min_area=0.01)}
    made = merged(camera, {"garbage": Filter(max_area=0.2)})
    assert made["garbage"] == Filter(min_score=0.4, max_area=0.2)
    assert made["person"] == camera["person"]
    with pytest.raises(ValueError, match="min_area must not be above"):
        merged({"garbage": Filter(min_area=0.3)}, {"garbage": Filter(max_area=0.2)})


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_least_score_only_ever_leaves_boxes_out(least: float, own: float, score: float) -> None:
    spot = Spot(name="gate", polygon=WHOLE, filters={"garbage": Filter(min_score=own)})
    one = Found("garbage", score, 0.2, 0.2, 0.4, 0.6)
    before, after = look_at(spot, [one], None, AT).found, look_at(at_least(spot, least), [one], None, AT).found
    assert bool(after) == (bool(before) and score >= least)


def test_a_least_score_for_dirt_leaves_persons_alone() -> None:
    body = Found("person", 0.4, 0.0, 0.0, 0.9, 0.9)
    spot = at_least(Spot(name="gate", polygon=WHOLE), 0.9)
    assert look_at(spot, [body, BAG], None, AT).found == (body,)


def test_a_plate_or_a_bin_never_belongs_to_a_spot() -> None:
    spot = Spot(name="gate", polygon=WHOLE, kinds=ALL)
    others = [Found(label, 0.9, 0.2, 0.2, 0.4, 0.6) for label in ("plate", "garbage_bin", "face")]
    assert look_at(spot, others, None, AT).found == ()
    assert "plate" not in {*ALL, *LABELS.values()}


def test_every_kind_has_a_label_and_words_and_the_further_ones_are_off_unless_asked_for() -> None:
    assert set(LABELS) == set(CHINESE) == set(ALL)
    assert set(RENDERED_ONLY) == {"straw_pile", "manure_pile", "earth_pile", "coal_pile", "floating_waste"}
    assert set(USUAL) | set(RENDERED_ONLY) == set(ALL)
    assert Spot(name="gate", polygon=WHOLE).kinds == USUAL


def test_boxes_of_a_further_kind_count_only_where_the_spot_watches_for_it() -> None:
    straw = Found("straw_pile", 0.8, 0.2, 0.2, 0.4, 0.6)
    plain, told = Spot(name="a", polygon=WHOLE), Spot(name="b", polygon=WHOLE, kinds=("straw_pile",))
    assert look_at(plain, [straw], None, AT).found == ()
    assert look_at(told, [straw], None, AT).found == (straw,)
