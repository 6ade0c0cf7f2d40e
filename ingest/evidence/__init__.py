"""Evidence: pictures and clips as content-addressed files; a file is whole, checked and on disk before a row names it.

Chunks gather in ``partial/`` and may come in any order, twice, or after a restart. The last one joins them: size and
SHA-256 must be right, and a child process must be able to read the file as what it claims to be. Then the file goes to
the store (a folder, or S3), and its row and link to the ledger, before its message is receipted.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from broker.messages import Chunk
from ingest.evidence.chain import Fact
from ingest.evidence.files import EvidenceAway, Files, Folder, disk, write
from ingest.evidence.ledger import Kept, Ledger
from ingest.pictures import BadEvidence, PictureProcess
from ingest.store import StoreAway
from ingest.voice import heard

__all__ = ["LEAST_FREE", "Evidence", "EvidenceAway", "Reader", "Shelf"]

LEAST_FREE = 200 * 1024 * 1024  # bytes that stay free for the databases
STALE = timedelta(days=7)  # an unfinished file nobody goes on with
COUNTED_EVERY_S = 10.0
_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Reader(Protocol):
    """Reads foreign pictures and clips outside this process (``PictureProcess``, or a fake)."""

    def check(self, data: bytes, content_type: str) -> None:
        """Raise ``BadEvidence`` unless the bytes decode as this type."""
        ...

    def clean(self, data: bytes) -> bytes:
        """Return an uploaded photo decoded, persons blurred, encoded anew as JPEG; ``BadEvidence`` when it is none."""
        ...

    def small(self, data: bytes) -> bytes:
        """Return a kept picture encoded anew as a JPEG of a size for paper; ``BadEvidence`` when it is none."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


def utc_now() -> datetime:
    """Return the system clock, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where whole files go and who writes them down; ``quota`` is the most bytes they and unfinished ones may take."""

    files: Files | None = None
    ledger: Ledger | None = None
    quota: int | None = None
    now: Callable[[], datetime] = utc_now


