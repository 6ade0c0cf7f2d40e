"""Beside a torch for CPU only, the stock torchvision does not import: its own operators are not registered.

ultralytics needs one of them, the suppression of double boxes. When, and only when, the native import fails, it is
defined here with OpenCV inside. Also: what must stand in the environment before ultralytics is imported.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import cv2

QUIET = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false", "OMP_WAIT_POLICY": "PASSIVE"}
MISSING = ("nms", "qnms")  # torchvision describes both to torch at its import; only the first is ever called


def be_quiet() -> None:
    """No network, no installing, no reports, no waiting threads that spin; to be called before torch is imported."""
    os.environ.update(QUIET)


def mend(torch: Any) -> bool:
    """Make ``import torchvision`` work; True when the stand-in was needed."""
    try:
        import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    else:
        return False
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # the half imported pieces
    for name in MISSING:
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    torch.library.impl("torchvision::nms", "default", lambda *given: _nms(torch, *given))
    import_module("torchvision")
    boxes: Any = import_module("torchvision.ops.boxes")
    boxes._assert_has_ops = lambda: None
    return True


def _nms(torch: Any, boxes: Any, scores: Any, same: float) -> Any:
    """Places of the boxes (corners) to keep, best first."""
    corners = boxes.detach().cpu().float()
    sizes = corners.clone()
    sizes[:, 2:] -= corners[:, :2]
    kept = cv2.dnn.NMSBoxes(sizes.tolist(), scores.detach().cpu().float().tolist(), 0.0, float(same))
    return torch.as_tensor([int(place) for place in kept], dtype=torch.int64, device=boxes.device)
