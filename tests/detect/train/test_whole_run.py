"""A tiny training end to end, with the real torch and ultralytics: killed in the middle, resumed, exported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from detect.finder import Finder
from detect.frames import read_picture
from detect.train.recipe import CLASSES
from tests.detect.train.conftest import a_data_set

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        any(find_spec(name) is None for name in ("torch", "ultralytics", "onnx")),
        reason="torch, ultralytics or onnx is not installed (extra train)",
    ),
]
EPOCHS = 4


def ran(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env={**os.environ, **more},
    )


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was killed after its first epochs and then resumed, with its torn last file."""
    home = tmp_path_factory.mktemp("training")
    data, out, start = a_data_set(home / "squares"), home / "run", home / "start.pt"
    made = ran(
        "-c", f"from detect.train import engine; engine.ultralytics.YOLO('yolov8n.yaml').save({str(start)!r})",
        YOLO_CONFIG_DIR=str(home),
    )  # fmt: skip
    assert start.exists(), made.stderr
    options = ["--weights", str(start), "--out", str(out), "--size", "64", "--batch", "4", "--epochs", str(EPOCHS)]
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jingcun",
            "train",
            str(data),
            "--measure",
            str(data),
            "--rendered",
            "4",
            "--plates",
            "10",
            "--mean-with",
            str(start),
            *options,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 300
    while not (out / "checkpoint.pt").exists() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    child.kill()
    child.wait()
    assert not (out / "model.md").exists()
    (out / "ultralytics" / "weights" / "last.pt").write_bytes(b"torn")
    resumed = ran("-m", "jingcun", "train", "--resume", "--out", str(out))
    assert resumed.returncode == 0, resumed.stderr
    (out / "said.txt").write_text(resumed.stderr, encoding="utf-8")
    return out


def test_a_killed_training_goes_on_after_the_last_whole_epoch(run_folder: Path) -> None:
    said = (run_folder / "said.txt").read_text(encoding="utf-8")
    assert "epoch 1 of" not in said
    assert f"epoch {EPOCHS} of {EPOCHS}" in said
    assert "reading the pictures" not in said
    rows = (run_folder / "ultralytics" / "results.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0].strip() for row in rows[1:]] == [str(number + 1) for number in range(EPOCHS)]


def test_both_exports_load_in_the_finder_and_say_their_classes_and_size(run_folder: Path) -> None:
    for name in ("model.onnx", "model_int8.onnx"):
        finder = Finder(run_folder / name, threads=1)
        assert finder.names == CLASSES
        assert (finder.width, finder.height) == (64, 64)
        finder.find(np.zeros((48, 64, 3), np.uint8))


def test_int8_is_smaller_and_its_head_stays_in_floats(run_folder: Path) -> None:
    import onnx

    small = onnx.load(run_folder / "model_int8.onnx")
    quantized = [node.input[0] for node in small.graph.node if node.op_type == "DequantizeLinear"]
    assert any("model.0" in name for name in quantized)
    assert not any("model.22" in name for name in quantized)
    sizes = [(run_folder / name).stat().st_size for name in ("model_int8.onnx", "model.onnx")]
    assert sizes[0] < 0.6 * sizes[1]


def test_the_card_and_the_figures_speak_of_the_files_that_were_made(run_folder: Path) -> None:
    card = (run_folder / "model.md").read_text(encoding="utf-8")
    figures = json.loads((run_folder / "figures.json").read_text(encoding="utf-8"))
    for name in ("model.onnx", "model_int8.onnx"):
        assert f"| `{name}` | 1 × 3 × 64 × 64 | `{Finder(run_folder / name, threads=1).model_id}` |" in card
        assert set(figures[name]) == {"held", "squares", "squares_apart"}
        assert set(figures[name]["squares"]["classes"]) == {"garbage", "garbage_bin"}
    assert "4 pictures of `train` are rendered scenes" in card


def test_nothing_that_is_published_names_a_place_on_this_machine(run_folder: Path) -> None:
    for name in ("model.pt", "model.onnx", "model_int8.onnx", "model.md", "figures.json"):
        assert str(run_folder.parent).encode() not in (run_folder / name).read_bytes(), name


def test_the_sources_are_not_written_to(run_folder: Path) -> None:
    data = run_folder.parent / "squares"
    assert sorted(path.name for path in data.iterdir()) == ["images", "labels"]
    assert {path.suffix for path in (data / "labels").iterdir()} == {".txt"}
    assert all(read_picture(path).shape == (64, 64, 3) for path in (data / "images").iterdir())


WIDER = """
import sys
from pathlib import Path
import torch
from detect.train import engine
start, target = map(Path, sys.argv[1:])
old = engine.ultralytics.YOLO(start).model.float().eval()
names = ["brand_new", *reversed(old.names.values())]
new = engine.ultralytics.YOLO(engine.widened(start, names, target)).model.float().eval()
assert list(new.names.values()) == names
picture = torch.rand(1, 3, 64, 64)
with torch.no_grad():
    before, after = old(picture)[0][0], new(picture)[0][0]
assert torch.allclose(after[:4], before[:4], atol=1e-4), "boxes"
assert torch.allclose(after[5:], before[4:].flip(0), atol=1e-5), "scores"
assert after[4].max() < 0.002, "silent"
assert engine.widened(target, names, target) == target
"""


def test_weights_that_learn_new_classes_keep_what_they_know(run_folder: Path, tmp_path: Path) -> None:
    out = ran("-c", WIDER, str(run_folder / "model.pt"), str(tmp_path / "wide.pt"), YOLO_CONFIG_DIR=str(tmp_path))
    assert out.returncode == 0, out.stderr


MEAN = """
import sys
from pathlib import Path
import torch
from detect.train import engine
from detect.train.dataset import BadData
start, target = map(Path, sys.argv[1:])
one = engine.ultralytics.YOLO(start).model.float()
twice = {name: value * 3 if value.is_floating_point() else value for name, value in one.state_dict().items()}
other = engine.ultralytics.YOLO(start).model.float()
other.load_state_dict(twice)
torch.save({"model": other, "train_args": {}}, target)
mixed = engine.ultralytics.YOLO(engine.mean_of(start, target, target.with_name("mean.pt"))).model.float().state_dict()
for name, value in one.state_dict().items():
    assert torch.allclose(mixed[name].float(), value.float() * (2 if value.is_floating_point() else 1)), name
wide = engine.widened(start, ["brand_new", *one.names.values()], target.with_name("wide.pt"))
try:
    engine.mean_of(start, wide, target.with_name("none.pt"))
except BadData as error:
    assert "no mean" in str(error)
else:
    raise SystemExit("two different networks were mixed")
"""


def test_a_run_may_start_from_the_mean_of_two_checkpoints(run_folder: Path, tmp_path: Path) -> None:
    out = ran("-c", MEAN, str(run_folder / "model.pt"), str(tmp_path / "other.pt"), YOLO_CONFIG_DIR=str(tmp_path))
    assert out.returncode == 0, out.stderr
