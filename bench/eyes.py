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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.scoring import Clip, Corners, EventScore, Moment, Seen, average_precision, score_events
from bench.shared_data import CLIPS, photos, shared
from detect.boxes import Found
from detect.eye import Eye
from detect.finder import Finder, default_model
from detect.frames import open_video, read_picture
from detect.gate import GateMemory, consider
from detect.spots import Spot
from edge.scenes.play import Play, Scene, View, compose, load_scene, scene_names, script_of
from edge.scenes.scene import HEIGHT, HOME, WIDTH

Picture = npt.NDArray[np.uint8]
Frames = Iterator[tuple[float, Picture]]

FPS, SECONDS, DROP_STEP = 2.0, 40.0, 6.0
GROWN = 40  # grey levels between noise and a bag
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("garbage", "garbage_bin", "overflow")
CONDITIONS: dict[str, dict[str, Any]] = {
    "day": {}, "dusk": {"light": "dusk"}, "rain": {"rain": True}, "lens": {"lens": 0.3},
}  # fmt: skip
STILL = {"clean": "clean", "pile lies there": "pile", "bin overflows": "full"}


@dataclass(frozen=True, slots=True)
class Watched:
    """What one camera said about one clip, and how long it looked."""

    clip: Clip
    seconds: float
    frames: int
    passed: int  # frames that the gate let through


def main() -> int:
    """Print one line of JSON."""
    folder = shared()
    if folder is None:
        print(json.dumps({"ok": None, "skipped": "../shared missing"}))
        return 0
    finder = Finder(default_model())
    scenes = [load_scene(Path(HOME) / name) for name in scene_names()]
    print(json.dumps({"map50_val_web": round(map50(finder, folder), 4)} | events(finder, scenes, folder) | sizes()))
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


def events(finder: Finder, scenes: list[Scene], folder: Path) -> dict[str, Any]:
    """Event figures by place over all conditions, per condition, and false alarms of the worst condition."""
    dropped = {
        name: [watch(finder, scene, _played(scene, changes, walk=True), _drop(scene)) for scene in scenes]
        for name, changes in CONDITIONS.items()
    }
    quiet = {
        name: [watch(finder, scene, _played(scene, {"state": state}, walk=False)) for scene in scenes]
        for name, state in STILL.items()
    }
    quiet["night"] = [watch(finder, scene, _played(scene, {"light": "night"}, walk=False)) for scene in scenes]
    quiet["real clips"] = [watch(finder, None, _clip(folder / "clips" / clip)) for clip in CLIPS]
    per_condition = {name: _facts(score_events([one.clip for one in all_])) for name, all_ in dropped.items()}
    rates = {name: _rate(all_) for name, all_ in quiet.items()}
    score = score_events([one.clip for all_ in dropped.values() for one in all_])
    still = [one for name in ("clean", "pile lies there", "bin overflows") for one in quiet[name]]
    return {
        "event_f1": score.f1, "event_precision": score.precision, "event_delay_median_s": score.delay,
        "false_alarms_per_camera_day": max(rates.values()),
        "per_condition": per_condition, "quiet": rates,
        "quiet_hours": round(sum(one.seconds for all_ in quiet.values() for one in all_) / 3600, 3),
        "gated_quiet": round(1 - sum(one.passed for one in still) / sum(one.frames for one in still), 4),
        "events_are": "rendered",
    }  # fmt: skip


def watch(finder: Finder, scene: Scene | None, frames: Frames, drop: Moment | None = None) -> Watched:
    """Let one camera look at every frame; only dumping alarms are taken down."""
    spot = Spot(name="spot-1", polygon=scene.spot if scene else ((0, 0), (1, 0), (1, 1), (0, 1)))
    eye, gate, alarms = Eye(finder, (spot,)), GateMemory(), []
    count = passed = 0
    at = 0.0
    for at, picture in frames:
        moment = EPOCH + timedelta(seconds=at)
        gate, through = consider(gate, picture, moment)
        count, passed = count + 1, passed + through
        for _, change in eye.look(picture, moment).changes:
            if change.what == "dumped" and change.phase == "new" and change.state == "dirty":
                alarms.append(Moment(at, _around(change.boxes)))
    return Watched(Clip(tuple(alarms), (drop,) if drop else ()), at, count, passed)


def sizes() -> dict[str, Any]:
    """What four cameras weigh and what a look costs beside the model: asked of ``make bench``, null where it fails."""
    names = {"edge_rss_4cams": "edge_rss_4cams", "overhead_640": "detector_overhead_640",
             "overhead_320": "detector_overhead_320"}  # fmt: skip
    asked = [sys.executable, "-m", "bench", "--only", ",".join(names.values())]
    lines = subprocess.run(asked, stdout=subprocess.PIPE, check=False, encoding="utf-8").stdout.splitlines()
    values = {row["bench"]: row["value"] for row in map(json.loads, lines)}
    return {name: values.get(bench) for name, bench in names.items()}


def _played(scene: Scene, changes: dict[str, Any], *, walk: bool) -> Frames:
    steps = [{"at": 0, "state": "clean", **changes}]
    if walk:
        steps.append({"at": DROP_STEP, "state": "bags", "walk": True})
    play = Play(scene, script_of({"step": steps}))
    for number in range(int(SECONDS * FPS)):
        yield number / FPS, play.frame_at(number / FPS)


def _clip(path: Path) -> Frames:
    for frame in open_video(path, FPS):
        yield frame.at or 0.0, frame.image


def _drop(scene: Scene) -> Moment:
    """When and where the bags touch the ground: where the picture with bags differs from the resting one."""
    rest, bags = (compose(scene, View(state=state), 1).astype(np.int16) for state in ("clean", "bags"))
    rows, columns = np.nonzero(np.abs(bags - rest).max(axis=2) > GROWN)
    x1, x2 = np.percentile(columns, (2, 98))
    y1, y2 = np.percentile(rows, (2, 98))
    return Moment(DROP_STEP + scene.put_down_seconds(), (x1 / WIDTH, y1 / HEIGHT, x2 / WIDTH, y2 / HEIGHT))


def _around(boxes: tuple[Found, ...]) -> Corners:
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    return (
        min(one.x1 for one in boxes), min(one.y1 for one in boxes),
        max(one.x2 for one in boxes), max(one.y2 for one in boxes),
    )  # fmt: skip


def _rate(all_: list[Watched]) -> float:
    alarms = sum(len(one.clip.alarms) for one in all_)
    return round(alarms / (sum(one.seconds for one in all_) / 86_400), 2)


def _facts(score: EventScore) -> dict[str, Any]:
    return {"f1": score.f1, "precision": score.precision, "recall": score.recall, "delay_s": score.delay}


def _counted(rows: list[Any], what: str) -> Iterator[Any]:
    told: Callable[[str], object] = sys.stderr.write if sys.stderr.isatty() else lambda _: None
    for number, row in enumerate(rows):
        told(f"\r{what} {number}/{len(rows)} ")
        yield row
    told("\n")


if __name__ == "__main__":
    sys.exit(main())
