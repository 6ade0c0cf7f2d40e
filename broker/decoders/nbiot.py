"""The cellular (NB-IoT) frame of Milesight sensors: who speaks, how well it is heard, then the sensor's own chain.

Big-endian header of 86 bytes: start 02, id 0001, length of what follows (2), flag, counter (2), protocol, software (4)
and hardware (4) version, serial number (16), IMEI (15), IMSI (15), ICCID (20), all ASCII, signal (CSQ), data length
(2). Source: the vendor's published frame table and its two samples.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from broker.decoders import BadFrame, Measured
from broker.decoders.milesight import LONGEST, Model, decode

_HEAD = struct.Struct(">BHHBHB4s4s16s15s15s20sBH")
_START, _ID, _UNCOUNTED = 2, 1, 5  # the length counts what stands after start, id and itself
_UNKNOWN_CSQ = 99
_BEST_CSQ = 31


@dataclass(frozen=True, slots=True)
class CellularFrame:
    """What one frame says. ``records`` are the oldest first; the last is the present one unless it has its own time.

    Where several records have no time (the sensor collects and sends together), they are one collecting interval
    apart; the frame does not say how long that is. That they stand in the order of collecting is taken for granted:
    the vendor's pages do not say it, and no sensor was met.
    """

    imei: str
    serial: str
    counter: int
    rssi_dbm: float | None
    records: tuple[Measured, ...]


def decode_cellular(model: Model, frame: bytes) -> CellularFrame:
    """Read a frame; ``BadFrame`` for anything else, with the byte offset in the whole frame."""
    imei_of(frame)  # the head is one
    _, _, length, _, counter, _, _, _, serial, imei, _, _, csq, size = _HEAD.unpack_from(frame)
    if length != len(frame) - _UNCOUNTED:
        raise BadFrame(f"the head counts {length} bytes after byte 5, there are {len(frame) - _UNCOUNTED}", offset=3)
    if size != len(frame) - _HEAD.size:
        raise BadFrame(f"the head counts {size} bytes of data, there are {len(frame) - _HEAD.size}", offset=84)
    if csq > _BEST_CSQ and csq != _UNKNOWN_CSQ:
        raise BadFrame(f"a signal of {csq} at byte 83; it is 0 to 31, or 99", offset=83)
    try:
        records = decode(model, frame[_HEAD.size :], cumulative=model is Model.EM400_MUD)
    except BadFrame as problem:
        at = None if problem.offset is None else problem.offset + _HEAD.size
        raise BadFrame(f"after {_HEAD.size} bytes of head: {problem}", channel=problem.channel, offset=at) from problem
    rssi = None if csq == _UNKNOWN_CSQ else -113.0 + 2 * csq
    return CellularFrame(_ascii(imei, 33), _ascii(serial, 17), counter, rssi, records)


def imei_of(frame: bytes) -> str:
    """Who sent a frame, before it is known what the sensor is; ``BadFrame`` when it has no such head."""
    if not _HEAD.size <= len(frame) <= _HEAD.size + LONGEST:
        raise BadFrame(f"{len(frame)} bytes; a cellular frame has {_HEAD.size} to {_HEAD.size + LONGEST}")
    start, identity, *_ = _HEAD.unpack_from(frame)
    if (start, identity) != (_START, _ID):
        raise BadFrame(f"begins with {frame[:3].hex(' ')}, a cellular frame with 02 00 01", offset=0)
    return _ascii(frame[33:48], 33)


def _ascii(raw: bytes, offset: int) -> str:
    text = raw.decode("ascii", "replace").rstrip("\0 ")
    if not text.isalnum() or not text.isascii():
        raise BadFrame(f"letters and digits are expected from byte {offset}, there is {raw.hex()}", offset=offset)
    return text
