"""Which class reads which source. Only the process that looks imports this: it brings the decoders."""

from __future__ import annotations

from edge.settings import CameraSettings, FolderSource, RenderedSource, StreamSource, VideoSource
from edge.sources import Source, Surroundings
from edge.sources.folder import Folder
from edge.sources.rendered import Rendered
from edge.sources.stream import Stream
from edge.sources.video import Video


def open_camera(camera: CameraSettings, around: Surroundings) -> Source:
    """Return the source of a camera; nothing is opened before ``frames()``."""
    match camera.source:
        case FolderSource():
            return Folder(camera.name, camera.source, around)
        case VideoSource():
            return Video(camera.name, camera.source, around)
        case StreamSource():
            return Stream(camera.name, camera.source, around)
        case RenderedSource():
            return Rendered(camera.name, camera.source, around)
