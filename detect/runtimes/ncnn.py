"""NCNN (extra ``ncnn``): small boards with an Arm CPU, the smallest of all runtimes.

Reads a ``.param`` with its ``.bin`` and the ``metadata.yaml`` beside them, the folder that ultralytics exports. NCNN
checks little of what it reads: lengths are checked here first, and the box tries a new model in a process that may die.
"""

from __future__ import annotations

from pathlib import Path

import ncnn
import numpy as np

from detect.errors import BadModel
from detect.runtimes.files import METADATA, model_id, names_beside, parts, read, sides_beside
from detect.runtimes.runtime import Floats

_MAGIC = b"7767517\n"


class Ncnn:
    """A net on the CPU. ``exact``: float32 throughout; else half floats where the machine has them."""

    def __init__(self, path: Path, threads: int, exact: bool) -> None:
        weights = path.with_suffix(".bin")
        if not weights.exists():
            raise BadModel(f"{path}: its weights {weights.name} are missing; copy both, and {METADATA}")
        if not read(path).replace(b"\r\n", b"\n").startswith(_MAGIC):
            raise BadModel(f"{path}: not an NCNN model (its first line is not 7767517); copy the file again")
        self.model_id = model_id(parts(path))
        self.names = names_beside(path)
        self.size = sides_beside(path)
        self._path = path
        self._net = ncnn.Net()
        options = self._net.opt
        options.num_threads, options.use_vulkan_compute = threads, False
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = not exact
        options.use_bf16_storage = False
        if self._net.load_param(str(path)) or self._net.load_model(str(weights)):
            raise BadModel(f"{path}: not a model that NCNN can load; copy the files again or export them anew")
        ends = self._net.input_names(), self._net.output_names()
        if [len(one) for one in ends] != [1, 1]:
            raise BadModel(f"{path}: takes {ends[0]} and gives {ends[1]}, needed is one of each; export it anew")
        (self._input,), (self._output,) = ends

    def run(self, tensor: Floats) -> Floats:
        extractor = self._net.create_extractor()
        extractor.input(self._input, ncnn.Mat(tensor[0]))
        failed, raw = extractor.extract(self._output)
        if failed:
            raise BadModel(f"{self._path}: cannot be run (NCNN says {failed}); export it anew")
        return np.array(raw)  # a copy: the extractor's memory goes with it


def load(path: Path, threads: int, exact: bool) -> Ncnn:
    """Open a .param with its .bin; BadModel when they are no detector."""
    return Ncnn(path, threads, exact)
