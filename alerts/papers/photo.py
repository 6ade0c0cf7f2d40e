"""Whether bytes are a photo that every form of a paper can show: a JPEG as our own evidence store writes it. Pure."""

from __future__ import annotations

import struct

_SIZES = frozenset({0xC0, 0xC1, 0xC2})  # the segments that tell width and height
_SCAN = 0xDA


def readable(photo: bytes | None) -> bytes | None:
    """The photo itself, or None where there is none or it is no whole JFIF picture."""
    if photo is None or photo[:4] != b"\xff\xd8\xff\xe0" or photo[6:11] != b"JFIF\0" or photo[-2:] != b"\xff\xd9":
        return None
    return photo if _has_size(photo) else None


def _has_size(photo: bytes) -> bool:
    """Walk the segments before the picture itself; each must lie within the file."""
    at, sized = 2, False
    while at + 4 <= len(photo):
        mark, kind, length = struct.unpack_from(">BBH", photo, at)
        if mark != 0xFF or length < (16 if kind == 0xE0 else 2) or at + 2 + length > len(photo):
            return False
        if kind == _SCAN:
            return sized
        if kind in _SIZES:
            height, width = struct.unpack_from(">HH", photo, at + 5) if length >= 11 else (0, 0)
            sized = height > 0 and width > 0
        at += 2 + length
    return False
