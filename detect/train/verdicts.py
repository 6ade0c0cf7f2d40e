"""Verdicts of people as a data set: pictures of events that were so, and of events that were not, in YOLO folders.

True: the event's boxes are labels. False: they are left out, so that the picture teaches "this is nothing". What nobody
could tell stands in ``manifest.jsonl`` only. The pictures are those that left the box: blurred and masked. Each line of
the manifest names the camera, and ``detect.train.places`` never parts the pictures of one camera.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from detect.boxes import Found, iou
from detect.errors import BadPicture
from detect.frames import read_picture
from detect.train.dataset import MANIFEST, BadData, Box
from detect.train.places import BLOCK, NEAR

TRUE, FALSE, UNCLEAR = "true", "false", "unclear"
SAME = 0.7  # IoU from which two boxes of a label mean one thing
README = """# Verdicts

Written by `jingcun verdicts export`: pictures of events, and what people said of them (`manifest.jsonl`; who is a rung
of the ladder, never a name). `images/` and `labels/` hold what is surely so or surely not so. The pictures are as they
left the box, with persons, faces and plates made unreadable; keep them as you keep the evidence, and publish none.
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as one picture showed it, and the verdict; empty while nobody has judged it.

    ``boxes`` are shares 0..1 of the picture; ``who`` is a rung; ``camera`` what ``device`` looked through.
    """

    event: str
    ticket: str
    device: str
    camera: str
    spot: str
    kind: str
    model: str
    config: str
    at: datetime
    picture: str
    boxes: tuple[Found, ...]
    rendered: bool = False
    verdict: str = ""
    who: str = ""
    judged_at: datetime | None = None

    @property
    def place(self) -> str:
        """The camera by its full name: pictures of one place never stand on both sides of a split."""
        return f"{self.device}/{self.camera}"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: pictures, boxes, pictures without any; verdicts by name; judged pictures that were left out."""

    pictures: int
    boxes: int
    empty: int
    verdicts: Mapping[str, int]
    left_out: int


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One picture with all that was told by it."""

    told: tuple[Told, ...]

    @property
    def labels(self) -> tuple[Found, ...]:
        """What surely is on it, each thing once."""
        kept: list[Found] = []
        for box in (box for one in self.told if one.verdict == TRUE for box in one.boxes):
            if not any(_one_thing(box, other) for other in kept):
                kept.append(box)
        return tuple(kept)

    def trouble(self, names: Sequence[str]) -> str:
        """Why nothing can be learnt from it; empty when something can."""
        if any(one.verdict == UNCLEAR for one in self.told):
            return "nobody could tell"
        if not all(one.verdict for one in self.told):
            return "another event of this picture is not judged yet"
        if any(not one.boxes for one in self.told):
            return "the event names no box"
        strange = sorted({box.label for one in self.told for box in one.boxes} - set(names))
        if strange:
            return f"unknown label {', '.join(strange)}"
        denied = [box for one in self.told if one.verdict == FALSE for box in one.boxes]
        if any(_one_thing(box, other) for box in denied for other in self.labels):
            return "one thing was called true and false"
        return ""


def export(
    told: Iterable[Told], picture_of: Callable[[str], Path | None], out: Path, names: Sequence[str],
    problem: Callable[[str], None],
) -> Exported:  # fmt: skip
    """Write the data set ``out``, whole or not at all; ``picture_of`` finds a picture by its SHA-256.

    A picture that is missing or damaged costs one line to ``problem`` and stands in the manifest only. Raises BadData
    when ``out`` is there already or there is no verdict at all.
    """
    if out.exists():
        raise BadData(f"{out}: is there already; give another folder, or remove it first")
    sheets = list(_sheets(told))
    if not sheets:
        raise BadData(
            "nobody has judged any alarm with a picture (yet, or since that time): there is nothing to export"
        )
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "images").mkdir(parents=True)
    (part / "labels").mkdir()
    lines: list[dict[str, Any]] = []
    boxes: list[int] = []
    for number, sheet in _numbered(sheets):
        name, why = _put(sheet, number, picture_of, (part, names))
        if why.startswith("picture "):
            problem(why)
        if name:
            boxes.append(len(sheet.labels))
        lines += [_line(one, name, why) for one in sheet.told if one.verdict]
    (part / MANIFEST).write_text(
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8"
    )
    (part / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    (part / "README.md").write_text(README, encoding="utf-8")
    part.rename(out)
    return Exported(len(boxes), sum(boxes), boxes.count(0), verdicts_of(lines), len(sheets) - len(boxes))


def verdicts_of(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many of each verdict stand in the lines of a manifest."""
    counted = Counter(str(line.get("verdict")) for line in lines)
    return {name: counted[name] for name in (TRUE, FALSE, UNCLEAR)}


