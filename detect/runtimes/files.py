"""Model files as they lie on disk: which runtime reads them, which parts belong together, what names their bytes."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from detect.errors import BadModel

RuntimeName = Literal["onnxruntime", "openvino", "ncnn", "ultralytics"]
RUNTIMES: tuple[RuntimeName, ...] = get_args(RuntimeName)
_BY_ENDING: dict[str, RuntimeName] = {
    ".onnx": "onnxruntime", ".xml": "openvino", ".param": "ncnn", ".pt": "ultralytics", ".engine": "ultralytics",
}  # fmt: skip
_READS: dict[RuntimeName, tuple[str, ...]] = {
    "onnxruntime": (".onnx",), "openvino": (".xml", ".onnx"), "ncnn": (".param",), "ultralytics": (".pt", ".engine"),
}  # fmt: skip
METADATA = "metadata.yaml"  # as ultralytics writes it beside an OpenVINO or NCNN model
_LABEL = re.compile(r"^\s+(\d+):\s*['\"]?([^'\"#\n]+?)['\"]?\s*$")


def main_file(path: Path) -> Path:
    """The file that a runtime is given: the path itself, or the one graph inside an exported folder. Or BadModel."""
    if not path.is_dir():
        return path
    graphs = sorted(one for one in path.iterdir() if one.suffix in _BY_ENDING)
    if len(graphs) != 1:
        raise BadModel(
            f"{path}: a folder with {len(graphs)} models; give the one file, or a folder as an export writes it"
        )
    return graphs[0]


def runtime_for(path: Path, wanted: RuntimeName | None = None) -> RuntimeName:
    """The runtime that reads the file ``path``: the wanted one, or by its ending. BadModel when they do not fit."""
    fitting = _BY_ENDING.get(path.suffix.lower())
    if fitting is None:
        raise BadModel(f"{path}: no runtime reads {path.suffix or 'a file without an ending'}; give {_endings()}")
    if wanted is None:
        return fitting
    if path.suffix.lower() not in _READS[wanted]:
        raise BadModel(f"{path}: {wanted} reads {' or '.join(_READS[wanted])}; leave `runtime` out, or export for it")
    return wanted


def parts(path: Path) -> list[Path]:
    """Every file that belongs to the model whose main file is ``path``, the main file first."""
    beside = path.with_suffix(".bin") if path.suffix in {".xml", ".param"} else None
    table = path.with_name(METADATA) if beside else None
    return [path, *(one for one in (beside, table) if one is not None and one.exists())]


def read(path: Path) -> bytes:
    """The bytes of a part; BadModel when it cannot be read or is empty."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadModel(
            f"{path}: cannot be read ({error.strerror}); give the path of a model, such as an .onnx"
        ) from error
    if not data:
        raise BadModel(f"{path}: the file is empty; copy it again")
    return data


def model_id(files: Sequence[Path]) -> str:
    """The first 12 hex digits of the SHA-256 over all parts in their order; for a single file that of its bytes."""
    digest = hashlib.sha256()
    for one in files:
        digest.update(read(one))
    return digest.hexdigest()[:12]


def names_from(text: str, path: Path) -> tuple[str, ...]:
    """Class names of a Python table such as ``{0: 'garbage'}``, in order; BadModel when it is none."""
    try:
        table = ast.literal_eval(text)
        return tuple(str(table[index]) for index in range(len(table)))
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError) as error:
        raise BadModel(
            f"{path}: the model does not say its class names; export it with ultralytics, "
            "or add metadata 'names' like {0: 'garbage', 1: 'garbage_bin'}"
        ) from error


def names_beside(path: Path) -> tuple[str, ...]:
    """Class names of the ``metadata.yaml`` beside a model; BadModel when it does not say them."""
    table = path.with_name(METADATA)
    lines = read(table).decode("utf-8", "replace").splitlines()
    start = next((number for number, line in enumerate(lines, 1) if line.rstrip() == "names:"), len(lines))
    found = {}
    for line in lines[start:]:
        label = _LABEL.match(line)
        if label is None:
            break
        found[int(label[1])] = label[2]
    return names_from(repr(found) if found else "", table)


def sides_beside(path: Path) -> tuple[int, int]:
    """Width and height that the ``metadata.yaml`` beside a model says (``imgsz: [H, W]``); BadModel without."""
    table = path.with_name(METADATA)
    text = read(table).decode("utf-8", "replace")
    told = re.search(r"^imgsz:\s*\n?-?\s*\[?\s*(\d+)\s*[,\n]\s*-?\s*(\d+)", text, re.MULTILINE)
    if told is None:
        raise BadModel(f"{table}: does not say the input size (imgsz); export the model again with ultralytics")
    return int(told[2]), int(told[1])


def _endings() -> str:
    return "an " + ", ".join(_BY_ENDING) + " file"
