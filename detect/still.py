"""Does a place look as it did when something was last seen there? Told apart from light, which changes all of it alike.

A detector loses a still thing when a cloud passes or the evening comes. The picture does not: piece by piece it stays
alike, whatever its brightness and contrast. When the thing is taken away, some piece of its place looks otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Patch = npt.NDArray[np.uint8]

PIECES = 3  # pieces across and down
PIECE = 16  # pixels across one
SHAKE = 2  # pixels that a place may have moved, of 48
ALIKE = 0.6  # correlation of each piece
PLAIN = 4.0  # spread in grey levels below which a piece says nothing
SIDE = PIECES * PIECE


def patch(picture: Picture, box: Sequence[float]) -> Patch:
    """The place of a box (shares 0..1) in a BGR picture, grey, 52 x 52 with a rim for a camera that shakes."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = box
    rim_x, rim_y = (x2 - x1) * SHAKE / SIDE, (y2 - y1) * SHAKE / SIDE
    left, right = _within(x1 - rim_x, x2 + rim_x, width)
    top, bottom = _within(y1 - rim_y, y2 + rim_y, height)
    grey = cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
    side = SIDE + 2 * SHAKE
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def unchanged(before: Patch, now: Patch) -> bool:
    """Whether every piece of ``before`` that has structure is found again in ``now``, all shaken alike.

    False where nothing has structure: then nothing can be said.
    """
    inner = before[SHAKE : SHAKE + SIDE, SHAKE : SHAKE + SIDE]
    whole = cv2.matchTemplate(now, inner, cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(whole)
    after = now[y : y + SIDE, x : x + SIDE]
    pairs = [(_piece(inner, index), _piece(after, index)) for index in range(PIECES * PIECES)]
    told = [(one, other) for one, other in pairs if one.std() >= PLAIN]
    return bool(told) and all(_alike(one, other) >= ALIKE for one, other in told)


def unpack_patch(data: bytes) -> Patch:
    """A patch from its ``tobytes()``; ValueError when it is none."""
    side = SIDE + 2 * SHAKE
    return np.frombuffer(data, np.uint8).reshape(side, side)


def _within(low: float, high: float, size: int) -> tuple[int, int]:
    """A span of shares as pixels: inside the picture and at least one wide."""
    first = min(max(0, int(low * size)), size - 1)
    return first, max(first + 1, min(size, int(np.ceil(high * size))))


def _piece(place: Patch, index: int) -> npt.NDArray[np.float32]:
    top, left = index // PIECES * PIECE, index % PIECES * PIECE
    return place[top : top + PIECE, left : left + PIECE].astype(np.float32)


def _alike(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    return float(cv2.matchTemplate(other, one, cv2.TM_CCOEFF_NORMED)[0, 0])
