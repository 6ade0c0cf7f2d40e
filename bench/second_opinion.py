"""A second opinion on persons and vehicles: YOLOX-nano of ../shared, decoded here. A teacher's truth, not a person's.

It never learnt from our labels or from the model that made them. The file stays in ../shared.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detect.boxes import Found
from detect.finder import suppress

Picture = npt.NDArray[np.uint8]

SIDE, GREY = 416, 114
STRIDES = (8, 16, 32)
LABELS = {0: "person", 2: "vehicle", 3: "vehicle", 5: "vehicle", 7: "vehicle"}  # COCO: car, motorcycle, bus, truck


class SecondOpinion:
    """Finds persons and vehicles that score at least ``least``."""

    def __init__(self, shared: Path, least: float = 0.6) -> None:
        self._net = cv2.dnn.readNetFromONNX(str(shared / "weights" / "yolox_nano.onnx"))
        self._least = least
        self._grid = _grid()

    def find(self, picture: Picture) -> list[Found]:
        """Boxes in pixels of a BGR picture."""
        height, width = picture.shape[:2]
        scale = min(SIDE / width, SIDE / height)
        canvas = np.full((SIDE, SIDE, 3), GREY, np.uint8)
        inner = (round(width * scale), round(height * scale))
        canvas[: inner[1], : inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR)
        self._net.setInput(cv2.dnn.blobFromImage(canvas))
        raw = np.asarray(self._net.forward(), np.float32)[0]
        scores = raw[:, 4:5] * raw[:, 5:]
        kinds = scores.argmax(1)
        best = scores[np.arange(len(kinds)), kinds]
        sure = np.flatnonzero((best >= self._least) & np.isin(kinds, list(LABELS)))
        if not len(sure):
            return []
        centre = (raw[sure, :2] + self._grid[sure, :2]) * self._grid[sure, 2:]
        half = np.exp(raw[sure, 2:4]) * self._grid[sure, 2:] / 2
        limits = np.array([width, height, width, height], np.float32)
        corners = np.clip(np.hstack([centre - half, centre + half]) / scale, 0, limits).astype(np.float32)
        kept = suppress(corners, best[sure], kinds[sure].astype(np.int64), 0.5)
        return [
            Found(LABELS[int(kinds[sure[one]])], float(best[sure[one]]), *(float(side) for side in corners[one]))
            for one in kept
        ]


def _grid() -> npt.NDArray[np.float32]:
    """Column, row and stride of every anchor."""
    rows = []
    for stride in STRIDES:
        y, x = np.mgrid[0 : SIDE // stride, 0 : SIDE // stride]
        rows.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, stride)], axis=1))
    return np.concatenate(rows).astype(np.float32)
