"""Does an exported model say what the trained one says? Compared box by box, through our own finder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detect.boxes import Found, iou
from detect.errors import BadModel
from detect.frames import read_picture

Find = Callable[[npt.NDArray[np.uint8]], list[Found]]

LEAST_IOU, MOST_SCORE = 0.9, 0.02  # the tolerance for one box
LEAST_SHARE = 0.98  # of the boxes: where two lie nearly alike, another of them may survive
SEEN = 0.25  # boxes from this score are compared; where none reaches it, those from half of the best


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many boxes were compared, how many agree, the score from which, and the worst of the agreeing ones."""

    boxes: int
    same: int
    least: float
    worst_iou: float
    worst_score: float


def compare(trained: Find, exported: Find, pictures: Sequence[Path]) -> Agreement:
    """Look for every box of ``trained`` among those of ``exported``; raises BadModel when too few are there."""
    looks = [(trained(image), exported(image)) for image in map(read_picture, pictures)]
    best = max((box.score for wanted, _ in looks for box in wanted), default=0.0)
    least = SEEN if best >= SEEN else best / 2
    pairs = [_closest(box, given) for wanted, given in looks for box in wanted if box.score >= least]
    if not pairs:
        raise BadModel("the trained model sees nothing at all in the pictures for comparison; train longer")
    same = [(shared, gap) for shared, gap in pairs if shared >= LEAST_IOU and gap <= MOST_SCORE]
    if len(same) < LEAST_SHARE * len(pairs):
        raise BadModel(
            f"the export agrees with the trained model in {len(same)} of {len(pairs)} boxes only (IoU {LEAST_IOU}, "
            f"score {MOST_SCORE}); export with the locked versions of torch, onnx and ultralytics"
        )
    return Agreement(len(pairs), len(same), least, min(shared for shared, _ in same), max(gap for _, gap in same))


def _closest(box: Found, given: Sequence[Found]) -> tuple[float, float]:
    """IoU with the box of the same label that fits best, and how far the scores are apart."""
    return max(
        ((iou(box, one), abs(box.score - one.score)) for one in given if one.label == box.label), default=(0.0, 1.0)
    )
