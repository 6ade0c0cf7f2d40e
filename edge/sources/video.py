"""A video file as a camera; decoded in a child of its own (``detect.frames``), so a hostile file ends only that."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from functools import partial

from broker.messages import ClockSource
from detect import frames as decoding
from detect.errors import BadVideo
from edge.settings import VideoSource
from edge.sources import Frame, SourceFailed, Surroundings


class Video:
    """A recording, played at its own pace as if it happened now, or ``fast`` with the recording's times."""

    kind = "video"
    rendered = False

    def __init__(self, name: str, settings: VideoSource, around: Surroundings) -> None:
        self.name = name
        self._settings = settings
        self._around = around

    def frames(self) -> Iterator[Frame]:
        """Yield frames at ``fps``; ``SourceFailed`` when the file is no video or its decoder died."""
        while True:
            try:
                yield from self._once()
            except BadVideo as problem:
                raise SourceFailed(f"{self.name}: {problem}", retry=problem.retry) from problem
            if not self._settings.loop or self._around.wait(0):
                return

    def _once(self) -> Iterator[Frame]:
        start = self._around.now()
        video = decoding.open_video(self._settings.path, self._settings.fps)
        try:
            # No loop: its variable would hold each picture until the next has come.
            yield from iter(partial(self._following, start, video), None)
        finally:
            close(video)

    def _following(self, start: datetime, video: Iterator[decoding.Frame]) -> Frame | None:
        """The next frame when it is due; None at the end, and when the box is stopping."""
        frame = next(video, None)
        if frame is None:
            return None
        due = start + timedelta(seconds=frame.at or 0.0)
        if self._settings.fast:
            return Frame(frame.image, self._around.begun + (due - start), ClockSource.FILE)
        if self._around.wait(max(0.0, (due - self._around.now()).total_seconds())):
            return None
        return Frame(frame.image, self._around.now(), self._around.clock)


def close(video: Iterator[decoding.Frame]) -> None:
    """End the decoding child now, not when somebody collects the garbage."""
    if isinstance(video, Generator):
        video.close()
