"""Pictures and clips that are not shipped: where they lie, and sequences made of them at run time (nothing is kept)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detect.frames import read_picture

Picture = npt.NDArray[np.uint8]
CLIPS = ("vtest.avi", "car-detection.mp4", "one-by-one-person-detection.mp4")
DIRTY = frozenset({0, 2})  # garbage and overflow in the labels


@dataclass(frozen=True, slots=True)
class Label:
    """One YOLO line: class and box, centre and size as shares of the picture."""

    kind: int
    x: float
    y: float
    width: float
    height: float

    def corners(self, width: int, height: int) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2 in pixels of a picture of ``width`` x ``height``."""
        half = (self.width / 2, self.height / 2)
        return (
            (self.x - half[0]) * width, (self.y - half[1]) * height,
            (self.x + half[0]) * width, (self.y + half[1]) * height,
        )  # fmt: skip


def shared() -> Path | None:
    """The folder beside the project (or JINGCUN_SHARED); None when it is missing."""
    given = os.environ.get("JINGCUN_SHARED")
    folder = Path(given) if given else Path(__file__).resolve().parent.parent.parent / "shared"
    return folder if (folder / "clips").is_dir() and (folder / "data").is_dir() else None


def labels(path: Path) -> list[Label]:
    """The labels of one picture."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [Label(int(parts[0]), *map(float, parts[1:5])) for parts in map(str.split, lines) if parts]


def photos(folder: Path) -> list[tuple[Path, list[Label]]]:
    """Pictures with their labels, by name."""
    return [
        (path, labels(folder / "labels" / f"{path.stem}.txt")) for path in sorted((folder / "images").glob("*.jpg"))
    ]


def dirty_phone_photos(folder: Path) -> list[Path]:
    """The unaugmented phone photos that show garbage or an overflowing bin."""
    found = photos(folder / "data" / "garbage3" / "train_phone")
    return [path for path, rows in found if path.stem.endswith("_clean") and any(row.kind in DIRTY for row in rows)]


def jittered(image: Picture, dice: np.random.Generator) -> Picture:
    """The same view as a camera sees it again: moved by up to two pixels, a little brighter or darker, noisy."""
    shift = np.array([[1, 0, dice.uniform(-2, 2)], [0, 1, dice.uniform(-2, 2)]], np.float32)
    moved = cv2.warpAffine(image, shift, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REFLECT)
    lit = moved.astype(np.float32) * dice.uniform(0.97, 1.03) + dice.normal(0, 2.5, image.shape)
    return np.clip(lit, 0, 255).astype(np.uint8)


def turned_away(image: Picture) -> Picture:
    """The camera points elsewhere: the view slides by four tenths of its width, new ground comes in mirrored."""
    height, width = image.shape[:2]
    shift = np.array([[1, 0, 0.4 * width], [0, 1, 0.15 * height]], np.float32)
    return np.asarray(cv2.warpAffine(image, shift, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def cut_out(path: Path) -> Picture:
    """The largest garbage box of a photo."""
    image = read_picture(path)
    height, width = image.shape[:2]
    rows = labels(path.parent.parent / "labels" / f"{path.stem}.txt")
    best = max((row for row in rows if row.kind == 0), key=lambda row: row.width * row.height)
    x1, y1 = round((best.x - best.width / 2) * width), round((best.y - best.height / 2) * height)
    x2, y2 = round((best.x + best.width / 2) * width), round((best.y + best.height / 2) * height)
    return image[max(0, y1) : y2, max(0, x1) : x2]


def pasted(ground: Picture, crop: Picture, centre: tuple[float, float], height: float = 0.45) -> Picture:
    """Lay a crop on a background with a soft edge; centre as shares, ``height`` as share of the background's."""
    tall = round(height * ground.shape[0])
    wide = round(tall * crop.shape[1] / crop.shape[0])
    piece = cv2.resize(crop, (min(wide, ground.shape[1] - 2), tall), interpolation=cv2.INTER_AREA)
    high, broad = piece.shape[:2]
    top = min(max(0, round(centre[1] * ground.shape[0] - high / 2)), ground.shape[0] - high)
    left = min(max(0, round(centre[0] * ground.shape[1] - broad / 2)), ground.shape[1] - broad)
    soft = np.zeros((high, broad), np.float32)
    soft[high // 20 + 1 : -(high // 20) - 1, broad // 20 + 1 : -(broad // 20) - 1] = 1
    soft = cv2.GaussianBlur(soft, (0, 0), max(1.0, high / 40))[..., None]
    out = ground.copy()
    under = out[top : top + high, left : left + broad]
    out[top : top + high, left : left + broad] = (piece * soft + under * (1 - soft)).astype(np.uint8)
    return out


def write_looks(folder: Path, looks: Sequence[Picture], begin: datetime, every_s: float = 1.0) -> None:
    """Write pictures as a recording whose times stand in the file names."""
    folder.mkdir(parents=True)
    for number, look in enumerate(looks):
        at = begin + timedelta(seconds=number * every_s)
        cv2.imwrite(str(folder / f"{at:%Y%m%dT%H%M%S}Z.jpg"), look, [cv2.IMWRITE_JPEG_QUALITY, 90])
