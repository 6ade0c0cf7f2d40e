"""Rendered places as labelled training pictures. Here, because the detector may know nothing of the box's scenes.

The layers know what is opaque (a thing) and what lets the ground through (its shadow), so rubbish and people are
measured; bins stand closely together in one layer, so their boxes were drawn by hand, once for each place. One place
and one setting are never trained with, so that something rendered is left to measure on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detect.train.dataset import BadData, Box, Sample
from edge.scenes.compose import View, compose
from edge.scenes.scene import HEIGHT, HOME, WIDTH, Piece, Scene, load_scene

Corners = tuple[float, float, float, float]
Mask = npt.NDArray[np.bool_]

KEPT_OUT = "square"  # never trained with; nor is the dirty lens, nor night
LIGHTS = ("day", "day", "dusk")
STATES = ("clean", "plate", "bags", "pile", "full", "fullpile")
# Bins with closed lids, then the same places when the full ones stand open: x1, y1, x2, y2 in 640 x 360.
CLOSED: dict[str, tuple[Corners, ...]] = {
    "canal": ((352, 149, 410, 222), (370, 162, 433, 241)),
    "field": ((420, 160, 470, 222), (440, 169, 495, 235)),
    "lane": ((172, 165, 231, 241), (198, 150, 253, 222), (223, 138, 273, 205)),
    "shop": ((372, 177, 420, 254), (430, 180, 479, 259), (491, 185, 540, 265)),
}
OVERFLOWING: dict[str, tuple[Corners, ...]] = {
    "canal": ((351, 111, 418, 222), (370, 134, 433, 241)),
    "field": ((420, 127, 478, 222), (440, 146, 495, 235)),
    "lane": ((162, 125, 230, 241), (204, 124, 253, 222)),
    "shop": ((369, 136, 420, 254), (425, 157, 480, 259)),
}
STILL_CLOSED: dict[str, tuple[Corners, ...]] = {"lane": ((229, 138, 273, 205),), "shop": ((491, 185, 540, 265),)}
OPAQUE = 0.1  # a layer that lets less of the ground through is a thing, not its shadow
GROWN = 40  # grey levels between the ground and what lies on it
SPECK = 0.02  # litter smaller than this share of the heap does not widen its box


def render_samples(folder: Path, many: int, seed: int, names: Sequence[str]) -> list[Sample]:
    """Write ``many`` pictures (PNG) below ``folder`` and say what is on them. The same seed, the same pictures.

    Raises BadData when ``names`` lacks a class that the scenes show.
    """
    lacking = [name for name in ("garbage", "garbage_bin", "overflow", "person") if name not in names]
    if lacking:
        raise BadData(f"rendered scenes show {', '.join(lacking)}; train with these classes, or without --rendered")
    folder.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(seed)
    return [_sample(folder, number, dice, names) for number in range(many)]


def _sample(folder: Path, number: int, dice: np.random.Generator, names: Sequence[str]) -> Sample:
    scene = _scene(sorted(CLOSED)[number % len(CLOSED)])
    state = STATES[int(dice.integers(len(STATES)))]
    walker = int(dice.integers(len(scene.walk))) if scene.walk and dice.random() < 0.4 else None
    light = LIGHTS[int(dice.integers(len(LIGHTS)))]
    view = View(state, light, walker, rain=bool(dice.random() < 0.2), at=float(dice.uniform(0, 200)))  # type: ignore[arg-type]
    picture = compose(scene, view, int(dice.integers(1 << 30)))
    path = folder / f"{scene.name}_{number:05d}.png"
    cv2.imwrite(str(path), picture)
    boxes = tuple(_box(names.index(name), corners) for name, corners in truth(scene, state, walker))
    return Sample(path, boxes, scene.name)


def truth(scene: Scene, state: str, walker: int | None = None) -> list[tuple[str, Corners]]:
    """What a picture of this scene shows: class and corners in pixels."""
    found: list[tuple[str, Corners]] = []
    if state in ("full", "fullpile"):
        found += [("overflow", box) for box in OVERFLOWING[scene.name]]
        found += [("garbage_bin", box) for box in STILL_CLOSED.get(scene.name, ())]
    elif state != "plate":
        found += [("garbage_bin", box) for box in CLOSED[scene.name]]
    if state in ("bags", "pile", "fullpile"):
        found.append(("garbage", _heap(scene.name, state)))
    person = _person(scene.walk[walker][1]) if walker is not None else None
    return found + ([("person", person)] if person else [])


@cache
def _scene(name: str) -> Scene:
    return load_scene(Path(HOME) / name)


@cache
def _heap(name: str, state: str) -> Corners:
    """Where the rubbish lies that the state adds to the bins."""
    scene = _scene(name)
    before = compose(scene, View("full" if state == "fullpile" else "clean"), 1)
    added = cv2.absdiff(before, compose(scene, View(state), 1)).max(axis=2) > GROWN
    corners = _around((added & _opaque(scene.states[state])).astype(np.uint8))
    assert corners is not None, f"{name} has a state {state} without rubbish"
    return corners


def _person(piece: Piece) -> Corners | None:
    """The villager without his shadow; None when hardly anything of him is in the picture."""
    corners = _around(_opaque(piece).astype(np.uint8))
    if corners is None or (corners[2] - corners[0]) * (corners[3] - corners[1]) < 200:
        return None
    return corners


def _opaque(piece: Piece) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    x, y, width, height = piece.at
    mask[y : y + height, x : x + width] = piece.stays[..., 0] < OPAQUE
    return mask


def _around(mask: npt.NDArray[np.uint8]) -> Corners | None:
    """The box around everything in a mask but specks."""
    count, _, rows, _ = cv2.connectedComponentsWithStats(mask)
    parts = [row for row in rows[1:count] if row[cv2.CC_STAT_AREA] >= SPECK * mask.sum()]
    if not parts:
        return None
    lefts, tops, widths, heights = np.array(parts)[:, :4].T
    return float(lefts.min()), float(tops.min()), float((lefts + widths).max()), float((tops + heights).max())


def _box(kind: int, corners: Corners) -> Box:
    x1, y1, x2, y2 = corners
    return Box(kind, (x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT, (x2 - x1) / WIDTH, (y2 - y1) / HEIGHT)
