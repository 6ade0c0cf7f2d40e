"""Milesight frames: a chain of channel id, channel type, value (little-endian). The ids differ from model to model.

Source of the tables: the channel tables of the vendor's published decoder pages for each model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from broker.decoders import BadFrame, Measured

LONGEST = 1_024  # bytes; a LoRaWAN frame has at most 242, a cellular one with its memory some hundred
_NO_DISTANCE = 0xFFFD  # and above: out of range, switched off, fault
_NO_TEMPERATURE = 0xFFFE  # and above, of the radar sensor
_DEAREST, _COLDEST, _HOTTEST = 100, -60.0, 300.0

Channel = tuple[int, int]  # id and type
Read = Callable[[bytes, Measured], Measured]


class Model(StrEnum):
    """The sensors whose frames are known."""

    EM310_UDL = "em310-udl"
    EM400_MUD = "em400-mud"
    EM410_RDL = "em410-rdl"
    EM500_UDL = "em500-udl"


@dataclass(frozen=True, slots=True)
class Field:
    """How long a channel's value is (bytes), and how it is read; without ``read`` it is passed over."""

    size: int
    read: Read | None = None
    history: bool = False  # a record of its own, with its time


def decode(model: Model, frame: bytes, *, cumulative: bool = False) -> tuple[Measured, ...]:
    """Return the records of a frame, the oldest first; a frame about the device itself gives none.

    ``cumulative``: the frame holds several readings one after another, each beginning where the channel id falls.
    """
    if len(frame) > LONGEST:
        raise BadFrame(f"a frame of {len(frame)} bytes; the longest known has {LONGEST}")
    past: list[Measured] = []
    present = Measured()
    last = 0
    for channel, value, offset in _chain(model, frame):
        field = _FIELDS[model][channel]
        low = channel[0] & 0x0F
        if cumulative and low <= last:
            past.append(present)
            present = Measured()
        last = low
        if field.read is None:
            continue
        try:
            seen = field.read(value, Measured() if field.history else present)
        except ValueError as problem:
            raise _bad(f"{problem}", channel, offset, model) from problem
        if field.history:
            past.append(seen)
        else:
            present = seen
    told = [one for one in (*past, present) if one.says_something]
    return tuple(sorted(told, key=lambda one: (one.at is None, one.at.timestamp() if one.at else 0.0)))


def _chain(model: Model, frame: bytes) -> Iterator[tuple[Channel, bytes, int]]:
    """Yield channel, value and the offset of the channel's id."""
    offset = 0
    while offset < len(frame):
        if offset + 2 > len(frame):
            raise BadFrame(f"the {model} frame ends inside a channel at byte {offset}", offset=offset)
        channel = (frame[offset], frame[offset + 1])
        field = _FIELDS[model].get(channel)
        if field is None:
            raise _bad("is unknown", channel, offset, model)
        value = frame[offset + 2 : offset + 2 + field.size]
        if len(value) < field.size:
            raise _bad(f"has {len(value)} bytes of {field.size}", channel, offset, model)
        yield channel, value, offset
        offset += 2 + field.size


def _bad(what: str, channel: Channel, offset: int, model: Model) -> BadFrame:
    name = f"{channel[0]:02X} {channel[1]:02X}"
    words = f"channel {name} at byte {offset} of this {model} frame {what}; check the sensor's model in the settings"
    return BadFrame(words, channel=name, offset=offset)


def _unsigned(value: bytes) -> int:
    return int.from_bytes(value, "little")


def _battery(value: bytes, so_far: Measured) -> Measured:
    if value[0] > _DEAREST:
        raise ValueError(f"says a battery of {value[0]} %")
    return replace(so_far, battery_percent=value[0])


def _temperature(value: bytes, so_far: Measured) -> Measured:
    degrees = int.from_bytes(value[:2], "little", signed=True) / 10
    if not _COLDEST <= degrees <= _HOTTEST:
        raise ValueError(f"says {degrees} °C")
    return replace(so_far, temperature_c=degrees)


