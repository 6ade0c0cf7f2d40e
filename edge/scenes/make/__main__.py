"""Render the village: `python -m edge.scenes.make OUT [--place NAME] [--only states|walk]`, with Blender's Python."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from .blender import Layer, camera, catch_shadows, render, reset, seen, sky
from .extras import LYING, lay, room
from .moves import MOVES, drive, shown, space
from .places import PLACES, Place
from .shots import STATES, furnish, skyline, spot_corners, stand_in, walk, window_points
from .waters import WATERS

ALL = PLACES | WATERS


def main() -> int:
    """Render every asked picture into OUT/<place>/ with a shots.json that tells what they are."""
    ask = argparse.ArgumentParser(prog="edge.scenes.make")
    ask.add_argument("out", type=Path)
    ask.add_argument("--place", action="append", choices=list(ALL))
    ask.add_argument("--only", choices=("states", "walk", "lying", "moves"))
    ask.add_argument("--thing", action="append", help="only these of what lies about or moves")
    ask.add_argument("--state", action="append", choices=list(STATES))
    ask.add_argument("--samples", type=int, default=16)
    asked = ask.parse_args()
    for name in asked.place or list(ALL):
        place, folder = ALL[name], asked.out / name
        folder.mkdir(parents=True, exist_ok=True)
        _set_up(place)
        _describe(place, folder)
        fewer = max(4, asked.samples // 2)
        if asked.only in (None, "states"):
            _states(place, folder, asked.state or _states_of(place), asked.samples)
        if asked.only in (None, "walk"):
            _walk(place, folder, fewer)
        if asked.only in (None, "lying"):
            _lying(place, folder, asked.thing or list(LYING[name]), fewer)
        if asked.only in (None, "moves"):
            _moves(place, folder, asked.thing or list(MOVES.get(name, {})), fewer)
    return 0


def _set_up(place: Place) -> None:
    reset()
    place.build()
    camera(place.camera, place.look, place.view)
    sun = place.sun
    sky(sun.height, sun.towards, sun.sun, sun.sky)


def _states_of(place: Place) -> list[str]:
    return list(STATES) if place.bins else ["plate"]


def _describe(place: Place, folder: Path) -> None:
    told = {
        "title": place.title,
        "seed": place.seed,
        "rests": place.rests,
        "step": place.step,
        "states": _states_of(place),
        "under": "waters" if place.outline else "",
        "horizon": seen([skyline(place)])[0][1],
        "corners": seen(spot_corners(place)),
        "walk": [shot.part for shot in walk(place)],
        "moves": {name: [position.part for position in way] for name, way in MOVES.get(folder.name, {}).items()},
        "shows": {
            name: [shown(place, name, i, position) for i, position in enumerate(way)]
            for name, way in MOVES.get(folder.name, {}).items()
        },
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


def _lying(place: Place, folder: Path, names: list[str], samples: int) -> None:
    """Layers: a heap and its shadow on whatever stands there, hidden where that stands before it."""
    catch_shadows()
    for name in names:
        lying = LYING[folder.name].get(name)
        if lying is None:
            continue
        started = time.monotonic()
        lay(lying)
        window = _window(seen(room(place, lying)))
        render(folder / f"lying_{name}.png", samples, place.sun.exposure, window)
        _say(f"{folder.name} {name} {time.monotonic() - started:.1f} s")


def _moves(place: Place, folder: Path, names: list[str], samples: int) -> None:
    """Layers: what comes and goes, with its shadow on whatever stands there."""
    catch_shadows()
    for name in names:
        for i, position in enumerate(MOVES.get(folder.name, {}).get(name, ())):
            started = time.monotonic()
            window = _window(seen(space(place, name, position)))
            if window is None:
                continue
            drive(place, name, i, position)
            render(folder / f"{name}_{i:03}.png", samples, place.sun.exposure, window)
            _say(f"{folder.name} {name} {i} {position.part} {time.monotonic() - started:.1f} s")


def _window(points: list[tuple[float, float]]) -> tuple[float, float, float, float] | None:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    window = (max(min(xs), 0.0), max(min(ys), 0.0), min(max(xs), 1.0), min(max(ys), 1.0))
    return window if window[2] - window[0] > 0.01 and window[3] - window[1] > 0.01 else None


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
