"""Box figures of ``make eyes``: average precision per class and source, precision at recalls, and calibration."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.scoring import Corners, Seen, average_precision, judged, precision_at, recall_curve, reliability
from bench.shared_data import photos
from bench.staged import CONDITIONS, drop_of
from detect.boxes import Found
from detect.eye import Finds
from detect.frames import read_picture
from edge.scenes.play import Scene, View, compose

Picture = npt.NDArray[np.uint8]

NAMES = ("garbage", "garbage_bin", "overflow")
IOUS = tuple(0.5 + 0.05 * step for step in range(10))
RECALLS = (0.5, 0.7, 0.8, 0.9)
LOOKS = 6


@dataclass(slots=True)
class Source:
    """Boxes seen and boxes drawn of one source, per class."""

    seen: dict[str, list[Seen]] = field(default_factory=dict)
    truth: dict[str, dict[str, list[Corners]]] = field(default_factory=dict)

    def add(self, picture: str, found: Sequence[Found], drawn: Iterable[tuple[str, Corners]]) -> None:
        """One picture."""
        for name, box in drawn:
            self.truth.setdefault(name, {}).setdefault(picture, []).append(box)
        for one in found:
            self.seen.setdefault(one.label, []).append(Seen(picture, one.score, (one.x1, one.y1, one.x2, one.y2)))

    def figures(self) -> dict[str, Any]:
        """mAP50, mAP50-95, precision at some recalls and the expected calibration error, per class and over all."""
        classes = {name: self._of(name) for name in NAMES if name in self.truth}
        pairs = [pair for name in classes for pair in judged(self.seen.get(name, []), self.truth[name])]
        rows, error = reliability(pairs)
        return {
            "map50": _mean([one["ap50"] for one in classes.values()]),
            "map50_95": _mean([one["ap50_95"] for one in classes.values()]),
            "classes": classes, "calibration_error": round(error, 4),
            "reliability": [[round(score, 3), round(right, 3), count] for score, right, count in rows],
        }  # fmt: skip

    def _of(self, name: str) -> dict[str, Any]:
        seen, truth = self.seen.get(name, []), self.truth[name]
        at = [average_precision(seen, truth, least) or 0.0 for least in IOUS]
        curve = recall_curve(seen, truth) or []
        return {
            "boxes": sum(len(boxes) for boxes in truth.values()), "ap50": round(at[0], 4),
            "ap50_95": round(sum(at) / len(at), 4),
            "precision_at_recall": {f"{recall:g}": round(precision_at(curve, recall), 3) for recall in RECALLS},
        }  # fmt: skip


def val_web(finder: Finds, folder: Path) -> dict[str, Any]:
    """Real pictures of the same origin as the training set: it flatters."""
    source = Source()
    rows = photos(folder / "data" / "garbage3" / "val_web")
    for number, (path, drawn) in enumerate(rows):
        if number % 100 == 0:
            print(f"val_web {number}/{len(rows)}", file=sys.stderr, flush=True)
        image = read_picture(path)
        high, wide = image.shape[:2]
        boxes = [(NAMES[row.kind], row.corners(wide, high)) for row in drawn]
        source.add(path.name, finder.find(image), boxes)
    return source.figures()


def rendered(finder: Finds, scenes: Sequence[Scene], kept_out: str, settings: Iterable[str]) -> dict[str, Any]:
    """The dumped bags (one garbage box) in the place that was never trained with, and in the settings never used."""
    here = [scene for scene in scenes if scene.name == kept_out]
    held = {f"place {kept_out}": _bags(finder, here, ["day", "dusk", "rain", "fog"])}
    return held | {f"setting {name}": _bags(finder, scenes, [name]) for name in settings}


def _bags(finder: Finds, scenes: Sequence[Scene], conditions: Sequence[str]) -> dict[str, Any]:
    source = Source()
    for scene in scenes:
        x1, y1, x2, y2 = drop_of(scene).box
        box = (x1 * 640, y1 * 360, x2 * 640, y2 * 360)
        for name in conditions:
            for look in range(LOOKS):
                for state in ("clean", "bags"):
                    view: View = replace(CONDITIONS[name], state=state, at=17.0 * look)
                    found = finder.find(compose(scene, view, 900 + look))
                    garbage = [one for one in found if one.label == "garbage"]
                    drawn = [("garbage", box)] if state == "bags" else []
                    source.add(f"{scene.name} {name} {look} {state}", garbage, drawn)
    figures = source.figures()
    return {"ap50": figures["map50"], "ap50_95": figures["map50_95"], "calibration_error": figures["calibration_error"]}


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
