"""WebM with Opus in it (RFC 8794, RFC 9559), as Chromium and WeChat record: known elements only, one track of sound."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.voice.errors import NoVoice

_HEAD, _DOCTYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER, _GROUP = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675, 0xA0
_SCALE, _TYPE, _CODEC, _TIME, _BLOCK, _IN_GROUP = 0x2AD7B1, 0x83, 0x86, 0xE7, 0xA3, 0xA1
_ENTERED = frozenset({_HEAD, _SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER, _GROUP})
_PASSED = frozenset({
    0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4287, 0x4285,  # versions and limits
    0x4489, 0x4D80, 0x5741, 0x73A4, 0x4461,  # Info: duration, which program, when
    0xD7, 0x73C5, 0x63A2, 0xE1, 0x9C, 0x22B59C, 0x22B59D, 0x536E, 0x56AA, 0x56BB, 0x23E383, 0xB9, 0x88, 0x55AA, 0x6DE7,
    0x6DF8, 0x55EE, 0x258688, 0xAA,  # TrackEntry
    0x9B, 0xFB, 0x75A2, 0xA7, 0xAB,  # Cluster
    0x114D9B74, 0x1C53BB6B, 0x1254C367, 0xEC, 0xBF,  # SeekHead, Cues, Tags, Void, CRC-32
})  # fmt: skip
_NUMBERS = frozenset({_SCALE, _TYPE, _TIME})
_LONGEST_NUMBER = 8  # bytes (RFC 8794, 7.2): a longer one is no number, and reckoning with it a trap
_SOUND = 2
_MILLISECOND = (1_000_000).to_bytes(4, "big")  # in nanoseconds


def seconds(data: bytes) -> float:
    """How long the sound is; ``NoVoice`` for anything but one Opus track from the first byte to the last."""
    elements = list(_elements(data))
    _must(_all(elements, _DOCTYPE) in ([b"webm"], [b"matroska"]), "it is not WebM")
    _must(len(_all(elements, _TRACK)) == 1 and _all(elements, _CODEC) == [b"A_OPUS"], "it is not one track of Opus")
    _must([int.from_bytes(body, "big") for body in _all(elements, _TYPE)] == [_SOUND], "its track is not sound")
    scale = int.from_bytes((_all(elements, _SCALE) or [_MILLISECOND])[0], "big")
    return _last(elements) * scale / 1e9


def _all(elements: list[tuple[int, bytes]], wanted: int) -> list[bytes]:
    return [body for name, body in elements if name == wanted]


def _last(elements: list[tuple[int, bytes]]) -> int:
    """The time of the last block, in the file's own unit."""
    cluster = last = 0
    for name, body in elements:
        if name == _TIME:
            cluster = int.from_bytes(body, "big")
        elif name in (_BLOCK, _IN_GROUP):
            last = max(last, cluster + _offset(body))
    return last


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every element in its order, masters with an empty body; each byte belongs to one of them."""
    at = 0
    while at < len(data):
        name, at = _number(data, at, keep=True)
        size, at = _number(data, at, keep=False)
        if name in _ENTERED:
            yield name, b""
            continue
        known = name in _PASSED or name in (_DOCTYPE, _SCALE, _TYPE, _CODEC, _TIME, _BLOCK, _IN_GROUP)
        _must(known, f"an element {name:x} that no voice note has")
        _must(at + size <= len(data), "an element goes beyond the end")
        _must(name not in _NUMBERS or size <= _LONGEST_NUMBER, "a number that is too long")
        yield name, data[at : at + size]
        at += size


def _number(data: bytes, at: int, *, keep: bool) -> tuple[int, int]:
    """A number of variable length and where it ends."""
    if at >= len(data) or data[at] == 0:
        raise NoVoice(f"no element at byte {at}")
    length = 9 - data[at].bit_length()
    raw = data[at : at + length]
    if len(raw) < length:
        raise NoVoice("it ends within an element")
    value = int.from_bytes(raw, "big")
    return (value if keep else value & ((1 << (7 * length)) - 1)), at + length


def _offset(body: bytes) -> int:
    """The time of a block within its cluster: behind the track's number, signed."""
    _, at = _number(body, 0, keep=False)
    _must(len(body) >= at + 3, "a block without sound")
    return int.from_bytes(body[at : at + 2], "big", signed=True)


def _must(good: bool, why: str) -> None:
    if not good:
        raise NoVoice(why)
