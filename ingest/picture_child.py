"""The child of ``ingest.pictures``: reads foreign pictures under limits. Only this file of the room sees ``detect``."""

from __future__ import annotations

import resource
import signal
import sys
import tempfile
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from detect.errors import DetectError
from detect.frames import open_video, read_picture
from ingest.pictures import (
    BAD,
    CHECK_JPEG,
    CHECK_MP4,
    CLEAN,
    FRAME,
    GOOD,
    MOST_BYTES,
    MOST_PRINTED,
    MOST_SIDE,
    SMALL,
    WEAKNESS,
)

if TYPE_CHECKING:
    from detect.privacy import Privacy

MOST_MEMORY = 3 << 30
CPU_S = 60  # for one file
QUALITY = 85


class Unreadable(Exception):
    """The file is not what it claims to be."""


def main() -> int:
    """Answer requests on stdin until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    _limit(resource.RLIMIT_AS, MOST_MEMORY)
    _limit(resource.RLIMIT_FSIZE, 2 * MOST_BYTES)
    while True:
        head = _exactly(sys.stdin.buffer, FRAME.size)
        if head is None:
            return 0
        what, length = FRAME.unpack(head)
        data = _exactly(sys.stdin.buffer, length)
        if data is None:
            return 0
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + CPU_S)
        how, answer = GOOD, b""
        try:
            answer = answer_to(what, data)
        except (Unreadable, DetectError, MemoryError) as fault:
            how, answer = BAD, str(fault or "the file needs too much memory").encode()
        sys.stdout.buffer.write(FRAME.pack(how, len(answer)) + answer)
        sys.stdout.buffer.flush()


def answer_to(what: bytes, data: bytes) -> bytes:
    """Do one request; raises ``Unreadable`` or a ``DetectError``."""
    if what == CHECK_JPEG:
        if data[:3] != b"\xff\xd8\xff":
            raise Unreadable("the file says image/jpeg but does not begin like a JPEG")
        read_picture(data)
        return b""
    if what == CHECK_MP4:
        _check_mp4(data)
        return b""
    if what == CLEAN:
        return _clean(data)
    if what == SMALL:
        return _small(data)
    if what == WEAKNESS:
        return _privacy().weakness.encode()
    raise Unreadable(f"unknown request {what!r}")


def _check_mp4(data: bytes) -> None:
    if data[4:8] != b"ftyp":
        raise Unreadable("the file says video/mp4 but does not begin like an MP4")
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(data)
        file.flush()
        frames = open_video(file.name)
        if next(frames, None) is None:
            raise Unreadable("the clip holds no frame that can be decoded")
        frames.close()  # type: ignore[attr-defined]


def _clean(data: bytes) -> bytes:
    picture = read_picture(data)
    from detect.blur import encode, shrunk  # noqa: PLC0415 - a check needs neither blur nor model

    hidden, _count = _privacy().hide(shrunk(picture, MOST_SIDE))
    return encode(hidden, QUALITY)


def _small(data: bytes) -> bytes:
    from detect.blur import encode, shrunk  # noqa: PLC0415 - a check needs no blur

    return encode(shrunk(read_picture(data), MOST_PRINTED), QUALITY)


@cache
def _privacy() -> Privacy:
    from detect.faces import face_finder  # noqa: PLC0415
    from detect.finder import Finder, default_model  # noqa: PLC0415
    from detect.privacy import Privacy  # noqa: PLC0415

    return Privacy(Finder(default_model(), threads=1), face_finder())


def _limit(what: int, value: int) -> None:
    """Set the soft limit only: the video decoder, a grandchild, sets its own."""
    _soft, hard = resource.getrlimit(what)
    resource.setrlimit(what, (value, hard))


def _exactly(pipe: BinaryIO, size: int) -> bytes | None:
    data = pipe.read(size)
    return data if len(data) == size else None


if __name__ == "__main__":
    sys.exit(main())
