"""Stills and live pictures at the door: is it a small JPEG, and how long the newest of a camera is kept.

They are no evidence: of each camera only the newest still and the newest live picture lie here, for a day and for
minutes. The bytes are only measured, never decoded, so a hostile one harms nobody here.
"""

from __future__ import annotations

from datetime import timedelta

STILL = "still"  # under this kind lies the newest that nobody asked for; under ``live`` the newest that somebody did
KEPT = {STILL: timedelta(hours=24), "live": timedelta(minutes=5)}
MOST_SIDE = 1280  # px
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the markers that tell height and width
_BARE = frozenset({0x01, *range(0xD0, 0xDA)})  # markers without a length


def wrong_with(data: bytes) -> str:
    """Say why these bytes are no small JPEG, "" when they look like one."""
    if not data.startswith(b"\xff\xd8\xff") or not data.endswith(b"\xff\xd9"):
        return "the live picture is no JPEG"
    size = _size(data)
    if size is None:
        return "the live picture is a JPEG without a size"
    if not 0 < max(size) <= MOST_SIDE or min(size) == 0:
        return f"the live picture has {size[0]} x {size[1]} px, at most {MOST_SIDE} are taken"
    return ""


def _size(data: bytes) -> tuple[int, int] | None:
    """Width and height that the frame's header tells."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _SIZES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        if marker == 0xDA:
            return None
        at += 2 if marker in _BARE else 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None
