"""The contact sheet of all scenes: `python -m edge.scenes.make.sheet FILE.jpg`, with the product's Python."""

from __future__ import annotations

import sys

import cv2
import numpy as np

from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, Frame, Scene, load_scene, scene_names

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


if __name__ == "__main__":
    sheet = np.vstack([_row(load_scene(HOME / name)) for name in scene_names()])
    cv2.imwrite(sys.argv[1], sheet, [cv2.IMWRITE_JPEG_QUALITY, int(sys.argv[2]) if len(sys.argv) > 2 else 72])
