"""Ultralytics (extra ``train``): ``.pt`` weights by torch, and TensorRT ``.engine`` files on Nvidia's boards.

Seldom right on a box: torch takes 400 MB. The ``.pt`` way was run on a CPU; the ``.engine`` way was not run here, for
want of such a machine. An engine fits only the TensorRT and the GPU that it was made with.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from detect.errors import BadModel
from detect.runtimes.files import model_id
from detect.runtimes.runtime import Floats
from detect.train.stand_in import be_quiet, mend

be_quiet()
import torch  # noqa: E402

mend(torch)
from ultralytics.nn.autobackend import AutoBackend  # noqa: E402

_ERRORS = (RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, ImportError)


class Ultralytics:
    """A model behind ultralytics' own loader. ``exact``: float32; else half floats where there is a GPU."""

    def __init__(self, path: Path, threads: int, exact: bool) -> None:
        self.model_id = model_id([path])
        self._path = path
        torch.set_num_threads(threads)
        device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
        try:
            self._backend = AutoBackend(
                str(path), device=device, fp16=not exact and device.type == "cuda", verbose=False
            )
        except _ERRORS as error:
            raise BadModel(
                f"{path}: not a model that ultralytics can load ({_reason(error)}); export it anew"
            ) from error
        self._backend.eval()
        self._device, self._half = device, bool(self._backend.fp16)
        names = self._backend.names
        self.names = tuple(str(names[index]) for index in range(len(names)))
        self.size = _input_size(self._backend)

    def run(self, tensor: Floats) -> Floats:
        try:
            given = torch.from_numpy(tensor).to(self._device)
            with torch.inference_mode():
                told = self._backend(given.half() if self._half else given)
        except _ERRORS as error:
            raise BadModel(f"{self._path}: cannot be run ({_reason(error)}); export it anew") from error
        rows = told[0] if isinstance(told, (list, tuple)) else told
        return np.asarray(rows.float().cpu().numpy()[0], np.float32)


def load(path: Path, threads: int, exact: bool) -> Ultralytics:
    """Open a .pt or .engine; BadModel when it is none. A .pt is code: open only what you trust."""
    os.environ.setdefault("YOLO_CONFIG_DIR", str(path.parent))
    return Ultralytics(path, threads, exact)


def _input_size(backend: AutoBackend) -> tuple[int, int]:
    """The size it was made for: of an engine its own, of weights the one they were trained at."""
    told = getattr(backend, "imgsz", None) or getattr(backend.model, "args", {}).get("imgsz", 640)
    height, width = told if isinstance(told, (list, tuple)) else (told, told)
    return int(width), int(height)


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
