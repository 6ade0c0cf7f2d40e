"""``make eyes``: what the detector is worth. Boxes on real pictures, events on rendered clips, false alarms on both.

Boxes: mAP50 of the three labelled classes on val_web (real pictures, same origin as the training set: it flatters).
Events: rendered villagers who put bags down, with known second and place; nothing real of that kind is openly
licensed. False alarms: the real clips (nobody dumps in them) and rendered quiet scenes, as a rate per camera-day; with
minutes of footage a zero proves little, so the hours watched stand beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.scoring import Corners, Seen, average_precision
from bench.shared_data import photos, shared
from bench.watching import event_figures
from detect.finder import Finder, default_model
from detect.frames import read_picture
from edge.scenes.play import load_scene, scene_names
from edge.scenes.scene import HOME

Picture = npt.NDArray[np.uint8]
Frames = Iterator[tuple[float, Picture]]

NAMES = ("garbage", "garbage_bin", "overflow")


def main() -> int:
    """Print one line of JSON."""
    folder = shared()
    if folder is None:
        print(json.dumps({"ok": None, "skipped": "../shared missing"}))
        return 0
    finder = Finder(default_model())
    scenes = [load_scene(Path(HOME) / name) for name in scene_names()]
    boxes = {"map50_val_web": round(map50(finder, folder), 4)}
    print(json.dumps(boxes | event_figures(finder, scenes, folder) | sizes(), ensure_ascii=False))
    return 0


def map50(finder: Finder, folder: Path) -> float:
    """Mean over the three labelled classes of average precision at IoU 0.5 on val_web."""
    seen: dict[str, list[Seen]] = {name: [] for name in NAMES}
    truth: dict[str, dict[str, list[Corners]]] = {name: {} for name in NAMES}
    for path, rows in _counted(photos(folder / "data" / "garbage3" / "val_web"), "val_web"):
        image = read_picture(path)
        height, width = image.shape[:2]
        for row in rows:
            half = (row.width / 2, row.height / 2)
            corners = ((row.x - half[0]) * width, (row.y - half[1]) * height,
                       (row.x + half[0]) * width, (row.y + half[1]) * height)  # fmt: skip
            truth[NAMES[row.kind]].setdefault(path.name, []).append(corners)
        for one in finder.find(image):
            if one.label in seen:
                seen[one.label].append(Seen(path.name, one.score, (one.x1, one.y1, one.x2, one.y2)))
    found = [average_precision(seen[name], truth[name]) for name in NAMES]
    return sum(value for value in found if value is not None) / sum(value is not None for value in found)


def sizes() -> dict[str, Any]:
    """What four cameras weigh and what a look costs beside the model: asked of ``make bench``, null where it fails."""
    names = {"edge_rss_4cams": "edge_rss_4cams", "overhead_640": "detector_overhead_640",
             "overhead_320": "detector_overhead_320"}  # fmt: skip
    asked = [sys.executable, "-m", "bench", "--only", ",".join(names.values())]
    lines = subprocess.run(asked, stdout=subprocess.PIPE, check=False, encoding="utf-8").stdout.splitlines()
    values = {row["bench"]: row["value"] for row in map(json.loads, lines)}
    return {name: values.get(bench) for name, bench in names.items()}


def _counted(rows: list[Any], what: str) -> Iterator[Any]:
    told: Callable[[str], object] = sys.stderr.write if sys.stderr.isatty() else lambda _: None
    for number, row in enumerate(rows):
        told(f"\r{what} {number}/{len(rows)} ")
        yield row
    told("\n")


if __name__ == "__main__":
    sys.exit(main())
