"""Rendered clips with vehicles, animals and weather: two kinds of dumping, and much that must raise no alarm.

The layers are few (three to eight positions of each), so what moves jumps more than it would; each is seen for
``LAYER_S``. Whether and where something lies is known exactly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bench.scoring import Moment
from bench.staged import COMES, Staged, Timeline, drop_of, walker
from edge.scenes.play import Scene, View
from edge.scenes.scene import HEIGHT, WIDTH, Piece

LAYER_S = 0.7
AGAIN_S = 60.0  # from the first dumping to the second
PARKS_S, STANDS_S = 15.0, 8.0
BY_DAY = View()
CARS = frozenset({"car", "red_car", "van"})


def more_dumpings(scene: Scene) -> list[Staged]:
    """From a tricycle by day and at dusk, and a second one at the place of the first."""
    clips = [_second(scene)]
    if "tricycle" in scene.moves:
        clips += [_unloaded(scene, light) for light in ("day", "dusk")]
    return clips


def hard_negatives(scene: Scene) -> list[Staged]:
    """What has actors or weather and leaves nothing that somebody brought."""
    clips = [Staged(what, scene, view, 30.0) for what, view in _WEATHER.items()]
    for name in scene.moves:
        if name == "dog":
            clips += [Staged("dog stops and goes", scene, _acts(scene, name, STANDS_S), 30.0)]
            clips += [Staged("dog lies down", scene, _acts(scene, name, 60.0), 30.0)]
        if name == "resident":
            clips += [Staged("bag into the bin", scene, _acts(scene, name, 1.5), 25.0)]
            clips += [Staged("bag into the bin, rain", scene, _acts(scene, name, 1.5, View(rain=True)), 25.0)]
        if name in CARS:
            clips += [Staged("car parks and leaves", scene, _acts(scene, name, PARKS_S), 45.0)]
            clips += [Staged("car hides a pile", scene, _acts(scene, name, PARKS_S, View(state="pile")), 45.0)]
        if name == "truck":
            clips += [Staged("truck collects", scene, _collects(scene, "pile", "clean"), 40.0)]
            clips += [Staged("truck collects a part", scene, _collects(scene, "fullpile", "pile"), 40.0)]
    return clips


def layer_at(scene: Scene, name: str, seconds: float, stays: float) -> tuple[str, int] | None:
    """The part of its way and the layer of a mover that came ``seconds`` ago and stays for ``stays``; None: gone."""
    for number, (part, _) in enumerate(scene.moves[name]):
        lasts = stays if part in ("stand", "hide", "reach") else LAYER_S
        if 0 <= seconds < lasts:
            return part, number
        seconds -= lasts
    return None


def _acts(scene: Scene, name: str, stays: float, usual: View = BY_DAY) -> Timeline:
    def view(_: Scene, at: float) -> View:
        here = layer_at(scene, name, at - COMES, stays)
        return replace(usual, moving=((name, here[1]),) if here else ())

    return view


def _collects(scene: Scene, before: str, after: str) -> Timeline:
    """The truck stands before the place; when it leaves, less lies there."""
    acts = _acts(scene, "truck", PARKS_S)
    gone = COMES + PARKS_S

    def view(scene: Scene, at: float) -> View:
        return replace(acts(scene, at), state=before if at < gone else after)

    return view


def _unloaded(scene: Scene, light: Any) -> Staged:
    """The driver gets off, puts the bags down and drives on."""
    before = [part for part, _ in scene.moves["tricycle"]].index("rise")
    down = COMES + LAYER_S * before
    acts = _acts(scene, "tricycle", LAYER_S, View(light=light))

    def view(scene: Scene, at: float) -> View:
        return replace(acts(scene, at), state="bags" if at >= down else "clean")

    return Staged(f"tricycle, {light}", scene, view, 25.0, (Moment(down, drop_of(scene).box),))


def _second(scene: Scene) -> Staged:
    """A villager dumps; a minute later another puts as much beside it."""
    first = drop_of(scene)
    heap = _beside(scene, first)
    x, y, w, h = heap.at
    again = Moment(first.at + AGAIN_S, (x / WIDTH, y / HEIGHT, (x + w) / WIDTH, (y + h) / HEIGHT))

    def view(scene: Scene, at: float) -> View:
        second = at >= AGAIN_S
        came = walker(scene, at - COMES - (AGAIN_S if second else 0.0))
        return View(walker=came, state="bags" if at >= first.at else "clean")

    return Staged(
        "dumped twice", scene, view, AGAIN_S + 28.0, (first, again), lambda at: (heap,) if at >= again.at else ()
    )


def _beside(scene: Scene, drop: Moment) -> Piece:
    """The bags once more, cut out of their piece and laid beside themselves."""
    x, y, _, _ = scene.states["bags"].at
    x1, x2 = (round(side * WIDTH) for side in (drop.box[0], drop.box[2]))
    y1, y2 = (round(side * HEIGHT) for side in (drop.box[1], drop.box[3]))
    piece = scene.states["bags"]
    part = np.s_[y1 - y : y2 - y, x1 - x : x2 - x]
    wide, mean = x2 - x1, float(np.mean([point[0] for point in scene.spot])) * WIDTH
    shift = round(0.9 * wide) * (1 if (x1 + x2) / 2 < mean else -1)
    left = min(max(0, x1 + shift), WIDTH - wide)
    colour, stays = piece.colour[part], piece.stays[part]
    return Piece((left, y1, colour.shape[1], colour.shape[0]), colour, stays)


def _dims(_: Scene, at: float) -> View:
    return View(state="pile", dim=min(1.0, max(0.0, (at - COMES) / 15)))


def _fog_comes(_: Scene, at: float) -> View:
    return View(state="pile", fog=min(0.8, max(0.0, (at - COMES) / 12)))


def _clouds(_: Scene, at: float) -> View:
    return View(state="pile", sun=0.55 if at >= COMES and int(at / 5) % 2 else 1.0)


def _headlights(**usual: Any) -> Timeline:
    def view(_: Scene, at: float) -> View:
        share = (at - COMES) / 8
        return View(**usual, headlights=share if 0 <= share <= 1 else None)

    return view


def _passes(**usual: Any) -> Timeline:
    return lambda scene, at: View(walker=walker(scene, at - COMES), **usual)


_WEATHER: dict[str, Timeline] = {
    "wind over a pile, somebody passes": _passes(state="pile", wind=0.9),
    "somebody passes in the fog": _passes(fog=0.5),
    "somebody passes in the snow, pile lies there": _passes(state="pile", snow=True),
    "somebody passes under a lamp at night": _passes(light="night", lamp=True),
    "somebody passes before an infrared camera, bags lie there": _passes(state="bags", light="infrared"),
    "headlights at night, pile lies there": _headlights(state="pile", light="night", lamp=True),
    "headlights at dusk": _headlights(light="dusk"),
    "day turns to dusk over a pile": _dims,
    "fog comes over a pile": _fog_comes,
    "clouds over a pile": _clouds,
    "snow falls": lambda _, at: View(snow=at >= COMES),
    "wind": lambda _, __: View(wind=1.0),
}
