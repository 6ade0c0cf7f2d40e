"""Where whole files lie, by their SHA-256: one small interface, and the folder that is its default."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class EvidenceAway(RuntimeError):
    """The store did not take or give the file (full, read-only, away); trying again later is right."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as the store lists it: name (SHA-256, 64 hex digits), bytes, and when it was written (aware)."""

    sha256: str
    size: int
    at: datetime


class Files(Protocol):
    """A store of whole files. Every method raises ``EvidenceAway`` when the store cannot be asked."""

    def put(self, sha256: str, data: bytes) -> None:
        """Keep a file durably: it is there wholly afterwards, or not at all."""
        ...

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        ...

    def path(self, sha256: str) -> Path | None:
        """Where the file can be read on this machine; None when it is not in the store."""
        ...

    def delete(self, sha256: str) -> None:
        """Take the file away; nothing happens when it is not there."""
        ...

    def list(self) -> Iterator[Stored]:
        """Every file, in any order."""
        ...


class Folder:
    """Files in a folder, in 256 folders by the first two digits of the name."""

    def __init__(self, root: Path) -> None:
        """Use this folder; it is made with the first file."""
        self._root = root

    def put(self, sha256: str, data: bytes) -> None:
        """Keep a file."""
        with disk():
            write(self._place(sha256), data)

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        with disk():
            return self._place(sha256).exists()

    def path(self, sha256: str) -> Path | None:
        """Where the file lies."""
        return self._place(sha256) if self.has(sha256) else None

    def delete(self, sha256: str) -> None:
        """Take the file away for good, also after a power cut."""
        place = self._place(sha256)
        with disk():
            if place.exists():
                place.unlink()
                _sync(place.parent)

    def list(self) -> Iterator[Stored]:
        """Every file of the folder."""
        with disk():
            for place in self._root.glob("[0-9a-f][0-9a-f]/*"):
                if len(place.name) == 64 and "." not in place.name:
                    told = place.stat()
                    yield Stored(place.name, told.st_size, datetime.fromtimestamp(told.st_mtime, UTC))

    def _place(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


@contextmanager
def disk() -> Iterator[None]:
    """Name a fault of the disk as ``EvidenceAway``."""
    try:
        yield
    except OSError as fault:
        raise EvidenceAway(f"the evidence folder cannot be used: {fault}") from fault


def write(path: Path, data: bytes) -> None:
    """Write a file so that it is there wholly or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
