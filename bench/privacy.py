"""``python -m bench.privacy``: of the persons, faces and plates in a picture, how many are covered when it leaves.

A person counts when 80 % of its box is covered, a face or a plate when 90 % is and at most five different cells are
left across it. Where the truth comes from stands in each figure's name: ``teacher`` (YOLOX-nano, sure of it, is itself
only a model), ``rendered`` (exact), ``drawn`` (drawn plates, exact), ``pasted`` (two faces, the astronaut and the
cameraman of scikit-image, at many sizes: exact, but two), ``real`` (plates found by hand in val_web: few). The price
stands beside it: how much of the garbage that a picture was sent for is hidden.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain, islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bench.second_opinion import SecondOpinion
from bench.shared_data import CLIPS, Label, photos, shared
from bench.staged import CONDITIONS
from detect.blur import blur
from detect.boxes import Found
from detect.errors import BadModel
from detect.faces import face_finder
from detect.finder import Finder, default_model
from detect.frames import open_video, read_picture
from detect.privacy import Privacy
from detect.train.plates import Spot, put_plates, seen_plates
from edge.scenes.play import compose, load_scene, scene_names
from edge.scenes.scene import HOME

Picture = npt.NDArray[np.uint8]

NEEDED = {"person": 0.8, "face": 0.9, "plate": 0.9}  # share of the box
MOST_CELLS = 5  # across a covered face or plate
READABLE = {"person": 0, "face": 20, "plate": 40}  # px wide; below it is counted apart
CLIP_EVERY_S, PHOTO_EVERY = 5.0, 5
FACES = {"astronaut.png": (178, 62, 272, 178), "camera.png": (200, 120, 258, 194)}  # x1, y1, x2, y2 of the face
FACE_WIDTHS, FACE_TURNS = (14, 20, 28, 40, 64, 100), (-25.0, 0.0, 25.0)
PLATE_WIDTHS = (16, 24, 32, 40, 56, 80, 120)


@dataclass(frozen=True, slots=True)
class Case:
    """A picture and what in it must be covered; ``kept`` is what should stay to be seen."""

    group: str
    picture: Picture
    truth: tuple[Found, ...]
    kept: tuple[Found, ...] = ()


@dataclass(slots=True)
class Tally:
    """Of one kind of thing: how many there were and were covered, all and the readable ones."""

    all: int = 0
    covered: int = 0
    readable: int = 0
    readable_covered: int = 0

    def count(self, one: Found, *, covered: bool) -> None:
        self.all += 1
        self.covered += covered
        if one.x2 - one.x1 >= READABLE[one.label]:
            self.readable += 1
            self.readable_covered += covered

    def figures(self) -> dict[str, Any]:
        """Shares; null where there was nothing."""
        return {
            "n": self.all, "covered": _share(self.covered, self.all), "readable_n": self.readable,
            "readable_covered": _share(self.readable_covered, self.readable),
        }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Print one line of JSON; exit status 2 for a model that cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m bench.privacy", description="What the blur covers, and what not")
    parser.add_argument("--model", type=Path, default=default_model(), help="the detector; by default the shipped one")
    parser.add_argument(
        "--thin",
        type=int,
        choices=range(1, 1001),
        metavar="N",
        default=1,
        help="only every n-th picture, for a quick look",
    )
    given = parser.parse_args(arguments)
    try:
        privacy = Privacy(Finder(given.model), face_finder())
    except BadModel as problem:
        print(problem, file=sys.stderr)
        return 2
    folder = shared()
    cases = [rendered_people(), plates_on_rendered()]
    if folder is not None:
        opinion = SecondOpinion(folder)
        cases += [clips(folder, opinion), drawn_plates(folder, opinion), real_plates(folder), pasted_faces(folder)]
    told: dict[str, Any] = {"bench": "privacy", "model": getattr(privacy.finder, "model_id", "")}
    told |= {"lacks": privacy.weakness, "shared": folder is not None}
    told |= {"thinned": given.thin} if given.thin > 1 else {}
    told |= measured(privacy, islice(chain.from_iterable(cases), 0, None, given.thin))
    if folder is not None:
        told |= hidden(privacy, folder, PHOTO_EVERY * given.thin)
    print(json.dumps(told, ensure_ascii=False))
    return 0


def measured(privacy: Privacy, cases: Iterator[Case]) -> dict[str, Any]:
    """For each group, the shares covered and the seconds the pass took at the median."""
    tallies: dict[str, Tally] = {}
    seconds = []
    for case in cases:
        begin = time.perf_counter()
        found = privacy.look(case.picture)
        seconds.append(time.perf_counter() - begin)
        left = tracer(case.picture.shape, found)
        for one in case.truth:
            tallies.setdefault(case.group, Tally()).count(one, covered=is_covered(left, one))
    told: dict[str, Any] = {name: tally.figures() for name, tally in tallies.items()}
    return told | {"median_s": round(float(np.median(seconds)), 3) if seconds else None}


def hidden(privacy: Privacy, folder: Path, every: int) -> dict[str, Any]:
    """Share of the area of garbage and overflow boxes that the pass hides in val_web, and of boxes mostly hidden."""
    shares = []
    for path, rows in photos(folder / "data" / "garbage3" / "val_web")[::every]:
        image = read_picture(path)
        height, width = image.shape[:2]
        left = tracer(image.shape, privacy.look(image))
        for row in (row for row in rows if row.kind in (0, 2)):
            box = Found("garbage", 1.0, *row.corners(width, height))
            shares.append(float(covered_pixels(left, box).mean()))
    mostly = sum(share > 0.5 for share in shares)
    mean = round(float(np.mean(shares)), 4) if shares else None
    return {"garbage_boxes": len(shares), "garbage_hidden": mean, "garbage_mostly_hidden": _share(mostly, len(shares))}


def tracer(shape: tuple[int, ...], found: Sequence[Found]) -> tuple[Picture, Picture]:
    """Noise, and what the blur leaves of it: they differ exactly where something is covered."""
    noise = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    return noise, blur(noise, found)[0]


def covered_pixels(left: tuple[Picture, Picture], one: Found) -> npt.NDArray[np.bool_]:
    """Which pixels of a box are covered."""
    height, width = left[0].shape[:2]
    rows = slice(max(0, round(one.y1)), min(height, max(round(one.y1) + 1, round(one.y2))))
    columns = slice(max(0, round(one.x1)), min(width, max(round(one.x1) + 1, round(one.x2))))
    differs: npt.NDArray[np.bool_] = (left[0][rows, columns] != left[1][rows, columns]).any(2)
    return differs


def is_covered(left: tuple[Picture, Picture], one: Found) -> bool:
    """Whether enough of it is covered, and coarsely enough."""
    share = covered_pixels(left, one)
    if not share.size or share.mean() < NEEDED[one.label]:
        return False
    if one.label == "person":
        return True
    row = left[1][min(round((one.y1 + one.y2) / 2), left[1].shape[0] - 1), max(0, round(one.x1)) : round(one.x2)]
    return len(np.unique(row, axis=0)) <= MOST_CELLS


def rendered_people() -> Iterator[Case]:
    """The villager at every sixth place of the walk, by day, dusk and rain and through a dirty lens."""
    for scene in (load_scene(Path(HOME) / name) for name in scene_names()):
        for number in range(0, len(scene.walk), 6):
            x, y, wide, high = scene.walk[number][1].at
            stays = scene.walk[number][1].stays.reshape(high, wide, 1).max(2)
            rows, columns = np.nonzero(stays < 0.3)  # what lets more through is the shadow
            if len(rows) < 100:
                continue  # hardly in the picture yet
            upper = columns[rows < rows.min() + 0.4 * np.ptp(rows)]  # the bags that are carried are nobody
            corners = (upper.min(), rows.min(), upper.max() + 1, rows.max() + 1)
            one = Found("person", 1.0, *(float(side + shift) for side, shift in zip(corners, (x, y) * 2, strict=True)))
            for name, view in CONDITIONS.items():
                picture = compose(scene, replace(view, walker=number), number)
                yield Case(f"person_rendered_{name}", picture, (one,))


def clips(folder: Path, opinion: SecondOpinion) -> Iterator[Case]:
    """Persons in the real clips, as the second opinion sees them."""
    for clip in CLIPS:
        for frame in open_video(folder / "clips" / clip, 1 / CLIP_EVERY_S):
            people = tuple(one for one in opinion.find(frame.image) if one.label == "person")
            if people:
                yield Case("person_teacher", frame.image, people)


def plates_on_rendered() -> Iterator[Case]:
    """Drawn plates somewhere in rendered pictures, with no vehicle around them."""
    rng = np.random.default_rng(7)
    for scene in (load_scene(Path(HOME) / name) for name in scene_names()):
        for width in PLATE_WIDTHS:
            yield _with_plate("plate_drawn_rendered", scene.plate.copy(), width, rng)


def drawn_plates(folder: Path, opinion: SecondOpinion) -> Iterator[Case]:
    """Drawn plates in real pictures: alone in those without a vehicle, and on the vehicles of the others."""
    rng = np.random.default_rng(8)
    for number, (path, _rows) in enumerate(photos(folder / "data" / "garbage3" / "val_web")[::PHOTO_EVERY]):
        image = read_picture(path).copy()
        vehicles = [one for one in opinion.find(image) if one.label == "vehicle"]
        if not vehicles:
            yield _with_plate("plate_drawn_alone", image, PLATE_WIDTHS[number % len(PLATE_WIDTHS)], rng)
            continue
        spots = [
            Spot(one.centre[0], one.y1 + 0.75 * (one.y2 - one.y1), 0.25 * (one.x2 - one.x1), 25.0)
            for one in sorted(vehicles, key=lambda one: one.area)[-1:]
            if one.x2 - one.x1 >= 64
        ]
        yield Case("plate_drawn_on_vehicle", image, _boxes(image, spots, rng))


def real_plates(folder: Path) -> Iterator[Case]:
    """The plates of val_web that were found by hand."""
    for name, rows in sorted(seen_plates().items()):
        path = folder / "data" / "garbage3" / "val_web" / "images" / name
        if path.is_file():
            image = read_picture(path)
            height, width = image.shape[:2]
            truth = [Found("plate", 1.0, *Label(0, *row).corners(width, height)) for row in rows]
            yield Case("plate_real", image, tuple(truth))


def pasted_faces(folder: Path) -> Iterator[Case]:
    """Two openly licensed faces on real pictures, without a body; nothing where scikit-image is not installed."""
    try:
        home = Path(str(distribution("scikit-image").locate_file("skimage/data")))
    except PackageNotFoundError:
        return
    grounds = [path for path, _rows in photos(folder / "data" / "garbage3" / "val_web")[:: PHOTO_EVERY * 2]]
    rng = np.random.default_rng(9)
    for name, (x1, y1, x2, y2) in FACES.items():
        whole = read_picture(home / name)
        for width in FACE_WIDTHS:
            for turn in FACE_TURNS:
                ground = read_picture(grounds[int(rng.integers(len(grounds)))]).copy()
                yield _with_face(ground, whole, (x1, y1, x2, y2), (width, turn), rng)


def _with_plate(group: str, image: Picture, width: int, rng: np.random.Generator) -> Case:
    x, y = rng.uniform(0.15, 0.85, 2) * (image.shape[1], image.shape[0])
    return Case(group, image, _boxes(image, [Spot(float(x), float(y), float(width), 45.0)], rng))


def _boxes(image: Picture, spots: Sequence[Spot], rng: np.random.Generator) -> tuple[Found, ...]:
    corners = put_plates(image, spots, rng)
    return tuple(Found("plate", 1.0, *(float(side) for side in (*one.min(0), *one.max(0)))) for one in corners)


def _with_face(
    ground: Picture, whole: Picture, face: tuple[int, int, int, int], look: tuple[int, float], rng: np.random.Generator
) -> Case:
    """A head, turned and of a size, laid on a picture with a soft oval edge; the box is that of the unturned face."""
    x1, y1, x2, y2 = face
    width, turn = look
    centre, scale = ((x1 + x2) / 2, (y1 + y2) / 2), width / (x2 - x1)
    side = round(2.2 * (y2 - y1) * scale)
    at = rng.uniform(side / 2, ground.shape[0] - side / 2, 2) if side < ground.shape[0] else np.full(2, side / 2)
    move = np.asarray(cv2.getRotationMatrix2D(centre, turn, scale), np.float64)
    move[:, 2] += at - np.asarray(centre)
    size = (ground.shape[1], ground.shape[0])
    near = cv2.resize(whole, None, fx=min(1.0, 2 * scale), fy=min(1.0, 2 * scale), interpolation=cv2.INTER_AREA)
    shrink = near.shape[1] / whole.shape[1]
    move[:, :2] /= shrink
    head = cv2.warpAffine(near, move, size, flags=cv2.INTER_LINEAR)
    oval = np.zeros(ground.shape[:2], np.float32)
    axes = (round(0.85 * width), round(0.8 * (y2 - y1) * scale))
    cv2.ellipse(oval, (round(at[0]), round(at[1])), axes, -turn, 0, 360, 1.0, -1, cv2.LINE_AA)
    share = cv2.GaussianBlur(oval, (0, 0), max(0.6, width / 30))[:, :, None]
    picture = (ground * (1 - share) + head * share).astype(np.uint8)
    high = (y2 - y1) * scale
    box = Found("face", 1.0, at[0] - width / 2, at[1] - high / 2, at[0] + width / 2, at[1] + high / 2)
    return Case("face_pasted", picture, (box,))


def _share(some: int, whole: int) -> float | None:
    return round(some / whole, 4) if whole else None


if __name__ == "__main__":
    sys.exit(main())
