"""Evidence: pictures and clips as content-addressed files; a file is whole, checked and on disk before a row names it.

Chunks gather in ``partial/`` and may come in any order, twice, or after a restart. The last one joins them: size and
SHA-256 must be right, and a child process must be able to read the file as what it claims to be.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from broker.messages import Chunk
from ingest.pictures import BadEvidence, PictureProcess

LEAST_FREE = 200 * 1024 * 1024  # bytes that stay free for the databases
STALE = timedelta(days=7)  # an unfinished file nobody goes on with
_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)


class EvidenceAway(RuntimeError):
    """The disk did not take the file (full, read-only); trying again later is right."""


class Reader(Protocol):
    """Reads foreign pictures and clips outside this process (``PictureProcess``, or a fake)."""

    def check(self, data: bytes, content_type: str) -> None:
        """Raise ``BadEvidence`` unless the bytes decode as this type."""
        ...

    def clean(self, data: bytes) -> bytes:
        """Return an uploaded photo decoded, persons blurred, encoded anew as JPEG; ``BadEvidence`` when it is none."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


class Evidence:
    """The evidence folder of one server."""

    def __init__(self, root: Path, reader: Reader | None = None, least_free: int = LEAST_FREE) -> None:
        """Use (and create) the folder; ``least_free`` bytes of the disk are never taken."""
        self.root = root
        self._partial = root / "partial"
        self._partial.mkdir(parents=True, exist_ok=True)
        self._reader: Reader = reader or PictureProcess()
        self._least_free = least_free

    def path(self, sha256: str) -> Path | None:
        """Return where a file lies, None when it is not (wholly) here or the name is no SHA-256."""
        if not _SHA.fullmatch(sha256):
            return None
        found = self._place(sha256)
        return found if found.exists() else None

    def chunk(self, chunk: Chunk) -> Path | None:
        """Keep one chunk durably; returns the file's path once it is whole, None while chunks are missing.

        ``BadEvidence``: the chunks so far are thrown away, a resend starts anew. ``EvidenceAway``: try again.
        """
        done = self.path(chunk.sha256)
        if done is not None:
            return done
        folder = self._partial / f"{chunk.sha256}-{chunk.chunks}-{chunk.size}"
        self._room(len(chunk.data))
        with _disk():
            folder.mkdir(exist_ok=True)
            _write(folder / f"{chunk.index:04d}", chunk.data)
        if len(_parts(folder)) < chunk.chunks:
            return None
        return self._join(chunk, folder)

    def put(self, data: bytes) -> str:
        """Keep an uploaded photo as a clean JPEG without recognisable persons; returns its SHA-256."""
        picture = self._reader.clean(data)
        self._room(len(picture))
        sha256 = hashlib.sha256(picture).hexdigest()
        with _disk():
            _write(self._place(sha256), picture)
        return sha256

    def sweep(self, now: datetime) -> int:
        """Throw away unfinished files that nobody went on with for a week; returns how many."""
        gone = 0
        for folder in self._partial.iterdir():
            if folder.stat().st_mtime < (now - STALE).timestamp():
                shutil.rmtree(folder, ignore_errors=True)
                gone += 1
        for left in self.root.glob("*/*.new"):  # written when the power went
            if left.stat().st_mtime < (now - STALE).timestamp():
                left.unlink(missing_ok=True)
        return gone

    def close(self) -> None:
        """End the picture process."""
        self._reader.close()

    def _join(self, chunk: Chunk, folder: Path) -> Path:
        data = b"".join(part.read_bytes() for part in _parts(folder))
        try:
            if len(data) != chunk.size or hashlib.sha256(data).hexdigest() != chunk.sha256:
                raise BadEvidence(f"the {chunk.chunks} chunks do not give the announced file (size or SHA-256 differ)")
            self._reader.check(data, chunk.content_type)
        except BadEvidence:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        place = self._place(chunk.sha256)
        with _disk():
            _write(place, data)
        shutil.rmtree(folder, ignore_errors=True)
        return place

    def _place(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256

    def _room(self, size: int) -> None:
        with _disk():
            free = shutil.disk_usage(self.root).free
        if free - size < self._least_free:
            raise EvidenceAway(f"the evidence disk is full: {free // 1_000_000} MB free; make room under {self.root}")


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise EvidenceAway(f"the evidence folder cannot be written: {fault}") from fault


def _parts(folder: Path) -> list[Path]:
    return sorted(part for part in folder.iterdir() if part.suffix != ".new")


def _write(path: Path, data: bytes) -> None:
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
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
