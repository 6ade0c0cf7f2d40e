"""A folder of pictures as a camera: in the order of their names, each held for some looks."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broker.messages import ClockSource
from detect.errors import BadPicture
from detect.frames import PICTURE_ENDINGS, Picture, read_picture
from edge.settings import FolderSource
from edge.sources import Frame, SourceFailed, Surroundings

log = logging.getLogger(__name__)

_TIME = re.compile(r"(\d{8})[T_-]?(\d{6})", re.ASCII)


class Folder:
    """Pictures of a folder; one that cannot be read is skipped with a log line and counted in ``.skipped``."""

    kind = "folder"
    rendered = False

    def __init__(self, name: str, settings: FolderSource, around: Surroundings) -> None:
        self.name = name
        self.skipped = 0
        self._settings = settings
        self._around = around

    def frames(self) -> Iterator[Frame]:
        """Yield every picture ``hold`` times; ``SourceFailed`` when the folder holds no readable one."""
        while True:
            shown = 0
            for path in self._pictures():
                image, at = self._read(path), time_in_name(path.name)
                if image is None or (at is None and self._settings.times == "name"):
                    self.skipped += 1
                    continue
                for frame in self._held(image, at):
                    shown += 1
                    yield frame
                    if self._around.wait(self._settings.every_s):
                        return
            if not shown:
                raise SourceFailed(
                    f"{self.name}: no usable picture in {self._settings.path}. Cure: put .jpg or .png files there"
                    ' (with times = "name": named like 20261121T080000Z.jpg)',
                    retry=True,
                )
            if not self._settings.loop:
                return

    def _pictures(self) -> list[Path]:
        try:
            return sorted(one for one in self._settings.path.iterdir() if one.suffix.lower() in PICTURE_ENDINGS)
        except OSError as problem:
            raise SourceFailed(
                f"{self.name}: folder {self._settings.path} cannot be read ({problem.strerror}). Cure: correct `path`",
                retry=True,
            ) from problem

    def _read(self, path: Path) -> Picture | None:
        try:
            return read_picture(path)
        except BadPicture as problem:
            log.warning("%s: skipped a picture: %s", self.name, problem)
            return None

    def _held(self, image: Picture, at: datetime | None) -> Iterator[Frame]:
        for number in range(self._settings.hold):
            if self._settings.times == "now" or at is None:
                yield Frame(image, self._around.now(), self._around.clock)
            else:
                yield Frame(image, at + timedelta(seconds=number * self._settings.every_s), ClockSource.FILE)


def time_in_name(name: str) -> datetime | None:
    """Return the UTC time in a file name such as ``20261121T080000Z.jpg``, None when there is none."""
    found = _TIME.search(name)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
