"""Make the shipped 640 x 640 detector a 320 x 320 one: same weights, same layers, half the side.

Needed because one model ships and its input shape is fixed, while a Raspberry Pi class box would run 320. A detector of
this family (YOLOv8) is convolutional up to its head, where the positions of the 8,400 anchors stand as constants; these
are cut to the 2,100 anchors of half the side, and the shapes that name either number are changed. The ONNX file is
edited as the protobuf that it is, so that no model tool-chain is needed. For timing only: nobody trained it at 320.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping

import numpy as np

SIDE, HALF = 640, 320
STRIDES = (8, 16, 32)
ANCHORS = sum((SIDE // stride) ** 2 for stride in STRIDES)
FEWER = sum((HALF // stride) ** 2 for stride in STRIDES)
SIZES = {SIDE: HALF, ANCHORS: FEWER}

_GRAPH, _INITIALIZER, _INPUT, _OUTPUT, _VALUE_INFO = 7, 5, 11, 12, 13
_FLOAT, _INT64 = 1, 7

Edit = Callable[[bytes], bytes]


class NotThisFamily(ValueError):
    """The model is not the kind that can be cut; the text says what is missing."""


def half_side(model: bytes) -> bytes:
    """Return the model for half the side; ``NotThisFamily`` when its anchors do not stand as constants."""
    changed: list[str] = []

    def graph(data: bytes) -> bytes:
        kept = b"".join(_field(n, w, v) for n, w, v in _fields(data) if n != _VALUE_INFO)  # shapes inferred anew
        return _edit(kept, {_INITIALIZER: lambda one: _tensor(one, changed), _INPUT: _shape, _OUTPUT: _shape})

    result = _edit(model, {_GRAPH: graph})
    if len(changed) < 3:
        raise NotThisFamily(f"only {len(changed)} constants name {ANCHORS} anchors; export a YOLOv8 detector at {SIDE}")
    return result


def _tensor(data: bytes, changed: list[str]) -> bytes:
    """Cut one constant: floats along their last axis, whole numbers by value; others pass."""
    parts = list(_fields(data))
    dims = [size for n, w, v in parts if n == 1 for size in _numbers(w, v)]
    kind = next(v for n, _, v in parts if n == 2)
    raw = next((v for n, _, v in parts if n == 9), b"")
    assert isinstance(raw, bytes)
    if kind == _FLOAT and dims and dims[-1] == ANCHORS:
        raw, dims = _cut(raw, dims)
    elif kind == _INT64 and ANCHORS in (values := struct.unpack(f"<{len(raw) // 8}q", raw)):
        raw = struct.pack(f"<{len(values)}q", *(SIZES.get(value, value) for value in values))
    else:
        return data
    changed.append("constant")
    head = b"".join(_field(1, 0, size) for size in dims)
    return head + b"".join(_field(n, w, v) for n, w, v in parts if n not in {1, 9}) + _field(9, 2, raw)


def _cut(raw: bytes, dims: list[int]) -> tuple[bytes, list[int]]:
    """Keep the anchors of the upper left quarter of each level's grid: they are the whole grid of half the side."""
    values = np.frombuffer(raw, "<f4").reshape(-1, ANCHORS)
    kept, start = [], 0
    for stride in STRIDES:
        side = SIDE // stride
        grid = values[:, start : start + side * side].reshape(-1, side, side)
        kept.append(grid[:, : side // 2, : side // 2].reshape(len(values), -1))
        start += side * side
    return np.concatenate(kept, axis=1).tobytes(), [*dims[:-1], FEWER]


def _shape(value_info: bytes) -> bytes:
    """Change the sizes in a named value's type: type, tensor, shape, dimension, value."""

    def dimension(data: bytes) -> bytes:
        return b"".join(_field(n, w, SIZES.get(v, v) if isinstance(v, int) else v) for n, w, v in _fields(data))

    def path(data: bytes, steps: tuple[int, ...]) -> bytes:
        if not steps:
            return dimension(data)
        return _edit(data, {steps[0]: lambda inner: path(inner, steps[1:])})

    return path(value_info, (2, 1, 2, 1))


def _edit(data: bytes, edits: Mapping[int, Edit]) -> bytes:
    """Rewrite the parts of a message whose field numbers are named."""
    return b"".join(
        _field(n, w, edits[n](v) if n in edits and isinstance(v, bytes) else v) for n, w, v in _fields(data)
    )


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Field number, wire type and value of each part of a protobuf message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        size = {1: 8, 5: 4}.get(wire)
        if size is None:
            size, at = _varint(data, at)
        yield number, wire, data[at : at + size]
        at += size


def _field(number: int, wire: int, value: int | bytes) -> bytes:
    key = _as_varint(number << 3 | wire)
    if isinstance(value, int):
        return key + _as_varint(value)
    return key + (_as_varint(len(value)) if wire == 2 else b"") + value


def _numbers(wire: int, value: int | bytes) -> Iterator[int]:
    if isinstance(value, int):
        yield value
        return
    at = 0
    while wire == 2 and at < len(value):
        one, at = _varint(value, at)
        yield one


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _as_varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)