def _radar_temperature(value: bytes, so_far: Measured) -> Measured:
    return so_far if _unsigned(value[:2]) >= _NO_TEMPERATURE else _temperature(value, so_far)


def _distance(value: bytes, so_far: Measured) -> Measured:
    millimetres = _unsigned(value[:2])
    return replace(so_far, distance_mm=None if millimetres >= _NO_DISTANCE else millimetres)


def _position(value: bytes, so_far: Measured) -> Measured:
    if value[0] > 1:
        raise ValueError(f"says position {value[0]}, which is neither upright (0) nor tilted (1)")
    return replace(so_far, tilted=value[0] == 1)


def _dated(value: bytes, so_far: Measured) -> Measured:
    return replace(so_far, at=datetime.fromtimestamp(_unsigned(value[:4]), UTC))


def _ultrasonic_past(value: bytes, so_far: Measured) -> Measured:
    return _distance(value[4:], _dated(value, so_far))


def _radar_past(value: bytes, so_far: Measured) -> Measured:
    dated = _radar_temperature(value[6:], _distance(value[4:], _dated(value, so_far)))
    return replace(dated, tilted=bool(value[10] >> 6 & 1))


# About the device: protocol, hardware, firmware and product versions, serial number, class, restart, power.
_ABOUT: Mapping[Channel, Field] = {
    (0xFF, 0x01): Field(1), (0xFF, 0x09): Field(2), (0xFF, 0x0A): Field(2), (0xFF, 0xFF): Field(2),
    (0xFF, 0x16): Field(8), (0xFF, 0x0F): Field(1), (0xFF, 0xFE): Field(1), (0xFF, 0x0B): Field(1),
}  # fmt: skip


def _replies(sizes: Mapping[int, int]) -> dict[Channel, Field]:
    """Answers to what somebody set on the sensor, by their type and size; they measure nothing."""
    return {(channel, kind): Field(size) for channel in (0xFE, 0xFF) for kind, size in sizes.items()}


_FIELDS: Mapping[Model, Mapping[Channel, Field]] = {
    Model.EM310_UDL: {
        **_replies({0x02: 2, 0x03: 2, 0x06: 9, 0x10: 1}), **_ABOUT,
        (0x01, 0x75): Field(1, _battery), (0x03, 0x82): Field(2, _distance), (0x04, 0x00): Field(1, _position),
    },
    Model.EM400_MUD: {
        **_replies({
            0x02: 2, 0x03: 2, 0x06: 9, 0x10: 1, 0x13: 1, 0x1C: 2, 0x28: 1, 0x3E: 1, 0x4A: 1, 0x56: 1, 0x70: 2,
            0x71: 1, 0x77: 2,
        }), **_ABOUT,
        (0x01, 0x75): Field(1, _battery), (0x03, 0x67): Field(2, _temperature), (0x04, 0x82): Field(2, _distance),
        (0x05, 0x00): Field(1, _position),
        # Where it is (cellular only). The vendor's two descriptions give the coordinates in opposite orders, and the
        # registry knows where a bin stands: passed over.
        (0x06, 0x88): Field(9),
        (0x83, 0x67): Field(3, _temperature), (0x84, 0x82): Field(3, _distance),
    },
    Model.EM410_RDL: {
        **_ABOUT,
        (0x01, 0x75): Field(1, _battery), (0x03, 0x67): Field(2, _radar_temperature),
        (0x04, 0x82): Field(2, _distance), (0x05, 0x00): Field(1, _position), (0x06, 0xC7): Field(2),
        (0x84, 0x82): Field(3, _distance), (0x94, 0x82): Field(5, _distance), (0xB4, 0x82): Field(3, _distance),
        (0x20, 0xCE): Field(11, _radar_past, history=True),
    },
    Model.EM500_UDL: {
        **_ABOUT,
        (0x01, 0x75): Field(1, _battery), (0x03, 0x82): Field(2, _distance), (0x83, 0xE9): Field(5, _distance),
        (0x20, 0xCE): Field(6, _ultrasonic_past, history=True),
    },
}  # fmt: skip
