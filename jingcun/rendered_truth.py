"""What a picture of a rendered place shows: class and box, measured from the layers or drawn by hand for the bins.

The layers know what is opaque (a thing) and what lets the ground through (its shadow), so rubbish, heaps and people
are measured; bins stand closely together in one layer, so their boxes were drawn by hand, once for each place.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from edge.scenes.compose import View, compose
from edge.scenes.pieces import Corners, around, opaque
from edge.scenes.scene import HEIGHT, HOME, WATERS, WIDTH, Piece, Scene, load_scene

Seen = tuple[str, Corners]
STATES = ("clean", "plate", "bags", "pile", "full", "fullpile")
# Bins with closed lids, then the same places when the full ones stand open: x1, y1, x2, y2 in 640 x 360.
CLOSED: dict[str, tuple[Corners, ...]] = {
    "canal": ((352, 149, 410, 222), (370, 162, 433, 241)),
    "field": ((420, 160, 470, 222), (440, 169, 495, 235)),
    "lane": ((172, 165, 231, 241), (198, 150, 253, 222), (223, 138, 273, 205)),
    "shop": ((372, 177, 420, 254), (430, 180, 479, 259), (491, 185, 540, 265)),
    "square": ((421, 137, 482, 212), (470, 133, 530, 205)),
}
OVERFLOWING: dict[str, tuple[Corners, ...]] = {
    "canal": ((351, 111, 418, 222), (370, 134, 433, 241)),
    "field": ((420, 127, 478, 222), (440, 146, 495, 235)),
    "lane": ((162, 125, 230, 241), (204, 124, 253, 222)),
    "shop": ((369, 136, 420, 254), (425, 157, 480, 259)),
    "square": ((420, 98, 482, 212), (472, 111, 530, 205)),
}
STILL_CLOSED: dict[str, tuple[Corners, ...]] = {"lane": ((229, 138, 273, 205),), "shop": ((491, 185, 540, 265),)}
FLOATING = "floating_waste"
GROWN = 40  # grey levels between the ground and what lies on it


@cache
def place(name: str) -> Scene:
    """The shipped scene of this name, on land or at the water."""
    return load_scene((HOME if name in CLOSED else WATERS) / name)


def truth(scene: Scene, state: str, walker: int | None = None) -> list[Seen]:
    """What a picture of this scene shows: class and corners in pixels. A heap's name is a state too."""
    found: list[Seen] = []
    if state in ("full", "fullpile"):
        found += [("overflow", box) for box in OVERFLOWING[scene.name]]
        found += [("garbage_bin", box) for box in STILL_CLOSED.get(scene.name, ())]
    elif state != "plate":
        found += [("garbage_bin", box) for box in CLOSED.get(scene.name, ())]
    if state in ("bags", "pile", "fullpile"):
        found.append(("garbage", _dumped(scene.name, state)))
    if state in scene.lying:
        found += seen_of(kind_of(state), scene.lying[state])
    return found + (seen_of("person", scene.walk[walker][1]) if walker is not None else [])


def kind_of(layer: str) -> str:
    """The class that a layer's name says: `straw_pile_2` is a second `straw_pile`."""
    return layer.rstrip("0123456789").rstrip("_")


def seen_of(kind: str, piece: Piece) -> list[Seen]:
    """The thing of a layer without its shadow; nothing when hardly anything of it is in the picture."""
    mask = opaque(piece)
    if kind == FLOATING:  # a raft is many things with water between them
        mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
    corners = around(mask)
    if corners is None or (corners[2] - corners[0]) * (corners[3] - corners[1]) < 200:
        return []
    return [(kind, corners)]


def shown(scene: Scene, name: str, number: int) -> list[Seen]:
    """What a layer of something that comes and goes shows, in pixels; boxes may reach out of the picture."""
    return [
        (kind, (x1 * WIDTH, y1 * HEIGHT, x2 * WIDTH, y2 * HEIGHT))
        for kind, (x1, y1, x2, y2) in scene.shows[name][number]
    ]


@cache
def _dumped(name: str, state: str) -> Corners:
    """Where the rubbish lies that the state adds to the bins."""
    scene = place(name)
    before = compose(scene, View("full" if state == "fullpile" else "clean"), 1)
    added = cv2.absdiff(before, compose(scene, View(state), 1)).max(axis=2) > GROWN
    corners = around(added & opaque(scene.states[state]))
    assert corners is not None, f"{name} has a state {state} without rubbish"
    return corners
