"""A rendered village place as it ships: the empty picture, a piece for each state, the layers of a villager's walk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]  # x, y, width, height in pixels

HOME = Path(__file__).parent
WATERS = HOME / "waters"  # places at the water, without bins or villager
WIDTH, HEIGHT = 640, 360
WALK = 1.2  # metres a second


class SceneError(ValueError):
    """A scene or script cannot be played; the message names the file, what is wrong and the cure."""


@dataclass(frozen=True)
class Piece:
    """A part of a picture: where it lies, its colours times alpha, how much of what is under it stays (0..1)."""

    at: Box
    colour: npt.NDArray[np.float32]
    stays: npt.NDArray[np.float32]


class Stored(Piece):
    """A piece as it lies in its file, in bytes: a camera keeps hundreds, and floats would take four times the room."""

    def __init__(self, at: Box, picture: Frame) -> None:
        object.__setattr__(self, "at", at)
        object.__setattr__(self, "_picture", picture.copy())  # not a view that keeps the whole sheet

    def __getattribute__(self, name: str) -> object:
        """Reckon the floats when they are asked for."""
        if name not in {"colour", "stays"}:
            return super().__getattribute__(name)
        picture: Frame = super().__getattribute__("_picture")
        alpha = np.divide(picture[..., 3:], 255, dtype=np.float32)
        if name == "stays":
            return np.subtract(1, alpha, dtype=np.float32)
        return np.multiply(picture[..., :3], alpha, dtype=np.float32)


Layers = tuple[tuple[str, Piece], ...]  # the part of the way, and what is seen
Shown = tuple[tuple[str, tuple[float, float, float, float]], ...]  # class, x1, y1, x2, y2 in 0..1 or beyond the edges


@dataclass(frozen=True)
class Scene:
    """A place: its empty picture, a piece for each state, the layers of the villager's walk, the watched spot.

    `step` is how many metres lie between two layers of the walk. `lying` are heaps and floating waste by name, a
    layer each, laid over any state; a second one of a class has a number (`straw_pile_2`). `moves` are the layers of
    what comes and goes, by name, `shows` what is on each of them. `horizon` is the picture row
    (0..1, negative above the picture) at which the ground ends.
    """

    name: str
    title: str
    seed: int
    rests: str
    step: float
    spot: tuple[tuple[float, float], ...]
    plate: Frame
    states: dict[str, Piece]
    walk: Layers
    lying: dict[str, Piece] = field(default_factory=dict)
    moves: dict[str, Layers] = field(default_factory=dict)
    shows: dict[str, tuple[Shown, ...]] = field(default_factory=dict)
    horizon: float = 0.0

    def state(self, name: str) -> str:
        """The state's own name: `clean` is how the place rests. Raises SceneError when there is no such state.

        A heap's name is a state too: the resting place with this heap.
        """
        own = self.rests if name == "clean" else name
        if own != "plate" and own not in self.states and own not in self.lying:
            known = ", ".join(["clean", "plate", *self.states, *self.lying])
            raise SceneError(f"scene {self.name} has no state {name!r}: use one of {known}")
        return own

    def pace(self) -> float:
        """Layers of the walk a second."""
        return WALK / self.step

    def put_down_seconds(self) -> float:
        """When, in the walk, the bags touch the ground."""
        return sum(part in ("in", "bend") for part, _ in self.walk) / self.pace()


def scene_names(home: Path = HOME) -> list[str]:
    """The scenes in a folder, by name; by default those that ship."""
    return sorted(p.parent.name for p in home.glob("*/scene.json"))


def load_scene(folder: Path) -> Scene:
    """Read a scene's folder. Raises SceneError naming the file that is missing or unreadable."""
    path = folder / "scene.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        states = {s: _piece(_picture(folder / f"{s}.webp"), box) for s, box in told["states"].items()}
        spot = tuple((float(x), float(y)) for x, y in told["spot"])
        plate = np.ascontiguousarray(_picture(folder / "plate.webp")[..., :3])
        return Scene(
            folder.name, told["title"], told["seed"], told["rests"], told["step"], spot, plate, states,
            walk=_sheet(folder / "walk.webp", told["walk"]),
            lying=dict(_sheet(folder / "lying.webp", told.get("lying", []))),
            moves={name: _sheet(folder / f"{name}.webp", rows) for name, rows in told.get("moves", {}).items()},
            shows={name: tuple(_shown(row) for row in rows) for name, rows in told.get("shows", {}).items()},
            horizon=float(told.get("horizon", 0.0)),
        )  # fmt: skip
    except (OSError, KeyError, TypeError, ValueError) as wrong:
        raise SceneError(
            f"{path}: {wrong}; take a folder of edge/scenes, or render it anew (edge/scenes/make)"
        ) from wrong


def _sheet(path: Path, rows: list[tuple[str, int, int, int, int, int, int]]) -> Layers:
    """Cut the layers out of their sheet; a row is part, place on the sheet, size, place in the picture."""
    if not rows:
        return ()
    sheet = _picture(path)
    return tuple((part, _piece(sheet[sy : sy + h, sx : sx + w], [x, y, w, h])) for part, sx, sy, w, h, x, y in rows)


def _shown(row: list[tuple[str, list[float]]]) -> Shown:
    return tuple((str(kind), (float(x1), float(y1), float(x2), float(y2))) for kind, (x1, y1, x2, y2) in row)


def _picture(path: Path) -> Frame:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if found is None:
        raise SceneError(f"{path.name} is missing or no picture")
    return found.astype(np.uint8)


def _piece(picture: Frame, at: list[int]) -> Piece:
    x, y, w, h = at
    if picture.shape != (h, w, 4):
        raise SceneError(f"a piece should be {w}x{h} with alpha, but is {picture.shape}")
    return Stored((x, y, w, h), picture)
