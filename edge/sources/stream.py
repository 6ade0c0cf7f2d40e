"""A network camera (RTSP over TCP) or a USB camera. The decoding child is watched: silence for ``silent_s`` ends it."""

from __future__ import annotations

from collections.abc import Iterator

from detect import frames as decoding
from detect.errors import BadVideo
from edge.settings import StreamSource
from edge.sources import Frame, SourceFailed, Surroundings
from edge.sources.video import close


class Stream:
    """The newest frame of a live camera, ``fps`` times a second."""

    kind = "stream"
    rendered = False

    def __init__(self, name: str, settings: StreamSource, around: Surroundings) -> None:
        self.name = name
        self._settings = settings
        self._around = around

    def frames(self) -> Iterator[Frame]:
        """Yield live frames for ever; ``SourceFailed`` (always worth a retry) when the camera is silent or gone."""
        address = self._address()
        patience = decoding.Patience(open_s=self._around.silent_s, read_s=self._around.silent_s)
        try:
            video = decoding.open_video(address, self._settings.fps, patience)
            try:
                yield from map(self._stamped, video)  # a loop's variable would hold each picture until the next
            finally:
                close(video)
        except BadVideo as problem:
            # The address may hold a password: only its unfilled form is ever told.
            words = str(problem).replace(address, self._settings.url)
            raise SourceFailed(f"{self.name}: {words}", retry=True) from None
        raise SourceFailed(f"{self.name}: the stream {self._settings.url} ended", retry=True)

    def _stamped(self, frame: decoding.Frame) -> Frame:
        return Frame(frame.image, self._around.now(), self._around.clock)

    def _address(self) -> str:
        if self._settings.password_file is None:
            return self._settings.url
        try:
            secret = self._settings.password_file.read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise SourceFailed(
                f"{self.name}: {self._settings.password_file} cannot be read ({problem.strerror})."
                " Cure: write the camera's password there",
                retry=True,
            ) from problem
        return self._settings.url.replace("{password}", secret)
