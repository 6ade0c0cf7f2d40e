"""People and masked areas made unreadable before a picture is stored or sent; nothing of them can be brought back."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from detect.boxes import Found, Point

Picture = npt.NDArray[np.uint8]

PERSON_SCORE = 0.15  # rather one too many
HEAD = 0.3  # upper share of a standing person
CELLS = 5  # a person is this many cells wide, the head one cell


def blur(picture: Picture, found: Sequence[Found], extra: Sequence[Sequence[Point]] = ()) -> tuple[Picture, int]:
    """A copy of a BGR picture without readable persons (boxes in pixels) and with ``extra`` (shares 0..1) black.

    A person becomes a few flat cells, the head one. Returns the copy and how many persons and polygons were covered.
    """
    image = picture.copy()
    height, width = image.shape[:2]
    count = 0
    for one in found:
        if one.label == "person" and one.score >= PERSON_SCORE:
            count += _cover(image, one.grown(0.08))
    for polygon in extra:
        corners = np.array([(x * width, y * height) for x, y in polygon], np.int32)
        cv2.fillPoly(image, [corners], (0, 0, 0))
        count += 1
    return image, count


def encode(picture: Picture, quality: int = 80) -> bytes:
    """A BGR picture as JPEG without any metadata."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of {picture.shape} cannot be encoded as JPEG")
    return data.tobytes()


def _cover(image: Picture, one: Found) -> int:
    height, width = image.shape[:2]
    left, right = max(0, int(one.x1)), min(width, int(one.x2) + 1)
    top, bottom = max(0, int(one.y1)), min(height, int(one.y2) + 1)
    if right <= left or bottom <= top:
        return 0
    body = image[top:bottom, left:right]
    rows = max(1, round(CELLS * body.shape[0] / body.shape[1]))
    cells = cv2.resize(body, (min(CELLS, body.shape[1]), min(rows, body.shape[0])), interpolation=cv2.INTER_AREA)
    body[:] = cv2.resize(cells, (body.shape[1], body.shape[0]), interpolation=cv2.INTER_NEAREST)
    head = body[: max(1, round(body.shape[0] * HEAD))]
    head[:] = head.mean(axis=(0, 1)).astype(np.uint8)
    return 1
