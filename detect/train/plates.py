"""Training pictures for the class ``plate``: drawn plates put into real or rendered pictures, with exact boxes.

No public set of Chinese plates may be passed on, and most plates in the pictures at hand are too small to be labelled
by hand. So plates are drawn (``plate_art``) and put where vehicles carry them, and elsewhere too: a plate must be found
without a vehicle around it. Panels that are no plate go in the same way, unlabelled, so that the seams teach nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detect.boxes import Found, iou, overlap
from detect.frames import read_picture
from detect.train.dataset import BadData, Box, Sample
from detect.train.plate_art import any_plate

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LABEL, CARRIER = "plate", "vehicle"
LEAST, MOST = 11, 170  # px a plate is wide, in a picture 640 px wide; smaller ones can be read by nobody
HIDES = 0.12  # share of another labelled thing that a plate may hide
SAME = 0.3  # IoU from which two boxes mean one plate
OFTENER = 4  # a picture with a vehicle is taken so many times as often as one without
DECOYS = 0.3  # share of pictures with a panel that is no plate
_FOCUS = 2.5  # distance of the viewer in plate widths: how strong the perspective is
_FINER = 3  # plates are laid in at this many times the picture's size, then made smaller as a lens does


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a plate goes: centre and width in pixels, and how far it may turn away (degrees)."""

    x: float
    y: float
    width: float
    turn: float = 60.0


def plate_samples(samples: Sequence[Sample], many: int, seed: int, folder: Path, names: Sequence[str]) -> list[Sample]:
    """``many`` new pictures with plates, made from ``samples`` and written to ``folder``; the same for the same seed.

    The boxes of a picture stay; those of the drawn plates are added as class ``plate``. A picture keeps the file number
    of the one it was made from, so give samples of the training side only, after the teacher has labelled vehicles.
    Raises BadData when ``names`` lacks ``plate`` or there is nothing to make pictures from.
    """
    if LABEL not in names:
        raise BadData(f"the classes {', '.join(names)} lack {LABEL!r}; add it to the recipe's names")
    if not samples:
        raise BadData("there is no picture to put plates into; give a data set")
    folder.mkdir(parents=True, exist_ok=True)
    carrier = names.index(CARRIER) if CARRIER in names else None
    weights = np.array([OFTENER if any(box.kind == carrier for box in one.boxes) else 1 for one in samples], float)
    order = np.random.default_rng(seed).choice(len(samples), many, p=weights / weights.sum())
    return [_made(samples[place], (seed, turn), folder, names) for turn, place in enumerate(order.tolist())]


def seen_plates(path: Path | None = None) -> dict[str, list[tuple[float, ...]]]:
    """Real plates that were found in public pictures: file name to x, y, width, height (shares of the picture).

    Without ``path`` those of garbage3: proposed by HyperLPR inside vehicles, looked at one by one, put right by hand.
    Raises BadData for a line that is not a name and four numbers.
    """
    source = path if path is not None else Path(str(files("detect.train").joinpath("plates_seen.csv")))
    seen: dict[str, list[tuple[float, ...]]] = {}
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines()[1:], 2):
        name, *shares = line.split(",")
        try:
            x, y, width, height = map(float, shares)
        except ValueError as error:
            raise BadData(f"{source} line {number}: {line!r} is not a name and four numbers; correct it") from error
        seen.setdefault(name, []).append((x, y, width, height))
    return seen


def with_seen(sample: Sample, seen: Mapping[str, Sequence[Sequence[float]]], names: Sequence[str]) -> Sample:
    """The sample with the plates of ``seen_plates``, so that a real plate does not teach "nothing is here"."""
    kind = names.index(LABEL)
    mine = [box.found() for box in sample.boxes if box.kind == kind]
    found = [Box(kind, *map(float, one)) for one in seen.get(sample.picture.name, ())]
    new = [box for box in found if all(iou(box.found(), other) < SAME for other in mine)]
    return replace(sample, boxes=sample.boxes + tuple(new)) if new else sample


def put_plates(image: Picture, spots: Sequence[Spot], rng: np.random.Generator) -> list[Floats]:
    """Draw a plate at every spot, in place; the four corners of each in pixels (4, 2), some maybe outside."""
    corners = []
    for spot in spots:
        plate = any_plate(rng)
        where = turned(spot, plate.kind.height / plate.kind.width, rng)
        lay(image, plate.picture, where, rng)
        corners.append(where)
    return corners


