"""A rendered day: pure, quiet when it is quiet, and every true drop is on the list to the second."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.scenes.compose import View, compose
from edge.scenes.day import APART, CONDITIONS, DAWN, DAY, HOUR, Timeline, day, light_at
from edge.scenes.happenings import VEHICLES, Happening, empties, played, unloads, visits
from edge.scenes.scene import HEIGHT, HOME, WIDTH, Scene, SceneError, load_scene, scene_names

NAMES = scene_names()
SECONDS = st.floats(0, DAY - 0.01)


@lru_cache
def scene(name: str) -> Scene:
    return load_scene(HOME / name)


@lru_cache(maxsize=64)
def a_day(name: str, seed: int, condition: str, drops: int = 0) -> Timeline:
    return day(scene(name), seed, condition, drops)


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("name", NAMES)
def test_on_a_quiet_day_somebody_passes_and_nothing_is_ever_dumped(name: str, condition: str) -> None:
    quiet = a_day(name, 1, condition)
    assert quiet.drops == ()
    assert len(quiet.happenings) > 20
    assert {quiet.view(second).state for second in range(0, int(DAY), 97)} == {"clean"}


@settings(max_examples=60)
@given(name=st.sampled_from(NAMES), condition=st.sampled_from(CONDITIONS), seed=st.integers(0, 9), second=SECONDS)
def test_every_second_of_every_day_can_be_seen_and_is_the_same_each_time(
    name: str, condition: str, seed: int, second: float
) -> None:
    view = a_day(name, seed, condition).view(second)
    assert day(scene(name), seed, condition).view(second) == view
    assert compose(scene(name), view, 1).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_a_drop_lies_there_from_its_second_on_and_until_it_is_gone(name: str, seed: int) -> None:
    busy = a_day(name, seed, "clear", 4)
    assert len(busy.drops) == 4
    for drop in busy.drops:
        around = (drop.at - 0.1, drop.at, drop.until - 0.1, drop.until)
        assert [busy.view(second).state for second in around] == ["clean", drop.state, drop.state, "clean"]
        assert light_at(drop.at / HOUR) == ("day", 0.0)
        seen = busy.view(drop.at)
        assert (seen.walker is not None) == (drop.by == "villager")
        assert ("tricycle" in [who for who, _ in seen.moving]) == (drop.by == "tricycle")


@pytest.mark.parametrize("name", [name for name in NAMES if scene(name).moves])
def test_no_other_vehicle_stands_in_the_way_of_a_drop(name: str) -> None:
    busy = a_day(name, 5, "clear", 5)
    for drop, shift in itertools.product(busy.drops, (-0.5 * APART, 0.0, 0.5 * APART)):
        there = {who for who, _ in busy.view(drop.at + shift).moving} & set(VEHICLES)
        assert there <= ({"tricycle"} if drop.by == "tricycle" else set())


@pytest.mark.parametrize("name", NAMES)
def test_of_each_kind_there_is_one_at_a_time(name: str) -> None:
    for kind in ({"walker"}, {"dog"}, set(VEHICLES)):
        seen = [one for one in a_day(name, 3, "cloudy").happenings if one.who in kind]
        assert all(before.end <= after.start for before, after in itertools.pairwise(seen))


def test_it_grows_light_in_the_morning_and_dark_in_the_evening() -> None:
    clear = a_day("lane", 1, "clear")
    hours = (3.0, 5.6, 6.2, 12.0, 18.0, 18.6, 20.0)
    views = [View(light=v.light, dim=v.dim) for v in (clear.view(hour * HOUR) for hour in hours)]
    levels = [float(compose(scene("lane"), view, 1).mean()) for view in views]
    assert levels[:4] == sorted(levels[:4])
    assert levels[3:] == sorted(levels[3:], reverse=True)


@given(hour=st.floats(0, 23.99))
def test_the_light_never_jumps(hour: float) -> None:
    order = {"day": 0, "dusk": 1, "night": 2}
    (one, dim), (other, later) = light_at(hour), light_at(hour + 0.01)
    assert abs(order[one] + dim - order[other] - later) < 0.03


@pytest.mark.parametrize(
    ("condition", "has"),
    [
        ("rain", lambda v: v.rain),
        ("fog", lambda v: v.fog > 0.3),
        ("wind", lambda v: v.wind > 0.3),
        ("snow", lambda v: v.snow),
        ("lens", lambda v: v.lens > 0),
        ("lamp", lambda v: v.lamp and v.light == "night"),
        ("infrared", lambda v: v.light == "infrared"),
        ("cloudy", lambda v: v.sun < 0.75),
    ],
)
def test_each_condition_is_seen_on_its_day_and_not_on_a_clear_one(condition: str, has) -> None:  # type: ignore[no-untyped-def]
    for name in NAMES:
        seconds = range(0, int(DAY), 300)
        assert any(has(a_day(name, 2, condition).view(second)) for second in seconds)
        assert not any(has(a_day(name, 2, "clear").view(second)) for second in seconds)


def test_by_night_cars_pass_with_their_lights_on() -> None:
    shines = [one for one in a_day("field", 1, "clear").happenings if one.who == "headlights"]
    assert len(shines) >= 4
    assert all(light_at(one.start / HOUR)[0] != "day" or one.start / HOUR < DAWN for one in shines)
    view = a_day("field", 1, "clear").view((shines[0].start + shines[0].end) / 2)
    assert view.headlights == pytest.approx(0.5)


def test_frames_come_at_their_rate_and_are_the_same_each_time() -> None:
    quiet = a_day("shop", 1, "rain")
    once, again = (list(quiet.frames(0.2, 10 * HOUR, 10 * HOUR + 60)) for _ in range(2))
    assert [at - 10 * HOUR for at, _ in once] == [5.0 * i for i in range(12)]
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(once, again, strict=True))


def test_a_condition_that_does_not_exist_is_named() -> None:
    with pytest.raises(SceneError, match="condition 'hail' is unknown; use one of clear"):
        day(scene("lane"), 1, "hail")


# ---- who comes and goes ----


@given(lasts=st.lists(st.floats(0.1, 50), min_size=1, max_size=8), share=st.floats(0, 0.999))
def test_a_happening_shows_each_layer_for_as_long_as_it_was_told(lasts: list[float], share: float) -> None:
    one = played("dog", 100.0, enumerate(lasts))
    assert one.end == pytest.approx(100 + sum(lasts))
    at = 100 + share * sum(lasts)
    ends = np.cumsum(lasts)
    assert abs(one.layer(at) - int(np.searchsorted(ends, at - 100, side="right"))) <= 1


@pytest.mark.parametrize("name", [name for name in NAMES if "tricycle" in scene(name).moves])
def test_a_tricycle_that_passes_leaves_as_loaded_as_it_came_and_one_that_dumps_leaves_empty(name: str) -> None:
    way = scene(name).moves["tricycle"]

    def parts(one: Happening) -> list[str]:
        return [way[layer][0] for _, layer in one.cues]

    assert set(parts(visits(scene(name), "tricycle", 0.0, 10.0))) == {"in", "stand"}
    dumping, at = unloads(scene(name), 50.0)
    assert parts(dumping).index("unload") < parts(dumping).index("rise") < parts(dumping).index("out")
    assert way[dumping.layer(at - 0.1)][0] == "unload"
    assert way[dumping.layer(at + 0.1)][0] == "rise"


@pytest.mark.parametrize("name", [name for name in NAMES if "truck" in scene(name).moves])
def test_the_bins_are_empty_while_the_truck_stands_before_them(name: str) -> None:
    one, at = empties(scene(name), 10.0)
    assert scene(name).moves["truck"][one.layer(at)][0] == "stand"


@pytest.mark.parametrize("name", [name for name in NAMES if "car" in scene(name).moves])
def test_a_car_can_park_before_the_spot(name: str) -> None:
    way = scene(name).moves["car"]
    parked = visits(scene(name), "car", 0.0, 600.0, "hide")
    assert way[parked.layer(300)][0] == "hide"
    assert way[visits(scene(name), "car", 0.0, 600.0).layer(300)][0] == "stand"
