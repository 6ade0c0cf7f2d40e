"""``make eyes``: what the detector is worth. Boxes, dumping events, false alarms; real, composed and rendered apart.

``python -m bench.eyes [--only boxes,events,composed,real,days,sizes] [--hours 1] [--places lane,square]
[--model FILE] [--pictures FOLDER]`` prints one line of JSON; progress is on stderr, nothing is written but pictures
where ``--pictures`` says so. Rendered villagers prove the rule, not the field; nothing real of that kind is openly
licensed. With hours of footage a zero proves little: the time watched and the upper bound stand beside each rate.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import box_figures, events
from bench.days import quiet_days, together
from bench.pictures import write_pictures
from bench.shared_data import shared
from detect.errors import BadModel
from detect.finder import Finder, default_model
from edge.scenes.play import Scene, load_scene, scene_names
from edge.scenes.scene import HOME

PARTS = ("boxes", "events", "composed", "real", "days", "sizes")
NEEDS_DATA = frozenset({"boxes", "composed", "real"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line of JSON; exit status 2 for a part that does not exist or a model that cannot be used."""
    asked = _asked(arguments)
    scenes = [load_scene(Path(HOME) / name) for name in asked.places]
    try:
        finder = Finder(asked.model or default_model(), threads=1)
    except BadModel as problem:
        print(problem, file=sys.stderr)
        return 2
    if asked.pictures:
        print(json.dumps({"pictures": write_pictures(finder, scenes, asked.pictures)}))
        return 0
    folder = shared()
    figures: dict[str, Any] = {"model": finder.model_id}
    for part in asked.only:
        if part in NEEDS_DATA and folder is None:
            figures[part] = {"ok": None, "skipped": "../shared missing"}
        else:
            figures[part] = _parts(finder, scenes, folder or Path(), asked.hours)[part]()
    print(json.dumps(summary(figures) | figures, ensure_ascii=False))
    return 0


def summary(figures: dict[str, Any]) -> dict[str, Any]:
    """The few figures that a person asks for first."""
    short: dict[str, Any] = {}
    if "map50" in figures.get("boxes", {}).get("val_web", {}):
        short["map50_val_web"] = figures["boxes"]["val_web"]["map50"]
    if "events" in figures:
        sure = figures["events"]["all"]["sure"]
        short |= {"event_f1": sure["f1"], "event_precision": sure["precision"], "event_delay_median_s": sure["delay_s"],
                  "event_clips": figures["events"]["clips"],
                  "gated_quiet": figures["events"]["gate"]["spared_quiet"]}  # fmt: skip
    if "days" in figures:
        rates = {name: one["dumping"]["per_camera_day"] for name, one in figures["days"].items()}
        worst = max(rates, key=lambda name: rates[name])
        short |= {"false_alarms": together(figures["days"]), "false_alarms_worst": {worst: rates[worst]}}
    return short | {"events_are": "rendered; composed ones stand apart"}


def sizes() -> dict[str, Any]:
    """What four cameras weigh and what a look costs beside the model: asked of ``make bench``, null where it fails."""
    names = {"edge_rss_4cams": "edge_rss_4cams", "overhead_640": "detector_overhead_640",
             "overhead_320": "detector_overhead_320"}  # fmt: skip
    asked = [sys.executable, "-m", "bench", "--only", ",".join(names.values())]
    lines = subprocess.run(asked, stdout=subprocess.PIPE, check=False, encoding="utf-8").stdout.splitlines()
    values = {row["bench"]: row["value"] for row in map(json.loads, lines)}
    return {name: values.get(bench) for name, bench in names.items()}


def _parts(finder: Finder, scenes: list[Scene], folder: Path, hours: float) -> dict[str, Callable[[], dict[str, Any]]]:
    held = sorted(events.KEPT_OUT_SETTINGS)
    return {
        "boxes": lambda: (
            {"val_web": box_figures.val_web(finder, folder)}
            | box_figures.rendered(finder, scenes, events.KEPT_OUT, held)
        ),
        "events": lambda: events.rendered(finder, scenes),
        "composed": lambda: events.on_real_ground(finder, folder),
        "real": lambda: events.real_clips(finder, folder),
        "days": lambda: quiet_days(finder, scenes, hours),
        "sizes": sizes,
    }


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.eyes", description="what the detector is worth")
    parser.add_argument("--only", type=_some_of(PARTS, "part"), default=list(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--hours", type=_hours, default=0.5, help="hours of each rendered day (default 0.5)")
    places = scene_names()
    parser.add_argument("--places", type=_some_of(places, "place"), default=places, help="some of the rendered places")
    parser.add_argument("--model", type=Path, help="another model than the one that ships")
    parser.add_argument("--pictures", type=Path, help="only draw pictures of hits and misses into this folder")
    return parser.parse_args(arguments)


def _hours(told: str) -> float:
    hours = float(told)
    if not 0 < hours <= 24:
        raise argparse.ArgumentTypeError(f"{told} is not between 0 and 24")
    return hours


def _some_of(known: Sequence[str], what: str) -> Callable[[str], list[str]]:
    """Reads names with commas between them; each must be one of ``known``."""

    def read(told: str) -> list[str]:
        names = told.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no {what}; use some of {','.join(known)}")
        return names

    return read


if __name__ == "__main__":
    sys.exit(main())
