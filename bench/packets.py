"""The few MQTT 5 packets that a load needs, as bytes: made from templates and cut out of what came in.

A measuring tool, not a client: ``broker/link.py`` is the link that programs use. Here every microsecond counts, for the
load runs on the cores that it measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

CONNACK, PUBLISH, PUBACK, SUBACK, DISCONNECT = 2, 3, 4, 9, 14  # the high half of a packet's first byte
LARGEST = 1 << 20  # bytes of a packet that a load takes
REFUSED = 0x80  # reason codes from here on are refusals
KEEPALIVE_S = 60_000  # a load is over long before, so it never pings

_HEAD = Struct(">HBBH").pack  # packet id, length of the properties, correlation data, its length
_CORRELATION = 0x09
_ASK_PROBLEMS = bytes((0x17, 0))  # "request problem information: no": an acknowledgement is four or five bytes
_RECEIVE_MAXIMUM = 0x21
# CONNACK's properties by the size of their values; strings, binary data and pairs carry their own length.
_SIZES = {0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1}
_TEXTS = {0x12: 1, 0x15: 1, 0x16: 1, 0x1A: 1, 0x1C: 1, 0x1F: 1, 0x26: 2}


class BadPacket(ValueError):
    """These bytes are no MQTT 5 packet that a load can expect; the text says which part."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A PUBLISH that came in; ``packet_id`` is 0 when it wants no acknowledgement."""

    packet_id: int
    payload: bytes


def length(count: int) -> bytes:
    """A remaining length (0 to 268,435,455) as MQTT writes it."""
    if count < 128:
        return bytes((count,))
    if count < 16_384:
        return bytes((count & 127 | 128, count >> 7))
    return bytes((count & 127 | 128,)) + length(count >> 7)


def text(words: str) -> bytes:
    """A string with its length before it."""
    raw = words.encode()
    return len(raw).to_bytes(2, "big") + raw


def connect(client_id: str) -> bytes:
    """A clean start without a will, a user or a password."""
    properties = length(len(_ASK_PROBLEMS)) + _ASK_PROBLEMS
    body = text("MQTT") + bytes((5, 2)) + KEEPALIVE_S.to_bytes(2, "big") + properties + text(client_id)
    return b"\x10" + length(len(body)) + body


def subscribe(packet_id: int, topic: str) -> bytes:
    """One topic at QoS 1, nothing that was retained before (retain handling 2)."""
    body = packet_id.to_bytes(2, "big") + b"\x00" + text(topic) + b"\x21"
    return b"\x82" + length(len(body)) + body


def publish(topic: bytes, packet_id: int, correlation: bytes, payload: bytes) -> bytes:
    """A PUBLISH at QoS 1; ``topic`` as ``text`` gives it, ``correlation`` of 16 bytes."""
    size = len(topic) + 22 + len(payload)
    return b"".join((
        b"\x32", length(size), topic, _HEAD(packet_id, 19, _CORRELATION, 16), correlation, payload,
    ))  # fmt: skip


def puback(packet_id: int) -> bytes:
    """The acknowledgement of a PUBLISH."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def split(held: bytearray) -> list[tuple[int, bytes]]:
    """Cut all whole packets off the front of ``held``: (first byte, body). ``BadPacket`` when it is no MQTT."""
    packets, start, end = [], 0, len(held)
    while end - start >= 2:
        size, body = held[start + 1], start + 2
        if size > 127:
            found = _length_at(held, start + 1)
            if found is None:
                break
            size, body = found
            if size > LARGEST:
                raise BadPacket(f"a packet of {size} bytes; a load takes {LARGEST}")
        if body + size > end:
            break
        packets.append((held[start], bytes(held[body : body + size])))
        start = body + size
    del held[:start]
    return packets


def receive_maximum(body: bytes) -> int:
    """How many unacknowledged messages a CONNACK grants; ``BadPacket`` when it is a refusal or broken."""
    if len(body) < 2:
        raise BadPacket("a CONNACK of less than two bytes")
    if body[1] >= REFUSED:
        raise BadPacket(f"the broker refused the connection with reason code 0x{body[1]:02x}")
    found = _length_at(body, 2) if len(body) > 2 else (0, 2)
    if found is None or found[0] != len(body) - found[1]:
        raise BadPacket("a CONNACK whose properties have another length than they say")
    return _receive_maximum(body, found[1])


def acknowledged(body: bytes) -> int:
    """The packet id of a PUBACK; ``BadPacket`` when the broker refused the message."""
    if len(body) < 2:
        raise BadPacket("a PUBACK without a packet id")
    if len(body) > 2 and body[2] >= REFUSED:
        raise BadPacket(f"the broker refused a message with reason code 0x{body[2]:02x}")
    return body[0] << 8 | body[1]


def granted(body: bytes) -> None:
    """Check a SUBACK for one topic; ``BadPacket`` when it was refused."""
    if len(body) < 4:
        raise BadPacket("a SUBACK that answers nothing")
    if body[-1] >= REFUSED:
        raise BadPacket(f"the broker refused the subscription with reason code 0x{body[-1]:02x}")


def delivered(first: int, body: bytes) -> Delivered:
    """Read a PUBLISH; ``BadPacket`` when its parts reach beyond its end."""
    at = 2 + int.from_bytes(body[:2], "big")
    packet_id = 0
    if first & 0b110:
        packet_id, at = int.from_bytes(body[at : at + 2], "big"), at + 2
    found = _length_at(body, at)
    if found is None or found[0] + found[1] > len(body):
        raise BadPacket("a PUBLISH that is shorter than its topic and properties say")
    return Delivered(packet_id, body[found[0] + found[1] :])


def _length_at(held: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """The variable length at ``at`` and where it ends; None while it is cut off, ``BadPacket`` after four bytes."""
    value = 0
    for place in range(4):
        if at + place >= len(held):
            return None
        byte = held[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise BadPacket("a length of more than four bytes")


def _receive_maximum(body: bytes, at: int) -> int:
    while at < len(body):
        name, at = body[at], at + 1
        if name == _RECEIVE_MAXIMUM and at + 2 <= len(body):
            return max(1, int.from_bytes(body[at : at + 2], "big"))
        if name in _TEXTS:
            for _ in range(_TEXTS[name]):
                at += 2 + int.from_bytes(body[at : at + 2], "big")
        elif name in _SIZES:
            at += _SIZES[name]
        else:
            raise BadPacket(f"a CONNACK with the unknown property 0x{name:02x}")
    return 65_535
