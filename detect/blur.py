"""Persons, faces, plates and masked areas made unreadable in a picture; nothing of them can be brought back.

What is covered becomes a few flat cells whose colours are rounded (``SHADE``): two faces, or two plates, of about one
colour give the same cells, so even somebody who knows how it was done and tries every plate learns next to nothing.
What is to be covered is found by ``detect.privacy``.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from detect.boxes import Found, Point

Picture = npt.NDArray[np.uint8]

# Scores from which a thing is covered: far below those at which it would be told. Rather one too many.
LEAST = {"vehicle": 0.15, "person": 0.05, "plate": 0.06, "face": 0.2}
GROWN = {"person": 0.08, "plate": 0.15, "face": 0.2}  # every side moves outward by this share of the box
HEAD = 0.3  # upper share of a standing person
CELLS = 5  # a person is this many cells wide, the head one cell
PLATE_ZONE = 0.35  # a vehicle carries its plate below this share of its height
VEHICLE_CELL = 0.1  # of its width: about three characters of its plate, or a whole plate seen from aside
LEAST_VEHICLE = 48  # px wide; the characters of a narrower one are less than 1.5 px apart
SHADE = 16  # colours are rounded to multiples of this


def blur(picture: Picture, found: Sequence[Found], extra: Sequence[Sequence[Point]] = ()) -> tuple[Picture, int]:
    """A copy of a BGR picture without readable persons, faces and plates (boxes in pixels), ``extra`` areas black.

    ``extra`` holds polygons in shares 0..1. Returns the copy and how many things and areas were covered.
    """
    image = picture.copy()
    count = 0
    for label, least in LEAST.items():
        for one in found:
            if one.label == label and one.score >= least:
                count += _cover(image, one)
    for polygon in extra:
        _blacken(image, polygon)
        count += 1
    return image, count


def blackened(picture: Picture, polygons: Sequence[Sequence[Point]]) -> Picture:
    """A copy of a picture in which these polygons (in shares 0..1) are black."""
    image = picture.copy()
    for polygon in polygons:
        _blacken(image, polygon)
    return image


def shrunk(picture: Picture, side: int) -> Picture:
    """The picture with no side longer than ``side``; itself when it is not larger. What is left out cannot be read."""
    height, width = picture.shape[:2]
    share = side / max(height, width)
    if share >= 1:
        return picture
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def encode(picture: Picture, quality: int = 80) -> bytes:
    """A BGR picture as JPEG without any metadata."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of {picture.shape} cannot be encoded as JPEG")
    return data.tobytes()


def _cover(image: Picture, one: Found) -> int:
    """Make one thing unreadable in place; 0 when there is nothing of it in the picture, or it is too small to read."""
    if one.label == "vehicle":
        width, top = one.x2 - one.x1, one.y1 + PLATE_ZONE * (one.y2 - one.y1)
        zone = _part(image, Found(one.label, one.score, one.x1, top, one.x2, one.y2 + 0.04 * width))
        if width < LEAST_VEHICLE or not zone.size:
            return 0
        _flatten(zone, max(1, round(zone.shape[1] / (VEHICLE_CELL * width))))
        return 1
    part = _part(image, one.grown(GROWN[one.label]))
    if not part.size:
        return 0
    _flatten(part, CELLS if one.label == "person" else 1)
    if one.label == "person":
        _flatten(part[: max(1, round(part.shape[0] * HEAD))], 1)
    return 1


def _part(image: Picture, one: Found) -> Picture:
    """The pixels that a box touches, as a view; of no size when it lies outside."""
    height, width = image.shape[:2]
    left, right = max(0, int(one.x1)), min(width, int(one.x2) + 1)
    top, bottom = max(0, int(one.y1)), min(height, int(one.y2) + 1)
    return image[top : max(top, bottom), left : max(left, right)]


def _flatten(part: Picture, columns: int) -> None:
    """Replace, in place, by about square cells of one rounded colour each; one column means one cell."""
    height, width = part.shape[:2]
    across = min(columns, width)
    down = 1 if columns == 1 else min(height, max(1, round(columns * height / width)))
    cells = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA).astype(np.float32)
    flat = np.clip(np.round(cells / SHADE) * SHADE, 0, 255).astype(np.uint8)
    part[:] = cv2.resize(flat, (width, height), interpolation=cv2.INTER_NEAREST)


def _blacken(image: Picture, polygon: Sequence[Point]) -> None:
    height, width = image.shape[:2]
    corners = np.array([(round(x * width), round(y * height)) for x, y in polygon], np.int32)
    cv2.fillPoly(image, [corners], (0, 0, 0))
    cv2.polylines(image, [corners], isClosed=True, color=(0, 0, 0), thickness=3)  # what rounding left at the rim
