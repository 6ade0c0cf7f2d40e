"""Two models on the same pictures and videos: what only one of them sees, and what people say to that.

A picture is a look of the bare model; a video is seen by the whole eye (sight, spots, watcher, dumping). Where labels
lie beside the pictures both models are measured on them; where a manifest of verdicts does, it is counted how many true
alarms each keeps and how many false ones it no longer raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from detect.boxes import Found, iou
from detect.errors import BadPicture, BadVideo
from detect.eye import Finds
from detect.fingerprint import fingerprint
from detect.frames import PICTURE_ENDINGS, read_picture
from detect.piped import is_live
from detect.report import is_picture, video_lines
from detect.spots import WHOLE, Spot
from detect.train.dataset import BadData, labels_beside, read_manifest
from detect.train.recipe import CLASSES
from detect.train.scores import Tally

SHOWN = 0.3  # score from which a box counts: that from which a spot is dirty
SAME_BOX = 0.5  # IoU from which two boxes of one label are one thing
SAME_VERDICT = 0.3  # IoU with the box that people judged; the other model may draw it otherwise
WITHIN_S = 10.0  # two events of one kind at one spot are one within so many seconds
VIDEO_ENDINGS = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm"})
Side = Literal["old", "new"]
Judged = tuple[str, tuple[Found, ...]]  # a verdict, and the boxes it is about (shares of the picture)


class Model(Finds, Protocol):
    """What is compared; ``detect.finder.Finder`` is one."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its classes."""
        ...

    @property
    def model_id(self) -> str:
        """12 hex digits that name its exact bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What one model tells: ``at`` in seconds (None in a picture), ``place`` is the spot, box in pixels."""

    kind: str
    score: float
    box: tuple[float, ...]
    at: float | None = None
    place: str = ""

    @property
    def found(self) -> Found:
        """As a box."""
        x1, y1, x2, y2 = self.box
        return Found(self.kind, self.score, x1, y1, x2, y2)


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing that ``old``, ``new`` or both of them tell."""

    path: str
    old: Seen | None
    new: Seen | None

    @property
    def where(self) -> str:
        """Who tells it."""
        return "both" if self.old and self.new else "old" if self.old else "new"

    def line(self) -> dict[str, Any]:
        """As JSON values."""
        one = self.new or self.old
        assert one is not None
        return {
            "path": self.path, "where": self.where, "t": one.at, "kind": one.kind, "spot": one.place,
            "old_score": self.old.score if self.old else None, "new_score": self.new.score if self.new else None,
            "box": list(one.box),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be read; the comparison goes on without it."""

    path: str
    error: str


@dataclass(slots=True)
class Verdicts:
    """Of the alarms that people called true, how many a model still sees; of the false ones, how many it does not."""

    true: int = 0
    true_kept: int = 0
    false: int = 0
    false_removed: int = 0

    def add(self, judged: Judged, found: Sequence[Found]) -> None:
        """One verdict with what the model finds in its picture (shares of it)."""
        verdict, boxes = judged
        seen = any(one.label == box.label and iou(one, box) >= SAME_VERDICT for one in found for box in boxes)
        if verdict == "true":
            self.true += 1
            self.true_kept += seen
        elif verdict == "false":
            self.false += 1
            self.false_removed += not seen


@dataclass(slots=True)
class Comparison:
    """Two models side by side. ``look`` is a generator of what was found; afterwards ``report`` holds the sums."""

    old: Model
    new: Model
    spots: Sequence[Spot] = (WHOLE,)
    fps: float = 2.0
    shown: float = SHOWN
    pictures: int = 0
    videos: int = 0
    pairs: list[Pair] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    tallies: dict[Side, Tally] = field(init=False)
    verdicts: dict[Side, Verdicts] = field(init=False)

    def __post_init__(self) -> None:
        common = [name for name in self.old.names if name in self.new.names]
        self.tallies = {"old": Tally(common), "new": Tally(common)}
        self.verdicts = {"old": Verdicts(), "new": Verdicts()}

    def look(self, paths: Sequence[str]) -> Iterator[Pair | Trouble]:
        """Compare file by file; what cannot be read gives a ``Trouble`` and the rest goes on."""
        for path in paths:
            for one in self._looked(path):
                if isinstance(one, Trouble):
                    self.troubles.append(one)
                else:
                    self.pairs.append(one)
                yield one

    def report(self) -> dict[str, Any]:
        """The sums as JSON values; ``figures`` and ``verdicts`` are None where nothing was labelled or judged."""
        labelled = self.tallies["old"].pictures > 0
        judged = self.verdicts["old"].true + self.verdicts["old"].false > 0
        where = Counter(pair.where for pair in self.pairs)
        return {
            "what": "comparison", "old": _told(self.old), "new": _told(self.new),
            "settings": {
                "fps": self.fps, "score": self.shown,
                "spots": fingerprint([spot.model_dump(mode="json") for spot in self.spots]),
            },
            "pictures": self.pictures, "videos": self.videos, "errors": len(self.troubles),
            "events": {name: where[name] for name in ("both", "old", "new")},
            "figures": {side: _rounded(asdict(one.fit(self.shown))) for side, one in self.tallies.items()}
            if labelled else None,
            "verdicts": {side: asdict(one) for side, one in self.verdicts.items()} if judged else None,
        }  # fmt: skip

    def _looked(self, path: str) -> Iterator[Pair | Trouble]:
        try:
            files, lines = inside(path)
        except (BadData, OSError) as error:
            yield Trouble(path, str(error))
            return
        if not files:
            yield Trouble(path, "no picture and no video in this folder; look into the folder that holds them")
        for one in files:
            try:
                yield from self._picture(one, lines.get(Path(one).name, ())) if is_picture(one) else self._video(one)
            except (BadPicture, BadVideo, BadData) as error:
                yield Trouble(one, str(error))

    def _picture(self, path: str, lines: Sequence[Mapping[str, Any]]) -> Iterator[Pair]:
        image = read_picture(Path(path))
        height, width = image.shape[:2]
        labelled = labels_beside(Path(path), CLASSES)
        judged = [_judged(path, line) for line in lines]
        found: dict[Side, list[Found]] = {"old": self.old.find(image), "new": self.new.find(image)}
        for side, boxes in found.items():
            shares = [one.normalised(width, height) for one in boxes]
            if labelled is not None:
                truth = [Found(CLASSES[box.kind], 1.0, *box.corners) for box in labelled]
                self.tallies[side].add(shares, truth)
            for one in judged:
                self.verdicts[side].add(one, [box for box in shares if box.score >= self.shown])
        self.pictures += 1
        yield from paired(path, _boxes(found["old"], self.shown), _boxes(found["new"], self.shown))

    def _video(self, path: str) -> Iterator[Pair]:
        if is_live(path):
            raise BadVideo(f"{path}: a live source shows each model something else; record it and give the file")
        told = [_events(path, finder, self.spots, self.fps) for finder in (self.old, self.new)]
        self.videos += 1
        yield from paired(path, *told)


