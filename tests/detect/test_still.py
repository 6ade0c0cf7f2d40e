from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import pytest

from detect.boxes import Found
from detect.still import patch, unchanged, unpack_patch
from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, Scene, load_scene, scene_names
from tests.detect.conftest import Picture, a_place, noisy, with_things

PLACE = a_place(1)
BOX = (0.3, 0.4, 0.6, 0.8)
THING = Found("garbage", 1.0, 0.3 * 320, 0.4 * 240, 0.6 * 320, 0.8 * 240)
WITH = with_things(PLACE, [THING])


def light(image: Picture, gain: float, gamma: float = 1.0) -> Picture:
    return np.clip(255 * (image / 255.0) ** gamma * gain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (WITH, True),
        (noisy(WITH, 3, 8), True),
        (light(WITH, 0.4), True),
        (light(WITH, 1.0, 0.7), True),
        (np.roll(WITH, 2, axis=1), True),
        (PLACE, False),
        (noisy(PLACE, 4), False),
        (light(PLACE, 0.5), False),
        (a_place(2), False),
        (np.full_like(WITH, 90), False),
    ],
    ids=["same", "noise", "dusk", "sun", "wind", "taken away", "taken away, noise", "taken away at dusk", "elsewhere",
         "a lorry"],
)  # fmt: skip
def test_light_leaves_a_place_unchanged_and_taking_the_thing_away_does_not(now: Picture, same: bool) -> None:
    assert unchanged(patch(WITH, BOX), patch(now, BOX)) is same


def test_half_of_a_thing_taken_away_is_a_change() -> None:
    half = WITH.copy()
    half[:, :144] = PLACE[:, :144]
    assert not unchanged(patch(WITH, BOX), patch(half, BOX))


def test_of_a_place_without_structure_nothing_is_said() -> None:
    flat = np.full((240, 320, 3), 120, np.uint8)
    assert not unchanged(patch(flat, BOX), patch(flat, BOX))


@pytest.mark.parametrize("box", [(0.0, 0.0, 1.0, 1.0), (0.99, 0.99, 1.0, 1.0), (-0.2, -0.2, 0.01, 0.01), (0, 0, 0, 0)])
def test_a_box_at_the_edge_or_without_size_is_cut_to_the_picture(box: tuple[float, float, float, float]) -> None:
    assert patch(PLACE, box).shape == (52, 52)


def test_a_patch_outlives_a_restart_and_a_torn_one_is_refused() -> None:
    before = patch(WITH, BOX)
    assert np.array_equal(unpack_patch(before.tobytes()), before)
    with pytest.raises(ValueError, match="reshape"):
        unpack_patch(b"torn")


@lru_cache
def scene(name: str) -> Scene:
    return load_scene(HOME / name)


def seen(name: str, view: View, seed: int) -> Picture:
    data = cv2.imencode(".jpg", compose(scene(name), view, seed), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("name", scene_names())
@pytest.mark.parametrize("state", ["bags", "pile"])
def test_rendered_dirt_stays_alike_in_dusk_and_rain_and_its_place_does_not_once_it_is_gone(
    name: str, state: str
) -> None:
    piece = scene(name).states[state].at
    box = (piece[0] / 640, piece[1] / 360, (piece[0] + piece[2]) / 640, (piece[1] + piece[3]) / 360)
    before = patch(seen(name, View(state=state), 1), box)
    for view in (View(state=state, light="dusk"), View(state=state, rain=True), View(state=state, at=40.0)):
        assert unchanged(before, patch(seen(name, view, 7), box)), view
    for view in (View(state="bins"), View(state="bins", light="dusk"), View(state="plate", rain=True)):
        assert not unchanged(before, patch(seen(name, view, 9), box)), view
