"""An ONNX file as nested lists of fields, without the onnx package: read its metadata, change a constant, write it.

Only the protobuf wire format is known here (varint, 8 bytes, length and bytes, 4 bytes); which field means what is in
``onnx.proto``. Fields nobody touches are kept byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from detect.errors import BadModel

_VARINT, _LONG, _BYTES, _SHORT = 0, 1, 2, 5
_MODEL_METADATA = 14


class Torn(ValueError):
    """The bytes are no protobuf message."""


@dataclass(slots=True)
class Field:
    """One field: its number, its wire type, and a varint's value or the bytes of anything else."""

    number: int
    wire: int
    value: int | bytes

    @property
    def data(self) -> bytes:
        """Its bytes; Torn when it is a number."""
        if isinstance(self.value, bytes):
            return self.value
        raise Torn(f"field {self.number} holds a number where bytes are expected")


def split(data: bytes) -> list[Field]:
    """The fields of a message in their order; Torn when the bytes are none."""
    return list(_fields(data))


def join(fields: list[Field]) -> bytes:
    """The message of ``fields``."""
    return b"".join(map(_packed, fields))


def values(fields: list[Field], number: int) -> Iterator[bytes]:
    """The bytes of every field of this number."""
    return (one.data for one in fields if one.number == number)


def numbers(fields: list[Field], number: int) -> list[int]:
    """Every signed number of a repeated field, packed or not."""
    found: list[int] = []
    for one in fields:
        if one.number == number:
            found += [one.value] if isinstance(one.value, int) else unpacked(one.value)
    return [_signed(one) for one in found]


def unpacked(data: bytes) -> list[int]:
    """The varints of a packed field."""
    found, place = [], 0
    while place < len(data):
        value, place = _varint(data, place)
        found.append(value)
    return found


def metadata(data: bytes, path: Path) -> dict[str, str]:
    """The metadata of a model's bytes; BadModel when they are no ONNX model. ``path`` is for the error's text."""
    try:
        table = {}
        for entry in values(split(data), _MODEL_METADATA):
            pair = split(entry)
            key, value = next(values(pair, 1), b""), next(values(pair, 2), b"")
            table[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
    except Torn as error:
        raise BadModel(f"{path}: not an ONNX model ({error}); copy the file again") from error
    return table


def _fields(data: bytes) -> Iterator[Field]:
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield Field(number, wire, value)
            continue
        if wire == _BYTES:
            length, place = _varint(data, place)
        elif wire in {_LONG, _SHORT}:
            length = 8 if wire == _LONG else 4
        else:
            raise Torn(f"no such kind of field: {wire}")
        if place + length > len(data):
            raise Torn("the file is cut off")
        yield Field(number, wire, data[place : place + length])
        place += length


def _packed(field: Field) -> bytes:
    tag = varint(field.number << 3 | field.wire)
    if isinstance(field.value, int):
        return tag + varint(field.value)
    return tag + (varint(len(field.value)) if field.wire == _BYTES else b"") + field.value


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 70:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value & (1 << 64) - 1, place
    raise Torn("the file is cut off")


def varint(value: int) -> bytes:
    """A number as protobuf writes it; negative ones take ten bytes."""
    value &= (1 << 64) - 1
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
