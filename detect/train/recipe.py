"""What a training run is made of: everything that decides its outcome, written down before it begins."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detect.train.dataset import BadData

CLASSES = (
    "garbage", "garbage_bin", "overflow", "person", "vehicle",
    "straw_pile", "manure_pile", "earth_pile", "coal_pile", "floating_waste", "plate",
)  # fmt: skip
FILE = "recipe.json"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A run. Folders are YOLO data sets; without ``val`` the share ``held`` of places is kept back for selection.

    ``rendered`` is how many rendered pictures are added, ``plates`` how many real ones with drawn number plates (and a
    tenth as many to select on), ``pasted`` how many with garbage of other pictures put down in them (a tenth again);
    ``teacher`` an .onnx that labels persons and vehicles, ``complete`` one that adds
    forgotten boxes of the labelled classes (``detect.train.teacher.completed``).
    ``mean_with``: a second checkpoint; the run starts from the mean of both, which keeps more of what each can do.
    ``verdicts``: folders that ``jingcun verdicts export`` wrote; their training pictures are taken ``repeat`` times.
    ``bf16``: reckon in bfloat16 on a CPU that has it (about twice as quick; weights and optimiser stay in floats).
    """

    weights: str
    folders: tuple[str, ...]
    val: tuple[str, ...] = ()
    measure: tuple[str, ...] = ()
    names: tuple[str, ...] = CLASSES
    mean_with: str | None = None
    teacher: str | None = None
    complete: str | None = None
    verdicts: tuple[str, ...] = ()
    repeat: int = 1
    rendered: int = 0
    plates: int = 0
    pasted: int = 0
    held: float = 0.1
    epochs: int = 40
    size: int = 640
    batch: int = 16
    seed: int = 1
    device: str = "cpu"
    threads: int = 1
    bf16: bool = False

    def __post_init__(self) -> None:
        if self.size % 32:
            raise BadData(f"size {self.size} is not a multiple of 32; take 320, 416, 480, 640 or 960")


@dataclass(frozen=True, slots=True)
class Tick:
    """How far the training is: batches done of batches of this epoch; ``figures`` at the end of an epoch."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    figures: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Average precision on one set: at IoU 0.5 and over 0.5..0.95, and at 0.5 for each class that occurs in it."""

    map50: float
    map50_95: float
    classes: Mapping[str, float]


def begin(recipe: Recipe, out: Path) -> None:
    """Write the recipe into a folder that has none yet. Raises BadData otherwise."""
    if (out / FILE).exists():
        raise BadData(f"{out}: holds a run already; continue it with --resume, or give another folder (--out)")
    out.mkdir(parents=True, exist_ok=True)
    put_whole(out / FILE, json.dumps(dataclasses.asdict(recipe), ensure_ascii=False, indent=1).encode())


def begun(out: Path) -> Recipe:
    """The recipe of a run that was begun. Raises BadData when there is none."""
    try:
        told = json.loads((out / FILE).read_text(encoding="utf-8"))
        fields: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in told.items()}
        return Recipe(**fields)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BadData(f"{out / FILE}: cannot be read ({error}); nothing to resume here, begin without --resume") from (
            error
        )


def put_whole(path: Path, data: bytes) -> None:
    """Write a file so that a process killed at any moment leaves the old one or the new one, never half of it."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
