"""The models of a box: which one it looks with, which one was there before, and the last one that worked.

They lie in ``models/`` of the box's folder, each under the digest of its bytes, so that no half-written or changed file
is ever taken for another. Four small files say what they are for: ``current`` (put there by ``jingcun model use``;
empty: the settings decide), ``previous`` (where ``jingcun model back`` goes), ``last_good`` (the last that was loaded
and tried) and ``trying`` (what is being loaded, and how often: one that ends the process is not tried for ever).
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from detect.errors import BadModel
from detect.runtimes.files import main_file, model_id, parts

log = logging.getLogger(__name__)

TRIES = 2  # a model that ended the process so often while it was loaded is left alone
Slot = Literal["current", "previous", "last_good"]
Opened = TypeVar("Opened")
Open = Callable[[Path, bool], Opened]
"""Opens a model; told whether it is the one that was asked for (else the settings' runtime may not fit it)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A model in its slot: its path on the shelf, its digest, and whether its bytes are still those."""

    path: Path
    model_id: str
    whole: bool


class Shelf:
    """The models in a box's folder. The box's looking process and the command may use it at the same time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "models"
        self._seen = self._stamp()

    def load(self, configured: Path, shipped: Path, opener: Open[Opened]) -> tuple[Opened, str]:
        """Open the model to look with, and say what was wrong with the ones that were preferred ('' when nothing).

        In this order: the one put there by hand or else ``configured``, the last good one, ``shipped``. ``BadModel``
        when none of them can be used.
        """
        self._seen = self._stamp()
        faults: list[str] = []
        for number, path in enumerate(self._candidates(configured, shipped)):
            try:
                opened, kept = self._try(path, opener, asked=number == 0)
            except BadModel as problem:
                faults.append(str(problem))
                continue
            note = f"{'; '.join(faults)}; looking with {kept.parent.name}/{kept.name}" if faults else ""
            return opened, note
        raise BadModel("; ".join(faults))

    def use(self, path: Path) -> Standing:
        """Put a model there for the box, which takes it up within a second. The one before is kept for ``back``."""
        with self._alone():
            kept = self._keep(path)
            if self._read("current") != self._entry(kept):
                self._write("previous", self._read("current"))
            self._write("current", self._entry(kept))
            self._count(kept, 0)
            self._prune()
        return self._standing(kept)

    def back(self) -> Standing | None:
        """Go back to the model before, or to what the settings say (None); ``ValueError`` when there is none before."""
        with self._alone():
            if not (self._folder / "previous").exists():
                raise ValueError(f"{self._folder}: no model was put there before; nothing to go back to")
            before, now = self._read("previous"), self._read("current")
            standing = self.standing("previous")
            if before and (standing is None or not standing.whole):
                raise ValueError(f"{self._folder / before}: damaged or gone; put a model in with jingcun model use")
            self._write("previous", now)
            self._write("current", before)
            if standing is not None:
                self._count(standing.path, 0)
        return standing

    def standing(self, slot: Slot) -> Standing | None:
        """What stands in a slot; None when nothing does."""
        entry = self._read(slot)
        return self._standing(self._folder / entry) if entry else None

    def changed(self) -> bool:
        """Whether another model was put there since ``load``."""
        return self._stamp() != self._seen

    def _candidates(self, configured: Path, shipped: Path) -> Iterator[Path]:
        given: set[Path] = set()
        current, last = self._read("current"), self._read("last_good")
        for path in (self._folder / current if current else configured, self._folder / last if last else None, shipped):
            if path is not None and path not in given:
                given.add(path)
                yield path

    def _try(self, path: Path, opener: Open[Opened], *, asked: bool) -> tuple[Opened, Path]:
        try:
            kept = self._begin(path)
        except OSError as problem:  # a full disk must not make the box blind
            log.warning("%s: no copy of the model can be kept: %s", self._folder, problem)
            return opener(path, asked), path
        try:
            opened = opener(kept, asked)
        except BadModel:
            self._end(kept, good=False)
            raise
        self._end(kept, good=True)
        return opened, kept

    def _begin(self, path: Path) -> Path:
        """Note that a model is being loaded: when that ends this process, the note remains."""
        with self._alone():
            kept = self._keep(path)
            tried = self._tries().get(kept.parent.name, 0)
            if tried >= TRIES:
                raise BadModel(
                    f"{path}: ended the process {tried} times while it was loaded and is left alone; "
                    "put in another with jingcun model use"
                )
            self._count(kept, tried + 1)
        return kept

    def _end(self, kept: Path, *, good: bool) -> None:
        try:
            with self._alone():
                self._count(kept, 0)
                if good and self._read("last_good") != self._entry(kept):
                    self._write("last_good", self._entry(kept))
                if good:
                    self._prune()
        except OSError as problem:
            log.warning("%s: cannot be written: %s", self._folder, problem)

    def _keep(self, path: Path) -> Path:
        """Copy a model onto the shelf under its digest; the copy's main file. ``BadModel`` when it cannot be read."""
        try:
            path = main_file(path)
            files = parts(path)
        except OSError as error:
            raise BadModel(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
        home = self._folder / model_id(files)
        if path.parent == home:
            return path
        if path.parent.parent == self._folder:
            raise BadModel(f"{path}: its bytes are not those that were put there; put the model in again")
        kept = home / path.name
        if not kept.exists() or model_id(parts(kept)) != home.name:
            self._copy(files, home)
        return kept

    def _copy(self, files: list[Path], home: Path) -> None:
        fresh = home.with_name(f".{home.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for one in files:
            with (fresh / one.name).open("wb") as target:
                target.write(one.read_bytes())
                target.flush()
                os.fsync(target.fileno())
        if model_id([fresh / one.name for one in files]) != home.name:
            shutil.rmtree(fresh)
            raise BadModel(f"{files[0]}: changed while it was copied; try again when it is whole")
        shutil.rmtree(home, ignore_errors=True)
        fresh.replace(home)

    def _prune(self) -> None:
        """Remove the models that no slot names."""
        slots: tuple[Slot, ...] = ("current", "previous", "last_good")
        named = {self._read(slot).partition("/")[0] for slot in slots}
        for one in self._folder.iterdir():
            if one.is_dir() and one.name not in named:
                shutil.rmtree(one, ignore_errors=True)

    def _standing(self, path: Path) -> Standing:
        name = path.parent.name
        try:
            return Standing(path, name, model_id(parts(path)) == name)
        except BadModel:
            return Standing(path, name, whole=False)

    def _entry(self, kept: Path) -> str:
        return f"{kept.parent.name}/{kept.name}"

    def _read(self, slot: Slot) -> str:
        try:
            entry = (self._folder / slot).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
        folder, _, name = entry.partition("/")
        return entry if folder and name and "/" not in name and ".." not in {folder, name} else ""

    def _write(self, slot: str, text: str) -> None:
        fresh = self._folder / f".{slot}.new"
        with fresh.open("w", encoding="utf-8") as target:
            target.write(text + "\n")
            target.flush()
            os.fsync(target.fileno())
        fresh.replace(self._folder / slot)

    def _tries(self) -> dict[str, int]:
        try:
            told = json.loads((self._folder / "trying").read_text(encoding="utf-8"))
            return {str(name): int(count) for name, count in told.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _count(self, kept: Path, tried: int) -> None:
        before = self._tries()
        after = {**before, kept.parent.name: tried}
        if not tried:
            after.pop(kept.parent.name)
        if after != before:
            self._write("trying", json.dumps(after))

    def _stamp(self) -> tuple[int, int] | None:
        try:
            told = (self._folder / "current").stat()
        except OSError:
            return None
        return told.st_ino, told.st_mtime_ns

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
