"""What runs a model: one way to call ONNX Runtime, OpenVINO, NCNN and ultralytics, so that a box takes what suits it.

A runtime takes a float32 tensor 1 x 3 x H x W (RGB, 0..1) and gives the float32 rows (4 + classes) x anchors: centre x,
centre y, width and height in pixels of the input, then one score 0..1 for each class. Letterbox, decoding and
suppression of doubles are the finder's. Each runtime has a file of its own and is imported only when it is used.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class Runtime(Protocol):
    """A loaded model. ``names`` are its classes in the order of the score rows; ``model_id`` names its exact bytes."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def model_id(self) -> str: ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the input."""
        ...

    def run(self, tensor: Floats) -> Floats:
        """Rows of one picture; the answer may be overwritten by the next call."""
        ...
