"""ONNX Runtime: what runs a model unless something else is asked for. Reads .onnx with a fixed input shape."""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from detect.errors import BadModel
from detect.runtimes.files import model_id, names_from
from detect.runtimes.runtime import Floats

_ERRORS = (
    ort_errors.Fail, ort_errors.InvalidArgument, ort_errors.InvalidGraph, ort_errors.InvalidProtobuf,
    ort_errors.NoModel, ort_errors.NoSuchFile, ort_errors.NotImplemented, ort_errors.RuntimeException,
    RuntimeError, ValueError,
)  # fmt: skip


class OnnxRuntime:
    """A session on the CPU with ``threads`` threads that do not spin; a .onnx is always reckoned as it is written."""

    def __init__(self, path: Path, threads: int) -> None:
        self._path = path
        self.model_id = model_id([path])
        self._session = _open(path, threads)
        self.names = names_from(self._session.get_modelmeta().custom_metadata_map.get("names", ""), path)
        self.size = _input_size(self._session, path)
        self._input = self._session.get_inputs()[0].name
        self._output = [self._session.get_outputs()[0].name]

    def run(self, tensor: Floats) -> Floats:
        try:
            rows: Floats = self._session.run(self._output, {self._input: tensor})[0][0]
        except _ERRORS as error:
            raise BadModel(
                f"{self._path}: cannot be run ({str(error).splitlines()[0][:160]}); export it anew"
            ) from error
        return rows


def load(path: Path, threads: int, exact: bool) -> OnnxRuntime:
    """Open an .onnx; BadModel when it is none or its input is not 1 x 3 x H x W floats."""
    return OnnxRuntime(path, threads)


def _open(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # the error is raised; a second copy on stderr helps nobody
    options.enable_mem_pattern = False  # the plan for all intermediate results at once costs 25 MB and saves no time
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # cameras share the cores
    try:
        # By its path and not by its bytes: the bytes would stay beside what the session makes of them.
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _ERRORS as error:
        raise BadModel(
            f"{path}: not a model that ONNX Runtime can load ({str(error).splitlines()[0][:160]}); "
            "copy the file again or export it anew as .onnx with a fixed input shape"
        ) from error


def _input_size(session: ort.InferenceSession, path: Path) -> tuple[int, int]:
    """Width and height of the one fixed input 1 x 3 x H x W of floats."""
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    fixed = len(shape) == 4 and all(isinstance(side, int) for side in shape) and shape[:2] == [1, 3]
    if not fixed or inputs[0].type != "tensor(float)":
        raise BadModel(
            f"{path}: the model wants {[(one.name, one.shape, one.type) for one in inputs]}, needed is one float "
            "input of fixed shape [1, 3, H, W]; export it with dynamic=False, half=False"
        )
    return shape[3], shape[2]