def inside(path: str) -> tuple[list[str], dict[str, list[Mapping[str, Any]]]]:
    """The pictures and videos of a path, by name, and the manifest's lines by picture; a data set is its ``images/``.

    Raises BadData for a manifest that cannot be read.
    """
    folder = Path(path)
    if not folder.is_dir():
        return [path], {}
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for line in read_manifest(folder):
        lines.setdefault(str(line.get("file")), []).append(line)
    within = folder / "images" if (folder / "images").is_dir() else folder
    endings = PICTURE_ENDINGS | VIDEO_ENDINGS
    return sorted(str(one) for one in within.iterdir() if one.suffix.lower() in endings and one.is_file()), lines


def paired(path: str, old: Sequence[Seen], new: Sequence[Seen]) -> list[Pair]:
    """Everything that either tells, the same thing once: boxes that overlap, events of a spot that are near in time."""
    chances = sorted(
        ((fit, a, b) for a, one in enumerate(old) for b, other in enumerate(new) if (fit := _alike(one, other)) > 0),
        reverse=True,
    )
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, a, b in chances:
        if a not in partner and b not in taken:
            partner[a] = b
            taken.add(b)
    pairs = [Pair(path, one, new[partner[a]] if a in partner else None) for a, one in enumerate(old)]
    pairs += [Pair(path, None, other) for b, other in enumerate(new) if b not in taken]
    return sorted(pairs, key=_order)


def _alike(one: Seen, other: Seen) -> float:
    """How well two tellings are one thing, above 0 when they are."""
    if (one.kind, one.place, one.at is None) != (other.kind, other.place, other.at is None):
        return 0.0
    if one.at is None or other.at is None:
        shared = iou(one.found, other.found)
        return shared if shared >= SAME_BOX else 0.0
    apart = abs(one.at - other.at)
    return 1.0 - apart / (WITHIN_S + 1.0) if apart <= WITHIN_S else 0.0


def _order(pair: Pair) -> tuple[float, float]:
    """By time; in a picture the surest first."""
    one = pair.new or pair.old
    assert one is not None
    return (one.at or 0.0), -one.score


def _boxes(found: Sequence[Found], shown: float) -> list[Seen]:
    return [
        Seen(one.label, round(one.score, 4), tuple(round(side, 1) for side in (one.x1, one.y1, one.x2, one.y2)))
        for one in found
        if one.score >= shown
    ]


def _events(path: str, finder: Model, spots: Sequence[Spot], fps: float) -> list[Seen]:
    return [
        Seen(str(line["kind"]), line["score"], tuple(line["box"]), line["t"], line["spot"])
        for line in video_lines(path, finder, spots, fps)
        if "kind" in line
    ]


def _judged(path: str, line: Mapping[str, Any]) -> Judged:
    try:
        boxes = tuple(Found(str(label), float(score), *map(float, box)) for label, score, *box in line["boxes"])
        return str(line["verdict"]), boxes
    except (KeyError, TypeError, ValueError) as error:
        raise BadData(f"{path}: its line in the manifest cannot be read ({error}); export the folder again") from error


def _told(finder: Model) -> dict[str, Any]:
    return {"model": finder.model_id, "classes": list(finder.names)}


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    classes = {name: round(value, 4) for name, value in values["classes"].items()}
    return {name: round(one, 4) if isinstance(one, float) else one for name, one in values.items()} | {
        "classes": classes
    }
