"""The same detector with whole numbers inside: a third faster on a CPU. Needs onnx (the ``train`` extra).

The head stays in floats: its scores and its distances share a tensor, and one scale for both would wipe out the scores.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from detect.finder import Picture, fit
from detect.frames import read_picture
from detect.runtimes.opening import GREY

_BLOCK = re.compile(r"^/model\.(\d+)/")


class _Pictures(CalibrationDataReader):  # type: ignore[misc]
    """Real pictures laid into the model's input as the finder lays them."""

    def __init__(self, model: onnx.ModelProto, pictures: Sequence[Path]) -> None:
        entry = model.graph.input[0]
        self._name, self._side = entry.name, entry.type.tensor_type.shape.dim[2].dim_value
        self._pictures = iter(pictures)

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        path = next(self._pictures, None)
        return None if path is None else {self._name: _laid(read_picture(path), self._side)}


def _laid(picture: Picture, side: int) -> npt.NDArray[np.float32]:
    place = fit(picture.shape[1], picture.shape[0], side, side)
    canvas = np.full((side, side, 3), GREY, np.uint8)
    inner = canvas[place.top : place.top + place.inner_height, place.left : place.left + place.inner_width]
    inner[:] = cv2.resize(picture, (place.inner_width, place.inner_height))
    return np.ascontiguousarray(canvas[None, ..., ::-1].transpose(0, 3, 1, 2), np.float32) / np.float32(255)


def quantize(source: Path, target: Path, pictures: Sequence[Path]) -> None:
    """Write ``target``: QDQ int8 of the fp32 export ``source``, scales settled on ``pictures``, metadata kept."""
    with TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready), str(target), _Pictures(onnx.load(str(source)), pictures), quant_format=QuantFormat.QDQ,
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            nodes_to_exclude=head(onnx.load(str(ready))),
        )  # fmt: skip
    made, metadata = onnx.load(str(target)), onnx.load(str(source)).metadata_props
    del made.metadata_props[:]
    made.metadata_props.extend(metadata)
    onnx.save(made, str(target))


def head(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes of the last block, which is the detection head in an export of ultralytics."""
    blocks = {node.name: int(found.group(1)) for node in model.graph.node if (found := _BLOCK.match(node.name))}
    last = max(blocks.values())
    return [name for name, block in blocks.items() if block == last]