class Evidence:
    """The evidence of one server."""

    def __init__(
        self, root: Path, reader: Reader | None = None, least_free: int = LEAST_FREE, shelf: Shelf = Shelf()
    ) -> None:
        """Use (and create) the folder; ``least_free`` bytes of the disk are never taken.

        Without files of its own the shelf is the folder itself; without a ledger nothing is written down.
        """
        self.root = root
        self.files: Files = shelf.files or Folder(root)
        self._partial = root / "partial"
        self._partial.mkdir(parents=True, exist_ok=True)
        self._reader: Reader = reader or PictureProcess()
        self._least_free = least_free
        self._shelf = shelf
        self._counted, self._used = float("-inf"), 0

    def path(self, sha256: str) -> Path | None:
        """Return where a file can be read, None when it is not (wholly) here or the name is no SHA-256."""
        return self.files.path(sha256) if _SHA.fullmatch(sha256) else None

    def chunk(self, chunk: Chunk) -> Path | None:
        """Keep one chunk durably; returns the file's path once it is whole, None while chunks are missing.

        ``BadEvidence``: the chunks so far are thrown away, a resend starts anew. ``EvidenceAway``: try again.
        """
        folder = self._partial / f"{chunk.sha256}-{chunk.chunks}-{chunk.size}"
        if not folder.exists() and self.files.has(chunk.sha256):
            self._note(_kept(chunk))
            return self.files.path(chunk.sha256)
        self._room(len(chunk.data))
        with disk():
            folder.mkdir(exist_ok=True)
            write(folder / f"{chunk.index:04d}", chunk.data)
        if len(_parts(folder)) < chunk.chunks:
            return None
        return self._join(chunk, folder)

    def put(self, data: bytes) -> str:
        """Keep an uploaded photo as a clean JPEG without recognisable persons; returns its SHA-256."""
        return self._handed_in(self._reader.clean(data), "image/jpeg")

    def put_voice(self, data: bytes) -> str:
        """Keep an uploaded voice note as it is; returns its SHA-256. ``BadEvidence`` when it is none."""
        return self._handed_in(data, heard(data).kind)

    def _handed_in(self, data: bytes, content_type: str) -> str:
        self._room(len(data))
        sha256 = hashlib.sha256(data).hexdigest()
        self.files.put(sha256, data)
        at = self._shelf.now().isoformat()
        facts: Mapping[str, Fact] = {"device": "desk", "at": at, "clock": "server", "content_type": content_type}
        self._note(Kept(sha256, "photo", len(data), facts))  # kept as long as the photos beside it
        return sha256

    def small(self, sha256: str) -> bytes | None:
        """Return a kept picture as a JPEG for paper; None when it is not here, ``BadEvidence`` when it is none."""
        path = self.path(sha256)
        if path is None:
            return None
        with disk():
            data = path.read_bytes()
        return self._reader.small(data)

    def blurred(self, sha256: str) -> bool:
        """Whether the sender of a kept file said that a pass which makes people unreadable had run over it.

        A count of 0 that nobody sent is no such word; neither is a photo by hand, nor anything without a ledger.
        """
        if self._shelf.ledger is None:
            return False
        with _ledger():
            facts = [link.facts for link in self._shelf.ledger.links(sha256)]
        kept = [one for one in facts if one.get("act") == "kept"]
        return bool(kept) and kept[-1].get("blur_told") is True

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

    def _join(self, chunk: Chunk, folder: Path) -> Path | None:
        data = b"".join(part.read_bytes() for part in _parts(folder))
        try:
            if len(data) != chunk.size or hashlib.sha256(data).hexdigest() != chunk.sha256:
                raise BadEvidence(f"the {chunk.chunks} chunks do not give the announced file (size or SHA-256 differ)")
            self._reader.check(data, chunk.content_type)
        except BadEvidence:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.files.put(chunk.sha256, data)
        self._note(_kept(chunk))
        shutil.rmtree(folder, ignore_errors=True)
        return self.files.path(chunk.sha256)

    def _note(self, file: Kept) -> None:
        if self._shelf.ledger is not None:
            with _ledger():
                self._shelf.ledger.kept(file, self._shelf.now(), lambda: self.files.has(file.sha256))

    def _room(self, size: int) -> None:
        with disk():
            free = shutil.disk_usage(self.root).free
        if free - size < self._least_free:
            raise EvidenceAway(f"the evidence disk is full: {free // 1_000_000} MB free; make room under {self.root}")
        if self._shelf.quota is None or self._shelf.ledger is None:
            return
        if time.monotonic() - self._counted > COUNTED_EVERY_S:
            with _ledger(), disk():
                unfinished = sum(part.stat().st_size for part in self._partial.glob("*/*"))
                self._used = self._shelf.ledger.used() + unfinished
            self._counted = time.monotonic()
        if self._used + size > self._shelf.quota:
            taken = f"{self._used // 1_000_000} of {self._shelf.quota // 1_000_000} MB"
            raise EvidenceAway(
                f"the evidence store is full ({taken}); what may go goes within a minute. If this stays, all of it is "
                "held by open tickets or too young to go: raise quota_gb under [evidence]"
            )
        self._used += size


@contextmanager
def _ledger() -> Iterator[None]:
    try:
        yield
    except StoreAway as fault:
        raise EvidenceAway(f"the evidence ledger cannot be used: {fault}") from fault


def _kept(chunk: Chunk) -> Kept:
    facts: Mapping[str, Fact] = {
        "device": chunk.device, "at": chunk.at.isoformat(), "clock": chunk.clock.value,
        "content_type": chunk.content_type, "blurred": chunk.blurred,
        "blur_told": "blurred" in chunk.model_fields_set,
    }  # fmt: skip
    return Kept(chunk.sha256, chunk.kind, chunk.size, facts, chunk.event_id)


def _parts(folder: Path) -> list[Path]:
    return sorted(part for part in folder.iterdir() if part.suffix != ".new")
