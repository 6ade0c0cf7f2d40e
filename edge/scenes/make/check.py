"""What the shipped detector sees in the shipped scenes: `python -m edge.scenes.make.check [PLACE ...]`.

Run it with the product's Python; it prints a Markdown table. Each figure is the best score inside the spot (or of a
person), least and most of ten looks (three for bad conditions) after sensor noise and JPEG at quality 80. Such
figures prove that the demo is really seen; they are no accuracy.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import cv2
import numpy as np

from detect.boxes import share_in_polygon
from detect.finder import Finder, default_model
from edge.scenes.compose import View, compose
from edge.scenes.scene import HEIGHT, HOME, WIDTH, Frame, Scene, load_scene, scene_names

DIRT = ("garbage", "overflow")
LOOKS, FEWER_LOOKS = 10, 3


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
    people = sum(x["person"] >= 0.4 for x in looks)
    dirt = max(max(x["dirt"], x["elsewhere"]) for x in looks)
    told = f"person ≥ 0.40 in {people} of {len(looks)} layers fully in view"
    return f"| {scene.name} | walk past closed bins | {told} | carried bags at most {dirt:.2f} |"


def main() -> int:
    """Print the table."""
    finder = Finder(default_model())
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
    for name in sys.argv[1:] or scene_names():
        scene = load_scene(HOME / name)
        for what, view in views.items():
            sys.stdout.write(_row(finder, scene, what, view) + "\n")
        if scene.walk:
            sys.stdout.write(_walk_row(finder, scene) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
