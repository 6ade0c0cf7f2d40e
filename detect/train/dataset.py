"""Labelled pictures in folders of the YOLO format: ``images/NAME.jpg`` beside ``labels/NAME.txt``.

A data set is read whole and refused whole: a wrong label teaches wrongly for hours before anybody sees it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detect.boxes import Found
from detect.errors import BadPicture, DetectError
from detect.frames import PICTURE_ENDINGS, read_picture

NAMED = 6  # how many problems one error message lists
MANIFEST = "manifest.jsonl"  # beside images/ and labels/: what is known of each picture, one JSON object a line
SLACK = 1e-4  # rounding of label writers; a box may stick out by this share


class BadData(DetectError):
    """The data set cannot be trained with; the text names the files and the cure."""


@dataclass(frozen=True, slots=True)
class Box:
    """A labelled thing: class number, centre and size as shares 0..1 of the picture."""

    kind: int
    x: float
    y: float
    width: float
    height: float

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2 as shares of the picture."""
        half_width, half_height = self.width / 2, self.height / 2
        return self.x - half_width, self.y - half_height, self.x + half_width, self.y + half_height

    @classmethod
    def of(cls, kind: int, found: Found) -> Box:
        """The label of something found; its corners as shares of the picture."""
        return cls(kind, *found.centre, found.x2 - found.x1, found.y2 - found.y1)

    def found(self, width: float = 1.0, height: float = 1.0) -> Found:
        """The box as something found, in pixels of a picture of this size; as shares without one."""
        x1, y1, x2, y2 = self.corners
        return Found("", 1.0, x1 * width, y1 * height, x2 * width, y2 * height)

    @property
    def line(self) -> str:
        """The box as a line of a label file."""
        return f"{self.kind} {self.x:.6f} {self.y:.6f} {self.width:.6f} {self.height:.6f}"


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture with its boxes. ``scene`` names a rendered place; empty for a real picture.

    ``place`` is the camera of a real picture, where a manifest says it; ``denied`` is what people said is not there.
    """

    picture: Path
    boxes: tuple[Box, ...]
    scene: str = ""
    place: str = ""
    denied: tuple[Box, ...] = ()


@dataclass(slots=True)
class _Reading:
    """One folder while it is read: its class numbers, and what was found wrong."""

    folder: Path
    kinds: dict[int, int]
    problems: list[str] = field(default_factory=list)


def read_folder(folder: Path, names: Sequence[str]) -> list[Sample]:
    """Every picture of ``folder`` with its boxes, by name; class numbers are places in ``names``.

    An empty label file says that nothing is to be seen; a missing one is an error. ``classes.txt`` (one name a line)
    says what the folder's own numbers mean, without it they are places in ``names``. A ``manifest.jsonl`` (see
    ``detect.train.verdicts``) says which camera took a picture. Raises BadData listing every kind of trouble: missing
    or surplus labels, unreadable pictures, unknown classes, boxes outside the picture.
    """
    pictures, labels = _files(folder / "images", PICTURE_ENDINGS), _files(folder / "labels", {".txt"})
    if not pictures:
        raise BadData(f"{folder}: holds no images/*.jpg; give a folder with images/ and labels/ (YOLO format)")
    reading = _Reading(folder, _kinds(folder, names))
    reading.problems += [
        f"{pictures[stem].name} has no label file (an empty one says: nothing to be seen)"
        for stem in sorted(pictures.keys() - labels.keys())
    ]
    reading.problems += [f"{labels[stem].name} has no picture" for stem in sorted(labels.keys() - pictures.keys())]
    known = _known(folder)
    samples = [
        _sample(pictures[stem], _boxes(labels[stem], reading), known.get(pictures[stem].name, ()), names)
        for stem in sorted(pictures.keys() & labels.keys())
    ]
    for sample in samples:
        _check_picture(sample.picture, reading)
    refuse(folder, reading.problems)
    return samples


def refuse(where: Path | str, problems: Sequence[str]) -> None:
    """Raise BadData with the first problems and the number of the others; nothing when there are none."""
    if problems:
        more = f"; and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        raise BadData(f"{where}: {'; '.join(problems[:NAMED])}{more}; correct or remove these files")


def count(samples: Iterable[Sample], names: Sequence[str]) -> dict[str, int]:
    """How many boxes of each class."""
    table = dict.fromkeys(names, 0)
    for sample in samples:
        for box in sample.boxes:
            table[names[box.kind]] += 1
    return table


def _files(folder: Path, endings: Iterable[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise BadData(f"{folder}: no such folder; a data set holds images/ and labels/ (YOLO format)")
    return {path.stem: path for path in folder.iterdir() if path.suffix.lower() in endings}


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    """The lines of a folder's manifest, none without one. Raises BadData naming the first line that is no object."""
    path = folder / MANIFEST
    if not path.is_file():
        return []
    lines: list[dict[str, Any]] = []
    try:
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            line = json.loads(text) if text.strip() else {}
            if not isinstance(line, dict):
                raise BadData(f"{path} line {number}: {text[:40]!r} is no JSON object; export the folder again")
            lines += [line] if line else []
    except (OSError, ValueError, RecursionError) as error:
        raise BadData(f"{path}: cannot be read ({error}); export the folder again") from error
    return lines