def _sheets(told: Iterable[Told]) -> Iterator[_Sheet]:
    """Pictures with at least one verdict, camera by camera, oldest first; one told twice is taken once."""
    by_picture: dict[tuple[str, str], dict[tuple[str, str, str], Told]] = {}
    for one in told:
        by_picture.setdefault((one.place, one.picture), {})[one.event, one.spot, one.kind] = one
    sheets = [_Sheet(tuple(each.values())) for each in by_picture.values()]
    judged = [sheet for sheet in sheets if any(one.verdict for one in sheet.told)]
    yield from sorted(judged, key=lambda sheet: (sheet.told[0].place, min(one.at for one in sheet.told)))


def _numbered(sheets: Sequence[_Sheet]) -> Iterator[tuple[int, _Sheet]]:
    """File numbers: in a row for one camera, and no block of numbers with pictures of two."""
    number = 0
    for _, camera in groupby(sheets, key=lambda sheet: sheet.told[0].place):
        for sheet in camera:
            yield number, sheet
            number += 1
        number = -(-(number + NEAR) // BLOCK) * BLOCK


def _put(
    sheet: _Sheet, number: int, picture_of: Callable[[str], Path | None], target: tuple[Path, Sequence[str]]
) -> tuple[str, str]:
    """Write picture and labels; the file's name, or why it is not there."""
    folder, names = target
    why = sheet.trouble(names)
    if why:
        return "", why
    sha256 = sheet.told[0].picture
    path = picture_of(sha256)
    if path is None:
        return "", f"picture {sha256[:12]} of event {sheet.told[0].event} is not in the evidence"
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            return "", f"picture {sha256[:12]} of event {sheet.told[0].event} is damaged: its SHA-256 differs"
        read_picture(data)
    except (OSError, BadPicture) as error:
        return "", f"picture {sha256[:12]} of event {sheet.told[0].event} cannot be read: {error}"
    name = f"{number:06d}_{sha256[:8]}.jpg"
    (folder / "images" / name).write_bytes(data)
    rows = [_box(box, names).line + "\n" for box in sheet.labels]
    (folder / "labels" / name).with_suffix(".txt").write_text("".join(rows), encoding="utf-8")
    return name, ""


def _box(found: Found, names: Sequence[str]) -> Box:
    return Box(names.index(found.label), *found.centre, found.x2 - found.x1, found.y2 - found.y1)


def _one_thing(one: Found, other: Found) -> bool:
    return one.label == other.label and iou(one, other) >= SAME


def _line(one: Told, name: str, why: str) -> dict[str, Any]:
    return {
        "event": one.event, "ticket": one.ticket, "device": one.device, "camera": one.camera, "spot": one.spot,
        "kind": one.kind, "model": one.model, "config": one.config, "at": one.at.isoformat(), "verdict": one.verdict,
        "who": one.who, "judged_at": one.judged_at.isoformat() if one.judged_at else None, "picture": one.picture,
        "file": name or None, "place": one.place, "rendered": one.rendered, "why": why,
        "boxes": [[box.label, round(box.score, 4), box.x1, box.y1, box.x2, box.y2] for box in one.boxes],
    }  # fmt: skip