def turned(spot: Spot, ratio: float, rng: np.random.Generator) -> Floats:
    """The corners of a plate of height/width ``ratio`` as a camera sees it, turned by chance; ``width`` stays."""
    side, up, roll = np.radians(rng.uniform(-1, 1, 3) * (spot.turn, 25, 12))
    flat = np.array([(-0.5, -ratio / 2, 0), (0.5, -ratio / 2, 0), (0.5, ratio / 2, 0), (-0.5, ratio / 2, 0)])
    around_y = np.array([[np.cos(side), 0, np.sin(side)], [0, 1, 0], [-np.sin(side), 0, np.cos(side)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(up), -np.sin(up)], [0, np.sin(up), np.cos(up)]])
    around_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    solid = flat @ (around_z @ around_x @ around_y).T
    seen = solid[:, :2] * (_FOCUS / (_FOCUS + solid[:, 2:]))
    seen *= spot.width / np.ptp(seen[:, 0])
    corners: Floats = (seen - (seen.max(0) + seen.min(0)) / 2 + (spot.x, spot.y)).astype(np.float32)
    return corners


def lay(image: Picture, panel: Picture, corners: Floats, rng: np.random.Generator) -> None:
    """Put a flat picture onto ``corners`` of ``image``, in place: light, dirt and blur of its surroundings."""
    height, width = image.shape[:2]
    left, top = np.maximum(np.floor(corners.min(0)).astype(int) - 3, 0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 4, (width, height))
    if right - left < 4 or bottom - top < 4:
        return
    place = image[top:bottom, left:right]
    laid, cover = _projected(_worn(panel, place, rng), (corners - (left, top)).astype(np.float32), place.shape)
    soft = float(rng.uniform(0.0, 0.9))
    if soft > 0.25:
        laid, cover = (cv2.GaussianBlur(one, (0, 0), soft) for one in (laid, cover))
    share = cover[:, :, None]
    place[:] = np.clip(place * (1 - share) + laid * share, 0, 255).astype(np.uint8)


