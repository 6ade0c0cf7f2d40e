"""The child that decodes one video: ``python -m detect.decoder SOURCE FPS LONGEST_SIDE``, frames on stdout.

Nothing but ``detect.frames`` starts it. It may die of a hostile stream; it ends when its parent is gone. Each camera
has one, so it loads FFmpeg and nothing else: without NumPy and OpenCV it takes 25 MB less.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import av

from detect.piped import HEADER, MOST_PIXELS, is_live

MOST_MEMORY = 4 << 30
MOST_BAD_PACKETS = 200
BACK_S, LEAP_S = 1.0, 86_400.0  # a recording whose clock does more than this was joined from several, or lies


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A frame as the decoder gives it, and its second in a recording: what nobody looks at is never converted."""

    frame: Any
    at: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded frame: BGR bytes row by row without gaps, and its second in a recording (None: live, now)."""

    image: bytes
    width: int
    height: int
    at: float | None


class Clock:
    """Turns the times of a recording's frames into seconds since its first one.

    Recordings that were put one behind the other, and streams whose counter ran over, begin anew in the middle: there,
    and where a time leaps over more than a day, the next frame comes one ``beat`` (seconds) after the last.
    """

    def __init__(self, beat: float) -> None:
        self.at = 0.0  # the latest so far
        self._beat = beat
        self._start: float | None = None

    def take(self, time: float | None) -> float:
        """The second of the next frame, whose own time is ``time`` (None: it has none)."""
        if self._start is None:
            self._start = time or 0.0
            return 0.0
        at = self.at + self._beat if time is None else time - self._start
        if time is not None and not -BACK_S <= at - self.at <= LEAP_S:
            at = self.at + self._beat
            self._start = time - at
        self.at = max(self.at, at)
        return at


def main(source: str, fps: float, longest_side: int) -> int:
    """Write every due frame, then how it ended; exit 0."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    kind, words = b"END ", ""
    try:
        for taken in _newest(source, fps) if is_live(source) else _due(_decoded(source), fps):
            _write(_picture(taken, longest_side))
        if is_live(source):
            kind, words = b"LOST", "the stream ended; check the camera"
    except BrokenPipeError:
        return 0
    except (av.FFmpegError, OSError, MemoryError, ValueError) as error:
        why = str(getattr(error, "strerror", None) or error)[:200]
        kind, cure = b"BAD ", "check that it is a video and copy it again"
        if is_live(source):
            kind, cure = b"LOST", "check the camera's address, password and cable"
        words = f"cannot be decoded ({why}); {cure}"
    text = words.encode()
    os.write(1, HEADER.pack(kind, len(text), 0, math.nan) + text)
    return 0


def _decoded(source: str) -> Iterator[Taken]:
    """Every frame with its second; damaged packets are stepped over, up to a limit."""
    name, options, form = _address(source)
    bad = 0
    with av.open(name, format=form, options=options, timeout=(10.0, 10.0)) as container:
        if not container.streams.video:
            raise ValueError("no picture track")
        stream = container.streams.video[0]
        stream.thread_count = 1
        rate = float(stream.average_rate or 25)
        clock = Clock(1 / rate)
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                bad += 1
                if bad > MOST_BAD_PACKETS:
                    raise
                continue
            for frame in decoded:
                yield Taken(frame, clock.take(None if frame.time is None else float(frame.time)))
        promised = max((container.duration or 0) / 1_000_000, stream.frames / rate)
        if not is_live(source):
            _check_whole(promised, clock.at)


def _check_whole(promised: float, seen: float) -> None:
    """A recording that ends long before the length its header promises (seconds) was cut off."""
    if promised - seen > max(3.0, promised * 0.1):
        raise ValueError(f"the file ends after {seen:.1f} of {promised:.1f} s")


def _picture(taken: Taken, longest_side: int) -> Frame:
    frame = taken.frame
    if frame.width * frame.height > MOST_PIXELS:
        raise ValueError(f"frames of {frame.width} x {frame.height} pixels are too large")
    scale = min(1.0, longest_side / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    plane = frame.reformat(width, height, "bgr24").planes[0]
    rows, data = memoryview(plane), width * 3
    starts = range(0, height * plane.line_size, plane.line_size)
    return Frame(b"".join(rows[start : start + data] for start in starts), width, height, taken.at)


def _due(frames: Iterator[Taken], fps: float) -> Iterator[Taken]:
    """At most ``fps`` frames for each second of the recording; 0 means all."""
    due = 0.0
    for frame in frames:
        at = frame.at or 0.0
        if fps <= 0:
            yield frame
        elif at >= due - 1e-6:
            yield frame
            due = max(due, at - 1 / fps) + 1 / fps  # after a gap the beat starts anew


def _newest(source: str, fps: float) -> Iterator[Taken]:
    """The newest frame of a live source every 1/fps seconds; what the reader has no time for is dropped."""
    latest: list[Taken] = []
    ended: list[BaseException | None] = []
    arrived = threading.Event()

    def follow() -> None:
        why: BaseException | None = None
        try:
            for taken in _decoded(source):
                latest[:] = [replace(taken, at=None)]
                arrived.set()
        except (av.FFmpegError, OSError, MemoryError, ValueError) as error:
            why = error
        finally:
            ended.append(why)
            arrived.set()

    threading.Thread(target=follow, daemon=True).start()
    while latest or not ended:
        arrived.wait()
        if not ended:  # afterwards nothing more arrives, but what came last is still to be given
            arrived.clear()
        if latest:
            yield latest.pop()
            time.sleep(1 / fps if fps > 0 else 0)
    if ended[0] is not None:
        raise ended[0]


def _address(source: str) -> tuple[str, dict[str, str], str | None]:
    """What ffmpeg wants: address, options, input format."""
    if source.startswith(("rtsp://", "rtsps://")):
        return source, {"rtsp_transport": "tcp", "timeout": "10000000", "stimeout": "10000000"}, None
    if source.startswith(("/dev/video", "usb:")):
        return source.replace("usb:", "/dev/video"), {}, "v4l2"
    if source.startswith(("http://", "https://")):
        return source, {"rw_timeout": "10000000"}, None
    return f"file:{source}", {"protocol_whitelist": "file"}, None  # a playlist must not fetch from elsewhere


def _write(frame: Frame) -> None:
    _all(HEADER.pack(b"PIC ", frame.width, frame.height, math.nan if frame.at is None else frame.at))
    _all(frame.image)


def _all(data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
