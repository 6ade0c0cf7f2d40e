"""The shipped scenes: what the detector sees in them, how they are composed, how a script plays them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.blur import encode
from detect.eye import Eye
from detect.finder import Finder, default_model
from detect.frames import read_picture
from detect.spots import Spot
from edge.scenes.make.check import best, fully_in_view
from edge.scenes.pieces import around, opaque
from edge.scenes.play import Play, Scene, SceneError, Script, Told, View, World, compose, load_script, script_of
from edge.scenes.scene import HEIGHT, HOME, WATERS, WIDTH, load_scene, scene_names

NAMES = scene_names()
DIRTY = ("bags", "pile", "full", "fullpile")
DUMPING = """
[[step]]
at = 0
state = "clean"
[[step]]
at = 20
walk = true
state = "bags"
[[step]]
at = 100
light = "night"
[[step]]
at = 140
state = "pile"
light = "day"
"""


@lru_cache
def scene(name: str) -> Scene:
    return load_scene(HOME / name)


@lru_cache
def finder() -> Finder:
    return Finder(default_model(), threads=1)


def dumping() -> Script:
    return script_of(tomllib.loads(DUMPING))


# ---- what the detector sees ----


def test_there_are_at_least_four_places_and_they_stay_small() -> None:
    assert len(NAMES) >= 4
    assert len({scene(name).title for name in NAMES}) == len(NAMES)
    shipped = [p for name in NAMES for p in (HOME / name).iterdir()]
    assert sum(p.stat().st_size for p in shipped) <= 6_000_000


@pytest.mark.parametrize("state", ["plate", "bins"])
@pytest.mark.parametrize("name", NAMES)
def test_a_clean_place_shows_no_dirt_anywhere(name: str, state: str) -> None:
    for seed in range(3):
        scores = best(finder(), scene(name), View(state), seed)
        assert max(scores["dirt"], scores["elsewhere"]) < 0.25, scores


@pytest.mark.parametrize("state", DIRTY)
@pytest.mark.parametrize("name", NAMES)
def test_a_dirty_place_is_seen_inside_its_spot(name: str, state: str) -> None:
    for seed in range(3):
        assert best(finder(), scene(name), View(state), seed)["dirt"] >= 0.4


@pytest.mark.parametrize("name", [name for name in NAMES if scene(name).walk])
def test_the_villager_is_seen_as_a_person(name: str) -> None:
    whole = fully_in_view(scene(name))
    seen = [best(finder(), scene(name), View(walker=i), i)["person"] >= 0.4 for i in whole]
    assert sum(seen) >= 0.5 * len(seen) > 0


# ---- one picture ----


@pytest.mark.parametrize("name", NAMES)
def test_the_same_view_and_seed_give_the_same_picture_and_another_seed_other_noise(name: str) -> None:
    one, again, other = (compose(scene(name), View("pile", rain=True), seed) for seed in (1, 1, 2))
    assert one.shape == (HEIGHT, WIDTH, 3)
    assert one.dtype == np.uint8
    assert np.array_equal(one, again)
    assert 0.5 < float(np.abs(one.astype(int) - other).mean()) < 12


@pytest.mark.parametrize("name", NAMES)
def test_the_night_is_really_dark_and_dusk_lies_between(name: str) -> None:
    day, dusk, night = (float(compose(scene(name), View(light=light), 1).mean()) for light in ("day", "dusk", "night"))
    assert night < 25 < dusk < 0.7 * day


def sharpness(name: str, view: View) -> float:
    return float(cv2.Laplacian(cv2.medianBlur(compose(scene(name), view, 1), 5), cv2.CV_64F).var())


@pytest.mark.parametrize("name", NAMES)
def test_a_dirty_lens_blurs_more_the_dirtier_it_is(name: str) -> None:
    clear, half, blind = (sharpness(name, View("pile", lens=lens)) for lens in (0.0, 0.5, 1.0))
    assert clear > 2 * half > 2 * blind


@pytest.mark.parametrize("name", NAMES)
def test_a_camera_turned_away_shows_another_view(name: str) -> None:
    straight, turned = (
        cv2.cvtColor(compose(scene(name), View(shifted=s), 1), cv2.COLOR_BGR2GRAY) for s in (False, True)
    )
    likeness = np.corrcoef(cv2.blur(straight, (9, 9)).ravel(), cv2.blur(turned, (9, 9)).ravel())[0, 1]
    assert likeness < 0.6


@pytest.mark.parametrize("name", NAMES)
def test_states_differ_only_where_something_lies(name: str) -> None:
    quiet = compose(scene(name), View("plate"), 1).astype(int)
    dirty = compose(scene(name), View("fullpile"), 1).astype(int)
    changed = (np.abs(dirty - quiet).max(axis=2) > 0).mean()
    assert 0.01 < changed < 0.35


HEAPS = ("straw_pile", "manure_pile", "earth_pile", "coal_pile")


@pytest.mark.parametrize("kind", HEAPS)
@pytest.mark.parametrize("name", NAMES)
def test_a_heap_is_a_state_of_the_resting_place_and_can_lie_beside_any_other(name: str, kind: str) -> None:
    rest, alone, beside = (
        compose(scene(name), view, 1).astype(int) for view in (View(), View(kind), View(lying=(kind,)))
    )
    assert np.array_equal(alone, beside)
    x, y, w, h = scene(name).lying[kind].at
    apart = np.abs(alone - rest).max(axis=2) > 0
    assert apart[y : y + h, x : x + w].mean() > 0.3
    apart[y : y + h, x : x + w] = False
    assert not apart.any()


@pytest.mark.parametrize("kind", HEAPS)
@pytest.mark.parametrize("name", NAMES)
def test_a_heap_does_not_hide_the_bins(name: str, kind: str) -> None:
    hidden = scene(name).lying[kind]
    x, y, w, h = scene(name).states["bins"].at
    cover = np.ones((HEIGHT, WIDTH))
    cover[hidden.at[1] : hidden.at[1] + hidden.at[3], hidden.at[0] : hidden.at[0] + hidden.at[2]] = hidden.stays[..., 0]
    bins = scene(name).states["bins"].stays[..., 0] < 0.1
    assert (cover[y : y + h, x : x + w][bins] < 0.1).mean() < 0.15


def test_waste_floats_at_the_water_and_nowhere_else() -> None:
    waters = [load_scene(WATERS / name) for name in scene_names(WATERS)] + [scene("canal")]
    assert len(waters) == 3
    assert all("floating_waste" in water.lying for water in waters)
    assert not any("floating_waste" in scene(name).lying for name in NAMES if name != "canal")


@pytest.mark.parametrize("name", NAMES)
def test_fog_takes_the_far_things_first(name: str) -> None:
    clear, foggy = (compose(scene(name), View(fog=fog), 1).astype(float) for fog in (0.0, 0.6))

    def contrast(rows: slice) -> float:
        return float(foggy[rows].std() / clear[rows].std())

    assert contrast(slice(0, 90)) < contrast(slice(270, 360)) < 0.95


# ---- what comes and goes ----


MOVING = [(name, mover) for name in NAMES for mover in scene(name).moves]


def test_each_moving_thing_has_two_places_or_more() -> None:
    movers = [{"red_car": "car", "van": "car"}.get(mover, mover) for _, mover in MOVING]
    assert {mover: movers.count(mover) >= 2 for mover in movers} == dict.fromkeys(
        ("dog", "car", "tricycle", "truck", "resident"), True
    )


@pytest.mark.parametrize(("name", "mover"), MOVING)
def test_what_a_moving_layer_shows_lies_where_the_layer_is_opaque(name: str, mover: str) -> None:
    for (_, piece), seen in zip(scene(name).moves[mover], scene(name).shows[mover], strict=True):
        for kind, (x1, y1, x2, y2) in seen:
            if kind in ("plate", "person") and mover != "resident":
                continue  # small, or partly hidden by what he drives
            corners = around(opaque(piece))
            inside = 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1
            if corners is not None and inside and kind != "person":
                assert corners[0] <= x1 * WIDTH + 9
                assert corners[2] >= x2 * WIDTH - 9
                assert corners[1] <= y1 * HEIGHT + 9
                assert corners[3] >= y2 * HEIGHT - 9


@pytest.mark.parametrize(("name", "mover"), MOVING)
def test_a_moving_thing_changes_the_picture_only_where_its_layer_lies(name: str, mover: str) -> None:
    place = scene(name)
    rest = compose(place, View(), 1).astype(int)
    for number, (_, piece) in enumerate(place.moves[mover]):
        apart = np.abs(compose(place, View(moving=((mover, number),)), 1).astype(int) - rest).max(axis=2) > 0
        x, y, w, h = piece.at
        assert apart.any() == (piece.stays.size > 0 and float(piece.stays.min()) < 0.99)
        apart[y : y + h, x : x + w] = False
        assert not apart.any()


def test_a_thing_that_does_not_move_here_is_named() -> None:
    with pytest.raises(SceneError, match="no 'tractor' moves"):
        compose(scene("lane"), View(moving=(("tractor", 0),)), 1)


# ---- weather, lamps, headlights ----


def spot_mean(name: str, view: View) -> float:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.array([(x * WIDTH, y * HEIGHT) for x, y in scene(name).spot], np.int32)], 1)
    return float(compose(scene(name), view, 1)[mask > 0].mean())


@pytest.mark.parametrize("name", NAMES)
def test_a_lamp_makes_the_spot_visible_by_night_and_nothing_by_day(name: str) -> None:
    dark, lit = (spot_mean(name, View(light="night", lamp=lamp)) for lamp in (False, True))
    assert lit > 2 * dark
    assert np.array_equal(compose(scene(name), View(lamp=True), 1), compose(scene(name), View(), 1))


@pytest.mark.parametrize("view", [View(light="night", lamp=True), View(light="infrared"), View(snow=True)])
@pytest.mark.parametrize("name", NAMES)
def test_bags_are_seen_under_a_lamp_by_infrared_and_in_snow_and_a_clean_place_stays_clean(
    name: str, view: View
) -> None:
    assert best(finder(), scene(name), replace(view, state="bags"), 1)["dirt"] >= 0.4
    assert best(finder(), scene(name), view, 1)["dirt"] < 0.25


@pytest.mark.parametrize("name", NAMES)
def test_headlights_come_nearer_and_brighten_the_night(name: str) -> None:
    dark = compose(scene(name), View(light="night"), 1).mean()
    far, near = (compose(scene(name), View(light="night", headlights=share), 1).mean() for share in (0.1, 0.7))
    assert dark < far < near


@pytest.mark.parametrize("name", NAMES)
def test_wind_shakes_the_picture_by_a_few_pixels_and_differently_each_time(name: str) -> None:
    calm, *windy = (
        compose(scene(name), View(wind=wind), seed) for wind, seed in ((0.0, 1), (1.0, 1), (1.0, 2), (1.0, 3))
    )
    part = calm[20:340, 20:620]
    found = [cv2.minMaxLoc(cv2.matchTemplate(other, part, cv2.TM_CCOEFF_NORMED))[3] for other in windy]
    assert all(abs(x - 20) <= 4 and abs(y - 20) <= 4 for x, y in found)
    assert len(set(found)) > 1


def test_infrared_is_grey_and_dimming_leads_from_day_to_dusk() -> None:
    grey = cv2.blur(compose(scene("lane"), View(light="infrared"), 1), (15, 15)).astype(int)
    assert np.abs(grey[..., 0] - grey[..., 2]).max() <= 6
    levels = [float(compose(scene("lane"), View(dim=dim), 1).mean()) for dim in (0.0, 0.5, 1.0)]
    assert levels[0] > levels[1] > levels[2]
    assert levels[2] == pytest.approx(compose(scene("lane"), View(light="dusk"), 1).mean(), abs=2)


def test_snow_whitens_the_dark_parts() -> None:
    clear, snow = (compose(scene("lane"), View(snow=snow), 1) for snow in (False, True))
    assert np.percentile(snow, 10) > np.percentile(clear, 10)


# ---- scripts and the world ----


def test_at_least_two_places_have_a_villager_who_dumps() -> None:
    assert len([name for name in NAMES if scene(name).walk]) >= 2


def test_the_villager_brings_the_bags_and_they_lie_there_once_they_are_put_down() -> None:
    place = scene("lane")
    down = 20 + place.put_down_seconds()
    views = {t: dumping().view_at(t, place) for t in (19.9, 20.1, down - 0.1, down + 0.1, 99.0)}
    assert [v.state for v in views.values()] == ["clean", "clean", "clean", "bags", "bags"]
    assert [v.walker is None for v in views.values()] == [True, False, False, False, True]
    assert views[20.1].walker == 0


@pytest.mark.parametrize(("place", "mover", "before", "after"), [
    ("lane", "tricycle", "clean", "bags"), ("shop", "truck", "full", "clean"),
])  # fmt: skip
def test_a_step_that_moves_brings_its_state_while_the_vehicle_stands(
    place: str, mover: str, before: str, after: str
) -> None:
    script = script_of({"step": [{"at": 0, "state": before}, {"at": 10, "move": mover, "state": after}]})
    visit, late = script.steps[1].visit(scene(place))
    assert visit is not None
    views = [script.view_at(t, scene(place)) for t in (9.9, 10 + late - 0.1, 10 + late + 0.1, 10.1 + visit.end)]
    assert [v.state for v in views] == [before, before, after, after]
    assert [[who for who, _ in v.moving] for v in views] == [[], [mover], [mover], []]


def test_a_car_stays_as_long_as_it_is_told_and_changes_nothing() -> None:
    script = script_of({"step": [{"at": 0, "state": "pile"}, {"at": 10, "move": "car", "stay": 300}]})
    parked = script.view_at(200, scene("lane"))
    assert parked.state == "pile"
    assert scene("lane").moves["car"][parked.moving[0][1]][0] == "stand"
    assert script.view_at(330, scene("lane")).moving == ()


def test_a_script_that_moves_what_the_scene_lacks_is_refused_at_once() -> None:
    with pytest.raises(SceneError, match=r"step 1: in scene canal no 'truck' moves: use nothing"):
        Play(scene("canal"), script_of({"step": [{"at": 0, "move": "truck"}]}))


def test_what_a_step_does_not_name_stays() -> None:
    night = dumping().view_at(120, scene(NAMES[0]))
    assert (night.state, night.light) == ("bags", "night")


@pytest.mark.parametrize(
    ("told_at", "now", "state"),
    [
        (60.0, 59.0, "bags"),
        (60.0, 61.0, "clean"),
        (60.0, 130.0, "clean"),
        (60.0, 141.0, "pile"),
        (150.0, 151.0, "clean"),
    ],
)
def test_the_world_holds_until_the_script_next_changes_the_state(told_at: float, now: float, state: str) -> None:
    told = Told("clean", told_at) if now >= told_at else None
    assert dumping().view_at(now, scene(NAMES[0]), told).state == state


def test_a_script_with_a_length_starts_anew_and_forgets_the_world() -> None:
    script = Script(dumping().steps, length=200)
    assert script.view_at(350, scene(NAMES[0])).state == "pile"
    assert script.view_at(205, scene(NAMES[0]), Told("pile", 190)).state == "clean"


def test_the_world_file_is_read_when_it_changes_and_half_a_file_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    play = Play(scene(NAMES[0]), script_of({"step": [{"at": 0, "state": "pile"}]}), World(path))
    assert play.view_at(1).state == "pile"
    path.write_text(json.dumps({"state": "clean"}), encoding="utf-8")
    assert play.view_at(2).state == "clean"
    path.write_text('{"sta', encoding="utf-8")
    assert play.view_at(3).state == "clean"
    path.write_text(json.dumps({"state": "no such"}), encoding="utf-8")
    assert play.view_at(4).state == "pile"
    path.unlink()
    assert play.view_at(5).state == "pile"
    assert play.frame_at(5).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "at least one"),
        ("[[step]]\nstate='pile'", "`at` is missing"),
        ("[[step]]\nat=1\nlight='noon'", "use day, dusk, night or infrared"),
        ("[[step]]\nat=1\nstate=3", "not understood"),
        ("[[step]]\nat=1\nstat='pile'", "known are"),
        ("[[step]]\nat=2\n[[step]]\nat=1", "in the order"),
        ("[[step]]\nat=2\nmove=3", "write move = "),
        ("[[step]]\nat=2\nmove='car'\nstay=-1", "write move = "),
    ],
)
def test_a_wrong_script_is_refused_with_its_cure(text: str, says: str) -> None:
    with pytest.raises(SceneError, match=says):
        script_of(tomllib.loads(text), "day.toml")


def test_a_script_is_read_from_a_file_and_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_text(DUMPING, encoding="utf-8")
    assert load_script(path) == dumping()
    path.write_text("[[step", encoding="utf-8")
    with pytest.raises(SceneError, match=r"day\.toml"):
        load_script(path)


def test_a_missing_scene_or_state_is_named(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match=r"scene\.json"):
        load_scene(tmp_path)
    with pytest.raises(SceneError, match="use one of clean, plate, bins"):
        compose(scene(NAMES[0]), View("flood"), 1)


EVENING = """
[[step]]
at = 0
state = "pile"
[[step]]
at = 4
light = "dusk"
[[step]]
at = 8
light = "night"
[[step]]
at = 12
light = "dusk"
[[step]]
at = 16
light = "day"
rain = true
[[step]]
at = 20
rain = false
state = "clean"
"""


def test_a_rendered_pile_is_one_event_through_evening_night_morning_and_rain_until_it_is_gone() -> None:
    lane = scene("lane")
    play = Play(lane, script_of(tomllib.loads(EVENING)))
    eye = Eye(finder(), [Spot(name="lane", polygon=lane.spot, kinds=("garbage",))])
    told = []
    for second in range(25):
        picture = read_picture(encode(play.frame_at(float(second))))
        seen = eye.look(picture, datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=second))
        told += [f"{change.state} {change.phase}" for _, change in seen.changes]
    assert told == ["dirty new", "unknown update", "dirty update", "clean end"]