def labels_beside(picture: Path, names: Sequence[str]) -> tuple[Box, ...] | None:
    """The boxes labelled for one picture of an ``images/`` folder; None when ``labels/`` beside it says nothing of it.

    Raises BadData for a label file or a ``classes.txt`` that cannot be used.
    """
    path = picture.parent.parent / "labels" / f"{picture.stem}.txt"
    if picture.parent.name != "images" or not path.is_file():
        return None
    reading = _Reading(picture.parent.parent, _kinds(picture.parent.parent, names))
    boxes = _boxes(path, reading)
    refuse(path, reading.problems)
    return boxes


def _known(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The lines of the manifest by the picture they speak of."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in read_manifest(folder):
        found.setdefault(str(line.get("file")), []).append(line)
    return found


def _sample(picture: Path, boxes: tuple[Box, ...], told: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Sample:
    if not told:
        return Sample(picture, boxes)
    place = str(told[0].get("place") or "")
    denied = [row for line in told if line.get("verdict") == "false" for row in line.get("boxes") or ()]
    try:
        without = tuple(_denied(row, names) for row in denied)
    except (ValueError, TypeError) as error:
        raise BadData(
            f"{picture.parent.parent / MANIFEST}: boxes of {picture.name}: {error}; export it again"
        ) from error
    return Sample(picture, boxes, place if told[0].get("rendered") else "", place, without)


def _denied(row: Sequence[Any], names: Sequence[str]) -> Box:
    label, _, x1, y1, x2, y2 = row
    return Box(names.index(label), (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)


def _kinds(folder: Path, names: Sequence[str]) -> dict[int, int]:
    """From the folder's class numbers to ours."""
    own = folder / "classes.txt"
    if not own.is_file():
        return {number: number for number in range(len(names))}
    lines = own.read_text(encoding="utf-8").split()
    refuse(own, [f"class {line} is unknown (known are {', '.join(names)})" for line in lines if line not in names])
    return {number: names.index(line) for number, line in enumerate(lines)}


def _boxes(path: Path, reading: _Reading) -> tuple[Box, ...]:
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reading.problems.append(f"{path.name} cannot be read ({error})")
        return ()
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_box(line.split(), reading.kinds))
            except ValueError as error:
                reading.problems.append(f"{path.name} line {number}: {error}")
    return tuple(found)


def _box(parts: list[str], kinds: dict[int, int]) -> Box:
    """Raises ValueError saying what is wrong with the line."""
    if len(parts) != 5:
        raise ValueError(f"{len(parts)} columns, needed are 5: class x y width height")
    try:
        kind, (x, y, width, height) = int(parts[0]), map(float, parts[1:])
    except ValueError:
        raise ValueError(f"{' '.join(parts)!r} are not 5 numbers") from None
    if kind not in kinds:
        raise ValueError(f"class {kind} is unknown (known are {', '.join(map(str, kinds))})")
    box = Box(kinds[kind], x, y, width, height)
    x1, y1, x2, y2 = box.corners
    # Written so that NaN is refused too.
    if not (width > 0 and height > 0 and min(x1, y1) >= -SLACK and max(x2, y2) <= 1 + SLACK):
        raise ValueError("the box is empty or leaves the picture (shares must lie in 0..1)")
    return box


def _check_picture(path: Path, reading: _Reading) -> None:
    try:
        read_picture(path)
    except BadPicture as error:
        reading.problems.append(str(error))
