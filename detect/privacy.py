"""The pass over a picture before it leaves the box, or is kept by the server: find whom it shows, then cover them.

It runs for the few pictures that are sent or kept, not for every look, so it may look harder: the whole picture and
overlapping tiles of it, at low scores, so that a small plate in a large picture is seen at its own size; and the whole
once more with its contrast raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from detect.blur import LEAST, blur
from detect.boxes import Found, Point, iou

Picture = npt.NDArray[np.uint8]

TILED = 800  # px; the detector sees a picture with no longer side as it is
SMALLEST_TILE, LARGEST_TILE = 640, 1080
KNOWN = ("person", "vehicle", "plate")  # what the detector should know
SAME = 0.8
OVERLAP = 0.2  # of a tile: what the edge of one cuts in two is whole in the next


class Finds(Protocol):
    """Finds things in a BGR uint8 picture, boxes in its pixels; ``names`` are the labels it can give."""

    @property
    def names(self) -> Sequence[str]: ...

    def find(self, picture: Picture) -> list[Found]: ...


class FindsFaces(Protocol):
    """Finds faces; ``detect.faces.FaceFinder`` does."""

    def find(self, picture: Picture) -> list[Found]: ...


@dataclass(frozen=True, slots=True)
class Privacy:
    """The pass with its finders; for one thread, as the finder is. ``faces`` is None where no face finder is installed.

    Without faces, or with a detector that knows no plate, the pass goes on: a face inside a person's box and a plate
    inside a vehicle's are covered with it. ``weakness`` says so, for the log and the box's health.
    """

    finder: Finds
    faces: FindsFaces | None = None

    @property
    def weakness(self) -> str:
        """What this pass cannot find, in one line with the cure; empty when it lacks nothing."""
        lacks = [f"{name}s (the model lacks {name})" for name in KNOWN if name not in self.finder.names]
        lacks += ["faces outside persons (install the extra privacy)"] * (self.faces is None)
        return f"not looked for before a picture leaves: {', '.join(lacks)}" if lacks else ""

    def hide(
        self, picture: Picture, masks: Sequence[Sequence[Point]] = (), seen: Sequence[Found] | None = None
    ) -> tuple[Picture, int]:
        """A copy of a BGR picture that may leave, and how many things and areas are covered in it.

        ``masks`` are polygons in shares that become black; ``seen`` are the boxes the finder gave for this very
        picture, when it has looked already.
        """
        return blur(picture, self.look(picture, seen), masks)

    def look(self, picture: Picture, seen: Sequence[Found] | None = None) -> list[Found]:
        """Everything that must be covered, in pixels of the picture."""
        found = list(self.finder.find(picture) if seen is None else seen)
        found += self.finder.find(toned(picture))
        found += self.faces.find(picture) if self.faces is not None else []
        for left, top, right, bottom in tiles(picture.shape[1], picture.shape[0]):
            tile = np.ascontiguousarray(picture[top:bottom, left:right])
            inside = self.finder.find(tile) + (self.faces.find(tile) if self.faces is not None else [])
            found += [
                Found(one.label, one.score, one.x1 + left, one.y1 + top, one.x2 + left, one.y2 + top) for one in inside
            ]
        return _once([one for one in found if one.score >= LEAST.get(one.label, 2.0)])


def _once(found: Sequence[Found]) -> list[Found]:
    """The boxes without those that lie nearly where a larger one of their kind lies: it was seen in two views."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: -one.area):
        if not any(other.label == one.label and iou(one, other) >= SAME for other in kept):
            kept.append(one)
    return kept


def toned(picture: Picture) -> Picture:
    """The picture with its contrast raised place by place: at dusk the detector sees persons there that it missed."""
    low, high = np.percentile(picture[::4, ::4], (1, 99))
    stretched = cv2.convertScaleAbs(
        np.maximum(picture, round(low)) - np.uint8(round(low)), alpha=245 / max(high - low, 8)
    )
    colours = cv2.cvtColor(stretched, cv2.COLOR_BGR2LAB)
    light = cv2.createCLAHE(3.0, (8, 8)).apply(np.ascontiguousarray(colours[:, :, 0]))
    colours[:, :, 0] = light
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_LAB2BGR), np.uint8)


def tiles(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Overlapping squares (left, top, right, bottom) that cover a picture; none for one that is seen whole anyway."""
    if max(width, height) <= TILED:
        return []
    side = min(max(min(width, height), SMALLEST_TILE), LARGEST_TILE)
    return [
        (left, top, min(left + side, width), min(top + side, height))
        for top in _starts(height, side)
        for left in _starts(width, side)
    ]


def _starts(length: int, side: int) -> list[int]:
    """Where tiles of ``side`` begin along ``length``: evenly, overlapping by at least ``OVERLAP``."""
    if length <= side:
        return [0]
    many = int(np.ceil((length - side) / (side * (1 - OVERLAP)))) + 1
    return [round(place * (length - side) / (many - 1)) for place in range(many)]
