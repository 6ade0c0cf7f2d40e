"""What the ground shows: something laid there, whatever the light; nothing when only the light changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.boxes import Found, iou
from detect.ground import Ground, survey, unpack_ground
from detect.kinds import CHANGED, MOVING
from tests.detect.conftest import Picture, a_place, noisy

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PLACE = a_place(1)
BAG = Found("", 1.0, 0.45, 0.6, 0.6, 0.8)


def with_bag(picture: Picture, box: Found = BAG) -> Picture:
    """Something textured lies there."""
    out = picture.copy()
    height, width = picture.shape[:2]
    under = out[round(box.y1 * height) : round(box.y2 * height), round(box.x1 * width) : round(box.x2 * width)]
    dice = np.random.default_rng(3).integers(10, 90, (4, 4, 3), dtype=np.uint8)
    under[:] = cv2.resize(dice, (under.shape[1], under.shape[0]), interpolation=cv2.INTER_NEAREST)
    return out


def lit(picture: Picture, gain: float, gamma: float = 1.0) -> Picture:
    levels = np.clip(255 * (np.arange(256) / 255) ** gamma * gain, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, levels), np.uint8)


def shown(
    pictures: Sequence[Picture], bodies: Sequence[Found] = (), every_s: float = 0.5, ground: Ground | None = None
) -> tuple[Ground, list[tuple[Found, ...]]]:
    told = []
    begin = ground.at if ground else START
    for number, picture in enumerate(pictures, 1):
        ground, boxes = survey(ground, noisy(picture, number), bodies, begin + timedelta(seconds=number * every_s))
        told.append(boxes)
    assert ground is not None
    return ground, told


def changed(boxes: Sequence[Found]) -> list[Found]:
    return [one for one in boxes if one.label == CHANGED]


@pytest.mark.parametrize("every_s", [0.2, 0.5, 1.0])
def test_something_laid_there_is_a_changed_place_of_its_size(every_s: float) -> None:
    _, told = shown([PLACE] * 10 + [with_bag(PLACE)] * 8, every_s=every_s)
    assert not any(changed(boxes) for boxes in told[:10])
    assert [one.label for one in told[10]] == [MOVING]
    (seen,) = changed(told[-1])
    assert iou(seen, BAG) > 0.6


@pytest.mark.parametrize(("gain", "gamma"), [(0.45, 1.0), (1.6, 1.0), (0.7, 1.4), (1.0, 0.7)])
def test_it_is_seen_in_another_light_too(gain: float, gamma: float) -> None:
    dark = [lit(PLACE, gain, gamma)] * 3 + [lit(with_bag(PLACE), gain, gamma)] * 6
    _, told = shown([PLACE] * 10 + dark)
    assert any(iou(one, BAG) > 0.5 for one in changed(told[-1]))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.floats(0.4, 1.0), st.floats(0.85, 1.2)), min_size=1, max_size=12))
def test_light_alone_changes_nothing_while_it_blows_nothing_out(lights: list[tuple[float, float]]) -> None:
    _, told = shown([PLACE] * 8 + [lit(PLACE, *light) for light in lights for _ in range(2)])
    assert not any(changed(boxes) for boxes in told)


def test_what_stands_where_a_body_is_seen_is_neither_changed_nor_learnt() -> None:
    ground, told = shown([PLACE] * 10)
    ground, told = shown([with_bag(PLACE)] * 200, [BAG.grown(0.1)], ground=ground)
    assert not any(changed(boxes) for boxes in told)
    _, told = shown([PLACE] * 4, ground=ground)
    assert not any(changed(boxes) for boxes in told)


def test_ground_that_was_never_seen_bare_is_learnt_when_the_car_has_gone() -> None:
    car = Found("vehicle", 0.9, 0.3, 0.4, 0.7, 0.9)
    ground, _ = shown([with_bag(PLACE, car)] * 10, [car])
    ground, told = shown([PLACE] * 10, ground=ground)
    assert not any(changed(boxes) for boxes in told)
    _, told = shown([with_bag(PLACE)] * 5, ground=ground)
    assert changed(told[-1])


def test_what_has_lain_there_for_long_is_the_ground_and_the_next_thing_is_new() -> None:
    ground, _ = shown([PLACE] * 10)
    ground, told = shown([with_bag(PLACE)] * 110, ground=ground)
    assert changed(told[80])
    assert not changed(told[-1])
    second = Found("", 1.0, 0.6, 0.6, 0.75, 0.8)
    _, told = shown([with_bag(with_bag(PLACE), second)] * 5, ground=ground)
    (seen,) = changed(told[-1])
    assert iou(seen, second) > 0.5


def test_a_view_that_differs_nearly_everywhere_is_learnt_anew() -> None:
    _, told = shown([PLACE] * 10 + [a_place(2)] * 20 + [with_bag(a_place(2))] * 5)
    assert not any(changed(boxes) for boxes in told[:30])
    assert changed(told[-1])


def test_a_packed_ground_is_the_same_ground_and_torn_bytes_are_refused() -> None:
    ground, _ = shown([PLACE] * 10)
    packed = ground.pack()
    again = unpack_ground(packed, ground.at)
    assert len(packed) < 60_000
    assert np.abs(again.usual - ground.usual).max() <= 0.5
    _, told = shown([with_bag(PLACE)] * 4, ground=again)
    assert changed(told[-1])
    for torn in (packed[:50], b"", b"no ground"):
        with pytest.raises(ValueError, match="learnt anew"):
            unpack_ground(torn, ground.at)


def test_a_look_not_newer_than_the_last_shows_nothing() -> None:
    ground, _ = shown([PLACE] * 10)
    after, boxes = survey(ground, with_bag(PLACE), [], ground.at)
    assert after is ground
    assert boxes == ()


def swayed(picture: Picture, x: float, y: float) -> Picture:
    """The whole picture moved by some of its pixels."""
    move = np.array([[1, 0, x], [0, 1, y]], np.float32)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, move, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def test_a_pole_that_sways_neither_changes_the_ground_nor_hides_a_change() -> None:
    dice = np.random.default_rng(4)
    sways = [tuple(dice.uniform(-2, 2, 2)) for _ in range(30)]
    _, told = shown(
        [PLACE] * 8 + [swayed(PLACE, *sway) for sway in sways] + [swayed(with_bag(PLACE), *s) for s in sways]
    )
    assert not any(changed(boxes) for boxes in told[:38])
    seen = [any(iou(one, BAG) > 0.5 for one in changed(boxes)) for boxes in told[42:]]
    assert sum(seen) > 0.8 * len(seen)