def _projected(panel: Floats, corners: Floats, shape: tuple[int, ...]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The panel as it lies on ``corners`` of a picture of this shape, and how much of each pixel it covers (0..1)."""
    target = corners * _FINER
    shrink = min(1.0, 2 * float(np.ptp(target[:, 0])) / panel.shape[1])  # else small characters would break up
    near = cv2.resize(panel, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    high, wide = near.shape[:2]
    source = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    turn = cv2.getPerspectiveTransform(source, target)
    size = (shape[1] * _FINER, shape[0] * _FINER)
    laid = cv2.warpPerspective(near, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones((high, wide), np.float32), turn, size, flags=cv2.INTER_LINEAR)
    small = (shape[1], shape[0])
    return cv2.resize(laid, small, interpolation=cv2.INTER_AREA), cv2.resize(cover, small, interpolation=cv2.INTER_AREA)


def _worn(panel: Picture, around: Picture, rng: np.random.Generator) -> Floats:
    """The panel in the light of its surroundings, a little dirty."""
    light = around.reshape(-1, 3).mean(0)
    strength = float(np.clip(light.mean() / 115, 0.22, 1.25) * rng.uniform(0.75, 1.35))
    tint = (light / max(float(light.mean()), 1.0)) ** 0.35
    dirt = cv2.resize(rng.random((4, 12), np.float32), (panel.shape[1], panel.shape[0]), interpolation=cv2.INTER_CUBIC)
    dirt = np.clip(dirt * rng.uniform(0, 0.7), 0, 0.65)[:, :, None]
    shade = np.linspace(rng.uniform(0.8, 1.15), rng.uniform(0.8, 1.15), panel.shape[1])[None, :, None]
    worn = (panel * (1 - dirt) + np.array((70, 90, 105)) * dirt) * shade * tint * strength
    lit: Floats = np.clip(worn, 0, 255).astype(np.float32)
    return lit


def _made(sample: Sample, seed: tuple[int, int], folder: Path, names: Sequence[str]) -> Sample:
    rng = np.random.default_rng(seed)
    image = read_picture(sample.picture).copy()
    height, width = image.shape[:2]
    if rng.random() < DECOYS:
        _decoy(image, rng)
    corners = put_plates(image, _spots(sample, (width, height), rng, names), rng)
    boxes = [box for one in corners if (box := _box(one, width, height, names.index(LABEL))) is not None]
    noisy = image + rng.normal(0, float(rng.uniform(0, 4)), image.shape)
    path = folder / f"{sample.picture.stem}_plate{seed[1]:05d}.jpg"
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 96))]
    cv2.imwrite(str(path), np.clip(noisy, 0, 255).astype(np.uint8), quality)
    return replace(sample, picture=path, boxes=sample.boxes + tuple(boxes))


def _spots(sample: Sample, size: tuple[int, int], rng: np.random.Generator, names: Sequence[str]) -> list[Spot]:
    """On most vehicles low in the middle; and up to three elsewhere, hiding no labelled thing."""
    width, height = size
    hidable = {names.index(name) for name in (CARRIER, LABEL) if name in names}
    carriers = [box for box in sample.boxes if box.kind in hidable and names[box.kind] == CARRIER]
    wanted = [_on(box, size, rng) for box in carriers if rng.random() < 0.85]
    loose = int(rng.choice(3, p=(0.45, 0.4, 0.15))) if wanted else int(rng.integers(1, 4))
    span = np.log([LEAST * width / 640, MOST * width / 640])
    for _ in range(loose):
        x, y = rng.uniform(0.03, 0.97, 2) * (width, height)
        wanted.append(Spot(float(x), float(y), float(np.exp(rng.uniform(*span)))))
    taken = [box.found(*size) for box in sample.boxes if box.kind not in hidable]
    plates = [box.found(*size) for box in sample.boxes if names[box.kind] == LABEL]
    spots = []
    for spot in wanted:
        mine = Found("", 1.0, spot.x - spot.width / 2, spot.y - spot.width / 4, spot.x + spot.width / 2,
                     spot.y + spot.width / 4)  # fmt: skip
        fits = spot.width >= LEAST * width / 640 and not any(overlap(mine, one) > 0 for one in plates)
        if fits and not any(overlap(mine, one) > HIDES * one.area for one in taken):
            spots.append(spot)
            plates.append(mine)
    return spots


def _on(box: Box, size: tuple[int, int], rng: np.random.Generator) -> Spot:
    """Where the vehicle in ``box`` carries its plate: in the middle when seen from the front, at an end from aside."""
    width, height = size
    aside = box.width * width > 1.6 * box.height * height
    shift = float(rng.choice((-0.36, 0.36))) if aside else float(rng.normal(0, 0.07))
    share = float(rng.uniform(0.06, 0.14) if aside else rng.uniform(0.17, 0.3))
    x, y = box.x + shift * box.width, box.y + float(rng.uniform(0.12, 0.4)) * box.height
    return Spot(x * width, y * height, share * box.width * width, 70.0 if aside else 30.0)


def _box(corners: Floats, width: int, height: int, kind: int) -> Box | None:
    """The box around the corners inside the picture; None when most of the plate lies outside."""
    whole = float(np.prod(np.ptp(corners, axis=0)))
    inside = np.clip(corners, 0, (width, height))
    (x1, y1), (x2, y2) = inside.min(0).tolist(), inside.max(0).tolist()
    if (x2 - x1) * (y2 - y1) < 0.5 * whole:
        return None
    return Box(kind, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)


def _decoy(image: Picture, rng: np.random.Generator) -> None:
    """A plain or striped panel that is no plate."""
    height, width = image.shape[:2]
    panel = np.full((120, int(120 * rng.uniform(0.7, 6)), 3), rng.integers(0, 256, 3), np.uint8)
    if rng.random() < 0.5:
        ink = tuple(int(value) for value in rng.integers(0, 256, 3))
        for row in range(15, 110, int(rng.integers(18, 45))):
            cv2.line(panel, (10, row), (panel.shape[1] - 10, row), ink, int(rng.integers(2, 10)))
    x, y = rng.uniform(0.05, 0.95, 2) * (width, height)
    wide = float(np.exp(rng.uniform(*np.log([LEAST * width / 640, MOST * width / 640]))))
    lay(image, panel, turned(Spot(float(x), float(y), wide), 120 / panel.shape[1], rng), rng)
