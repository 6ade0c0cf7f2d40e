"""One picture as a camera in this scene would see it: pure NumPy and OpenCV, a few milliseconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from edge.scenes.scene import HEIGHT, WIDTH, Frame, Piece, Scene, SceneError
from edge.scenes.weather import blown, dazzled, foggy, headlights, lamp_lit, rainy, shaken, snowy

Light = Literal["day", "dusk", "night", "infrared"]

_TILE = 160  # the noise tile is larger than the picture by this, so that its origin can wander
# Gain (blue, green, red) and lift of each light: at night a little blue is left, and the sensor's own noise.
_LIGHTS: dict[str, tuple[tuple[float, float, float], float, float]] = {
    "day": ((1.0, 1.0, 1.0), 0.0, 3.0),
    "dusk": ((0.58, 0.46, 0.42), 2.0, 5.0),
    "night": ((0.085, 0.065, 0.055), 3.0, 7.0),
    "infrared": ((0.62, 0.62, 0.62), 8.0, 5.0),
}
_DARKER: dict[Light, Light] = {"day": "dusk", "dusk": "night", "night": "night", "infrared": "infrared"}


@dataclass(frozen=True)
class View:
    """What is to be seen. `walker` is a layer of the walk; `lens` 0..1 how dirty the glass is; `at` scene seconds.

    `lying` names heaps that lie there besides the state's; `moving` names what comes and goes, each with the number
    of its layer. `dim` 0..1 is how far the light has gone towards the next darker one, `sun` a gain (clouds, 1 is
    none). `fog` and `wind` are 0..1; with `lamp` a street lamp stands over the spot (seen at dusk and by night);
    `headlights` 0..1 is how far a car has come that passes by with its lights on.
    """

    state: str = "clean"
    light: Light = "day"
    walker: int | None = None
    lens: float = 0.0
    shifted: bool = False
    rain: bool = False
    at: float = 0.0
    lying: tuple[str, ...] = ()
    fog: float = 0.0
    moving: tuple[tuple[str, int], ...] = ()
    dim: float = 0.0
    sun: float = 1.0
    wind: float = 0.0
    snow: bool = False
    lamp: bool = False
    headlights: float | None = None


def compose(scene: Scene, view: View, seed: int, more: Sequence[Piece] = ()) -> Frame:
    """The camera's picture: uint8 BGR (360, 640, 3). The same scene, view and seed give the same picture.

    `more` are further pieces, laid over the state and under the villager. Raises SceneError for an unknown state.
    """
    dice = np.random.default_rng((scene.seed, seed))
    picture = scene.plate.copy()
    for piece in (*_lying(scene, view), *more):
        _paste(picture, piece)
    for piece in _moving(scene, view):
        _paste(picture, piece)
    if view.wind > 0:
        blown(picture, view.wind, view.at, scene.seed)
        picture = shaken(picture, view.wind, dice)
    if view.shifted:
        picture = _turned_away(picture, scene.spot)
    picture = _in_the_air(picture, scene, view, dice)
    if view.lens > 0:
        picture = _dirty(picture, view.lens, scene.seed)
    return _noisy(_lit(picture, scene, view), _LIGHTS[view.light][2], dice)


def _in_the_air(picture: Frame, scene: Scene, view: View, dice: np.random.Generator) -> Frame:
    if view.fog > 0:
        picture = foggy(picture, view.fog, scene.horizon)
    if view.rain:
        picture = rainy(picture, dice)
    return snowy(picture, dice) if view.snow else picture


def _lit(picture: Frame, scene: Scene, view: View) -> Frame:
    """The picture in its light: sun, lamp, headlights."""
    if view.light == "infrared":
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.uint8)
    gain = round(_drift(view.at) * view.sun, 2 if view.sun != 1.0 else 3)
    lit = np.asarray(cv2.LUT(picture, _curve(view.light, round(view.dim, 2), gain)), np.uint8)
    dark = view.light == "night" or (view.light == "dusk" and view.dim > 0)
    if view.lamp and dark:
        lit = _shone(lit, picture, lamp_lit(scene.spot))
    if view.headlights is not None:
        beam, lamps = headlights(view.headlights, scene.horizon, scene.spot)
        lit = dazzled(_shone(lit, picture, beam), lamps)
    return lit


def _shone(lit: Frame, picture: Frame, light: npt.NDArray[np.float32]) -> Frame:
    """What another light adds to the lit picture."""
    return np.asarray(cv2.add(lit, cv2.multiply(picture, light, dtype=cv2.CV_8U)), np.uint8)


def _lying(scene: Scene, view: View) -> list[Piece]:
    """The state's piece and the heaps, from the farthest to the nearest."""
    state = scene.state(view.state)
    base = scene.rests if state in scene.lying else state
    heaps = [scene.lying[scene.state(name)] for name in dict.fromkeys((*view.lying, state)) if name in scene.lying]
    under = [] if base == "plate" else [scene.states[base]]
    return under + sorted(heaps, key=lambda piece: piece.at[1] + piece.at[3])


