"""The contact sheet of all scenes: `python -m edge.scenes.make.sheet FILE.jpg`, with the product's Python."""

from __future__ import annotations

import sys

import cv2
import numpy as np

from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, WATERS, Frame, Scene, load_scene, scene_names

TILE = (320, 180)


def _walkers(scene: Scene) -> list[int | None]:
    """The layers shown: coming with bags, bending, leaving (none when the scene has no walk)."""
    parts = [part for part, _ in scene.walk]
    if not parts:
        return [None, None]
    return [round(parts.count("in") * 0.72), parts.index("out") + round(parts.count("out") * 0.25)]


def _row(scene: Scene) -> Frame:
    coming, leaving = _walkers(scene)
    views = [
        View("bins"),
        View("bins", walker=coming),
        View("bags", walker=leaving),
        View("pile"),
        View("full"),
        View("fullpile", light="dusk"),
        View("pile", light="night"),
        View("pile", lens=0.8),
    ]
    tiles = [cv2.resize(compose(scene, view, i), TILE, interpolation=cv2.INTER_AREA) for i, view in enumerate(views)]
    return np.vstack([np.hstack(tiles[:4]), np.hstack(tiles[4:])]).astype(np.uint8)


def _others() -> Frame:
    """Heaps, what floats, who comes and goes, weather and light."""
    lane, field, shop, square, canal = (load_scene(HOME / n) for n in ("lane", "field", "shop", "square", "canal"))
    views = [
        (lane, View("straw_pile")),
        (field, View("manure_pile")),
        (shop, View("earth_pile")),
        (square, View("coal_pile")),
        (canal, View("floating_waste")),
        (load_scene(WATERS / "pond"), View("plate", lying=("floating_waste", "floating_waste_2"))),
        (lane, View(moving=(("tricycle", 3),))),
        (field, View("bags", moving=(("tricycle", 6),))),
        (lane, View(moving=(("car", 3), ("dog", 3)))),
        (field, View(moving=(("van", 4),))),
        (shop, View("full", moving=(("truck", 2),))),
        (square, View(moving=(("resident", 3),))),
        (lane, View("bags", light="night", lamp=True)),
        (field, View(light="night", headlights=0.7)),
        (shop, View(fog=0.5)),
        (square, View("pile", light="infrared")),
    ]
    tiles = [cv2.resize(compose(s, view, i), TILE, interpolation=cv2.INTER_AREA) for i, (s, view) in enumerate(views)]
    return np.vstack([np.hstack(tiles[i : i + 4]) for i in range(0, len(tiles), 4)]).astype(np.uint8)


if __name__ == "__main__":
    sheet = np.vstack([*(_row(load_scene(HOME / name)) for name in scene_names()), _others()])
    cv2.imwrite(sys.argv[1], sheet, [cv2.IMWRITE_JPEG_QUALITY, int(sys.argv[2]) if len(sys.argv) > 2 else 72])
