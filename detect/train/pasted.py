"""Training pictures with garbage that lies where it never lay: cut out of one picture, put down in another.

A model that saw garbage in its own surroundings only learns the surroundings too; on the road of another village
it then doubts a lonely bag. Pieces of plain ground are put down in the same way and stay unlabelled, so that neither
seam nor soft edge teaches anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detect.boxes import Found, overlap
from detect.frames import read_picture
from detect.train.dataset import BadData, Box, Sample

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LABEL = "garbage"
DONOR = 40  # px: a crop narrower or lower than this has too little to show
FREE = 0.2  # share of a crop that other labelled things may cover
HIDES = 0.15  # share of a labelled thing that a piece may hide
LEAST, MOST = 18, 150  # px a piece is high in a picture 640 px wide
FAINTEST = 0.3  # share of its box that a cut-out must fill; less is a mask gone wrong
WORKING = 160  # px: masks are reckoned on crops of at most this side
TRIES = 8
MOST_PIECES = 3
DECOYS = 0.4  # chance of each piece of plain ground


@dataclass(frozen=True, slots=True)
class Piece:
    """Something cut out: the picture and how much of each pixel belongs to it (0..1)."""

    picture: Picture
    cover: Floats


@dataclass(frozen=True, slots=True)
class Crop:
    """A labelled thing of a picture, to be cut out."""

    source: Path
    box: Box


def pasted_samples(samples: Sequence[Sample], many: int, seed: int, folder: Path, names: Sequence[str]) -> list[Sample]:
    """``many`` new pictures with garbage of other pictures put down in them, in ``folder``; the same for a seed.

    The boxes of a picture stay, those of the pieces are added as ``garbage``. A picture keeps the file number of its
    ground, so give samples of one side only. Raises BadData when nothing can be cut out.
    """
    crops = donors(samples, names)
    if not crops:
        raise BadData(f"no picture shows {LABEL!r} large enough to cut it out; train without pasted pictures")
    folder.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(seed).integers(0, len(samples), many)
    return [_made(samples[place], crops, (seed, turn), folder, names) for turn, place in enumerate(order.tolist())]


def donors(samples: Sequence[Sample], names: Sequence[str]) -> list[Crop]:
    """Every garbage box of a real picture that stands for itself and fits into its picture."""
    kind = names.index(LABEL)
    found = []
    for sample in samples:
        if sample.scene:
            continue
        for box in sample.boxes:
            mine = box.found()
            others = (other.found() for other in sample.boxes if other is not box)
            if box.kind == kind and all(overlap(mine, other) <= FREE * mine.area for other in others):
                found.append(Crop(sample.picture, box))
    return found


def cut(crop: Crop, rng: np.random.Generator) -> Piece | None:
    """The thing with a soft outline, as good as it can be found; None when it is too small."""
    image = read_picture(crop.source)
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (np.clip(crop.box.corners, 0, 1) * (width, height, width, height)).astype(int).tolist()
    if x2 - x1 < DONOR or y2 - y1 < DONOR:
        return None
    picture = image[y1:y2, x1:x2]
    shrink = min(1.0, WORKING / max(picture.shape[:2]))
    picture = np.asarray(cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    return Piece(picture, outline(picture, rng))


def outline(picture: Picture, rng: np.random.Generator) -> Floats:
    """Which pixels belong to the thing in the middle: told from its rim, or an oval where that fails."""
    high, wide = picture.shape[:2]
    oval = np.zeros((high, wide), np.float32)
    cv2.ellipse(oval, (wide // 2, high // 2), (wide // 2 - 1, high // 2 - 1), 0, 0, 360, 1.0, -1)
    mask = oval
    if rng.random() < 0.6:
        told = _against_rim(picture)
        if told.mean() >= FAINTEST:
            mask = told
    soft = float(rng.uniform(0.6, max(1.0, min(high, wide) / 25)))
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)


def put(image: Picture, piece: Piece, place: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    """Lay a piece into ``place`` (x1, y1, x2, y2 in pixels, inside the picture), in the light of its surroundings."""
    x1, y1, x2, y2 = place
    size = (x2 - x1, y2 - y1)
    under = image[y1:y2, x1:x2].astype(np.float32)
    picture = cv2.resize(piece.picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.resize(piece.cover, size, interpolation=cv2.INTER_AREA)
    toward = float(rng.uniform(0.0, 0.6))
    light = (under.mean() + 12) / (picture.mean() + 12)
    lit = picture * np.clip(light, 0.4, 2.0) ** toward * rng.uniform(0.85, 1.15)
    shadow = 1 - 0.35 * rng.random() * np.clip(cv2.GaussianBlur(cover, (0, 0), max(1.0, size[1] / 12)), 0, 1)
    share = cover[:, :, None]
    image[y1:y2, x1:x2] = np.clip(under * shadow[:, :, None] * (1 - share) + lit * share, 0, 255).astype(np.uint8)


def _against_rim(picture: Picture) -> Floats:
    """GrabCut: what differs from the rim of the crop, as one connected thing."""
    high, wide = picture.shape[:2]
    mask = np.zeros((high, wide), np.uint8)
    inside = (2, 2, wide - 4, high - 4)
    state = np.zeros((2, 1, 65), np.float64)
    cv2.setRNGSeed(1)
    cv2.grabCut(picture, mask, inside, state[0], state[1], 3, cv2.GC_INIT_WITH_RECT)
    told = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    count, parts, facts, _ = cv2.connectedComponentsWithStats(told)
    if count < 2:
        return np.zeros((high, wide), np.float32)
    return np.asarray(parts == 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA])), np.float32)


def _made(ground: Sample, crops: Sequence[Crop], seed: tuple[int, int], folder: Path, names: Sequence[str]) -> Sample:
    rng = np.random.default_rng(seed)
    image = read_picture(ground.picture).copy()
    height, width = image.shape[:2]
    taken = [box.found(width, height) for box in ground.boxes]
    boxes: list[Box] = []
    for _ in range(int(rng.integers(1, MOST_PIECES + 1))):
        if rng.random() < DECOYS:
            _lay_down(image, _ground(image, taken, rng), taken, rng)
        piece = cut(crops[int(rng.integers(len(crops)))], rng)
        laid = _lay_down(image, piece, taken, rng)
        if laid is not None:
            boxes.append(Box.of(names.index(LABEL), laid.normalised(width, height)))
    path = folder / f"{ground.picture.stem}_pasted{seed[1]:05d}.jpg"
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))])
    return replace(ground, picture=path, boxes=ground.boxes + tuple(boxes))


def _lay_down(image: Picture, piece: Piece | None, taken: list[Found], rng: np.random.Generator) -> Found | None:
    """Put the piece where it hides nothing; where its visible part lies, or None where no room was found."""
    if piece is None:
        return None
    height, width = image.shape[:2]
    ratio = piece.picture.shape[1] / piece.picture.shape[0]
    for _ in range(TRIES):
        tall = int(np.exp(rng.uniform(*np.log([LEAST, MOST]))) * width / 640)
        wide = int(tall * ratio)
        if wide < 8 or wide > 0.4 * width or tall > 0.5 * height:
            continue
        x1 = int(rng.integers(0, width - wide + 1))
        y1 = int(rng.integers(int(0.3 * (height - tall)), height - tall + 1))
        mine = Found("", 1.0, x1, y1, x1 + wide, y1 + tall)
        if all(overlap(mine, one) <= HIDES * min(one.area, mine.area) for one in taken):
            put(image, piece, (x1, y1, x1 + wide, y1 + tall), rng)
            taken.append(mine)
            return _visible(piece.cover, mine)
    return None


def _visible(cover: Floats, whole: Found) -> Found:
    rows, columns = (np.flatnonzero((cover > 0.5).any(axis)) for axis in (1, 0))
    high, wide = cover.shape
    tall, broad = whole.y2 - whole.y1, whole.x2 - whole.x1
    return replace(
        whole, x1=whole.x1 + columns[0] / wide * broad, x2=whole.x1 + (columns[-1] + 1) / wide * broad,
        y1=whole.y1 + rows[0] / high * tall, y2=whole.y1 + (rows[-1] + 1) / high * tall,
    )  # fmt: skip


def _ground(image: Picture, taken: Sequence[Found], rng: np.random.Generator) -> Piece | None:
    """A piece of the same picture in which nothing is labelled."""
    height, width = image.shape[:2]
    side = int(rng.uniform(0.1, 0.3) * min(height, width))
    for _ in range(TRIES):
        x1, y1 = int(rng.integers(0, width - side)), int(rng.integers(0, height - side))
        mine = Found("", 1.0, x1, y1, x1 + side, y1 + side)
        if all(overlap(mine, one) <= 0 for one in taken):
            picture = image[y1 : y1 + side, x1 : x1 + side].copy()
            return Piece(picture, outline(picture, rng))
    return None
