"""What weather, lamps and headlights do to a composed picture: pure NumPy and OpenCV, a millisecond or two each."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from edge.scenes.scene import HEIGHT, WIDTH, Frame

Floats = npt.NDArray[np.float32]
Polygon = tuple[tuple[float, float], ...]
_LAMP = np.array((0.42, 0.58, 0.66), np.float32)  # how bright a street lamp makes what it stands over (BGR)
_BEAM = np.array((0.50, 0.60, 0.62), np.float32)


def rainy(picture: Frame, dice: np.random.Generator) -> Frame:
    """Less contrast, and streaks that differ from picture to picture."""
    streaks = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x, y, run in zip(dice.integers(WIDTH, size=160), dice.integers(HEIGHT, size=160), dice.integers(9, 26, 160)):  # noqa: B905
        cv2.line(streaks, (int(x), int(y)), (int(x + run // 5), int(y + run)), int(14 + run), 1, cv2.LINE_AA)
    grey = cv2.addWeighted(picture, 0.78, np.full_like(picture, 150), 0.16, 0)
    return np.asarray(cv2.add(grey, cv2.merge([streaks] * 3)), np.uint8)


def snowy(picture: Frame, dice: np.random.Generator) -> Frame:
    """Flakes, the near ones large and soft, before a paler picture."""
    flakes = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x, y, size in zip(dice.integers(WIDTH, size=220), dice.integers(HEIGHT, size=220), dice.integers(1, 4, 220)):  # noqa: B905
        cv2.circle(flakes, (int(x), int(y)), int(size > 2), int(90 + 50 * size), -1, cv2.LINE_AA)
    pale = cv2.addWeighted(picture, 0.74, np.full_like(picture, 190), 0.2, 0)
    return np.asarray(cv2.add(pale, cv2.merge([flakes] * 3)), np.uint8)


def foggy(picture: Frame, thick: float, horizon: float) -> Frame:
    """Grey air before things: the farther, the more; the far half of the picture is lost when it is thickest."""
    rows = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    near = np.clip((rows - np.float32(horizon)) / np.float32(1.05 - horizon), 0.02, 1)
    stays = np.exp(np.float32(-1.1 * thick) / near).astype(np.float32)
    soft = cv2.GaussianBlur(picture, (0, 0), 0.4 + 0.9 * thick)
    return np.asarray(soft * stays + np.float32(176) * (1 - stays), np.float32).astype(np.uint8)


def shaken(picture: Frame, wind: float, dice: np.random.Generator) -> Frame:
    """The pole sways: the picture moves by up to three pixels and turns a little."""
    x, y = (float(side) for side in np.clip(dice.normal(0, 1.1 * wind, 2), -3, 3))
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), float(dice.normal(0, 0.12 * wind)), 1.0)
    turn[0, 2] += x
    turn[1, 2] += y
    return np.asarray(cv2.warpAffine(picture, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def blown(picture: Frame, wind: float, at: float, seed: int) -> None:
    """Leaves and a scrap of film that the wind drives over the ground, into the picture itself (in place)."""
    for i in range(1 + round(5 * wind)):
        dice = np.random.default_rng((seed, i, int(at // 20)))  # another leaf every twenty seconds
        start, speed = dice.uniform((-300, HEIGHT * 0.45), (WIDTH, HEIGHT * 0.95)), dice.uniform(25, 80) * wind
        x = start[0] + speed * (at % 20)
        y = start[1] + 5 * math.sin(at * 3 + i)
        size = dice.uniform(1.5, 3.5) * (0.5 + y / HEIGHT)
        box = ((float(x), float(y)), (2.2 * float(size), float(size)), float(at * 140 % 360))
        colour = (40, 75, 105) if i else (205, 210, 212)
        cv2.fillConvexPoly(picture, np.round(cv2.boxPoints(box)).astype(np.int32), colour, cv2.LINE_AA)


def lamp_lit(spot: Polygon) -> Floats:
    """How much light a street lamp over the spot adds, 0..1 of daylight (HEIGHT, WIDTH, 3)."""
    return _pool(spot)


@lru_cache(maxsize=16)
def _pool(spot: Polygon) -> Floats:
    x, y = (float(np.mean([point[axis] for point in spot])) for axis in (0, 1))
    return np.asarray(_blob(x * WIDTH, y * HEIGHT - 10, 0.30 * WIDTH, 0.38 * HEIGHT)[..., None] * _LAMP, np.float32)


def _blob(x: float, y: float, wide: float, high: float) -> Floats:
    across = np.exp(-(((np.arange(WIDTH, dtype=np.float32) - np.float32(x)) / np.float32(wide)) ** 2))
    down = np.exp(-(((np.arange(HEIGHT, dtype=np.float32) - np.float32(y)) / np.float32(high)) ** 2))
    return np.asarray(down[:, None] * across[None, :], np.float32)


def headlights(share: float, horizon: float, spot: Polygon) -> tuple[Floats, tuple[tuple[int, int, int], ...]]:
    """A car comes out of the distance and passes by the spot; `share` 0..1 of its way.

    The light it throws on the ground (HEIGHT, WIDTH, 3; 0..1 of daylight) and its two lamps: x, y, radius in pixels.
    """
    past = 1.0 if float(np.mean([x for x, _ in spot])) < 0.5 else 0.0
    near = 0.06 + 0.94 * share**1.6
    x = WIDTH * (0.5 + (past - 0.5) * (0.15 + 1.1 * near))
    y = HEIGHT * (horizon + (1.0 - horizon) * (0.12 + 0.75 * near))
    thrown = _blob(x + (0.5 - past) * 240 * near, y + 60 * near, 30 + 190 * near, 14 + 70 * near)
    lamps = tuple((round(x + side * (4 + 34 * near)), round(y - 12 * near), round(2 + 7 * near)) for side in (-1, 1))
    return np.asarray(thrown[..., None] * _BEAM * np.float32(min(1.0, 4 * near)), np.float32), lamps


def dazzled(picture: Frame, lamps: tuple[tuple[int, int, int], ...]) -> Frame:
    """Lamps that shine into the camera: white discs and the haze of the glass around them."""
    small = np.zeros((HEIGHT // 4, WIDTH // 4), np.float32)
    for x, y, radius in lamps:
        cv2.circle(small, (x // 4, y // 4), max(1, radius // 3), 1.0, -1)
    small = cv2.GaussianBlur(small, (0, 0), 2 + lamps[0][2]).astype(np.float32)
    small *= np.float32(110 / max(float(small.max()), 1e-3))
    haze = cv2.convertScaleAbs(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR))
    bright = cv2.add(picture, cv2.merge([haze] * 3))
    for x, y, radius in lamps:
        cv2.circle(bright, (x, y), radius, (250, 254, 255), -1, cv2.LINE_AA)
    return np.asarray(bright, np.uint8)
