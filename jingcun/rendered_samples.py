"""Rendered places as labelled training pictures. Here, because the detector may know nothing of the box's scenes.

Few layers give many pictures: heaps are moved along the ground (as large as they would be there), mirrored, tinted
and put side by side; the whole picture is cut and lit differently. What KEPT_OUT names is never trained with, so that
something rendered is left to measure on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detect.train.dataset import BadData, Box, Sample
from edge.scenes.compose import View, compose
from edge.scenes.pieces import Corners, Tint, flipped, foot, moved, moved_box, opaque, tinted
from edge.scenes.scene import HEIGHT, WIDTH, Frame, Piece, Scene
from jingcun.rendered_truth import CLOSED, FLOATING, STATES, Seen, kind_of, place, seen_of, shown, truth

__all__ = ["CLOSED", "FLOATING", "HEAPS", "KEPT_OUT", "STATES", "TRAINED", "KeptOut", "render_samples", "truth"]


@dataclass(frozen=True)
class KeptOut:
    """Whole places, and settings of the generator, that no training picture shows."""

    places: tuple[str, ...]
    lights: tuple[str, ...]
    lens: bool  # the dirty glass


KEPT_OUT = KeptOut(places=("square", "ditch"), lights=("night",), lens=True)
TRAINED = ("canal", "field", "lane", "pond", "shop")
NEEDED = ("garbage", "garbage_bin", "overflow", "person")
HEAPS = ("straw_pile", "manure_pile", "earth_pile", "coal_pile")
LIGHTS = ("day", "day", "day", "dusk", "dusk", "infrared")
# Where a heap may lie: on the open ground (or the water) of each place, in pixels.
GROUND: dict[str, tuple[tuple[int, int], ...]] = {
    "canal": ((60, 350), (170, 120), (250, 120), (330, 250), (470, 345)),
    "field": ((110, 355), (150, 120), (190, 90), (320, 190), (420, 200), (560, 250), (600, 300), (420, 352)),
    "lane": ((140, 352), (280, 235), (400, 100), (520, 100), (600, 352)),
    "shop": ((10, 290), (380, 268), (630, 290), (630, 355), (20, 355)),
    "square": ((10, 300), (300, 235), (570, 225), (630, 300), (600, 355), (20, 355)),
    "pond": ((10, 340), (40, 120), (600, 130), (630, 340)),
    "ditch": ((290, 340), (300, 150), (330, 150), (430, 340)),
}
BEHIND = 0.6  # of what is hidden by more than this share nothing is said
SHARP = 1.7  # a layer enlarged by more is blurred
PLATE = 8  # pixels of width from which a number plate is one
HIDES = 0.3  # a heap may hide this share of something else's box


def render_samples(
    folder: Path, many: int, seed: int, names: Sequence[str], places: Sequence[str] = TRAINED
) -> list[Sample]:
    """Write ``many`` pictures (PNG) below ``folder`` and say what is on them. The same seed, the same pictures.

    Further classes (heaps, floating waste) are shown only when ``names`` has them. ``places``: to measure on what was
    never trained with, give KEPT_OUT.places. Raises BadData when ``names`` lacks a class that every scene shows.
    """
    lacking = [name for name in NEEDED if name not in names]
    if lacking:
        raise BadData(f"rendered scenes show {', '.join(lacking)}; train with these classes, or without --rendered")
    folder.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(seed)
    return [_sample(folder / f"{number:05d}", dice, names, places[number % len(places)]) for number in range(many)]


def _sample(stem: Path, dice: np.random.Generator, names: Sequence[str], name: str) -> Sample:
    scene = place(name)
    state = STATES[int(dice.integers(len(STATES)))] if scene.states else "plate"
    walker = int(dice.integers(len(scene.walk))) if scene.walk and dice.random() < 0.35 else None
    seen = truth(scene, state, walker)
    pieces, added = _heaps(dice, scene, names, seen)
    seen += added
    if scene.states and dice.random() < 0.5:
        piece, passing = _passing(dice, scene)
        pieces.append(piece)
        seen = [one for one in seen if _covered(piece, one[1]) < BEHIND] + passing
    view = View(
        state=state,
        light=LIGHTS[int(dice.integers(len(LIGHTS)))],  # type: ignore[arg-type]
        walker=walker,
        rain=bool(dice.random() < 0.2),
        at=float(dice.uniform(0, 200)),
        fog=float(dice.uniform(0.05, 0.5)) if dice.random() < 0.15 else 0.0,
        sun=float(dice.uniform(0.6, 1.1)),
        snow=bool(dice.random() < 0.05),
    )
    picture, seen = _cut(compose(scene, view, int(dice.integers(1 << 30)), pieces), seen, dice)
    seen = [one for one in seen if one[0] in names and (one[0] != "plate" or one[1][2] - one[1][0] >= PLATE)]
    path = stem.with_name(f"{name}_{stem.name}.png")
    cv2.imwrite(str(path), picture)
    return Sample(path, tuple(_box(names.index(kind), corners) for kind, corners in seen), name)


def _heaps(
    dice: np.random.Generator, scene: Scene, names: Sequence[str], seen: list[Seen]
) -> tuple[list[Piece], list[Seen]]:
    """Up to three heaps (at the water: rafts of waste) that hide little of each other and of what is there."""
    wanted = (FLOATING,) if not scene.states else HEAPS
    sources = [one for one in _sources(scene, wanted) if one[1] in names]
    found: list[tuple[Piece, Seen]] = []
    for _ in range(int(dice.choice(4, p=(0.2, 0.4, 0.25, 0.15))) if sources else 0):
        kind = str(dice.choice(sorted({kind for _, kind, _ in sources})))
        fitting = [one for one in sources if one[1] == kind]
        source, _, piece = fitting[int(dice.integers(len(fitting)))]
        laid = _laid(dice, scene, source, piece)
        shown = seen_of(kind, laid) if laid is not None else []
        others = [box for _, box in [*seen, *(one for _, one in found)]]
        if laid is not None and shown and not any(_hidden(shown[0][1], box) > HIDES for box in others):
            found.append((laid, shown[0]))
    if FLOATING in names and FLOATING in scene.lying and scene.states and dice.random() < 0.5:
        found += _afloat(dice, scene)
    found.sort(key=lambda one: one[0].at[1] + one[0].at[3])
    return [piece for piece, _ in found], [one for _, one in found]


def _sources(scene: Scene, kinds: Sequence[str]) -> list[tuple[Scene, str, Piece]]:
    """Heaps that may be shown here: those of every trained place; a kept-out place shows its own only."""
    homes = [scene] if scene.name in KEPT_OUT.places else [place(name) for name in TRAINED]
    return [
        (home, kind_of(name), piece)
        for home in homes
        for name, piece in home.lying.items()
        if kind_of(name) in kinds and not (kind_of(name) == FLOATING and home.states)
    ]


def _afloat(dice: np.random.Generator, scene: Scene) -> list[tuple[Piece, Seen]]:
    """Waste on the water behind a railing: it cannot be moved, since the layer knows what hides it there."""
    afloat = [name for name in scene.lying if kind_of(name) == FLOATING]
    piece = tinted(scene.lying[afloat[int(dice.integers(len(afloat)))]], _tint(dice))
    return [(piece, one) for one in seen_of(FLOATING, piece)]


def _laid(dice: np.random.Generator, scene: Scene, source: Scene, piece: Piece) -> Piece | None:
    """A heap of some place laid somewhere on the ground of this one, as large as it would be there, more or less."""
    start = foot(piece)
    spot = _on_ground(dice, scene.name)
    near = (spot[1] / HEIGHT - scene.horizon) / (start[1] / HEIGHT - source.horizon)
    if dice.random() < 0.5:
        piece, start = flipped(piece), (2 * piece.at[0] + piece.at[2] - start[0], start[1])
    return moved(tinted(piece, _tint(dice)), start, spot, float(near * dice.uniform(0.65, 1.4)))


def _passing(dice: np.random.Generator, scene: Scene) -> tuple[Piece, list[Seen]]:
    """Something that comes and goes, where it was rendered or somewhere else on the ground; cars in many colours."""
    homes = [scene] if scene.name in KEPT_OUT.places else [place(name) for name in TRAINED]
    layers = [
        (home, name, number)
        for home in homes
        for name, way in home.moves.items()
        for number, (_, piece) in enumerate(way)
        if (_is_whole(piece) if home is not scene else piece.at[2] > 0)
    ]
    wanted = str(dice.choice(("vehicle", "person", "dog"), p=(0.55, 0.15, 0.3)))  # dogs are there to be told apart
    layers = [one for one in layers if shown(*one)[0][0] == wanted] or layers
    home, name, number = layers[int(dice.integers(len(layers)))]
    piece, seen = home.moves[name][number][1], shown(home, name, number)
    if not any(kind == "person" for kind, _ in seen):
        readable = any(kind == "plate" for kind, _ in seen)
        piece = tinted(piece, Tint(float(dice.normal(0, 6 if readable else 60)), float(dice.uniform(0.7, 1.3))))
    if home is not scene:
        start = foot(piece)
        spot = _on_ground(dice, scene.name)
        near = (spot[1] / HEIGHT - scene.horizon) / (start[1] / HEIGHT - home.horizon)
        scale = min(near * dice.uniform(0.8, 1.2), SHARP)
        there = moved(piece, start, spot, float(scale))
        if there is not None:
            piece, seen = there, [(kind, moved_box(box, start, spot, float(scale))) for kind, box in seen]
    return piece, [one for one in (_in_picture(*one) for one in seen) if one is not None]


def _is_whole(piece: Piece) -> bool:
    """Whether no edge of the picture cut the layer: only then can it stand elsewhere."""
    x, y, w, h = piece.at
    return x > 0 and y > 0 and x + w < WIDTH and y + h < HEIGHT


def _in_picture(kind: str, box: Corners) -> Seen | None:
    """The part of a box that lies in the picture, when that is a third of it or more."""
    whole = (0.0, 0.0, float(WIDTH), float(HEIGHT))
    return (kind, _within(box, whole, 1.0)) if _hidden(whole, box) > 1 / 3 else None


def _covered(piece: Piece, box: Corners) -> float:
    """Which share of a box a piece hides."""
    x1, y1, x2, y2 = (max(round(edge), 0) for edge in box)
    part = opaque(piece)[y1:y2, x1:x2]
    return float(part.mean()) if part.size else 0.0


def _tint(dice: np.random.Generator) -> Tint:
    return Tint(float(dice.normal(0, 5)), float(dice.uniform(0.75, 1.2)), float(dice.uniform(0.7, 1.25)))


def _on_ground(dice: np.random.Generator, name: str) -> tuple[float, float]:
    ground = np.array(GROUND[name], np.int32)
    low, high = ground.min(axis=0), ground.max(axis=0)
    while True:
        x, y = dice.uniform(low, high)
        if cv2.pointPolygonTest(ground, (float(x), float(y)), measureDist=False) >= 0:
            return float(x), float(y)


def _hidden(cover: Corners, box: Corners) -> float:
    """Which share of a box another one covers."""
    wide = min(cover[2], box[2]) - max(cover[0], box[0])
    high = min(cover[3], box[3]) - max(cover[1], box[1])
    return max(wide, 0.0) * max(high, 0.0) / ((box[2] - box[0]) * (box[3] - box[1]))


def _cut(picture: Frame, seen: list[Seen], dice: np.random.Generator) -> tuple[Frame, list[Seen]]:
    """Every second picture is a part of the whole, enlarged; a box of which less than a third is left goes."""
    if dice.random() < 0.5:
        return picture, seen
    share = float(dice.uniform(0.55, 1.0))
    left, top = (float(dice.uniform(0, side * (1 - share))) for side in (WIDTH, HEIGHT))
    turn = np.array([[1 / share, 0, -left / share], [0, 1 / share, -top / share]], np.float32)
    part = np.asarray(cv2.warpAffine(picture, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR), np.uint8)
    whole = (left, top, left + share * WIDTH, top + share * HEIGHT)
    kept = [(kind, box) for kind, box in seen if _hidden(whole, box) > 1 / 3]
    return part, [(kind, _within(box, whole, share)) for kind, box in kept]


def _within(box: Corners, whole: Corners, share: float) -> Corners:
    x1, y1 = max(box[0], whole[0]) - whole[0], max(box[1], whole[1]) - whole[1]
    x2, y2 = min(box[2], whole[2]) - whole[0], min(box[3], whole[3]) - whole[1]
    return x1 / share, y1 / share, x2 / share, y2 / share


def _box(kind: int, corners: Corners) -> Box:
    x1, y1, x2, y2 = corners
    return Box(kind, (x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT, (x2 - x1) / WIDTH, (y2 - y1) / HEIGHT)
