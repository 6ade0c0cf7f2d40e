"""OpenVINO (extra ``openvino``): Intel's and Arm's CPUs, a third to a half faster where short floats will do.

Reads .onnx as it is, or an .xml with its .bin and the ``metadata.yaml`` that ultralytics writes beside it.
"""

from __future__ import annotations

from pathlib import Path

import openvino

from detect.errors import BadModel
from detect.onnx_file import metadata
from detect.runtimes.files import METADATA, model_id, names_beside, names_from, parts, read
from detect.runtimes.runtime import Floats


class OpenVino:
    """A compiled model on the CPU. ``exact``: float32 inside too; else what the machine is fastest with (bf16)."""

    def __init__(self, path: Path, threads: int, exact: bool) -> None:
        self.model_id = model_id(parts(path))
        self.names = _names(path)
        self._path = path
        hints = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        try:
            core = openvino.Core()
            model = core.read_model(str(path))
            self.size = _input_size(model, path)
            compiled = core.compile_model(model, "CPU", hints | ({"INFERENCE_PRECISION_HINT": "f32"} if exact else {}))
            self._request = compiled.create_infer_request()
        except RuntimeError as error:
            raise BadModel(f"{path}: not a model that OpenVINO can load ({_reason(error)}); export it anew") from error

    def run(self, tensor: Floats) -> Floats:
        try:
            self._request.infer({0: tensor}, share_inputs=True)
        except RuntimeError as error:
            raise BadModel(f"{self._path}: cannot be run ({_reason(error)}); export it anew") from error
        raw: Floats = self._request.get_output_tensor(0).data[0]
        return raw


def load(path: Path, threads: int, exact: bool) -> OpenVino:
    """Open an .onnx or .xml; BadModel when it is none or its input is not 1 x 3 x H x W floats."""
    return OpenVino(path, threads, exact)


def _names(path: Path) -> tuple[str, ...]:
    if path.suffix.lower() == ".onnx":
        return names_from(metadata(read(path), path).get("names", ""), path)
    if not path.with_suffix(".bin").exists():
        raise BadModel(f"{path}: its weights {path.with_suffix('.bin').name} are missing; copy both, and {METADATA}")
    return names_beside(path)


def _input_size(model: openvino.Model, path: Path) -> tuple[int, int]:
    shape = model.inputs[0].partial_shape if len(model.inputs) == 1 else None
    if shape is None or shape.is_dynamic or list(shape.get_shape())[:2] != [1, 3] or len(shape) != 4:
        raise BadModel(
            f"{path}: the model wants {[str(one.partial_shape) for one in model.inputs]}, needed is one float input of "
            "fixed shape [1, 3, H, W]; export it with dynamic=False, half=False"
        )
    height, width = list(shape.get_shape())[2:]
    return int(width), int(height)


def _reason(error: RuntimeError) -> str:
    """The last line that says something: the first ones name OpenVINO's own files."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and "Exception from" not in line]
    return (lines or ["no reason given"])[0][:160]
