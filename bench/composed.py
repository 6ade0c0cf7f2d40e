"""Dumping clips on real backgrounds, made at run time from material that is not shipped; nothing of them is kept.

A garbage crop is laid on a real clip from a known second on, at the feet of somebody who walks there; people who pass
before it stay in front, for only what equals the empty background is painted over. Real bags are not flat crops, nobody
bends down, and the crops are of the kind that the model was trained on: these figures compare rules, they promise
nothing about a village.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bench.scoring import Moment
from bench.shared_data import cut_out, labels
from detect.frames import open_video

Picture = npt.NDArray[np.uint8]

BEFORE_S, AFTER_S = 7.0, 11.0
READ_FPS = 5.0
MOVED = 26  # grey levels from which a pixel belongs to somebody before the background
WALKS, INDOORS = "vtest.avi", "one-by-one-person-detection.mp4"
# Clip, second of the drop, foot of the person who stands there (pixels), height of the crop (pixels).
DROPS = (
    (WALKS, 8, 585, 285, 40), (WALKS, 10, 365, 275, 40), (WALKS, 14, 700, 335, 46), (WALKS, 16, 520, 305, 42),
    (WALKS, 20, 632, 370, 48), (WALKS, 22, 600, 408, 52), (WALKS, 24, 465, 350, 46), (WALKS, 26, 340, 302, 42),
    (WALKS, 38, 585, 370, 48), (WALKS, 44, 632, 353, 46), (WALKS, 46, 530, 317, 44), (WALKS, 52, 527, 560, 66),
    (WALKS, 56, 210, 530, 64), (WALKS, 58, 255, 470, 58), (WALKS, 60, 480, 418, 52), (WALKS, 64, 358, 525, 64),
    (INDOORS, 17, 330, 400, 90), (INDOORS, 41, 330, 400, 90), (INDOORS, 67, 580, 400, 90), (INDOORS, 86, 330, 400, 90),
    (INDOORS, 117, 580, 400, 90),
)  # fmt: skip
NOT_DROPS = (
    ("lay there", WALKS, 14, 520, 305, 42), ("lay there", WALKS, 38, 465, 350, 46),
    ("lay there", WALKS, 60, 632, 353, 46), ("lay there", INDOORS, 41, 330, 400, 90),
    ("nobody near", WALKS, 24, 640, 540, 60), ("nobody near", WALKS, 40, 150, 420, 54),
    ("nobody near", INDOORS, 75, 330, 400, 90),
    ("taken away", WALKS, 16, 520, 305, 42), ("taken away", WALKS, 46, 530, 317, 44),
    ("taken away", WALKS, 58, 255, 470, 58), ("taken away", INDOORS, 41, 330, 400, 90),
)  # fmt: skip
TAKEN_AFTER_S = 2.0


@dataclass(frozen=True, slots=True)
class Composed:
    """A piece of a real clip with a crop in it from second ``BEFORE_S`` on, or (``what``) something that is no drop."""

    what: str
    clip: str
    start: float
    crop: Path
    box: tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels

    def shows(self, at: float) -> bool:
        """Whether the crop is to be seen at this second of the clip."""
        if self.what == "lay there":
            return True
        return at >= BEFORE_S and (self.what != "taken away" or at < BEFORE_S + TAKEN_AFTER_S)


class Grounds:
    """Real clips, read once: frames at ``READ_FPS`` and the background without people."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clips: dict[str, list[tuple[float, Picture]]] = {}
        self._empty: dict[str, Picture] = {}

    def frames(self, one: Composed, fps: float) -> Iterator[tuple[float, Picture]]:
        """Seconds since the piece's start, and pictures."""
        rows, empty = self._read(one.clip)
        piece, alpha = _piece(one.crop, one.box)
        due = 0.0
        for at, image in rows:
            since = at - one.start
            if since < due - 1e-6 or since >= BEFORE_S + AFTER_S:
                continue
            due = since + 1 / fps - 0.5 / READ_FPS
            yield since, _laid(image, empty, (piece, alpha, one.box)) if one.shows(since) else image

    def drop(self, one: Composed) -> Moment | None:
        """When and where, as shares; None where nothing is dumped."""
        if one.what != "drop":
            return None
        height, width = self._read(one.clip)[1].shape[:2]
        x1, y1, x2, y2 = one.box
        return Moment(BEFORE_S, (x1 / width, y1 / height, x2 / width, y2 / height))

    def _read(self, clip: str) -> tuple[list[tuple[float, Picture]], Picture]:
        if clip not in self._clips:
            rows = [(one.at or 0.0, one.image) for one in open_video(self._folder / clip, READ_FPS)]
            some = np.stack([image for _, image in rows[:: max(1, len(rows) // 25)]])
            self._clips[clip], self._empty[clip] = rows, np.median(some, axis=0).astype(np.uint8)
        return self._clips[clip], self._empty[clip]


def composed(folder: Path) -> list[Composed]:
    """All clips, each with its own crop; ``folder`` is that of val_web, whose pictures no model was trained on."""
    crops = _crops(folder)
    rows = [("drop", *drop) for drop in DROPS] + list(NOT_DROPS)
    return [_clip(row, crops[number % len(crops)]) for number, row in enumerate(rows)]


def _clip(row: tuple[str, str, int, int, int, int], crop: Path) -> Composed:
    what, clip, second, x, foot, tall = row
    piece = cut_out(crop)
    wide = min(2 * tall, max(tall // 2, round(tall * piece.shape[1] / piece.shape[0])))
    return Composed(what, clip, second - BEFORE_S, crop, (x - wide // 2, foot - tall, x + wide - wide // 2, foot))


def _crops(folder: Path) -> list[Path]:
    """Every tenth picture that has a fairly large garbage box."""
    found = []
    for path in sorted((folder / "images").glob("*.jpg")):
        rows = labels(folder / "labels" / f"{path.stem}.txt")
        if any(row.kind == 0 and 0.04 < row.width * row.height < 0.5 for row in rows):
            found.append(path)
    return found[::10]


def _piece(crop: Path, box: tuple[int, int, int, int]) -> tuple[Picture, npt.NDArray[np.float32]]:
    wide, tall = box[2] - box[0], box[3] - box[1]
    piece = cv2.resize(cut_out(crop), (wide, tall), interpolation=cv2.INTER_AREA)
    soft = np.zeros((tall, wide), np.float32)
    cv2.ellipse(soft, (wide // 2, tall // 2), (wide // 2 - 1, tall // 2 - 1), 0, 0, 360, 1, -1)
    soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), max(1.0, tall / 30)), np.float32)
    return np.asarray(piece, np.uint8), soft


def _laid(
    image: Picture, empty: Picture, what: tuple[Picture, npt.NDArray[np.float32], tuple[int, int, int, int]]
) -> Picture:
    piece, alpha, (x1, y1, x2, y2) = what
    out = image.copy()
    under, rest = out[y1:y2, x1:x2], empty[y1:y2, x1:x2]
    moved = (cv2.absdiff(under, rest).max(axis=2) > MOVED).astype(np.float32)
    before = cv2.GaussianBlur(cv2.dilate(moved, np.ones((3, 3), np.uint8)), (0, 0), 1.0)
    share = (alpha * (1 - np.clip(before, 0, 1)))[..., None]
    under[:] = (piece * share + under * (1 - share)).astype(np.uint8)
    return out
