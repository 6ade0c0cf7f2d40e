"""Pictures of hits and misses for ``docs/detector.md``: rendered clips only, small, drawn with what the camera saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bench.hard import hard_negatives
from bench.staged import COMES, Staged, dumpings
from bench.watching import EPOCH
from detect.boxes import Found
from detect.dumped import Dumping, DumpMemory, watch_dumping
from detect.eye import Finds
from detect.ground import Ground, survey
from detect.kinds import CHANGED, MOVING
from detect.spots import visitors
from edge.scenes.play import Scene

Picture = npt.NDArray[np.uint8]

FPS = 2.0
SHOWN = (400, 225)
COLOURS = {"garbage": (40, 40, 230), "person": (60, 190, 60), "vehicle": (200, 160, 40), MOVING: (210, 70, 200),
           CHANGED: (0, 200, 230)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of pictures: the clip, its seconds, and what was told at them."""

    name: str
    clip: Staged


def write_pictures(finder: Finds, scenes: Sequence[Scene], folder: Path) -> list[str]:
    """Four rows of four looks as WebP; returns their names."""
    by_name = {scene.name: scene for scene in scenes}
    rows = [
        Shown("dumping_dusk", dumpings(by_name["lane"], "dusk")),
        Shown("dumping_lens", dumpings(by_name["square"], "lens")),
        Shown("dumping_rain", dumpings(by_name["shop"], "rain")),
        Shown("car_hides_pile", next(one for one in hard_negatives(by_name["lane"]) if one.what == "car hides a pile")),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        cv2.imwrite(str(folder / f"{row.name}.webp"), _row(finder, row.clip), [cv2.IMWRITE_WEBP_QUALITY, 55])
    return [f"{row.name}.webp" for row in rows]


def _row(finder: Finds, clip: Staged) -> Picture:
    """Before, while somebody is there, just after, and at the end; the last one tells what was decided."""
    down = clip.drops[0].at if clip.drops else COMES + 4
    wanted = [COMES - 1, down + 0.5, down + 4.0, clip.seconds - 1]
    ground: Ground | None = None
    memory, told, shown = DumpMemory(), "", list[Picture]()
    for at, picture in clip.frames(FPS):
        moment = EPOCH + timedelta(seconds=at)
        found = [one.normalised(picture.shape[1], picture.shape[0]) for one in finder.find(picture)]
        ground, places = survey(ground, picture, visitors(found), moment)
        memory, news = watch_dumping(memory, [*found, *places], moment, Dumping())
        told = f"{news.step} {at:.1f} s" if news else told
        if len(shown) < len(wanted) and at >= wanted[len(shown)]:
            shown.append(_drawn(picture, [*found, *places], f"{at:.1f} s  {told}"))
    return np.hstack(shown)


def _drawn(picture: Picture, found: Sequence[Found], words: str) -> Picture:
    out = cv2.resize(picture, SHOWN, interpolation=cv2.INTER_AREA)
    for one in found:
        if one.label in COLOURS and (one.label in {MOVING, CHANGED} or one.score >= 0.1):
            first = (round(one.x1 * SHOWN[0]), round(one.y1 * SHOWN[1]))
            last = (round(one.x2 * SHOWN[0]), round(one.y2 * SHOWN[1]))
            cv2.rectangle(out, first, last, COLOURS[one.label], 2)
    cv2.putText(out, words, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return np.asarray(out, np.uint8)
