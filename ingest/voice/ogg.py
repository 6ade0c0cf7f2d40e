"""Ogg with Opus in it (RFC 3533, RFC 7845), as Firefox records: pages, one stream, nothing beside them."""

from __future__ import annotations

import struct

from ingest.voice.errors import NoVoice

_PAGE = struct.Struct("<4sBBqIIIB")
_RATE = 48_000  # granules of Opus a second, whatever was recorded
_FIRST = 2


def seconds(data: bytes) -> float:
    """How long the sound is; ``NoVoice`` for anything but one Opus stream from the first byte to the last."""
    at, stream, last, number, skip = 0, -1, 0, 0, 0
    while at < len(data):
        if len(data) - at < _PAGE.size:
            raise NoVoice("it ends within a page")
        mark, version, flags, granule, serial, _, _, count = _PAGE.unpack_from(data, at)
        table = data[at + _PAGE.size : at + _PAGE.size + count]
        body = at + _PAGE.size + count
        end = body + sum(table)
        if mark != b"OggS" or version or len(table) < count or end > len(data):
            raise NoVoice(f"no page at byte {at}")
        skip = _begun(data[body:end], number, flags) or skip
        if stream not in (-1, serial):
            raise NoVoice("more than one stream")
        stream, last, at, number = serial, max(last, granule), end, number + 1
    return max(0, last - skip) / _RATE


def _begun(body: bytes, number: int, flags: int) -> int:
    """Look at the first two pages, which say what the stream is; returns the samples that are skipped, or 0."""
    if number == 0 and (not flags & _FIRST or not body.startswith(b"OpusHead") or len(body) < 19):
        raise NoVoice("it is not Opus")
    if number == 1 and not body.startswith(b"OpusTags"):
        raise NoVoice("it has no tags of Opus")
    return int.from_bytes(body[10:12], "little") if number == 0 else 0
