"""Render the village: `python -m edge.scenes.make OUT [--place NAME] [--only states|walk]`, with Blender's Python."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from .blender import Layer, camera, render, reset, seen, sky
from .places import PLACES, Place
from .shots import STATES, furnish, spot_corners, stand_in, walk, window_points


def main() -> int:
    """Render every asked picture into OUT/<place>/ with a shots.json that tells what they are."""
    ask = argparse.ArgumentParser(prog="edge.scenes.make")
    ask.add_argument("out", type=Path)
    ask.add_argument("--place", action="append", choices=list(PLACES))
    ask.add_argument("--only", choices=("states", "walk"))
    ask.add_argument("--state", action="append", choices=list(STATES))
    ask.add_argument("--samples", type=int, default=16)
    asked = ask.parse_args()
    for name in asked.place or list(PLACES):
        place, folder = PLACES[name], asked.out / name
        folder.mkdir(parents=True, exist_ok=True)
        _set_up(place)
        _describe(place, folder)
        if asked.only != "walk":
            _states(place, folder, asked.state or list(STATES), asked.samples)
        if asked.only != "states":
            _walk(place, folder, max(4, asked.samples // 2))
    return 0


def _set_up(place: Place) -> None:
    reset()
    place.build()
    camera(place.camera, place.look, place.view)
    sun = place.sun
    sky(sun.height, sun.towards, sun.sun, sun.sky)


def _describe(place: Place, folder: Path) -> None:
    told = {
        "title": place.title,
        "seed": place.seed,
        "rests": place.rests,
        "step": place.step,
        "states": list(STATES),
        "corners": seen(spot_corners(place)),
        "walk": [shot.part for shot in walk(place)],
    }
    (folder / "shots.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def _states(place: Place, folder: Path, states: list[str], samples: int) -> None:
    for state in states:
        started = time.monotonic()
        furnish(place, state)
        render(folder / f"{state}.png", samples, place.sun.exposure)
        _say(f"{folder.name} {state} {time.monotonic() - started:.1f} s")


def _walk(place: Place, folder: Path, samples: int) -> None:
    """Layers: the villager and the shadow on the ground, everything else out of sight."""
    for standing in Layer("scenery").things():
        standing.hide_render = True
    for below in Layer("ground").things():
        below.is_shadow_catcher = True
    for i, shot in enumerate(walk(place)):
        started = time.monotonic()
        window = _window(seen(window_points(place, shot)))
        if window is None:
            continue
        stand_in(place, shot)
        render(folder / f"walk_{i:03}.png", samples, place.sun.exposure, window)
        _say(f"{folder.name} walk {i} {shot.part} {time.monotonic() - started:.1f} s")


def _window(points: list[tuple[float, float]]) -> tuple[float, float, float, float] | None:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    window = (max(min(xs), 0.0), max(min(ys), 0.0), min(max(xs), 1.0), min(max(ys), 1.0))
    return window if window[2] - window[0] > 0.01 and window[3] - window[1] > 0.01 else None


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
