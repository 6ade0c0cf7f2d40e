"""Can this picture be judged? Dark, glaring, blocked, blurred, shifted, frozen: a reason in words, or None.

A picture is held against a plate: the place as the camera usually sees it, learnt from the first good looks and
slowly renewed. All comparisons are local and free of brightness, so noise, JPEG and steady changes of light pass.
A picture without colour (infrared light at night) has a plate of its own beside the day's. While a camera is moved or
blocked no plate is learnt anew; ``relearn`` takes the new view as the usual one when an operator says so.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, replace
from datetime import datetime

import cv2
import numpy as np
import numpy.typing as npt

from detect.kinds import Light

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WIDTH, HEIGHT = 160, 120  # every view, whatever the camera's shape
BLOCK = 20
SEARCH = 6
ELSEWHERE = "画面与平时不是同一处（摄像机被移动或遮挡）"
MOVED = "摄像机被移动"
BLOCKED = "镜头被遮挡"
FOG = "画面模糊（雾或镜头脏）"
ASTRAY = frozenset({ELSEWHERE, MOVED, BLOCKED})
COLOURS = (40, 30)  # colour is measured at this size, where noise is gone
FINE = 2  # sharpness is measured at twice the size


@dataclass(frozen=True, slots=True)
class Limits:
    """Grey levels 0..255, shares 0..1 of the textured blocks, pixels of the 160 x 120 view, seconds."""

    dark: float = 45.0  # 95 % of the picture below this
    glare: float = 225.0  # 90 % of the picture above this
    flat: float = 5.0  # the whole picture's spread
    texture: float = 5.0  # a block's spread from which it can be compared
    alike: float = 0.55  # correlation of a block with the plate
    agree: float = 0.35  # share of blocks that must still be found
    moved: float = 4.0  # pixels
    soft: float = 0.4  # a block's sharpness against the plate's
    soft_share: float = 0.4
    faded: float = 0.25  # contrast against the plate's
    absolute_soft: float = 0.02
    frozen_s: float = 120.0
    renew_s: float = 900.0
    young: int = 30  # looks until a plate is beyond doubt
    replace_s: float = 900.0
    grey: float = 4.0  # colour up to here is infrared light
    coloured: float = 8.0  # colour from here on is daylight; between them it stays what it was


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture boiled down: grey 120 x 160, sharpness and spread of each of 6 x 8 blocks, a check sum.

    ``colour``: how far apart blue, green and red are where they are far apart (grey levels, 99 %).
    """

    grey: Floats
    sharp: Floats
    spread: Floats
    token: int
    colour: float = 255.0


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """The usual view: running averages, and the number of looks in them."""

    grey: Floats
    sharp: Floats
    spread: Floats
    looks: int
    at: datetime

    def pack(self) -> bytes:
        """As bytes, to outlive a restart."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, grey=self.grey, sharp=self.sharp, spread=self.spread, looks=self.looks, at=self.at.timestamp()
        )
        return buffer.getvalue()


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is remembered about a camera's pictures: ``plate`` by day, ``night`` by infrared light, the light now.

    ``astray``: the last picture that could be compared showed something else, so nothing new is learnt from it.
    """

    plate: Plate | None = None
    token: int = 0
    same_since: datetime | None = None
    rival: Plate | None = None
    rival_since: datetime | None = None
    night: Plate | None = None
    light: Light = "day"
    astray: bool = False

    @property
    def usual(self) -> Plate | None:
        """The plate for the light of now."""
        return self.plate if self.light == "day" else self.night

    def learnt(self, plate: Plate | None) -> Sight:
        """The sight with another plate for the light of now."""
        return replace(self, plate=plate) if self.light == "day" else replace(self, night=plate)


