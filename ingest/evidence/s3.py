"""Whole files in an S3 bucket (AWS, MinIO, Ceph, the clouds), through obstore: one compiled wheel, typed, nothing else.

What is read is brought into a bounded folder on this machine first; its name is its hash, so a copy never goes stale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.evidence.files import EvidenceAway, Stored, disk, write

if TYPE_CHECKING:
    from obstore.store import S3Store

CACHED = 2000  # files
RETRIES = 2


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Which bucket, and as whom. Without ``endpoint`` it is AWS; ``prefix`` parts counties in one bucket."""

    bucket: str
    endpoint: str | None = None
    region: str = "us-east-1"
    prefix: str = ""
    key_id: str = ""
    secret: str = field(default="", repr=False)
    timeout: timedelta = timedelta(seconds=10)


class Bucket:
    """Files in one bucket under one prefix."""

    def __init__(self, settings: S3Settings, cache: Path) -> None:
        """``cache`` is the folder for what was read. ``EvidenceAway`` when obstore is not installed."""
        self._store = _open(settings)
        self._cache = cache

    def put(self, sha256: str, data: bytes) -> None:
        """Keep a file; the bucket checks its MD5 or CRC on the way."""
        with _named():
            self._store.put(_name(sha256), data)

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        with _named():
            try:
                self._store.head(_name(sha256))
            except FileNotFoundError:
                return False
            return True

    def path(self, sha256: str) -> Path | None:
        """Bring the file here unless it is; ``EvidenceAway`` when what came does not give its hash."""
        place = self._cache / sha256
        if place.exists():
            return place
        with _named():
            try:
                data = bytes(self._store.get(_name(sha256)).bytes())
            except FileNotFoundError:
                return None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise EvidenceAway(f"what the bucket gave for {sha256} does not give its hash: it was altered there")
        with disk():
            self._make_room()
            write(place, data)
        return place

    def delete(self, sha256: str) -> None:
        """Take the file away, and the copy here."""
        with _named():
            self._store.delete(_name(sha256))
        with disk():
            (self._cache / sha256).unlink(missing_ok=True)

    def list(self) -> Iterator[Stored]:
        """Every file under the prefix."""
        with _named():
            for page in self._store.list():
                for one in page:
                    name = one["path"].rsplit("/", 1)[-1]
                    if len(name) == 64:
                        yield Stored(name, one["size"], one["last_modified"])

    def _make_room(self) -> None:
        if not self._cache.exists():
            return
        copies = sorted(self._cache.iterdir(), key=lambda one: one.stat().st_mtime)
        for old in copies[: max(0, len(copies) - CACHED + 1)]:
            old.unlink(missing_ok=True)


def _open(settings: S3Settings) -> S3Store:
    try:
        from obstore.store import S3Store  # noqa: PLC0415 - only who keeps evidence in S3 installs it
    except ImportError as fault:
        raise EvidenceAway("evidence in S3 needs obstore; install jingcun with the extra s3") from fault
    return S3Store(
        settings.bucket,
        prefix=settings.prefix or None,
        endpoint=settings.endpoint,
        region=settings.region,
        access_key_id=settings.key_id or None,
        secret_access_key=settings.secret or None,
        virtual_hosted_style_request=False,
        client_options={"allow_http": (settings.endpoint or "").startswith("http://"), "timeout": settings.timeout},
        retry_config={"max_retries": RETRIES, "retry_timeout": settings.timeout},
    )


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@contextmanager
def _named() -> Iterator[None]:
    from obstore.exceptions import BaseError  # noqa: PLC0415

    try:
        yield
    except (BaseError, OSError) as fault:
        words = str(fault).split("\n", 1)[0]
        raise EvidenceAway(f"the evidence bucket cannot be used: {words[:300]}") from fault
