"""Event figures: one camera watches every clip; what it told is scored early (``new``) and confirmed (a ticket opens).

Early is the strict count: a provisional event that is withdrawn later is a false alarm. With a short tail nothing later
than five seconds after the drop counts, as in the clips of the IWDD contest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.composed import Grounds, composed
from bench.scoring import Clip, Corners, EventScore, Moment, score_events
from bench.shared_data import CLIPS
from bench.staged import CONDITIONS, Staged, distractors, dumpings, still
from detect.boxes import Found
from detect.eye import Eye, Finds
from detect.frames import open_video
from detect.gate import GateMemory, consider
from detect.spots import WHOLE, Spot
from edge.scenes.play import Scene

Picture = npt.NDArray[np.uint8]
Frames = Iterable[tuple[float, Picture]]

FPS, TAIL_S = 2.0, 5.0
OTHER_FPS = (1.0, 5.0)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Watched:
    """What one camera told about one clip: dumping events as they were opened, and as they became certain."""

    early: tuple[Moment, ...]
    sure: tuple[Moment, ...]
    drop: Moment | None
    seconds: float
    frames: int
    passed: int  # frames that the gate let through

    def clip(self, *, early: bool, tail: float | None = None) -> Clip:
        """For the scorer; with ``tail`` the clip ends so many seconds after the drop."""
        told, drops = self.early if early else self.sure, (self.drop,) if self.drop else ()
        until = self.drop.at + tail if self.drop and tail is not None else self.seconds
        return Clip(tuple(one for one in told if one.at <= until), drops)


def watch(finder: Finds, spot: Spot, frames: Frames, drop: Moment | None = None) -> Watched:
    """Let one camera look at every frame; only dumping events are taken down."""
    eye, gate = Eye(finder, (spot,)), GateMemory()
    early: dict[str, Moment] = {}
    sure: dict[str, Moment] = {}
    count = passed = 0
    at = 0.0
    for at, picture in frames:
        moment = EPOCH + timedelta(seconds=at)
        gate, through = consider(gate, picture, moment)
        count, passed = count + 1, passed + through
        for _, change in eye.look(picture, moment).changes:
            if change.what == "dumped" and not change.key.startswith("unknown"):
                told = Moment(at, _around(change.boxes))
                if change.phase == "new":
                    early[change.key] = told
                if change.state == "dirty":
                    sure.setdefault(change.key, told)
    return Watched(tuple(early.values()), tuple(sure.values()), drop, at, count, passed)


def event_figures(finder: Finds, scenes: list[Scene], folder: Path) -> dict[str, Any]:
    """Everything about events. Rendered and composed clips stand apart; ``quiet`` holds all that is no dumping."""
    dropped = {name: _staged(finder, (dumpings(one, name) for one in scenes)) for name in CONDITIONS}
    slow = {f"{fps:g} fps": _staged(finder, (dumpings(one, "day") for one in scenes), fps) for fps in OTHER_FPS}
    quiet: dict[str, list[Watched]] = {}
    for scene in scenes:
        for one in (*distractors(scene), *still(scene)):
            quiet.setdefault(one.what, []).extend(_staged(finder, [one]))
    gated = [one for name in ("clean", "pile lies there", "bin overflows") for one in quiet[name]]
    quiet["real clips"] = [watch(finder, WHOLE, _clip(folder / "clips" / clip)) for clip in CLIPS]
    real = _composed(finder, folder)
    rendered = [one for all_ in dropped.values() for one in all_]
    hard = rendered + [one for name, all_ in quiet.items() if name != "real clips" for one in all_]
    rates = {name: _rate(all_) for name, all_ in quiet.items()}
    sure = score_events([one.clip(early=False) for one in hard])
    return {
        "event_f1": sure.f1, "event_precision": sure.precision, "event_delay_median_s": sure.delay,
        "false_alarms_per_camera_day": max(rates.values()),
        "event_clips": len(hard), "events": _facts(hard),
        "per_condition": {name: _facts(all_) for name, all_ in (dropped | slow).items()},
        "composed": {"drops": _facts(real["drop"]), "all": _facts([one for all_ in real.values() for one in all_])},
        "composed_alarms": {name: _alarms(all_) for name, all_ in real.items() if name != "drop"},
        "quiet": rates, "quiet_alarms": {name: _alarms(all_) for name, all_ in quiet.items() if any(_alarms(all_))},
        "quiet_hours": round(sum(one.seconds for all_ in quiet.values() for one in all_) / 3600, 3),
        "gated_quiet": round(1 - sum(one.passed for one in gated) / sum(one.frames for one in gated), 4),
        "events_are": "rendered; composed ones stand apart",
    }  # fmt: skip


def _staged(finder: Finds, clips: Iterable[Staged], fps: float = FPS) -> list[Watched]:
    return [watch(finder, Spot(name="spot-1", polygon=one.scene.spot), one.frames(fps), one.drop) for one in clips]


def _composed(finder: Finds, folder: Path) -> dict[str, list[Watched]]:
    grounds, found = Grounds(folder / "clips"), dict[str, list[Watched]]()
    for one in composed(folder / "data" / "garbage3" / "val_web"):
        seen = watch(finder, WHOLE, grounds.frames(one, FPS), grounds.drop(one))
        found.setdefault(one.what, []).append(seen)
    return found


def _clip(path: Path) -> Iterator[tuple[float, Picture]]:
    for frame in open_video(path, FPS):
        yield frame.at or 0.0, frame.image


def _around(boxes: tuple[Found, ...]) -> Corners:
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    return (
        min(one.x1 for one in boxes), min(one.y1 for one in boxes),
        max(one.x2 for one in boxes), max(one.y2 for one in boxes),
    )  # fmt: skip


def _rate(all_: list[Watched]) -> float:
    """Certain alarms per camera-day."""
    return round(sum(len(one.sure) for one in all_) / (sum(one.seconds for one in all_) / 86_400), 2)


def _alarms(all_: list[Watched]) -> tuple[int, int]:
    """How many were opened, and how many of them became certain."""
    return sum(len(one.early) for one in all_), sum(len(one.sure) for one in all_)


def _facts(all_: list[Watched]) -> dict[str, Any]:
    return {
        "early": _figures(score_events([one.clip(early=True) for one in all_])),
        "sure": _figures(score_events([one.clip(early=False) for one in all_])),
        "sure_by_time": _figures(score_events([one.clip(early=False) for one in all_], by_place=False)),
        "early_5s_left": _figures(score_events([one.clip(early=True, tail=TAIL_S) for one in all_])),
    }


def _figures(score: EventScore) -> dict[str, Any]:
    rounded = {"f1": score.f1, "precision": score.precision, "recall": score.recall, "delay_s": score.delay}
    return {name: None if value is None else round(value, 3) for name, value in rounded.items()}
