"""Finds things in a picture with an ONNX model: own letterbox, ONNX Runtime, own suppression of doubles.

Everything a look needs is allocated once, so that a look costs little more than the model itself. A finder is for one
thread; models have a fixed input shape and carry their class names in the metadata (as ultralytics writes them).
"""

from __future__ import annotations

import ast
import hashlib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from detect.boxes import Found
from detect.errors import BadModel

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

GREY = 114  # the border colour the model was trained with
MOST_CANDIDATES = 1000
_SCALE = np.float32(1 / 255)
_LOAD_ERRORS = (
    ort_errors.Fail, ort_errors.InvalidArgument, ort_errors.InvalidGraph, ort_errors.InvalidProtobuf,
    ort_errors.NoModel, ort_errors.NoSuchFile, ort_errors.NotImplemented, ort_errors.RuntimeException,
    RuntimeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture lies in the model's input: ``model = picture * scale + offset``."""

    width: int
    height: int
    scale: float
    left: int
    top: int
    inner_width: int
    inner_height: int


def default_model(side: int = 640) -> Path:
    """The detector that ships with the project: for 640 px, or for 320 px (a quarter of the work, sees less)."""
    name = {640: "floor.onnx", 320: "floor_320.onnx"}[side]
    return Path(str(files("detect").joinpath("weights", name)))


def fit(width: int, height: int, model_width: int, model_height: int) -> Fit:
    """Largest centred place of a picture of ``width`` x ``height`` inside the model's input, aspect ratio kept."""
    scale = min(model_width / width, model_height / height)
    inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (model_width - inner_width) // 2, (model_height - inner_height) // 2
    return Fit(width, height, scale, left, top, inner_width, inner_height)


class Finder:
    """A loaded model. ``names`` are its labels in order, ``model_id`` the first 12 hex digits of its SHA-256."""

    def __init__(self, path: Path | str, threads: int | None = None, floor: float = 0.01, same: float = 0.7) -> None:
        """Load ``path``; keep boxes scoring above ``floor``, drop those that overlap a better one by ``same`` (IoU)."""
        self.path = Path(path)
        self.floor, self.same = floor, same
        data = _read(self.path)
        self.model_id = hashlib.sha256(data).hexdigest()[:12]
        self._session = _open(data, self.path, threads or max(1, (os.cpu_count() or 2) - 1))
        self.names = _names(self._session, self.path)
        self.width, self.height = _input_size(self._session, self.path)
        self._input = self._session.get_inputs()[0].name
        self._output = [_check_output(self._session, self.path, len(self.names))]
        self._canvas = np.full((self.height, self.width, 3), GREY, np.uint8)
        self._planes = [np.full((self.height, self.width), GREY, np.uint8) for _ in range(3)]
        self._tensor = np.full((1, 3, self.height, self.width), GREY / 255, np.float32)
        self._fit: Fit | None = None

    def find(self, picture: Picture) -> list[Found]:
        """Everything seen in a BGR uint8 picture (H x W x 3), best first, corners in its pixels."""
        place = self.prepare(picture)
        return self.decode(self.run(), place)

    def prepare(self, picture: Picture) -> Fit:
        """Lay the picture into the model's input; allocates nothing while the picture size stays."""
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise ValueError(f"a picture is a uint8 array of H x W x 3, got {picture.dtype} {picture.shape}")
        place = fit(picture.shape[1], picture.shape[0], self.width, self.height)
        if place != self._fit:
            self._tensor.fill(GREY / 255)
            self._fit = place
        rows = slice(place.top, place.top + place.inner_height)
        columns = slice(place.left, place.left + place.inner_width)
        inner = self._canvas[rows, columns]
        cv2.resize(picture, (place.inner_width, place.inner_height), dst=inner, interpolation=cv2.INTER_LINEAR)
        planes = [plane[rows, columns] for plane in self._planes]
        cv2.split(inner, planes)
        for channel in range(3):  # BGR to RGB on the way
            np.multiply(planes[2 - channel], _SCALE, out=self._tensor[0, channel, rows, columns])
        return place

    def run(self) -> Floats:
        """The bare model on what ``prepare`` laid out: 4 + classes rows, one column per anchor."""
        output: list[Any] = self._session.run(self._output, {self._input: self._tensor})
        raw: Floats = output[0][0]
        return raw

    def decode(self, raw: Floats, place: Fit) -> list[Found]:
        """Turn the model's columns into boxes in the picture's pixels, doubles suppressed class by class."""
        kinds, anchors = np.nonzero(raw[4:] > self.floor)
        if not len(kinds):
            return []
        scores = raw[4:][kinds, anchors]
        if len(scores) > MOST_CANDIDATES:
            best = np.argpartition(scores, -MOST_CANDIDATES)[-MOST_CANDIDATES:]
            kinds, anchors, scores = kinds[best], anchors[best], scores[best]
        corners = _corners(raw[:4, anchors], place)
        found = []
        for index in suppress(corners, scores, kinds, self.same):
            x1, y1, x2, y2 = (float(value) for value in corners[index])
            if x2 - x1 >= 1 and y2 - y1 >= 1:
                found.append(Found(self.names[kinds[index]], float(scores[index]), x1, y1, x2, y2))
        return found


def suppress(corners: Floats, scores: Floats, kinds: npt.NDArray[np.int64], same: float) -> list[int]:
    """Indices of the boxes to keep, best first: of two boxes of one kind with IoU above ``same`` the better stays."""
    order = np.argsort(-scores, kind="stable")
    shifted = corners + kinds[:, None].astype(np.float32) * np.float32(corners.max() + 1)  # kinds never meet
    x1, y1, x2, y2 = shifted[order].T
    areas = (x2 - x1) * (y2 - y1)
    kept: list[int] = []
    rest = np.arange(len(order))
    while len(rest):
        first, rest = rest[0], rest[1:]
        kept.append(int(order[first]))
        width = np.minimum(x2[first], x2[rest]) - np.maximum(x1[first], x1[rest])
        height = np.minimum(y2[first], y2[rest]) - np.maximum(y1[first], y1[rest])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        rest = rest[shared <= same * (areas[first] + areas[rest] - shared)]
    return kept


def _corners(boxes: Floats, place: Fit) -> Floats:
    """Centre and size in the model's input to corners in the picture, clipped to it; one row per box."""
    centre_x, centre_y, width, height = boxes
    left, top = centre_x - width / 2, centre_y - height / 2
    corners = np.stack([left, top, left + width, top + height], axis=1)
    corners -= np.array([place.left, place.top, place.left, place.top], np.float32)
    corners /= np.float32(place.scale)
    limits = np.array([place.width, place.height, place.width, place.height], np.float32)
    clipped: Floats = np.clip(corners, 0, limits)
    return clipped


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadModel(f"{path}: cannot be read ({error.strerror}); give the path of an .onnx model") from error


def _open(data: bytes, path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # the error is raised; a second copy on stderr helps nobody
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # cameras share the cores
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise BadModel(
            f"{path}: not a model that ONNX Runtime can load ({str(error).splitlines()[0][:160]}); "
            "copy the file again or export it anew as .onnx with a fixed input shape"
        ) from error


def _names(session: ort.InferenceSession, path: Path) -> tuple[str, ...]:
    """Class names from the metadata; they decide what each score row means."""
    text = session.get_modelmeta().custom_metadata_map.get("names", "")
    try:
        table = ast.literal_eval(text)
        return tuple(str(table[index]) for index in range(len(table)))
    except (ValueError, SyntaxError, KeyError, TypeError) as error:
        raise BadModel(
            f"{path}: the model does not say its class names; export it with ultralytics, "
            "or add metadata 'names' like {0: 'garbage', 1: 'garbage_bin'}"
        ) from error


def _input_size(session: ort.InferenceSession, path: Path) -> tuple[int, int]:
    """Width and height of the one fixed input 1 x 3 x H x W of floats."""
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    fixed = len(shape) == 4 and all(isinstance(side, int) for side in shape) and shape[:2] == [1, 3]
    if not fixed or inputs[0].type != "tensor(float)":
        raise BadModel(
            f"{path}: the model wants {[(one.name, one.shape, one.type) for one in inputs]}, needed is one float "
            "input of fixed shape [1, 3, H, W]; export it with dynamic=False, half=False"
        )
    return shape[3], shape[2]


def _check_output(session: ort.InferenceSession, path: Path, classes: int) -> str:
    """Name of the output 1 x (4 + classes) x anchors."""
    output = session.get_outputs()[0]
    if len(output.shape) != 3 or output.shape[0] != 1 or output.shape[1] != 4 + classes:
        raise BadModel(
            f"{path}: the model answers {output.shape}, needed is [1, {4 + classes}, anchors] for its {classes} "
            "classes; export a detection model with nms=False"
        )
    return str(output.name)
