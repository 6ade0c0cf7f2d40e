"""The model for a smaller input: the same things are found, and what cannot be made smaller is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detect.boxes import iou
from detect.errors import BadModel
from detect.finder import Finder, default_model
from detect.resize_model import main, resize, resized
from detect.runtimes.opening import Choice, open_runtime
from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, load_scene
from tests.detect.models import a_model


@pytest.mark.parametrize("side", [320, 416, 640])
def test_a_resized_model_answers_for_its_anchors(tmp_path: Path, side: int) -> None:
    small = open_runtime(resized(default_model(), side, tmp_path), Choice(threads=1))
    assert small.size == (side, side)
    raw = small.run(np.zeros((1, 3, side, side), np.float32))
    assert raw.shape == (4 + len(small.names), (side // 8) ** 2 + (side // 16) ** 2 + (side // 32) ** 2)


def test_at_its_own_size_nothing_changes(tmp_path: Path) -> None:
    whole = open_runtime(default_model(), Choice(threads=1))
    same = open_runtime(resized(default_model(), whole.size[0], tmp_path), Choice(threads=1))
    tensor = np.random.default_rng(4).random((1, 3, *whole.size), np.float32)
    assert np.allclose(whole.run(tensor), same.run(tensor), atol=1e-4)


def test_a_large_thing_lies_where_the_whole_model_sees_it(finder: Finder, tmp_path: Path) -> None:
    small = Finder(resized(default_model(), 320, tmp_path), threads=1)
    picture = compose(load_scene(HOME / "lane"), View(state="bags"), seed=1)
    best = max(finder.find(picture), key=lambda one: one.score)
    assert max(iou(best, one) for one in small.find(picture) if one.label == best.label) > 0.7


def test_only_the_model_in_use_stays_in_the_folder(tmp_path: Path) -> None:
    first = resized(default_model(), 320, tmp_path)
    stamp = first.stat().st_mtime_ns
    assert resized(default_model(), 320, tmp_path) == first
    assert first.stat().st_mtime_ns == stamp
    second = resized(default_model(), 416, tmp_path)
    assert list(tmp_path.iterdir()) == [second]


def test_it_is_a_command_too(tmp_path: Path) -> None:
    assert main(str(default_model()), 320, str(tmp_path / "small.onnx")) == 0
    assert Finder(tmp_path / "small.onnx", threads=1).width == 320


@pytest.mark.parametrize("side", [0, -32, 31, 330])
def test_a_side_that_is_no_multiple_of_32_is_refused(side: int) -> None:
    with pytest.raises(BadModel, match="multiple of 32"):
        resize(b"", side, Path("model.onnx"))


@pytest.mark.parametrize("data", [b"", b"a text that is no model", b"\x3a\x02\x5a\x00"])
def test_bytes_that_are_no_network_are_refused(data: bytes) -> None:
    with pytest.raises(BadModel, match=r"model\.onnx"):
        open_or_resize(data)


def open_or_resize(data: bytes) -> None:
    made = resize(data, 320, Path("model.onnx"))
    raise AssertionError(f"{len(made)} bytes were made of nothing")


@pytest.mark.parametrize("length", [100, 10_000, 1_000_000])
def test_a_cut_model_is_refused(length: int) -> None:
    with pytest.raises(BadModel, match="cut off"):
        resize(default_model().read_bytes()[:length], 320, Path("model.onnx"))


def test_a_network_of_another_build_is_refused(tmp_path: Path) -> None:
    path = a_model(tmp_path / "model.onnx", side=96)
    with pytest.raises(BadModel, match="anchors"):
        resize(path.read_bytes(), 320, path)
