"""Tiny ONNX models made here byte by byte: whole ones, and ones that are wrong in one way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from detect.onnx_file import Field, join
from tests.detect.train.conftest import a_data_set

NAMES = ("garbage", "garbage_bin", "overflow", "person", "vehicle")
SIDE = 64
ANCHORS = 84
_FLOAT = 1


def a_model(
    path: Path,
    *,
    names: tuple[str, ...] | str = NAMES,
    rows: int | None = None,
    score: float = 0.0,
    side: int | str = SIDE,
) -> Path:
    """Write a model that finds one thing in any picture: every anchor says the middle, with ``score`` for class 0."""
    labels = repr(dict(enumerate(names))) if isinstance(names, tuple) else names
    height = rows if rows is not None else 4 + len(names)
    table = np.zeros((1, height, ANCHORS), np.float32)
    table[0, :4], table[0, 4:5] = SIDE / 2, score
    graph = [
        _node("ReduceMean", ["images"], "mean", _ints("axes", [1, 2, 3]), _int("keepdims", 0)),
        _node("Mul", ["mean", "zero"], "nothing"),
        _node("Add", ["nothing", "table"], "output0"),
        _text(2, "tiny"),
        _bytes(5, _tensor("zero", np.zeros(1, np.float32))),
        _bytes(5, _tensor("table", table)),
        _bytes(11, _value("images", [1, 3, side, side])),
        _bytes(12, _value("output0", [1, height, ANCHORS])),
    ]
    metadata = join([_text(1, "names"), _text(2, labels)])
    opset = join([_text(1, ""), Field(2, 0, 13)])
    path.write_bytes(join([Field(1, 0, 8), _bytes(7, join(graph)), _bytes(8, opset), _bytes(14, metadata)]))
    return path


def a_labelled_set(folder: Path, count: int) -> Path:
    """A data set whose every picture is labelled with what ``a_model`` finds: garbage in the middle."""
    a_data_set(folder, count)
    for label in (folder / "labels").iterdir():
        label.write_text("0 0.5 0.5 0.5 0.5\n", encoding="utf-8")
    return folder


def _node(kind: str, inputs: list[str], output: str, *attributes: bytes) -> Field:
    given = [_text(1, one) for one in inputs]
    return _bytes(1, join([*given, _text(2, output), _text(4, kind), *(_bytes(5, one) for one in attributes)]))


def _int(name: str, value: int) -> bytes:
    return join([_text(1, name), Field(3, 0, value), Field(20, 0, 2)])


def _ints(name: str, values: list[int]) -> bytes:
    return join([_text(1, name), *(Field(8, 0, one) for one in values), Field(20, 0, 7)])


def _tensor(name: str, array: npt.NDArray[np.float32]) -> bytes:
    dims = [Field(1, 0, side) for side in array.shape]
    return join([*dims, Field(2, 0, _FLOAT), _text(8, name), _bytes(9, array.tobytes())])


def _value(name: str, shape: list[int | str]) -> bytes:
    dims = [_bytes(1, join([_text(2, one) if isinstance(one, str) else Field(1, 0, one)])) for one in shape]
    tensor = join([Field(1, 0, _FLOAT), _bytes(2, join(dims))])
    return join([_text(1, name), _bytes(2, join([_bytes(1, tensor)]))])


def _text(number: int, text: str) -> Field:
    return _bytes(number, text.encode())


def _bytes(number: int, data: bytes) -> Field:
    return Field(number, 2, data)