def view(picture: Picture) -> View:
    """Boil down a BGR uint8 picture of any size."""
    fine = cv2.resize(picture, (WIDTH * FINE, HEIGHT * FINE), interpolation=cv2.INTER_AREA)
    fine_grey = cv2.cvtColor(fine, cv2.COLOR_BGR2GRAY)
    smooth = cv2.GaussianBlur(fine_grey.astype(np.float32), (0, 0), 0.8)
    edges = np.abs(np.asarray(cv2.Laplacian(smooth, cv2.CV_32F), np.float32))
    grey = np.asarray(cv2.resize(smooth, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.float32)
    coarse = np.asarray(cv2.resize(fine, COLOURS, interpolation=cv2.INTER_AREA), np.int16)
    colour = float(np.percentile(coarse.max(axis=2) - coarse.min(axis=2), 99))
    token = zlib.crc32(fine_grey.tobytes())
    return View(grey, _block_mean(edges, BLOCK * FINE), _block_spread(grey), token, colour)


def see(sight: Sight, seen: View, at: datetime, limits: Limits | None = None) -> tuple[Sight, str | None]:
    """Judge one view and learn from it when it is good; returns why it cannot be judged, or None."""
    limits = limits or Limits()
    sight = _lit(sight, seen, limits)
    same_since = sight.same_since if seen.token == sight.token and sight.same_since else at
    usual = sight.usual
    reason = judge(seen, usual, limits)
    if reason == ELSEWHERE and usual is not None and usual.looks < limits.young:
        sight, reason = _doubted(sight, seen, at, limits)
    if reason is None and usual is None:
        reason = _untold(sight, seen, limits)
    if reason is None and (at - min(same_since, at)).total_seconds() >= limits.frozen_s:
        reason = "画面静止不动（摄像机卡住）"
    if reason is None:
        sight = replace(sight.learnt(learn(sight.usual, seen, at, limits)), rival=None, rival_since=None, astray=False)
    elif reason in ASTRAY:
        sight = replace(sight, astray=True)
    return replace(sight, token=seen.token, same_since=min(same_since, at)), reason


def relearn(sight: Sight) -> Sight:
    """The sight of a camera whose view now is to be the usual one: both plates are learnt from the next good looks."""
    return Sight(token=sight.token, same_since=sight.same_since, light=sight.light)


def _lit(sight: Sight, seen: View, limits: Limits) -> Sight:
    """The sight under the light of this view; a rival of the other light is forgotten."""
    light: Light = "night" if seen.colour <= limits.grey else "day" if seen.colour >= limits.coloured else sight.light
    return sight if light == sight.light else replace(sight, light=light, rival=None, rival_since=None)


def _untold(sight: Sight, seen: View, limits: Limits) -> str | None:
    """Why a light without a plate learns none now: the camera is astray, or colour went because of fog."""
    other = sight.plate or sight.night
    if other is None:
        return None
    if sight.astray:
        return ELSEWHERE
    return FOG if _faded(seen, other, limits) else None


def _faded(seen: View, plate: Plate, limits: Limits) -> bool:
    textured = plate.spread >= limits.texture
    return bool(textured.any()) and float(np.median(seen.spread[textured] / plate.spread[textured])) < limits.faded


def _doubted(sight: Sight, seen: View, at: datetime, limits: Limits) -> tuple[Sight, str | None]:
    """A plate of few looks may itself be wrong (a lorry stood there): a rival that stays long enough replaces it."""
    if sight.rival is None or sight.rival_since is None or judge(seen, sight.rival, limits) is not None:
        return replace(sight, rival=learn(None, seen, at, limits), rival_since=at), ELSEWHERE
    rival = learn(sight.rival, seen, at, limits)
    if rival.looks >= limits.young and (at - sight.rival_since).total_seconds() >= limits.replace_s:
        return sight.learnt(rival), None
    return replace(sight, rival=rival), ELSEWHERE


def judge(seen: View, plate: Plate | None, limits: Limits) -> str | None:
    """Why this view cannot be judged, or None; without a plate only what needs no comparison."""
    if float(np.percentile(seen.grey, 95)) < limits.dark:
        return "画面太暗"
    if float(np.percentile(seen.grey, 10)) > limits.glare:
        return "画面过亮"
    if float(seen.grey.std()) < limits.flat:
        return BLOCKED
    if plate is None:
        textured = seen.spread >= limits.texture
        sharp = float((seen.sharp / (seen.spread + 1))[textured].mean()) if textured.any() else 0.0
        return "画面模糊" if sharp < limits.absolute_soft else None
    return _compared(seen, plate, limits)


def learn(plate: Plate | None, seen: View, at: datetime, limits: Limits) -> Plate:
    """The plate with a good view mixed in: quickly while it is young, later with a time constant of ``renew_s``."""
    if plate is None:
        return Plate(seen.grey, seen.sharp, seen.spread, 1, at)
    passed = max(0.0, (at - plate.at).total_seconds())
    share = np.float32(max(1 / (plate.looks + 1) if plate.looks < 10 else 0.0, min(0.2, passed / limits.renew_s)))
    return Plate(
        plate.grey + (seen.grey - plate.grey) * share,
        plate.sharp
        + (seen.sharp - plate.sharp) * np.float32(share / 4),  # a lens that slowly gets dirty must not become usual
        plate.spread + (seen.spread - plate.spread) * share,
        plate.looks + 1,
        at,
    )


def unpack(data: bytes, tz: datetime) -> Plate:
    """A plate from ``Plate.pack``; ``tz`` is any aware time, whose zone the plate's time takes."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        at = datetime.fromtimestamp(float(stored["at"]), tz.tzinfo)
        return Plate(stored["grey"], stored["sharp"], stored["spread"], int(stored["looks"]), at)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How much of the plate is found again: share of textured blocks, and the way they moved in pixels."""

    share: float
    moved: float
    flat: float


def agreement(seen: View, plate: Plate, limits: Limits) -> Agreement:
    """Look for each textured block of the plate near its place."""
    padded = np.pad(seen.grey, SEARCH, mode="reflect")
    found, flat, textured = [], 0, 0
    for row in range(HEIGHT // BLOCK):
        for column in range(WIDTH // BLOCK):
            if plate.spread[row, column] < limits.texture:
                continue
            textured += 1
            flat += int(seen.spread[row, column] < limits.texture / 2)
            place = _find(padded, plate.grey, row, column)
            if place[0] >= limits.alike:
                found.append(place[1:])
    if not textured:
        return Agreement(1.0, 0.0, 0.0)
    if not found:
        return Agreement(0.0, 0.0, flat / textured)
    moves = np.array(found, np.float32)
    middle = np.median(moves, axis=0)
    together = np.abs(moves - middle).max(axis=1) <= 2.0  # chance finds point anywhere
    return Agreement(float(together.sum()) / textured, float(np.hypot(*middle)), flat / textured)


def _find(padded: Floats, plate: Floats, row: int, column: int) -> tuple[float, float, float]:
    """Best correlation of a plate's block around its place, and how far off in x and y."""
    top, left = row * BLOCK, column * BLOCK
    block = plate[top : top + BLOCK, left : left + BLOCK]
    around = padded[top : top + BLOCK + 2 * SEARCH, left : left + BLOCK + 2 * SEARCH]
    match = cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(match)
    return float(best), float(x - SEARCH), float(y - SEARCH)


def _compared(seen: View, plate: Plate, limits: Limits) -> str | None:
    textured = plate.spread >= limits.texture
    if not textured.any():
        return None
    found = agreement(seen, plate, limits)
    if found.share < limits.agree:
        return BLOCKED if found.flat > 0.5 else ELSEWHERE
    if found.moved > limits.moved:
        return MOVED
    if _faded(seen, plate, limits):
        return FOG
    softness = (seen.sharp / (seen.spread + 2))[textured] / (plate.sharp / (plate.spread + 2))[textured]
    return "画面模糊（镜头脏）" if float((softness < limits.soft).mean()) > limits.soft_share else None


def _block_mean(values: Floats, side: int) -> Floats:
    rows, columns = values.shape[0] // side, values.shape[1] // side
    mean: Floats = values.reshape(rows, side, columns, side).mean(axis=(1, 3))
    return mean


def _block_spread(grey: Floats) -> Floats:
    rows, columns = grey.shape[0] // BLOCK, grey.shape[1] // BLOCK
    spread: Floats = grey.reshape(rows, BLOCK, columns, BLOCK).std(axis=(1, 3))
    return spread
