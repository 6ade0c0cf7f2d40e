"""Boxes that nobody drew: a model that knows persons and vehicles labels the pictures of a set that has none.

Without them a person in a training picture would teach "nothing is here". Such boxes are the teacher's opinion; the
card says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from detect.boxes import Found, iou
from detect.frames import read_picture
from detect.train.dataset import Box, Sample

Find = Callable[[npt.NDArray[np.uint8]], list[Found]]
MEANS = {
    "person": "person", "vehicle": "vehicle", "car": "vehicle", "truck": "vehicle", "bus": "vehicle",
    "motorcycle": "vehicle",
}  # fmt: skip
LEAST = 0.4  # score from which the teacher is believed
SAME = 0.6  # IoU from which it speaks of a thing that is labelled already


def taught(sample: Sample, find: Find, names: Sequence[str]) -> Sample:
    """The sample with the teacher's persons and vehicles added, where a class of ``names`` means them."""
    if sample.scene:
        return sample  # a rendered scene knows its truth
    image = read_picture(sample.picture)
    height, width = image.shape[:2]
    drawn = [(box.kind, Found("", 1.0, *box.corners)) for box in sample.boxes]
    added = []
    for one in find(image):
        kind = MEANS.get(one.label, "")
        if one.score < LEAST or kind not in names:
            continue
        small = one.normalised(width, height)
        number = names.index(kind)
        if not any(mine == number and iou(small, box) >= SAME for mine, box in drawn):
            added.append(Box(number, *small.centre, small.x2 - small.x1, small.y2 - small.y1))
    return replace(sample, boxes=sample.boxes + tuple(added))
