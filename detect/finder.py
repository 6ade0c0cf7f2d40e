"""Finds things in a picture: own letterbox, any runtime (``detect.runtimes``), suppression of doubles.

Everything a look needs is allocated once, so that a look costs little more than the model itself. A finder is for one
thread; models have a fixed input shape and carry their class names in the metadata (as ultralytics writes them).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detect.boxes import Found
from detect.errors import BadModel
from detect.runtimes.opening import GREY, Choice, open_runtime
from detect.runtimes.runtime import Floats, Runtime

Picture = npt.NDArray[np.uint8]

MOST_CANDIDATES = 1000
NO_NUMBERS = (
    "the model answers no numbers (NaN or infinity) to this picture; run it with exact = true, or take another model"
)
_SCALE = np.float32(1 / 255)
_without_doubles: Any = cv2.dnn.NMSBoxesBatched  # takes arrays, which its type hints do not know


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture lies in the model's input: ``model = picture * scale + offset``."""

    width: int
    height: int
    scale: float
    left: int
    top: int
    inner_width: int
    inner_height: int


def default_model() -> Path:
    """The detector that ships with the project, for 640 px; ``detect.resize_model`` makes smaller ones of it."""
    return Path(str(files("detect").joinpath("weights", "eyes.onnx")))


def fit(width: int, height: int, model_width: int, model_height: int) -> Fit:
    """Largest centred place of a picture of ``width`` x ``height`` inside the model's input, aspect ratio kept."""
    scale = min(model_width / width, model_height / height)
    inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (model_width - inner_width) // 2, (model_height - inner_height) // 2
    return Fit(width, height, scale, left, top, inner_width, inner_height)


class Finder:
    """A model that finds. ``names`` are its labels in order, ``model_id`` 12 hex digits that name its exact bytes."""

    def __init__(
        self, model: Path | str | Runtime, threads: int | None = None, floor: float = 0.01, same: float = 0.7
    ) -> None:
        """Load a file (BadModel when it cannot be used), or take a runtime that is open already.

        Boxes scoring above ``floor`` are kept; of those that overlap a better one by ``same`` (IoU) none.
        """
        self.floor, self.same = floor, same
        runtime = open_runtime(Path(model), Choice(threads=threads)) if isinstance(model, Path | str) else model
        self._runtime: Runtime = runtime
        self.model_id, self.names = self._runtime.model_id, self._runtime.names
        self.width, self.height = self._runtime.size
        self._canvas = np.full((self.height, self.width, 3), GREY, np.uint8)
        self._planes = [np.full((self.height, self.width), GREY, np.uint8) for _ in range(3)]
        self._tensor = np.full((1, 3, self.height, self.width), GREY / 255, np.float32)
        self._fit: Fit | None = None
        self._inner, self._parts, self._outs = self._canvas, self._planes, list(self._tensor[0])

    def find(self, picture: Picture) -> list[Found]:
        """Everything seen in a BGR uint8 picture (H x W x 3), best first, corners in its pixels."""
        place = self.prepare(picture)
        return self.decode(self.run(), place)

    def prepare(self, picture: Picture) -> Fit:
        """Lay the picture into the model's input; allocates nothing while the picture size stays."""
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise ValueError(f"a picture is a uint8 array of H x W x 3, got {picture.dtype} {picture.shape}")
        place = fit(picture.shape[1], picture.shape[0], self.width, self.height)
        if place != self._fit:
            self._lay_out(place)
        size = (place.inner_width, place.inner_height)
        cv2.resize(picture, size, dst=self._inner, interpolation=cv2.INTER_LINEAR)
        cv2.split(self._inner, self._parts)
        for part, out in zip(self._parts, self._outs, strict=True):
            np.multiply(part, _SCALE, out=out)
        return place

    def _lay_out(self, place: Fit) -> None:
        """Find the parts of what is allocated that a picture of this size fills; the rest becomes grey."""
        inner = slice(place.top, place.top + place.inner_height), slice(place.left, place.left + place.inner_width)
        self._tensor.fill(GREY / 255)
        self._inner = self._canvas[inner]
        self._parts = [plane[inner] for plane in self._planes]
        self._outs = [channel[inner] for channel in self._tensor[0, ::-1]]  # BGR to RGB on the way
        self._fit = place

    def run(self) -> Floats:
        """The bare model on what ``prepare`` laid out: 4 + classes rows, one column per anchor."""
        return self._runtime.run(self._tensor)

    def decode(self, raw: Floats, place: Fit) -> list[Found]:
        """Turn the model's columns into boxes in the picture's pixels, doubles suppressed class by class.

        BadModel when a score is no number: as "nothing seen" it would read as clean, and leave a person uncovered.
        """
        scores = raw[4:].ravel()
        if not scores.max(initial=0) < np.inf:  # the largest of numbers and NaN is NaN
            raise BadModel(NO_NUMBERS)
        hits = np.flatnonzero(scores > self.floor)
        if not len(hits):
            return []
        if len(hits) > MOST_CANDIDATES:
            hits = hits[np.argpartition(scores[hits], -MOST_CANDIDATES)[-MOST_CANDIDATES:]]
        scores = scores[hits]
        kinds, anchors = np.divmod(hits, raw.shape[1])
        boxes = raw[:4, anchors]
        if not np.isfinite(boxes).all():
            raise BadModel(NO_NUMBERS)
        corners = _corners(boxes, place)
        kept = suppress(corners, scores, kinds, self.same)
        rows = zip(kinds[kept].tolist(), scores[kept].tolist(), corners[kept].tolist(), strict=True)
        seen = [Found(self.names[kind], score, *sides) for kind, score, sides in rows]
        return [one for one in seen if one.x2 - one.x1 >= 1 and one.y2 - one.y1 >= 1]


def suppress(corners: Floats, scores: Floats, kinds: npt.NDArray[np.int64], same: float) -> npt.NDArray[np.int64]:
    """Indices of the boxes to keep, best first: of two boxes of one kind with IoU above ``same`` the better stays.

    Scores are above 0. OpenCV does it: the same in NumPy took longer than all the rest of a decoding.
    """
    boxes = corners.astype(np.float64)
    boxes[:, 2:] -= boxes[:, :2]
    return np.asarray(_without_doubles(boxes, scores, kinds.astype(np.int32), 0.0, same), np.int64)


def _corners(boxes: Floats, place: Fit) -> Floats:
    """Centre and size in the model's input to corners in the picture, clipped to it; one row per box."""
    centre_x, centre_y, width, height = boxes
    left, top = centre_x - width / 2, centre_y - height / 2
    corners = np.stack([left, top, left + width, top + height], axis=1)
    corners -= np.array([place.left, place.top, place.left, place.top], np.float32)
    corners /= np.float32(place.scale)
    limits = np.array([place.width, place.height, place.width, place.height], np.float32)
    clipped: Floats = np.clip(corners, 0, limits)
    return clipped
