"""What each process of a box loads: pictures and models belong to the looking process alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "cv2", "av", "onnxruntime", "openvino", "ncnn", "torch", "typer.rich_utils")


@pytest.mark.parametrize("module", ["edge.box", "edge.settings", "edge.shelf", "jingcun.commands.programs"])
def test_the_process_that_talks_to_the_county_loads_no_picture_code(module: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print([one for one in {HEAVY} if one in sys.modules])"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert told.stdout.strip() == "[]"


def test_the_process_that_looks_loads_neither_a_decoder_nor_what_talks_to_the_county() -> None:
    others = ("av", "openvino", "ncnn", "torch", "paho", "typer", "fastapi", "sqlalchemy")
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, edge.eyes; print([one for one in {others} if one in sys.modules])"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert told.stdout.strip() == "[]"


def test_the_child_that_decodes_for_one_camera_loads_the_decoder_alone() -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, detect.decoder; print([one for one in {HEAVY} if one in sys.modules])"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert told.stdout.strip() == "['av']"
