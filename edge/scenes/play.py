"""Play a scene: a script says what is to be seen when, and the world may say otherwise while it runs.

`Play` is what a rendered camera holds: give it the seconds since its start, take the picture. When the cleaner has
really removed the pile (he finished his ticket), somebody writes `{"state": "clean"}` into the world file, and the
next picture shows it; the script takes over again at its next change of state.
"""

from __future__ import annotations

import itertools
import json
import logging
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from edge.scenes.compose import Light, View, compose
from edge.scenes.happenings import Happening, empties, unloads, visits
from edge.scenes.scene import Frame, Scene, SceneError, load_scene, scene_names

__all__ = [
    "Play",
    "Scene",
    "SceneError",
    "Script",
    "Step",
    "Told",
    "View",
    "World",
    "compose",
    "load_scene",
    "load_script",
    "scene_names",
    "script_of",
]

BRINGS = {"tricycle": unloads, "truck": empties}  # what changes the state while it is there
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """From `at` seconds on: only what is named changes.

    With `walk` a villager brings the new state. With `move` something of the scene comes, stands for `stay` seconds
    and goes; a tricycle brings the step's state with it, before a truck the state changes while it stands.
    """

    at: float
    changes: dict[str, Any] = field(default_factory=dict)
    walk: bool = False
    move: str = ""
    stay: float = 20.0

    def visit(self, scene: Scene) -> tuple[Happening | None, float]:
        """What comes and goes in this step, and how many seconds later its state is there."""
        if not self.move:
            return None, scene.put_down_seconds() if self.walk else 0.0
        if "state" in self.changes and self.move in BRINGS:
            happening, there = BRINGS[self.move](scene, 0.0)
            return happening, there
        return visits(scene, self.move, 0.0, self.stay), 0.0


@dataclass(frozen=True)
class Told:
    """What the world says lies there, and since which second of the script."""

    state: str
    since: float


@dataclass(frozen=True)
class Script:
    """Steps in time order; after `length` seconds (when given) it starts anew."""

    steps: tuple[Step, ...]
    length: float | None = None

    def view_at(self, t: float, scene: Scene, told: Told | None = None) -> View:
        """The view at t seconds. What the world told holds until the script next changes the state."""
        now = t % self.length if self.length else t
        view, changed, walker = View(at=t), 0.0, None
        moving: tuple[tuple[str, int], ...] = ()
        for step in self.steps:
            if step.at > now:
                break
            visit, late = step.visit(scene)
            if visit is not None and now < step.at + visit.end:
                moving += ((step.move, visit.layer(now - step.at)),)
            walker = _layer(scene, now - step.at) if step.walk else walker
            changes = dict(step.changes)
            if now < step.at + late:
                changes.pop("state", None)
            elif "state" in changes:
                changed = step.at + late
            view = View(**{**vars(view), **changes})
        state = view.state
        if told is not None and told.since >= changed + (t - now):
            state = told.state
        return View(**{**vars(view), "state": state, "walker": walker, "moving": moving})


def _layer(scene: Scene, seconds: float) -> int | None:
    number = int(seconds * scene.pace())
    return number if 0 <= number < len(scene.walk) else None


def script_of(told: dict[str, Any], source: str = "script") -> Script:
    """A script out of a TOML table: `[[step]]` with at, state, light, lens, shifted, rain, snow, fog, wind, lamp, dim,
    sun (see View), walk, move and stay; `length` repeats it.

    Raises SceneError naming the source, the step and the cure.
    """
    steps = [_step(raw, f"{source}, step {i}") for i, raw in enumerate(told.get("step", []), 1)]
    if not steps or any(b.at < a.at for a, b in itertools.pairwise(steps)):
        raise SceneError(f"{source}: give at least one [[step]], in the order of their `at` seconds")
    length = told.get("length")
    return Script(tuple(steps), float(length) if length is not None else None)


def load_script(path: Path) -> Script:
    """A script out of a TOML file; SceneError names the file, the step and the cure."""
    try:
        return script_of(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, tomllib.TOMLDecodeError) as wrong:
        raise SceneError(
            f"{path}: {wrong}; a script is TOML with [[step]] tables, see edge/scenes/README.md"
        ) from wrong


_LIGHTS = f"{', '.join(get_args(Light)[:-1])} or {get_args(Light)[-1]}"
_KINDS: dict[str, type | tuple[type, ...]] = {
    "state": str,
    "light": str,
    "lens": (int, float),
    "shifted": bool,
    "rain": bool,
    "snow": bool,
    "lamp": bool,
    "fog": (int, float),
    "wind": (int, float),
    "dim": (int, float),
    "sun": (int, float),
}


def _step(raw: dict[str, Any], where: str) -> Step:
    rest = {k: v for k, v in raw.items() if k not in ("at", "walk", "move", "stay")}
    for key, value in rest.items():
        if key not in _KINDS or not isinstance(value, _KINDS[key]):
            raise SceneError(
                f"{where}: {key} = {value!r} is not understood; known are at, walk, move, stay, {', '.join(_KINDS)}"
            )
    if rest.get("light", "day") not in get_args(Light):
        raise SceneError(f"{where}: light {rest['light']!r} is unknown; use {_LIGHTS}")
    if not isinstance(raw.get("at"), (int, float)):
        raise SceneError(f"{where}: `at` is missing; give the seconds from the start")
    move, stay = raw.get("move", ""), raw.get("stay", 20.0)
    if not isinstance(move, str) or not isinstance(stay, (int, float)) or stay < 0:
        raise SceneError(f'{where}: write move = "car" and stay = 60 (seconds), not {move!r} and {stay!r}')
    return Step(float(raw["at"]), rest, bool(raw.get("walk", False)), move, float(stay))


@dataclass
class World:
    """A small JSON file, `{"state": "clean"}`, read again whenever it changes. No file: the script alone decides."""

    path: Path
    _stamp: int = 0
    _told: Told | None = None

    def told(self, t: float) -> Told | None:
        """What the file says now; a change counts from the script second t at which it is first seen."""
        try:
            stamp = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            self._stamp, self._told = 0, None
            return None
        if stamp != self._stamp:
            self._read(stamp, t)
        return self._told

    def _read(self, stamp: int, t: float) -> None:
        try:
            state = json.loads(self.path.read_text(encoding="utf-8"))["state"]
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            # Perhaps half written: what it said before holds, and the next look reads it again.
            _log.warning('world file %s cannot be read (%s); write {"state": "clean"}', self.path, wrong)
            return
        self._stamp = stamp
        self._told = Told(str(state), t) if state is not None else None


@dataclass
class Play:
    """A scene, its script and perhaps a world: the picture at any second.

    Raises SceneError when the script wants something to move that does not move in this scene.
    """

    scene: Scene
    script: Script
    world: World | None = None

    def __post_init__(self) -> None:
        for number, step in enumerate(self.script.steps, 1):
            if step.move and step.move not in self.scene.moves:
                known = ", ".join(self.scene.moves) or "nothing"
                raise SceneError(f"step {number}: in scene {self.scene.name} no {step.move!r} moves: use {known}")

    def view_at(self, t: float) -> View:
        """What is to be seen at t seconds; a state the scene does not have is logged and left out."""
        told = self.world.told(t) if self.world else None
        try:
            if told is not None:
                self.scene.state(told.state)
        except SceneError as wrong:
            _log.warning("world file: %s", wrong)
            told = None
        return self.script.view_at(t, self.scene, told)

    def frame_at(self, t: float) -> Frame:
        """The picture at t seconds, uint8 BGR (360, 640, 3)."""
        return compose(self.scene, self.view_at(t), int(t * 1000))