def _moving(scene: Scene, view: View) -> list[Piece]:
    """Who and what comes and goes, from the farthest to the nearest."""
    missing = [name for name, _ in view.moving if name not in scene.moves]
    if missing:
        known = ", ".join(scene.moves) or "nothing"
        raise SceneError(f"in scene {scene.name} no {missing[0]!r} moves: use one of {known}")
    pieces = [scene.moves[name][number][1] for name, number in view.moving]
    pieces += [scene.walk[view.walker][1]] if view.walker is not None else []
    return sorted(pieces, key=lambda piece: piece.at[1] + piece.at[3])


def _paste(picture: Frame, piece: Piece) -> None:
    x, y, w, h = piece.at
    under = picture[y : y + h, x : x + w]
    under[:] = (under * piece.stays + piece.colour + 0.5).astype(np.uint8)


def _drift(at: float) -> float:
    """Thin clouds: the light wanders by some percent within minutes."""
    return round(1 + 0.025 * math.sin(at / 17) + 0.02 * math.sin(at / 41 + 1), 3)


@lru_cache(maxsize=1024)
def _curve(light: Light, dim: float, gain: float) -> Frame:
    (gains, lift, _), (darker, lower, _) = _LIGHTS[light], _LIGHTS[_DARKER[light]]
    shares = np.array(gains, np.float32) * (1 - dim) + np.array(darker, np.float32) * dim
    steps = np.arange(256, dtype=np.float32)[:, None] * shares * gain + lift * (1 - dim) + lower * dim
    curve: Frame = np.clip(steps, 0, 255).astype(np.uint8).reshape(1, 256, 3)
    return curve


@lru_cache(maxsize=8)
def _grain(sigma: float) -> npt.NDArray[np.int16]:
    dice = np.random.default_rng(7)
    return np.round(dice.normal(0, sigma, (HEIGHT + _TILE, WIDTH + _TILE, 3))).astype(np.int16)


def _noisy(picture: Frame, sigma: float, dice: np.random.Generator) -> Frame:
    top, left = dice.integers(_TILE, size=2)
    grain = _grain(sigma)[top : top + HEIGHT, left : left + WIDTH]
    return np.asarray(cv2.add(picture, grain, dtype=cv2.CV_8U), np.uint8)


def _dirty(picture: Frame, share: float, seed: int) -> Frame:
    """Mud and film on the glass: out of focus, and pale brown smears that cover more the dirtier it is."""
    sigma, part = 0.5 + 11 * share, 2 if share < 0.3 else 4  # a strong blur is as good, and cheaper, when made small
    small = cv2.resize(picture, (WIDTH // part, HEIGHT // part), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / part), (WIDTH, HEIGHT)).astype(np.float32)
    cover = _smear(seed) * np.float32(min(1.0, share) * 0.85)
    film = np.array((96, 112, 122), np.float32)
    return (blurred * (1 - cover) + film * cover).astype(np.uint8)


@lru_cache(maxsize=8)
def _smear(seed: int) -> npt.NDArray[np.float32]:
    """How thick the dirt lies, 0.35..1 (HEIGHT, WIDTH, 1)."""
    dice = np.random.default_rng(seed)
    cloud = np.zeros((HEIGHT, WIDTH), np.float32)
    for cells in (3, 6, 14):
        coarse = dice.random((cells, cells * 2), dtype=np.float32)
        cloud += cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) * np.float32(3 / cells)
    cloud = (cloud - cloud.min()) / (cloud.max() - cloud.min())
    smear: npt.NDArray[np.float32] = np.clip(0.35 + 0.9 * cloud, 0, 1).astype(np.float32)[..., None]
    return smear


def _turned_away(picture: Frame, spot: tuple[tuple[float, float], ...]) -> Frame:
    """Somebody knocked the camera: it looks elsewhere, tilted; the spot has moved by more than a quarter."""
    centre = float(np.mean([x for x, _ in spot]))
    away = 0.0 if centre > 0.5 else 1.0
    turn = cv2.getRotationMatrix2D((WIDTH * (0.33 + 0.34 * away), HEIGHT * 0.42), 9 if away else -9, 1.75)
    turn[0, 2] += WIDTH / 2 - WIDTH * (0.33 + 0.34 * away)
    turn[1, 2] += HEIGHT * 0.08
    return np.asarray(cv2.warpAffine(picture, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.uint8)
