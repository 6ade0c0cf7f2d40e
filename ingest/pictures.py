"""The bounded child that reads foreign pictures: a hostile file ends the child, never the door.

The child lives on between pictures (starting one costs half a second), is limited in memory, processor time and file
size, and is ended when an answer takes too long. A request is ``(what, length)`` and the bytes, an answer
``(how, length)`` and the bytes.
"""

from __future__ import annotations

import logging
import os
import select
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

log = logging.getLogger(__name__)

FRAME = struct.Struct(">cI")
CHECK_JPEG, CHECK_MP4, CLEAN, SMALL, WEAKNESS = b"j", b"m", b"c", b"s", b"w"
GOOD, BAD = b"+", b"-"
MOST_BYTES = 64_000_000  # the longest clip of the contract
MOST_UPLOAD = 20_000_000  # the largest photo a phone may hand in
MOST_SIDE = 1920  # px of a photo that is kept
MOST_PRINTED = 1600  # px of a picture on paper: 260 dots an inch on a whole line
MOST_SERVED = 500  # then a fresh child, whatever a decoder may have leaked
_TYPES = {"image/jpeg": CHECK_JPEG, "video/mp4": CHECK_MP4}


class BadEvidence(ValueError):
    """The file is not what it claims to be; the text says how. Sending it again unchanged is no use."""


class PictureProcess:
    """Asks a child process to read pictures; one request at a time, usable from several threads."""

    def __init__(self, patience_s: float = 60.0) -> None:
        """The child is started with the first request; one answer may take ``patience_s`` seconds."""
        self._patience = patience_s
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._told = False
        self._lock = threading.Lock()

    def check(self, data: bytes, content_type: str) -> None:
        """Raise ``BadEvidence`` unless the bytes decode as this type (``image/jpeg`` or ``video/mp4``)."""
        what = _TYPES.get(content_type)
        if what is None:
            raise BadEvidence(f"type {content_type!r} is not kept; send image/jpeg or video/mp4")
        self._ask(what, data)

    def clean(self, data: bytes) -> bytes:
        """Return a photo as a new JPEG, persons, faces and plates made unreadable; ``BadEvidence`` if it is none.

        It comes back no larger than the evidence needs (``MOST_SIDE``), without whatever else the file carried.
        """
        if len(data) > MOST_UPLOAD:
            raise BadEvidence(f"the photo has {len(data)} bytes, at most {MOST_UPLOAD} are taken; send a smaller one")
        if not self._told:
            self._told = True
            if weakness := self._ask(WEAKNESS, b"").decode():
                log.warning("%s", weakness)
        return self._ask(CLEAN, data)

    def small(self, data: bytes) -> bytes:
        """Return a kept picture as a new JPEG, no larger than paper needs; ``BadEvidence`` if it is no picture."""
        return self._ask(SMALL, data)

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _ask(self, what: bytes, data: bytes) -> bytes:
        if len(data) > MOST_BYTES:
            raise BadEvidence(f"the file has {len(data)} bytes, at most {MOST_BYTES} are taken")
        with self._lock:
            if self._served >= MOST_SERVED:
                self._end()
            child = self._child or self._start()
            self._served += 1
            try:
                how, answer = _exchange(child, FRAME.pack(what, len(data)) + data, self._patience)
            except (EOFError, BrokenPipeError, TimeoutError) as fault:
                self._end()
                why = "took too long" if isinstance(fault, TimeoutError) else "ended the process that read it"
                raise BadEvidence(f"the file {why}; take the picture anew") from fault
        if how != GOOD:
            raise BadEvidence(answer.decode("utf-8", "replace"))
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        home = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.picture_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": path, **threads},
        )
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        self._served = 0
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _exchange(child: subprocess.Popen[bytes], request: bytes, patience: float) -> tuple[bytes, bytes]:
    assert child.stdin is not None
    assert child.stdout is not None
    end = time.monotonic() + patience
    left = memoryview(request)
    while left:
        _ready([], [child.stdin.fileno()], end)
        left = left[os.write(child.stdin.fileno(), left[:65536]) :]
    how, length = FRAME.unpack(_exactly(child.stdout.fileno(), FRAME.size, end))
    return how, _exactly(child.stdout.fileno(), min(length, MOST_BYTES), end)


def _exactly(handle: int, size: int, end: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        _ready([handle], [], end)
        part = os.read(handle, size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _ready(reading: list[int], writing: list[int], end: float) -> None:
    left = end - time.monotonic()
    if left <= 0 or not any(select.select(reading, writing, [], left)):
        raise TimeoutError
