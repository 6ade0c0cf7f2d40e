"""Pictures and videos in; a file or camera that is broken or hostile ends in an error, never in our end.

Videos are decoded in a child process (``detect.decoder``), because a bad stream can abort the process that decodes
it. The child is watched: no frame within the time limit, and it is ended.
"""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detect.errors import BadPicture, BadVideo
from detect.piped import HEADER, MOST_PIXELS, is_live

Picture = npt.NDArray[np.uint8]

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded frame: BGR uint8 H x W x 3, and its second in a recording (None: live, now)."""

    image: Picture
    at: float | None


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for the first frame, for each further one."""

    open_s: float = 15.0
    read_s: float = 20.0


def open_video(
    source: str | Path, fps: float | None = None, patience: Patience = Patience(), longest_side: int = 1920
) -> Iterator[Frame]:
    """Frames of a file, an ``rtsp://`` stream (over TCP) or a USB camera (``/dev/video0``, ``usb:0``).

    At most ``fps`` frames a second of the recording (None: all) and none larger than ``longest_side``; a live source
    gives its newest frame, older ones are dropped. Ends with the file. Raises BadVideo when nothing can be read, when
    the decoder dies, or when no frame comes within ``patience``; close the iterator to end the child early.
    """
    if not is_live(source) and not Path(source).is_file():
        raise BadVideo(f"{source}: no such file; give the path of a video, an rtsp:// address or a USB camera")
    return _frames(str(source), fps, patience, longest_side)


def read_picture(source: str | Path | bytes) -> Picture:
    """A JPEG, PNG or BMP (path or bytes) as BGR uint8; raises BadPicture for anything that is not a whole picture."""
    name = "picture" if isinstance(source, bytes) else str(source)
    data = source if isinstance(source, bytes) else _bytes(Path(source))
    width, height = _size(data, name)
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise BadPicture(f"{name}: {width} x {height} pixels; pictures up to {MOST_PIXELS} pixels are read")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadPicture(f"{name}: cannot be decoded; copy or save it again") from error
    if image is None:
        raise BadPicture(f"{name}: cannot be decoded; copy or save it again")
    return np.asarray(image, np.uint8)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPicture(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error


def _size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height as the header says, before any decoder allocates for them; a cut file is refused here."""
    cut = BadPicture(f"{name}: the file is cut off; copy it again")
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        if b"IEND" not in data[-64:] or len(data) < 33:
            raise cut
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:2] == b"BM" and len(data) > 54:
        size, width, height = struct.unpack("<I12xii", data[2:6] + data[6:26])
        if len(data) < size:
            raise cut
        return abs(width), abs(height)
    if data[:2] == b"\xff\xd8":
        found = _jpeg_size(data)
        if found is None:
            raise cut
        return found
    raise BadPicture(f"{name}: not a JPEG, PNG or BMP picture; save it as one of these")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header of a JPEG whose end marker is there; None when it is cut or torn."""
    place, size = 2, None
    while place + 9 < len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            size = (width, height)
        if marker == 0xDA:  # the picture itself begins: its end marker must follow
            return size if data.find(b"\xff\xd9", place) > 0 else None
        place += 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
    return None


def _frames(source: str, fps: float | None, patience: Patience, longest_side: int) -> Iterator[Frame]:
    child = _start(source, fps, longest_side)
    pipe = child.stdout
    assert pipe is not None
    wait, calls = patience.open_s, 0

    def following() -> Frame | None:
        nonlocal wait, calls
        frame = _next(pipe.fileno(), wait, source)
        wait, calls = patience.read_s, calls + 1
        return frame

    try:
        with closing(pipe):
            yield from iter(following, None)  # a loop's variable would hold each frame until the next has come
        if calls == 1:
            raise BadVideo(f"{source}: holds no frame that can be decoded; check that it is a video")
    finally:
        child.kill()
        child.wait()


def _start(source: str, fps: float | None, longest_side: int) -> subprocess.Popen[bytes]:
    here = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(part for part in (here, os.environ.get("PYTHONPATH", "")) if part)
    command = [sys.executable, "-P", "-m", "detect.decoder", source, str(fps or 0), str(longest_side)]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def _next(pipe: int, wait: float, source: str) -> Frame | None:
    """The next frame; None at the end the child announces."""
    deadline = time.monotonic() + wait
    kind, first, height, at = HEADER.unpack(_exactly(pipe, HEADER.size, deadline, source))
    if kind == b"END ":
        return None
    if kind in (b"BAD ", b"LOST"):
        words = bytes(_exactly(pipe, min(first, 2000), deadline, source)).decode("utf-8", "replace")
        raise BadVideo(f"{source}: {words}", retry=kind == b"LOST")
    data = _exactly(pipe, first * height * 3, deadline, source)
    image = np.frombuffer(data, np.uint8).reshape(height, first, 3)
    return Frame(image, None if at != at else at)  # noqa: PLR0124  # NaN is no second


def _exactly(pipe: int, size: int, deadline: float, source: str) -> bytearray:
    data = bytearray(size)
    view, have = memoryview(data), 0
    while have < size:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            raise BadVideo(f"{source}: no frame for too long; check the camera and the network", retry=True)
        got = os.readv(pipe, [view[have:]])
        if got == 0:
            raise BadVideo(f"{source}: the decoder died on it; the file or stream is broken, try another", retry=True)
        have += got
    return data
