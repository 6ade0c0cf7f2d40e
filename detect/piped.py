"""What passes between ``detect.frames`` and the child that decodes for it; no library, for each camera has a child."""

from __future__ import annotations

import struct
from pathlib import Path

MOST_PIXELS = 64_000_000
HEADER = struct.Struct("<4sIId")  # kind, width or text length, height, seconds (NaN: none)
LIVE_PREFIXES = ("rtsp://", "rtsps://", "http://", "https://", "/dev/video", "usb:")


def is_live(source: str | Path) -> bool:
    """Whether a source has no end and no second hand of its own: a stream or a USB camera."""
    return str(source).startswith(LIVE_PREFIXES)
