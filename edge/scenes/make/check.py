"""What a detector sees in the shipped scenes: `python -m edge.scenes.make.check [PLACE ...] [--model FILE.onnx]`.

Run it with the product's Python; it prints a Markdown table. Each figure is the best score inside the spot (or of a
person), least and most of ten looks (three for bad conditions) after sensor noise and JPEG at quality 80. Such
figures prove that the demo is really seen; they are no accuracy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from detect.boxes import share_in_polygon
from detect.finder import Finder, default_model
from edge.scenes.compose import View, compose
from edge.scenes.scene import HEIGHT, HOME, WIDTH, Frame, Scene, load_scene, scene_names

DIRT = ("garbage", "overflow")
WRONG = (*DIRT, "garbage_bin")
COCO_VEHICLES = ("car", "truck", "bus", "motorcycle")
LOOKS, FEWER_LOOKS = 10, 3
SEEN = 0.4
Corners = tuple[float, float, float, float]


def through_jpeg(frame: Frame, quality: int = 80) -> Frame:
    """The frame as it comes out of a camera's JPEG."""
    _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def best(finder: Finder, scene: Scene, view: View, seed: int) -> dict[str, float]:
    """Best score by kind: `dirt` inside the spot (by more than half of the box), `elsewhere`, `person`."""
    scores = {"dirt": 0.0, "elsewhere": 0.0, "person": 0.0}
    for found in finder.find(through_jpeg(compose(scene, view, seed))):
        kind = found.label
        if kind in DIRT:
            inside = share_in_polygon(found.normalised(WIDTH, HEIGHT), scene.spot) > 0.5
            kind = "dirt" if inside else "elsewhere"
        if kind in scores:
            scores[kind] = max(scores[kind], found.score)
    return scores


def fully_in_view(scene: Scene) -> list[int]:
    """The layers in which the whole villager is seen, not only a part or the shadow."""
    boxes = [(i, piece.at) for i, (_, piece) in enumerate(scene.walk)]
    return [i for i, (x, y, w, h) in boxes if x > 0 and y > 0 and x + w < WIDTH and y + h < HEIGHT and h > 90]


def looks_at(view: View) -> int:
    """Ten looks at a state by clear day, three at the same in bad conditions."""
    return LOOKS if view == View(view.state) else FEWER_LOOKS


def _range(scores: Iterable[float]) -> str:
    kept = sorted(scores)
    return f"{kept[0]:.2f}–{kept[-1]:.2f}"


def _row(finder: Finder, scene: Scene, what: str, view: View) -> str:
    looks = [best(finder, scene, view, seed) for seed in range(looks_at(view))]
    return f"| {scene.name} | {what} | {_range(x['dirt'] for x in looks)} | {_range(x['elsewhere'] for x in looks)} |"


def _walk_row(finder: Finder, scene: Scene) -> str:
    looks = [best(finder, scene, View(walker=i), i) for i in fully_in_view(scene)]
    people = sum(x["person"] >= SEEN for x in looks)
    dirt = max(max(x["dirt"], x["elsewhere"]) for x in looks)
    told = f"person ≥ 0.40 in {people} of {len(looks)} layers fully in view"
    return f"| {scene.name} | walk past closed bins | {told} | carried bags at most {dirt:.2f} |"


def taken_for(finder: Finder, scene: Scene, mover: str) -> list[tuple[str, dict[str, float]]]:
    """For each layer that lies in the picture but a quarter: what it is, and as what it is found, how surely."""
    told = []
    for number, (_, piece) in enumerate(scene.moves[mover]):
        kind, whole = next(iter(scene.shows[mover][number]), ("", (0.0, 0.0, 0.0, 0.0)))
        box = (max(whole[0], 0.0), max(whole[1], 0.0), min(whole[2], 1.0), min(whole[3], 1.0))
        if piece.at[2] == 0 or overlap(box, whole) < 0.75:
            continue
        scores: dict[str, float] = {}
        for found in finder.find(through_jpeg(compose(scene, View("plate", moving=((mover, number),)), number))):
            corners = (found.x1 / WIDTH, found.y1 / HEIGHT, found.x2 / WIDTH, found.y2 / HEIGHT)
            if overlap(corners, box) > 0.4:
                label = "vehicle" if found.label in COCO_VEHICLES else found.label
                scores[label] = max(scores.get(label, 0.0), found.score)
        told.append((kind, scores))
    return told


def overlap(one: Corners, other: Corners) -> float:
    """Intersection over union of two boxes."""
    wide = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    high = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    both = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - wide * high
    return wide * high / both if both > 0 else 0.0


def _move_row(finder: Finder, scene: Scene, mover: str) -> str:
    layers = taken_for(finder, scene, mover)
    right = sum(scores.get(kind, 0.0) >= SEEN for kind, scores in layers)
    wrong = [max((v for k, v in scores.items() if k in WRONG), default=0.0) for _, scores in layers]
    worst = max(wrong, default=0.0)
    told = f"seen as what it is in {right} of {len(layers)}"
    return f"| {scene.name} | {mover} | {told} | taken for garbage or a bin at most {worst:.2f} |"


def _heap_row(finder: Finder, scene: Scene, name: str) -> str:
    kind = name.rstrip("0123456789").rstrip("_")
    own, dirt = [], []
    for seed in range(FEWER_LOOKS):
        found = finder.find(through_jpeg(compose(scene, View(lying=(name,)), seed)))
        own.append(max((one.score for one in found if one.label == kind), default=0.0))
        dirt.append(max((one.score for one in found if one.label in DIRT), default=0.0))
    return f"| {scene.name} | {name} | {_range(own)} | taken for garbage {_range(dirt)} |"


def _asked() -> tuple[list[str], Path]:
    ask = argparse.ArgumentParser(prog="edge.scenes.make.check")
    ask.add_argument("places", nargs="*")
    ask.add_argument("--model", type=Path, default=default_model())
    told = ask.parse_args()
    return told.places or scene_names(), told.model


def main() -> int:
    """Print the table."""
    places, model = _asked()
    finder = Finder(model)
    views = {s: View(s) for s in ("plate", "bins", "bags", "pile", "full", "fullpile")}
    views |= {
        "pile, rain": View("pile", rain=True),
        "pile, dusk": View("pile", light="dusk"),
        "pile, night": View("pile", light="night"),
        "bins, night": View("bins", light="night"),
        "pile, lens 0.5": View("pile", lens=0.5),
        "pile, lens 0.9": View("pile", lens=0.9),
        "pile, turned away": View("pile", shifted=True),
    }
    sys.stdout.write("| place | view | garbage or overflow in the spot | elsewhere |\n|---|---|---|---|\n")
    for name in places:
        scene = load_scene(HOME / name)
        for what, view in views.items():
            sys.stdout.write(_row(finder, scene, what, view) + "\n")
        if scene.walk:
            sys.stdout.write(_walk_row(finder, scene) + "\n")
        for heap in scene.lying:
            sys.stdout.write(_heap_row(finder, scene, heap) + "\n")
        for mover in scene.moves:
            sys.stdout.write(_move_row(finder, scene, mover) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
