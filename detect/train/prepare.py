"""Lays the pictures and labels out as ultralytics wants them, inside the run's folder. Sources are never written to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detect.train.dataset import BadData, Sample, count

TRAIN, HELD = "train", "held"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The laid out data: its folder, and for each set how many pictures and how many boxes of each class."""

    folder: Path
    sets: Mapping[str, Mapping[str, int]]

    def table(self, name: str) -> Path:
        """The ``.yaml`` that names set ``name`` as the one to validate on."""
        return self.folder / f"{name}.yaml"


def lay_out(sets: Mapping[str, Sequence[Sample]], names: Sequence[str], folder: Path) -> Prepared:
    """Write every set below ``folder``, whole or not at all. Raises BadData when a set is empty."""
    for name, samples in sets.items():
        if not samples:
            raise BadData(f"set {name} is empty; give more pictures or a larger share")
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    counts = {}
    for name, samples in sets.items():
        _lay(samples, part, name)
        counts[name] = {"pictures": len(samples), **count(samples, names)}
        told = {"path": str(folder.resolve()), "train": f"images/{TRAIN}", "val": f"images/{name}"}
        # JSON is YAML; so no library is needed to write it.
        _write(part / f"{name}.yaml", json.dumps(told | {"names": list(names)}, ensure_ascii=False))
    _write(part / "sets.json", json.dumps(counts))
    part.rename(folder)
    return Prepared(folder, counts)


def laid_out(folder: Path) -> Prepared | None:
    """What ``lay_out`` wrote earlier; None when it did not come to its end."""
    told = folder / "sets.json"
    return Prepared(folder, json.loads(told.read_text(encoding="utf-8"))) if told.is_file() else None


def _lay(samples: Sequence[Sample], folder: Path, name: str) -> None:
    images, labels = folder / "images" / name, folder / "labels" / name
    images.mkdir(parents=True)
    labels.mkdir(parents=True)
    for place, sample in enumerate(samples):
        stem = f"{place:06d}_{sample.picture.stem}"
        _take(sample.picture, images / f"{stem}{sample.picture.suffix.lower()}")
        _write(labels / f"{stem}.txt", "".join(f"{box.line}\n" for box in sample.boxes))


def _take(source: Path, target: Path) -> None:
    """A link; but a JPEG with bytes after its end is copied, because ultralytics would rewrite it in place."""
    if source.suffix.lower() in {".jpg", ".jpeg"} and not source.read_bytes().endswith(b"\xff\xd9"):
        shutil.copyfile(source, target)
    else:
        target.symlink_to(source.resolve())


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
