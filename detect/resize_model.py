"""Make a detector for a smaller input of the same weights: ``python -m detect.resize_model IN.onnx SIDE OUT.onnx``.

A YOLOv8 network is convolutional; only its anchor table is written for one input size. This rewrites the table, so a
weak box gets a model of fixed shape that costs a quarter (320 px) without training or exporting anew. It needs no more
than NumPy: a box makes the smaller model itself, from whichever model it was given.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detect.errors import BadModel
from detect.onnx_file import Field, Torn, join, numbers, split, values
from detect.runtimes.files import read

STRIDES = (8, 16, 32)
# Fields of onnx.proto: of a model, a graph, a tensor and a described value.
_GRAPH, _METADATA = 7, 14
_CONSTANT, _INPUT, _OUTPUT, _DESCRIBED = 5, 11, 12, 13
_DIMS, _TYPE, _RAW = 1, 2, 9
_TYPES: dict[int, npt.DTypeLike] = {1: np.float32, 7: np.int64}


def resize(data: bytes, side: int, path: Path) -> bytes:
    """The bytes of the model for ``side`` x ``side`` pixels (a multiple of 32); ``path`` is for the error's text.

    BadModel when the bytes are no such network: what is made must still be tried before it is used.
    """
    if side < STRIDES[-1] or side % STRIDES[-1]:
        raise BadModel(f"{path}: cannot be made for {side} px; take a multiple of {STRIDES[-1]}, such as 320 or 416")
    try:
        model = split(data)
        next(values(model, _GRAPH))  # StopIteration: there is none
        for one in model:
            if one.number == _GRAPH:
                one.value = _graph(one.data, side)
            elif one.number == _METADATA:
                one.value = _metadata(one.data, side)
        return join(model)
    except (Torn, ValueError, StopIteration, IndexError) as error:
        why = str(error) or "parts are missing"
        raise BadModel(f"{path}: no network whose input can be changed ({why}); export it for {side} px") from error


def resized(path: Path, side: int, folder: Path) -> Path:
    """The model of ``path`` for ``side`` px, kept in ``folder`` as the only one there. BadModel, OSError."""
    made = resize(read(path), side, path)
    target = folder / f"{hashlib.sha256(made).hexdigest()[:12]}_{side}.onnx"
    if not target.exists() or target.read_bytes() != made:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        fresh.write_bytes(made)
        fresh.replace(target)
    for other in folder.iterdir():
        if other != target:
            other.unlink()
    return target


def _graph(data: bytes, side: int) -> bytes:
    fields = [one for one in split(data) if one.number != _DESCRIBED]  # they tell the old sizes of what lies between
    (height, width) = _shape(next(values(fields, _INPUT)))[2:]
    if height != width or height % STRIDES[-1]:
        raise ValueError(f"its input is {width} x {height}")
    before, after = _count(height), _count(side)
    if _shape(next(values(fields, _OUTPUT)))[2] != before:
        raise ValueError(f"its output is not one column for each of {before} anchors")
    for one in fields:
        if one.number == _CONSTANT:
            one.value = _constant(one.data, before, after, side)
        elif one.number == _INPUT:
            one.value = _described(one.data, {2: side, 3: side})
        elif one.number == _OUTPUT:
            one.value = _described(one.data, {2: after})
    return join(fields)


def _constant(data: bytes, before: int, after: int, side: int) -> bytes:
    fields = split(data)
    kind = _TYPES.get(numbers(fields, _TYPE)[0])
    raw = b"".join(values(fields, _RAW))
    if kind is None or not raw:
        return data
    new = _rewritten(np.frombuffer(raw, kind).reshape(numbers(fields, _DIMS)), before, after, side)
    if new is None:
        return data
    rest = [one for one in fields if one.number not in {_DIMS, _RAW}]
    return join([*(Field(_DIMS, 0, length) for length in new.shape), *rest, Field(_RAW, 2, new.tobytes())])


def _rewritten(array: npt.NDArray[Any], before: int, after: int, side: int) -> npt.NDArray[Any] | None:
    """The same constant for the other input size; None when it does not depend on it."""
    if array.dtype == np.int64 and before in array:
        return np.where(array == before, after, array)
    if before not in array.shape:
        return None
    rows = [_grid(side // stride) for stride in STRIDES]
    strides = np.concatenate([np.full(row.shape[1], stride) for row, stride in zip(rows, STRIDES, strict=True)])
    table = np.concatenate(rows, axis=1)[None] if array.ndim == 3 else strides[None]
    return table.astype(array.dtype)


def _count(side: int) -> int:
    return sum((side // stride) ** 2 for stride in STRIDES)


def _grid(cells: int) -> npt.NDArray[np.float64]:
    """Centres of ``cells`` x ``cells`` anchors, x above y, row by row."""
    middle = np.arange(cells) + 0.5
    y, x = np.meshgrid(middle, middle, indexing="ij")
    return np.stack([x.ravel(), y.ravel()])


def _shape(value: bytes) -> list[int]:
    """The lengths of a described value: value, type, tensor, shape, one dimension after the other."""
    tensor = next(values(split(next(values(split(value), 2))), 1))
    dims = values(split(next(values(split(tensor), 2))), 1)
    return [numbers(split(one), 1)[0] for one in dims]


def _described(value: bytes, lengths: dict[int, int]) -> bytes:
    """A described value with other lengths at some places."""

    def within(data: bytes, path: tuple[int, ...]) -> bytes:
        fields, place = split(data), 0
        for one in fields:
            if path and one.number == path[0]:
                one.value = within(one.data, path[1:]) if len(path) > 1 else _dimension(one.data, lengths.get(place))
                place += 1
        return join(fields)

    return within(value, (2, 1, 2, 1))


def _dimension(data: bytes, length: int | None) -> bytes:
    return data if length is None else join([Field(1, 0, length)])


def _metadata(data: bytes, side: int) -> bytes:
    fields = split(data)
    if next(values(fields, 1), b"") == b"imgsz":
        fields = [*(one for one in fields if one.number != 2), Field(2, 2, str([side, side]).encode())]
    return join(fields)


def main(source: str, side: int, target: str) -> int:
    Path(target).write_bytes(resize(read(Path(source)), side, Path(source)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
