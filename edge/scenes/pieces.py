"""A piece somewhere else: moved along the ground, turned round, in another light. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.scenes.scene import HEIGHT, WIDTH, Frame, Piece

Corners = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels
Mask = npt.NDArray[np.bool_]
OPAQUE = 0.1  # a layer that lets less of the ground through is a thing, not its shadow
SPECK = 0.02  # litter smaller than this share of the heap does not widen its box


@dataclass(frozen=True)
class Tint:
    """Another colour: turned on the colour wheel by `hue` degrees, times `gain`, `vivid` times as colourful."""

    hue: float = 0.0
    gain: float = 1.0
    vivid: float = 1.0


def opaque(piece: Piece) -> Mask:
    """Where in the picture (HEIGHT, WIDTH) the piece is a thing and not its shadow."""
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    x, y, width, height = piece.at
    mask[y : y + height, x : x + width] = piece.stays[..., 0] < OPAQUE
    return mask


def around(mask: Mask) -> Corners | None:
    """The box around everything in a mask but specks; None when there is nothing."""
    count, _, rows, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    parts = [row for row in rows[1:count] if row[cv2.CC_STAT_AREA] >= SPECK * mask.sum()]
    if not parts:
        return None
    lefts, tops, widths, heights = np.array(parts)[:, :4].T
    return float(lefts.min()), float(tops.min()), float((lefts + widths).max()), float((tops + heights).max())


def foot(piece: Piece) -> tuple[float, float]:
    """Where the thing stands: the middle of its lower edge, in pixels."""
    x1, _, x2, y2 = around(opaque(piece)) or (piece.at[0], 0, piece.at[0] + piece.at[2], piece.at[1] + piece.at[3])
    return (x1 + x2) / 2, y2


def moved(piece: Piece, foot_from: tuple[float, float], foot_to: tuple[float, float], scale: float) -> Piece | None:
    """The piece with its foot elsewhere and `scale` times as large; None when nothing of it is in the picture."""
    x, y, w, h = piece.at
    wide, high = max(1, round(w * scale)), max(1, round(h * scale))
    left = round(foot_to[0] - (foot_from[0] - x) * scale)
    top = round(foot_to[1] - (foot_from[1] - y) * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    colour = cv2.resize(piece.colour, (wide, high), interpolation=how).reshape(high, wide, 3)
    stays = cv2.resize(piece.stays, (wide, high), interpolation=how).reshape(high, wide, 1)
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + wide, WIDTH), min(top + high, HEIGHT)
    if x1 >= x2 or y1 >= y2:
        return None
    part = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
    return Piece((x1, y1, x2 - x1, y2 - y1), np.asarray(colour[part], np.float32), np.asarray(stays[part], np.float32))


def flipped(piece: Piece) -> Piece:
    """The piece as in a mirror, standing where it stood."""
    return Piece(piece.at, np.ascontiguousarray(piece.colour[:, ::-1]), np.ascontiguousarray(piece.stays[:, ::-1]))


def tinted(piece: Piece, tint: Tint) -> Piece:
    """The piece in another colour; its shadow stays as it is."""
    alpha = np.maximum(1 - piece.stays, 1e-3)
    colour: Frame = np.clip(piece.colour / alpha, 0, 255).astype(np.uint8)
    wheel = cv2.cvtColor(colour, cv2.COLOR_BGR2HSV).astype(np.float32)
    wheel[..., 0] = (wheel[..., 0] + tint.hue / 2) % 180
    wheel[..., 1] *= tint.vivid
    wheel[..., 2] *= tint.gain
    back = cv2.cvtColor(np.clip(wheel, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR)
    return Piece(piece.at, back.astype(np.float32) * (1 - piece.stays), piece.stays)


def moved_box(box: Corners, foot_from: tuple[float, float], foot_to: tuple[float, float], scale: float) -> Corners:
    """Where a box lies when its piece is moved."""
    x1, x2 = (foot_to[0] + (x - foot_from[0]) * scale for x in (box[0], box[2]))
    y1, y2 = (foot_to[1] + (y - foot_from[1]) * scale for y in (box[1], box[3]))
    return x1, y1, x2, y2
