"""Make a detector for a smaller input of the same weights: ``python -m detect.resize_model IN.onnx SIDE OUT.onnx``.

A YOLOv8 network is convolutional; only its anchor table is written for one input size. This rewrites the table, so a
weak box gets a model of fixed shape that costs a quarter (320 px) without training or exporting anew. Needs the
``train`` extra (onnx); nothing of the running system imports it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

STRIDES = (8, 16, 32)


def resize(model: Any, side: int) -> Any:
    """Rewrite a loaded ONNX model in place for ``side`` x ``side`` pixels (a multiple of 32); returns it."""
    if side % STRIDES[-1]:
        raise ValueError(f"{side} is not a multiple of {STRIDES[-1]}; take 320, 416, 480 or 640")
    arrays = import_module("onnx.numpy_helper")
    dimensions = model.graph.input[0].type.tensor_type.shape.dim
    before, after = _count(dimensions[2].dim_value), _count(side)
    for one in model.graph.initializer:
        new = _rewritten(arrays.to_array(one), before, after, side)
        if new is not None:
            one.CopyFrom(arrays.from_array(new, one.name))
    for dimension in dimensions[2:]:
        dimension.dim_value = side
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = after
    del model.graph.value_info[:]
    for entry in model.metadata_props:
        if entry.key == "imgsz":
            entry.value = str([side, side])
    return model


def _count(side: int) -> int:
    return sum((side // stride) ** 2 for stride in STRIDES)


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


def _grid(cells: int) -> npt.NDArray[np.float64]:
    """Centres of ``cells`` x ``cells`` anchors, x above y, row by row."""
    middle = np.arange(cells) + 0.5
    y, x = np.meshgrid(middle, middle, indexing="ij")
    return np.stack([x.ravel(), y.ravel()])


def main(source: str, side: int, target: str) -> int:
    onnx = import_module("onnx")
    model = resize(onnx.load(source), side)
    onnx.checker.check_model(model)
    onnx.save(model, target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
