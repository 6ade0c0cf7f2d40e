"""Who is held back for selection: whole places, never single pictures. Pure.

Where a manifest names the camera, its pictures are one place. Elsewhere pictures that were taken one after the other
show one place, and their file numbers follow one another: so blocks of numbers are held back, and pictures whose number
is next to a held one are left out of the training.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence

from detect.train.dataset import BadData, Sample

BLOCK = 20  # numbers in a row that count as one place
NEAR = 3  # a training picture closer than this to a held one may show the same place

_NUMBER = re.compile(r"\d+")


def number_of(sample: Sample) -> int:
    """The file number, the first in the name; raises BadData when there is none."""
    found = _NUMBER.search(sample.picture.stem)
    if found is None:
        raise BadData(
            f"{sample.picture}: the name holds no number, so its place is unknown; number the files in the order in "
            "which they were taken, or give a folder for selection (--val)"
        )
    return int(found.group())


def split(samples: Sequence[Sample], share: float, seed: int) -> tuple[list[Sample], list[Sample]]:
    """(training, held back): blocks drawn with ``seed`` until ``share`` of the real pictures is held back.

    Rendered samples are always trained with, never selected on. Raises BadData when a side would be empty.
    """
    real = [sample for sample in samples if not sample.scene]
    blocks: dict[tuple[str, int], list[Sample]] = {}
    for sample in real:
        block = (sample.place, 0) if sample.place else ("", number_of(sample) // BLOCK)
        blocks.setdefault(block, []).append(sample)
    order = sorted(blocks)
    random.Random(seed).shuffle(order)
    held: list[Sample] = []
    for block in order:
        if len(held) >= share * len(real):
            break
        held += blocks[block]
    training = apart(real, held) + [sample for sample in samples if sample.scene]
    if not held or not apart(real, held):
        raise BadData(
            f"{len(real)} pictures of {len(blocks)} places cannot be split by place: one side would be empty; "
            "add pictures of other places, or give a folder for selection (--val)"
        )
    return training, sorted(held, key=lambda sample: sample.picture)


def apart(samples: Iterable[Sample], others: Iterable[Sample]) -> list[Sample]:
    """Those that show no place that ``others`` show: another camera, or a number that is not near one of theirs."""
    taken = [sample for sample in others if not sample.scene]
    cameras = {sample.place for sample in taken if sample.place}
    numbers = {number_of(sample) for sample in taken if not sample.place}
    near = {number + step for number in numbers for step in range(1 - NEAR, NEAR)}
    return [
        sample for sample in samples if (sample.place not in cameras if sample.place else number_of(sample) not in near)
    ]
