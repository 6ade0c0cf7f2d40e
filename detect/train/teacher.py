"""Boxes that nobody drew: a model labels what is on the pictures of a set and in none of its labels.

``taught``: persons and vehicles, by a model that knows them; without them a person in a training picture would teach
"nothing is here". ``completed``: forgotten boxes of the set's own classes, by a model that was trained on these very
pictures: what it still sees surely although it was told that nothing is there was most likely overlooked by whoever
drew the labels. Such boxes are a model's opinion; the card says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from detect.boxes import Found, iou, overlap
from detect.frames import read_picture
from detect.train.dataset import Box, Sample

Find = Callable[[npt.NDArray[np.uint8]], list[Found]]
MEANS = {
    "person": "person", "vehicle": "vehicle", "car": "vehicle", "truck": "vehicle", "bus": "vehicle",
    "motorcycle": "vehicle",
}  # fmt: skip
LEAST = 0.4  # score from which the teacher is believed
SAME = 0.6  # IoU from which it speaks of a thing that is labelled already
SURE = 0.7  # score from which a box is believed to be forgotten
FREE = 0.2  # share of a forgotten box that labelled things may cover
LARGE = 0.0008  # share of the picture below which nobody can say what a thing is


def taught(sample: Sample, find: Find, names: Sequence[str]) -> Sample:
    """The sample with the teacher's persons and vehicles added, where a class of ``names`` means them."""
    if _knows_all(sample):
        return sample
    image = read_picture(sample.picture)
    height, width = image.shape[:2]
    drawn = [(box.kind, box.found()) for box in sample.boxes]
    added = []
    for one in find(image):
        kind = MEANS.get(one.label, "")
        if one.score < LEAST or kind not in names:
            continue
        small = one.normalised(width, height)
        number = names.index(kind)
        if not any(mine == number and iou(small, box) >= SAME for mine, box in drawn):
            added.append(Box.of(number, small))
    return replace(sample, boxes=sample.boxes + tuple(added))


def completed(sample: Sample, find: Find, names: Sequence[str], kinds: Sequence[str]) -> Sample:
    """The sample with forgotten boxes of ``kinds`` added: surely seen, and nothing of these kinds is drawn there."""
    if _knows_all(sample):
        return sample
    image = read_picture(sample.picture)
    height, width = image.shape[:2]
    known = (*sample.boxes, *sample.denied)  # what people said is not there was not forgotten
    own = [box.found() for box in known if names[box.kind] in kinds]
    added = []
    for one in sorted(find(image), key=lambda each: -each.score):
        small = one.normalised(width, height)
        if one.label not in kinds or one.score < SURE or small.area < LARGE:
            continue
        if all(overlap(small, box) <= FREE * min(small.area, box.area) for box in own):
            own.append(small)
            added.append(Box.of(names.index(one.label), small))
    return replace(sample, boxes=sample.boxes + tuple(added))


def _knows_all(sample: Sample) -> bool:
    """A rendered scene knows its whole truth; a picture that people judged only what they were asked about."""
    return bool(sample.scene) and not sample.place
