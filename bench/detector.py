"""What our own letterbox and suppression of doubles cost on top of the bare model, as a ratio of CPU times.

CPU time and not the clock on the wall: with one thread they are the same on an idle machine, and on a busy one only
the first says anything.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import numpy.typing as npt

from bench.result import Result, median
from detect.finder import Finder, default_model
from detect.resize_model import resized
from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, load_scene

PAIRS = 25
WARM = 3
CAMERA = (1920, 1080)  # the picture a camera gives: the resize from it is part of the cost


def detector_overhead_640() -> Result:
    """CPU time of ``Finder.find`` over that of the bare session on the same input, one thread, interleaved."""
    return Result("detector_overhead_640", *_overhead(Finder(default_model(), threads=1)))


def detector_overhead_320() -> Result:
    """The same with that model made for 320 px: the model is cheaper, our part is not."""
    with TemporaryDirectory() as folder:
        small = resized(default_model(), 320, Path(folder))
        return Result("detector_overhead_320", *_overhead(Finder(small, threads=1)))


def _overhead(finder: Finder) -> tuple[float, str, int]:
    picture = camera_picture()
    ratios = []
    for turn in range(WARM + PAIRS):
        begin = time.process_time()
        finder.find(picture)
        between = time.process_time()
        finder.run()
        end = time.process_time()
        if turn >= WARM:
            ratios.append((between - begin) / (end - between))
    return median(ratios), "ratio", len(ratios)


def camera_picture() -> npt.NDArray[np.uint8]:
    """A full-HD picture of a dirty place, so that there is something to decode."""
    scene = load_scene(Path(HOME) / "lane")
    small = compose(scene, View(state="bags"), seed=1)
    return np.asarray(cv2.resize(small, CAMERA, interpolation=cv2.INTER_LINEAR), np.uint8)
