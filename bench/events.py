"""Event figures of ``make eyes``: rendered clips, clips composed on real ground, real clips. Each kind stands apart."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from bench.composed import Grounds, composed
from bench.hard import hard_negatives, more_dumpings
from bench.scoring import Clip, EventScore, interval, score_events
from bench.shared_data import CLIPS
from bench.staged import CONDITIONS, Staged, distractors, dumpings, still
from bench.watching import Watched, watch
from detect.eye import Finds
from detect.frames import open_video
from detect.spots import WHOLE, Spot
from edge.scenes.play import Scene, scene_names
from jingcun.rendered_samples import KEPT_OUT as KEPT

Picture = npt.NDArray[np.uint8]

FPS, TAIL_S = 2.0, 5.0
OTHER_FPS = (1.0, 5.0)
KEPT_OUT = next(name for name in KEPT.places if name in scene_names())  # the place that no training picture shows
KEPT_OUT_SETTINGS = frozenset(  # nor these
    name for name, view in CONDITIONS.items() if view.light in KEPT.lights or (KEPT.lens and view.lens)
)
QUIET = frozenset({"clean", "pile lies there", "bin overflows"})
SEED = 3
T = TypeVar("T")


def rendered(finder: Finds, scenes: Sequence[Scene]) -> dict[str, Any]:
    """All rendered clips: precision, recall, F1 and delay by place and by time, per condition, and the gate."""
    drops = [one for scene in scenes for one in _dumped(scene)]
    hard = [one for scene in scenes for one in (*distractors(scene), *hard_negatives(scene), *still(scene))]
    seen = [*_watched(finder, drops), *_watched(finder, hard)]
    slow = {f"{fps:g} fps": _watched(finder, [dumpings(one, "day") for one in scenes], fps) for fps in OTHER_FPS}
    quiet = [one for one in seen if _what(one) in QUIET]
    outside = [one for one in seen if one.drops and (one.name.startswith(KEPT_OUT) or _what(one) in KEPT_OUT_SETTINGS)]
    return {
        "clips": len(seen), "with_drop": sum(bool(one.drops) for one in seen), "all": facts(seen),
        "never_trained_with": facts(outside),
        "per_condition": {
            name: brief([one for one in seen if one.drops and _what(one) == name])
            for name in dict.fromkeys(_what(one) for one in seen if one.drops)
        } | {name: brief(all_) for name, all_ in slow.items()},
        "false_alarms": {one.name: (len(one.early), len(one.sure)) for one in seen if not one.drops and one.early},
        "missed": [one.name for one in seen if one.drops and score_events([one.clip(early=False)]).missed],
        "hours_without_drop": round(sum(one.seconds for one in seen if not one.drops) / 3600, 3),
        "gate": {
            "spared_quiet": round(1 - sum(one.passed for one in quiet) / max(1, sum(one.frames for one in quiet)), 4),
            "spared_all": round(1 - sum(one.passed for one in seen) / max(1, sum(one.frames for one in seen)), 4),
            "same_events": sum(one.same for one in seen), "of": len(seen),
            "differ": [one.name for one in seen if not one.same],
        },
    }  # fmt: skip


def on_real_ground(finder: Finds, folder: Path) -> dict[str, Any]:
    """Real crops on real clips, made now and kept nowhere."""
    grounds = Grounds(folder / "clips")
    seen = [
        watch(finder, WHOLE, grounds.frames(one, FPS), tuple(filter(None, [grounds.drop(one)])), one.what)
        for one in _told(composed(folder / "data" / "garbage3" / "val_web"), "composed")
    ]
    return {
        "clips": len(seen), "with_drop": sum(bool(one.drops) for one in seen), "all": facts(seen),
        "false_alarms": sum(len(one.sure) for one in seen if not one.drops),
        "same_with_gate": sum(one.same for one in seen),
    }  # fmt: skip


def real_clips(finder: Finds, folder: Path) -> dict[str, Any]:
    """Clips in which nobody dumps: what was told about them, dumping and state (opened, certain, dirty)."""
    found: dict[str, Any] = {}
    for clip in CLIPS:
        seen = watch(finder, WHOLE, _clip(folder / "clips" / clip), name=clip)
        found[clip] = {"dumped": (len(seen.early), len(seen.sure)), "states": len(seen.states),
                       "seconds": round(seen.seconds)}  # fmt: skip
    return found


def facts(seen: Sequence[Watched]) -> dict[str, Any]:
    """Early and certain, whole clips and with five seconds left, by place and by time, with intervals."""
    return {
        "early": _figures([one.clip(early=True) for one in seen]),
        "sure": _figures([one.clip(early=False) for one in seen]),
        "early_by_time": _figures([one.clip(early=True) for one in seen], by_place=False),
        "sure_by_time": _figures([one.clip(early=False) for one in seen], by_place=False),
        "early_5s_left": _figures([one.clip(early=True, tail=TAIL_S) for one in seen]),
        "sure_5s_left": _figures([one.clip(early=False, tail=TAIL_S) for one in seen]),
    }


def brief(seen: Sequence[Watched]) -> dict[str, Any]:
    """Recall and delay of a handful of clips: too few for intervals."""
    early, sure = (score_events([one.clip(early=which) for one in seen]) for which in (True, False))
    return {"drops": sure.hits + sure.missed, "early": _rounded(early), "sure": _rounded(sure)}


def _figures(clips: Sequence[Clip], *, by_place: bool = True) -> dict[str, Any]:
    def of(name: str) -> Any:
        return lambda some: getattr(score_events(some, by_place=by_place), name)

    figures = _rounded(score_events(clips, by_place=by_place))
    ranges = {f"{name}_95": interval(clips, of(name), SEED) for name in ("f1", "precision", "recall", "delay")}
    return figures | {name: None if one is None else [round(side, 3) for side in one] for name, one in ranges.items()}


def _rounded(score: EventScore) -> dict[str, Any]:
    values = {"f1": score.f1, "precision": score.precision, "recall": score.recall, "delay_s": score.delay}
    return {name: None if value is None else round(value, 3) for name, value in values.items()}


def _dumped(scene: Scene) -> list[Staged]:
    return [*(dumpings(scene, condition) for condition in CONDITIONS), *more_dumpings(scene)]


def _watched(finder: Finds, clips: Sequence[Staged], fps: float = FPS) -> list[Watched]:
    return [
        watch(finder, Spot(name="spot-1", polygon=one.scene.spot), one.frames(fps), one.drops, _name(one))
        for one in _told(clips, f"clips at {fps:g} fps")
    ]


def _name(clip: Staged) -> str:
    return f"{clip.scene.name}: {clip.what}"


def _what(seen: Watched) -> str:
    return seen.name.partition(": ")[2]


def _clip(path: Path) -> Iterator[tuple[float, Picture]]:
    for frame in open_video(path, FPS):
        yield frame.at or 0.0, frame.image


def _told(rows: Iterable[T], what: str) -> Iterator[T]:
    some = list(rows)
    for number, row in enumerate(some):
        if number % 10 == 0:
            print(f"{what} {number}/{len(some)}", file=sys.stderr, flush=True)
        yield row
