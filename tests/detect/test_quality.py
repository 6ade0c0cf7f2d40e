from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import get_args

import cv2
import numpy as np
import pytest

from detect.kinds import Light
from detect.quality import ELSEWHERE, Limits, Sight, agreement, relearn, see, unpack, view
from tests.detect.conftest import Picture, a_place, noisy

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PLACE = a_place(1)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def used_to(place: Picture, looks: int = 5) -> Sight:
    sight = Sight()
    for number in range(looks):
        sight, reason = see(sight, view(noisy(place, number)), later(number))
        assert reason is None
    return sight


def light(image: Picture, gain: float, gamma: float = 1.0) -> Picture:
    return np.clip(255 * (image / 255.0) ** gamma * gain, 0, 255).astype(np.uint8)


def through_jpeg(image: Picture, quality: int) -> Picture:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def with_a_pile(image: Picture) -> Picture:
    changed = image.copy()
    changed[125:215, 100:220] = a_place(9, 120, 90)
    return changed


def moved(image: Picture, pixels: int) -> Picture:
    return np.roll(image, pixels, axis=1)


def half_hidden(image: Picture) -> Picture:
    changed = image.copy()
    changed[:, 60:] = (90, 80, 80)
    return changed


@pytest.mark.parametrize(
    "picture",
    [
        PLACE,
        noisy(PLACE, 77, 15),
        through_jpeg(PLACE, 20),
        light(PLACE, 0.5),
        light(PLACE, 1.0, 0.6),
        light(PLACE, 1.0, 1.6),
        moved(PLACE, 3),
        with_a_pile(PLACE),
        cv2.resize(PLACE, (640, 480)),
    ],
    ids=["same", "noise", "jpeg", "dimmer", "brighter", "darker", "a little wind", "a pile", "another size"],
)
def test_ordinary_changes_leave_a_picture_good(picture: Picture) -> None:
    assert see(used_to(PLACE), view(picture), later(10))[1] is None


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (light(PLACE, 0.1), "太暗"),
        (light(PLACE, 6.0), "过亮"),
        (np.full_like(PLACE, 120), "遮挡"),
        (half_hidden(PLACE), "遮挡"),
        (cv2.GaussianBlur(PLACE, (0, 0), 4.5), "模糊"),
        (light(PLACE, 0.06) // 1 + 150, "遮挡"),
        ((PLACE * 0.2 + 140).astype(np.uint8), "模糊"),
        (moved(PLACE, 12), "移动"),
        (moved(PLACE, 30), "移动"),
        (moved(PLACE, 150), "移动"),
        (a_place(2), "不是同一处"),
        (PLACE[::-1].copy(), "不是同一处"),
    ],
    ids=[
        "night", "glare", "a hand on the lens", "a lorry before it", "dirty lens", "thick fog", "fog",
        "turned a little", "turned", "turned far", "another place", "upside down",
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_named(picture: Picture, words: str) -> None:
    reason = see(used_to(PLACE), view(picture), later(10))[1]
    assert reason is not None
    assert words in reason


@pytest.mark.parametrize("gain", [0.05, 0.1])
def test_a_camera_that_begins_at_night_learns_nothing_from_it(gain: float) -> None:
    sight, reason = see(Sight(), view(light(PLACE, gain)), START)
    assert reason is not None
    assert sight.plate is None
    assert see(sight, view(PLACE), later(1))[1] is None


def test_steady_light_from_morning_to_evening_is_followed() -> None:
    sight = used_to(PLACE)
    for minute in range(150):
        sun = 0.45 + 0.9 * np.sin(np.pi * minute / 150)
        sight, reason = see(sight, view(noisy(light(PLACE, sun, 1.1), minute)), later(120 * minute + 10))
        assert reason is None, minute


def test_another_place_stays_unknown_however_long_it_is_shown() -> None:
    sight = used_to(PLACE, looks=40)
    for minute in range(60):
        sight, reason = see(sight, view(noisy(a_place(2), minute)), later(100 + 60 * minute))
        assert reason == ELSEWHERE
    assert see(sight, view(PLACE), later(9000))[1] is None


def test_a_wrong_first_picture_is_given_up_after_a_quarter_of_an_hour() -> None:
    sight = used_to(a_place(2), looks=3)  # a lorry stood before the camera when it started
    reasons = []
    for minute in range(45):
        sight, reason = see(sight, view(noisy(PLACE, minute)), later(100 + 30 * minute))
        reasons.append(reason)
    assert reasons[:29] == [ELSEWHERE] * 29
    assert reasons[-1] is None


def test_a_frozen_picture_is_unknown_after_a_while() -> None:
    sight = used_to(PLACE)
    reasons = []
    for number in range(4):
        sight, reason = see(sight, view(PLACE), later(100 + 50 * number))
        reasons.append(reason)
    assert reasons[:3] == [None, None, None]
    assert reasons[3] is not None
    assert "静止" in reasons[3]
    assert see(sight, view(noisy(PLACE, 1)), later(300))[1] is None


def test_a_scene_without_any_texture_to_compare_is_not_called_shifted() -> None:
    ramp = np.linspace(60, 190, 640, dtype=np.float32)
    wall = noisy(np.repeat(np.repeat(ramp[None, :, None], 480, 0), 3, 2).astype(np.uint8), 1)
    sight, reason = see(Sight(), view(wall), START, Limits(texture=20, absolute_soft=0.0))
    assert reason is None
    assert see(sight, view(wall), later(1), Limits(texture=20, absolute_soft=0.0))[1] is None


def test_a_place_of_which_nothing_is_found_again_is_elsewhere() -> None:
    stripes = np.zeros((240, 320, 3), np.uint8)
    stripes[:, ::16], stripes[:, 1::16] = (255, 200, 255), (255, 200, 255)
    assert see(used_to(PLACE), view(stripes), later(10), Limits(alike=0.99))[1] == ELSEWHERE


def test_a_plate_without_texture_has_nothing_to_compare() -> None:
    plate = used_to(PLACE).plate
    assert plate is not None
    assert agreement(view(a_place(2)), plate, Limits(texture=1000)).share == 1.0


def test_a_plate_outlives_a_restart() -> None:
    plate = used_to(PLACE).plate
    assert plate is not None
    again = Sight(plate=unpack(plate.pack(), START))
    assert again.plate is not None
    assert again.plate.at == plate.at
    assert see(again, view(PLACE), later(10))[1] is None
    assert see(again, view(a_place(2)), later(10))[1] == ELSEWHERE


def infrared(image: Picture, gain: float = 0.8) -> Picture:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) * gain
    return np.asarray(cv2.cvtColor(np.clip(grey, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)


def night_of(image: Picture) -> Picture:
    """Infrared light from the camera: bright in the middle, without colour, other shades than by day."""
    rows, columns = np.mgrid[0:240, 0:320]
    lamp = np.exp(-(((rows - 120) / 130) ** 2 + ((columns - 160) / 170) ** 2))
    shaded = (255 - image.astype(float)) * lamp[:, :, None]
    return infrared(np.clip(shaded, 0, 255).astype(np.uint8), 1.0)


def test_infrared_light_at_night_is_neither_dark_nor_another_place_and_has_its_own_plate() -> None:
    sight = used_to(PLACE, looks=40)
    assert see(sight, view(night_of(PLACE)), later(50))[1] is None
    for number in range(40):
        sight, reason = see(sight, view(noisy(night_of(PLACE), number, 1)), later(50 + number))
        assert reason is None
    assert sight.light == "night"
    assert sight.night is not None
    assert sight.plate is not None
    for number in range(40):  # the morning finds the day's plate as the evening left it
        sight, reason = see(sight, view(noisy(PLACE, number)), later(100 + number))
        assert reason is None
    assert sight.light == "day"


@pytest.mark.parametrize("judged", [night_of, lambda image: image], ids=["night", "day"])
def test_a_camera_turned_by_night_or_by_day_is_seen_in_either_light(judged: Callable[[Picture], Picture]) -> None:
    sight = used_to(PLACE, looks=40)
    for number in range(40):
        sight, _ = see(sight, view(noisy(night_of(PLACE), number, 1)), later(50 + number))
    reason = see(sight, view(judged(a_place(2))), later(100))[1]
    assert reason == ELSEWHERE


def test_a_camera_that_was_moved_by_day_does_not_learn_its_first_night_from_the_wrong_place() -> None:
    sight = used_to(PLACE, looks=40)
    sight, reason = see(sight, view(a_place(2)), later(50))
    assert reason == ELSEWHERE
    sight, reason = see(sight, view(night_of(a_place(2))), later(60))
    assert reason == ELSEWHERE
    assert sight.night is None


def test_fog_that_takes_the_colour_away_is_not_taken_for_a_night() -> None:
    sight = used_to(PLACE, looks=40)
    fog = infrared((PLACE * 0.22 + 130).astype(np.uint8), 1.0)
    sight, reason = see(sight, view(fog), later(50))
    assert reason is not None
    assert "模糊" in reason
    assert sight.night is None


def test_dusk_between_colour_and_none_stays_what_it_was() -> None:
    pale = np.repeat(PLACE.mean(axis=2, keepdims=True), 3, axis=2)
    pale = np.clip(pale + (PLACE - pale) * 0.03, 0, 255).astype(np.uint8)
    assert Limits().grey < view(pale).colour < Limits().coloured
    for light in get_args(Light):
        assert see(Sight(light=light), view(pale), START)[0].light == light


def test_a_view_that_an_operator_takes_as_the_usual_one_is_learnt() -> None:
    sight = used_to(PLACE, looks=40)
    assert see(sight, view(a_place(2)), later(50))[1] == ELSEWHERE
    sight = relearn(sight)
    for number in range(5):
        sight, reason = see(sight, view(noisy(a_place(2), number)), later(60 + number))
        assert reason is None
    assert see(sight, view(PLACE), later(70))[1] == ELSEWHERE


def test_a_clock_set_back_does_not_keep_a_frozen_picture_from_being_noticed() -> None:
    sight = used_to(PLACE)
    sight, _ = see(sight, view(PLACE), later(100_000))
    reasons = []
    for number in range(4):
        sight, reason = see(sight, view(PLACE), later(50 * number))
        reasons.append(reason)
    assert reasons[-1] is not None
    assert "静止" in reasons[-1]
