"""Draws Chinese number plates that belong to nobody: after the public layout of GA 36, with OpenCV's own fonts.

No picture of a real plate is needed or kept; the characters are drawn by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from detect.train.dataset import BadData

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # I and O are not given out
DIGITS = "0123456789"
_WHITE, _BLACK = (250, 250, 250), (20, 20, 20)
_GLYPH = 200  # size glyphs are drawn at before they are fitted into their place


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of plate: size in mm, ground at the top and at the bottom (BGR), ink, characters, one row or two."""

    name: str
    width: int
    height: int
    top: Colour
    bottom: Colour
    ink: Colour
    many: int = 7
    rows: int = 1


KINDS = (
    Kind("blue", 440, 140, (160, 70, 10), (160, 70, 10), _WHITE),
    Kind("green", 480, 140, (235, 245, 235), (110, 190, 70), _BLACK, many=8),
    Kind("yellow", 440, 140, (30, 180, 245), (30, 180, 245), _BLACK),
    Kind("yellow_rear", 440, 220, (30, 180, 245), (30, 180, 245), _BLACK, rows=2),
    Kind("motorcycle", 220, 140, (160, 70, 10), (160, 70, 10), _WHITE, rows=2),
    Kind("tractor", 300, 165, (80, 120, 20), (80, 120, 20), _WHITE, rows=2),
    Kind("white", 440, 140, (245, 245, 245), (245, 245, 245), _BLACK),
    Kind("black", 440, 140, (25, 25, 25), (25, 25, 25), _WHITE),
)
OFTEN = (0.52, 0.16, 0.08, 0.06, 0.06, 0.04, 0.04, 0.04)  # how often each is drawn


@dataclass(frozen=True, slots=True)
class Plate:
    """A drawn plate: 2 px for a mm of width, its characters and its kind."""

    picture: Picture
    text: str
    kind: Kind


def any_plate(rng: np.random.Generator) -> Plate:
    """A plate by chance: kind, characters, shade and fading."""
    kind = KINDS[int(rng.choice(len(KINDS), p=OFTEN))]
    return drawn(kind, any_text(rng, kind.many), float(rng.uniform(0.75, 1.0)))


def any_text(rng: np.random.Generator, many: int) -> str:
    """Province, letter, then letters and digits; one in ten ends like the plate of a learner or of the police."""
    rest = [str(rng.choice(list(LETTERS if rng.random() < 0.18 else DIGITS))) for _ in range(many - 2)]
    if rng.random() < 0.1:
        rest[-1] = str(rng.choice(list("学警挂")))
    return str(rng.choice(list(PROVINCES))) + str(rng.choice(list(LETTERS))) + "".join(rest)


def drawn(kind: Kind, text: str, fresh: float = 1.0) -> Plate:
    """The plate with this text; ``fresh`` below 1 fades it. Raises BadData where OpenCV cannot draw Chinese."""
    if len(text) != kind.many:
        raise ValueError(f"a {kind.name} plate has {kind.many} characters, given were {len(text)}")
    height = 220 if kind.rows == 2 else kind.height
    width = 440 if kind.rows == 2 else kind.width
    slope = np.linspace(0, 1, height)[:, None, None] ** 1.5
    ground = np.array(kind.top) * (1 - slope) + np.array(kind.bottom) * slope
    picture = np.ascontiguousarray(np.broadcast_to(ground, (height, width, 3)).astype(np.uint8))
    cv2.rectangle(picture, (4, 4), (width - 5, height - 5), kind.ink, 3)
    for sign, (x, y, wide, high) in zip(text, _cells(kind), strict=True):
        _ink(picture, _glyph(sign), (x, y, wide, high), kind.ink)
    if kind.rows == 1:
        cv2.circle(picture, (width * 134 // 440, height // 2), 5, kind.ink, -1, cv2.LINE_AA)
    faded = picture.astype(np.float32) * fresh + 128 * (1 - fresh)
    size = (kind.width * 2, kind.height * 2) if kind.rows == 2 else (width * 2, height * 2)
    return Plate(cv2.resize(faded, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8), text, kind)


def _cells(kind: Kind) -> list[tuple[int, int, int, int]]:
    """Where each character stands: x, y, width, height."""
    if kind.rows == 2:
        return [(110, 15, 80, 60), (250, 15, 80, 60)] + [(27 + 80 * place, 90, 65, 110) for place in range(5)]
    if kind.many == 8:
        return [(15, 25, 43, 90), (67, 25, 43, 90)] + [(162 + 52 * place, 25, 43, 90) for place in range(6)]
    return [(15, 25, 45, 90), (72, 25, 45, 90)] + [(151 + 57 * place, 25, 45, 90) for place in range(5)]


def _ink(picture: Picture, glyph: Picture, cell: tuple[int, int, int, int], ink: Colour) -> None:
    x, y, wide, high = cell
    narrow = glyph.shape[1] < 0.3 * glyph.shape[0]  # a 1 is not stretched to the width of an 8
    inner = max(8, wide // 3) if narrow else wide
    x += (wide - inner) // 2
    cover = cv2.resize(glyph, (inner, high), interpolation=cv2.INTER_AREA)[:, :, None] / 255.0
    place = picture[y : y + high, x : x + inner]
    place[:] = (place * (1 - cover) + np.array(ink) * cover).astype(np.uint8)


@cache
def _glyph(sign: str) -> Picture:
    """The character white on black, cut to its ink."""
    if not hasattr(cv2, "FontFace"):
        raise BadData(f"OpenCV {cv2.__version__} draws no Chinese; install the locked opencv-python-headless (5.0)")
    face = cv2.FontFace("sans")  # falls back to the built-in Chinese font
    canvas = np.zeros((_GLYPH * 2, _GLYPH * 2), np.uint8)
    shape = "O" if sign == "0" else sign  # the font's zero has a stroke through it, that of a plate has none
    cv2.putText(canvas, shape, (_GLYPH // 2, _GLYPH * 3 // 2), (255,), face, _GLYPH, 700)
    if not sign.isascii():  # the built-in Chinese font has one weight, and that is too thin
        return _cut(sign, cv2.dilate(canvas, np.ones((5, 5), np.uint8)).astype(np.uint8))
    return _cut(sign, canvas)


def _cut(sign: str, canvas: Picture) -> Picture:
    x, y, wide, high = cv2.boundingRect(canvas)
    if not wide or not high:
        raise BadData(f"OpenCV has no glyph for {sign!r}; install the locked opencv-python-headless (5.0)")
    return canvas[y : y + high, x : x + wide]
