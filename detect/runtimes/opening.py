"""Open a model for use: choose its runtime, load it, run it once. What comes back has been seen to work."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from detect.errors import BadModel, NoRuntime
from detect.runtimes.files import RuntimeName, main_file, runtime_for
from detect.runtimes.runtime import Runtime

GREY = 114  # the border colour that models are trained with
LARGEST_SIDE = 4096
_EXTRA: dict[RuntimeName, str] = {
    "onnxruntime": "edge", "openvino": "openvino", "ncnn": "ncnn", "ultralytics": "train",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """How to run a model. ``runtime`` None: by the file's ending. ``threads`` None: all cores but one.

    ``exact``: float32 throughout, so that every runtime gives the same boxes; False: as fast as the machine can.
    """

    runtime: RuntimeName | None = None
    threads: int | None = None
    exact: bool = True


def open_runtime(path: Path, choice: Choice = Choice()) -> Runtime:
    """Load a model and try it on a grey picture. BadModel when it cannot be used, NoRuntime without its package."""
    if not path.exists():
        raise BadModel(
            f"{path}: cannot be read (No such file or directory); give the path of a model, such as an .onnx"
        )
    path = main_file(path)
    name = runtime_for(path, choice.runtime)
    try:
        module = import_module(f"detect.runtimes.{name}")
    except ModuleNotFoundError as error:
        raise NoRuntime(
            f"{path}: {name} is to run it, but the package {error.name} is not installed; "
            f"pip install 'jingcun[{_EXTRA[name]}]', or give an .onnx model"
        ) from error
    threads = choice.threads or max(1, (os.cpu_count() or 2) - 1)
    runtime: Runtime = module.load(path, threads, choice.exact)
    try_out(runtime, path)
    return runtime


def try_out(runtime: Runtime, path: Path) -> None:
    """Run the model on a grey picture; BadModel when the answer is not what a detector of its classes gives."""
    width, height = runtime.size
    if not (32 <= width <= LARGEST_SIDE and 32 <= height <= LARGEST_SIDE):
        raise BadModel(f"{path}: an input of {width} x {height} pixels; export it for 320 to 1280")
    raw = runtime.run(np.full((1, 3, height, width), GREY / 255, np.float32))
    rows = 4 + len(runtime.names)
    if raw.ndim != 2 or raw.shape[0] != rows or not raw.shape[1]:
        raise BadModel(
            f"{path}: the model answers {[1, *raw.shape]}, needed is [1, {rows}, anchors] for its {rows - 4} "
            "classes; export a detection model with nms=False"
        )
    if raw.dtype != np.float32:
        raise BadModel(f"{path}: the model answers in {raw.dtype}, needed is float32; export it with half=False")
    if not np.isfinite(raw).all():
        raise BadModel(
            f"{path}: the model answers no numbers (NaN or infinity) to a grey picture; train or export it anew"
        )
    if raw[4:].size and (raw[4:].min() < -0.01 or raw[4:].max() > 1.01):
        raise BadModel(f"{path}: the model's scores are not between 0 and 1; export a detection model with nms=False")


def check_names(names: Iterable[str], needed: Iterable[str], path: Path) -> None:
    """BadModel when the model does not know a class that the settings need."""
    missing = sorted(set(needed) - set(names))
    if missing:
        raise BadModel(
            f"{path}: the model does not know {', '.join(missing)} (it knows {', '.join(names)}), which the settings "
            "need; take a model with these classes, or take them out of the kinds of the spots"
        )
