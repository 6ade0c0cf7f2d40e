"""MP4 with AAC or Opus in it (ISO 14496-12), as Safari records: one track of sound, whole or in pieces."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ingest.voice.errors import NoVoice

_TOP = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"sidx", b"mfra"})
_DESCENDED = frozenset({b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"mvex", b"moof", b"traf"})
_CODECS = frozenset({b"mp4a", b"Opus"})
_ENTRY = 8  # version, flags, count
_DEFAULT_DURATION, _BASE, _DESCRIPTION = 0x8, 0x1, 0x2  # flags of tfhd
_OFFSET, _FIRST_FLAGS, _DURATION = 0x1, 0x4, 0x100  # flags of trun
_OF_SAMPLE = (0x100, 0x200, 0x400, 0x800)
_DEEPEST = 8
_HERE = 12  # bytes of a data reference without an address
Boxes = list[tuple[bytes, bytes]]


def seconds(data: bytes) -> float:
    """How long the sound is; ``NoVoice`` for anything but one track of sound from the first byte to the last."""
    boxes = list(_boxes(data, 0))
    if [body[8:12] for name, body in boxes if name == b"hdlr"] != [b"soun"]:
        raise NoVoice("it is not one track of sound")
    codecs = [body[_ENTRY + 4 : _ENTRY + 8] for name, body in boxes if name == b"stsd"]
    if len(codecs) != 1 or codecs[0] not in _CODECS:
        raise NoVoice("its sound is neither AAC nor Opus")
    try:
        if not all(_lies_here(body) for name, body in boxes if name == b"dref"):
            raise NoVoice("its sound lies in another file")
        told = max(_spans(boxes, b"mvhd"), default=0.0)
        return told or _pieces(boxes) / max(1, next(_scales(boxes, b"mdhd"), 0))
    except struct.error as fault:
        raise NoVoice("a box is too short") from fault


def _boxes(data: bytes, depth: int) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        if len(data) - at < 8 or depth > _DEEPEST:
            raise NoVoice("it ends within a box")
        size, name = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data) or (depth == 0 and name not in _TOP):
            raise NoVoice(f"no box of a voice note at byte {at}")
        body = data[at + 8 : at + size]
        yield name, body
        if name in _DESCENDED:
            yield from _boxes(body, depth + 1)
        at += size


def _lies_here(body: bytes) -> bool:
    """Whether every data reference means this very file; a player would fetch any other, and so tell who listens."""
    count, at = int(struct.unpack_from(">I", body, 4)[0]), 8
    for _ in range(count):
        size, flags = struct.unpack_from(">I4xI", body, at)
        if size != _HERE or not flags & 1:
            return False
        at += size
    return at == len(body)


def _spans(boxes: Boxes, wanted: bytes) -> Iterator[float]:
    for name, body in boxes:
        if name == wanted:
            form, at, unknown = (">IQ", 20, 2**64 - 1) if body[:1] == b"\1" else (">II", 12, 2**32 - 1)
            scale, duration = struct.unpack_from(form, body, at)
            yield 0.0 if duration == unknown else duration / max(1, scale)


def _scales(boxes: Boxes, wanted: bytes) -> Iterator[int]:
    for name, body in boxes:
        if name == wanted:
            yield int(struct.unpack_from(">I", body, 20 if body[:1] == b"\1" else 12)[0])


def _pieces(boxes: Boxes) -> int:
    """The samples of all fragments, in the unit of the track."""
    usual = next((struct.unpack_from(">I", body, 12)[0] for name, body in boxes if name == b"trex"), 0)
    default, total = usual, 0
    for name, body in boxes:
        if name == b"tfhd":
            default = _default(body) or usual
        elif name == b"trun":
            total += _run(body, default)
    return total


def _default(body: bytes) -> int:
    flags = int.from_bytes(body[1:4], "big")
    if not flags & _DEFAULT_DURATION:
        return 0
    at = 8 + (8 if flags & _BASE else 0) + (4 if flags & _DESCRIPTION else 0)
    return int(struct.unpack_from(">I", body, at)[0])


def _run(body: bytes, default: int) -> int:
    flags, count = int.from_bytes(body[1:4], "big"), int(struct.unpack_from(">I", body, 4)[0])
    if not flags & _DURATION:
        return count * default
    step = 4 * sum(1 for one in _OF_SAMPLE if flags & one)
    at = 8 + (4 if flags & _OFFSET else 0) + (4 if flags & _FIRST_FLAGS else 0)
    if at + count * step > len(body):
        raise NoVoice("a run goes beyond its box")
    return sum(int.from_bytes(body[at + n * step : at + n * step + 4], "big") for n in range(count))
