"""The only file that knows torch and ultralytics: train, go on after an interruption, export, measure.

Set ``YOLO_CONFIG_DIR`` before importing it: ultralytics keeps its settings there. The checkpoints that ultralytics
writes in place may be torn by a kill, so whole copies of them are kept after every epoch, and a run goes on from those.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detect.boxes import Found
from detect.train.recipe import Figures, Recipe, Tick, put_whole
from detect.train.stand_in import be_quiet, mend

be_quiet()
import torch  # noqa: E402

MENDED = mend(torch)
import ultralytics  # noqa: E402
from ultralytics.utils import SETTINGS  # noqa: E402
from ultralytics.utils.torch_utils import strip_optimizer  # noqa: E402

SETTINGS.update({name: False for name, value in SETTINGS.items() if isinstance(value, bool)})  # telemetry, trackers

LAST, BEST = "checkpoint.pt", "best.pt"


@dataclass(slots=True)
class _Watch:
    """Ultralytics' callbacks during a training."""

    out: Path
    threads: int
    tell: Callable[[Tick], None]
    batch: int = 0

    def started(self, trainer: Any) -> None:
        if trainer.device.type == "cpu":
            torch.set_num_threads(self.threads)  # ultralytics has just set its own

    def epoch_started(self, _trainer: Any) -> None:
        self.batch = 0

    def batch_done(self, trainer: Any) -> None:
        self.batch += 1
        self.tell(Tick(trainer.epoch + 1, trainer.epochs, self.batch, len(trainer.train_loader)))

    def epoch_done(self, trainer: Any) -> None:
        if trainer.epoch >= trainer.epochs:
            return  # the last look at the best weights, not an epoch
        figures = {name: float(value) for name, value in trainer.metrics.items()}
        self.tell(Tick(trainer.epoch + 1, trainer.epochs, self.batch, len(trainer.train_loader), figures))

    def saved(self, trainer: Any) -> None:
        # The best first: killed in between, the run goes on from the checkpoint before and finds it again.
        if trainer.best_fitness == trainer.fitness or not (self.out / BEST).exists():
            put_whole(self.out / BEST, trainer.best.read_bytes())
        put_whole(self.out / LAST, trainer.last.read_bytes())


def train(recipe: Recipe, table: Path, out: Path, tell: Callable[[Tick], None]) -> Path:
    """Train, or go on training, in ``out``; the weights of the best epoch on the held-back set, ready for use."""
    done = _epochs_done(out / LAST)
    watch = _Watch(out, recipe.threads, tell)
    if done == 0:
        shutil.rmtree(out / "ultralytics", ignore_errors=True)
        _watched(ultralytics.YOLO(recipe.weights), watch).train(**_settings(recipe, table, out))
    elif done < recipe.epochs:
        inner = out / "ultralytics" / "weights"
        inner.mkdir(parents=True, exist_ok=True)
        for kept, own in ((LAST, "last.pt"), (BEST, "best.pt")):
            shutil.copyfile(out / kept, inner / own)
        _watched(ultralytics.YOLO(inner / "last.pt"), watch).train(resume=True, device=recipe.device)
    weights = out / "model.pt"
    strip_optimizer(str(out / BEST), str(weights))
    _forget_paths(weights)
    return weights


def export(weights: Path, size: int, target: Path) -> None:
    """Write ``target``: ONNX fp32 of the fixed shape 1 x 3 x size x size, names, imgsz and stride in its metadata."""
    made = ultralytics.YOLO(weights).export(
        format="onnx", imgsz=size, dynamic=False, simplify=True, opset=18, batch=1, device="cpu"
    )
    Path(made).replace(target)


def looker(weights: Path, size: int) -> Callable[[npt.NDArray[np.uint8]], list[Found]]:
    """What the torch model itself finds in a BGR picture, for comparison with an export."""
    model = ultralytics.YOLO(weights)

    def look(picture: npt.NDArray[np.uint8]) -> list[Found]:
        found = model.predict(picture, imgsz=size, conf=0.001, iou=0.7, rect=False, device="cpu", verbose=False)[0]
        rows = found.boxes.data.cpu().numpy().tolist()
        return [Found(found.names[int(kind)], score, *corners) for *corners, score, kind in rows]

    return look


def measure(model: Path, table: Path, size: int, work: Path) -> Figures:
    """Average precision of weights or of an export on the set that ``table`` names, by ultralytics' validator, CPU."""
    told = ultralytics.YOLO(model, task="detect").val(
        data=str(table), imgsz=size, batch=1, device="cpu", rect=False, plots=False, workers=0, verbose=False,
        project=str(work), name="val", exist_ok=True,
    )  # fmt: skip
    names: Mapping[int, str] = told.names
    classes = {
        names[int(kind)]: float(value) for kind, value in zip(told.box.ap_class_index, told.box.ap50, strict=True)
    }
    return Figures(float(told.box.map50), float(told.box.map), classes)


def versions() -> dict[str, str]:
    """What the run was made with."""
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU"
    return {
        "torch": str(torch.__version__), "ultralytics": str(ultralytics.__version__), "device": device,
        "torchvision": "stand-in for its nms" if MENDED else "its own nms",
    }  # fmt: skip


def _settings(recipe: Recipe, table: Path, out: Path) -> dict[str, Any]:
    on_cpu = recipe.device == "cpu"
    return {
        "data": str(table), "epochs": recipe.epochs, "imgsz": recipe.size, "batch": recipe.batch,
        "patience": 0, "seed": recipe.seed, "deterministic": True, "device": recipe.device, "amp": not on_cpu,
        "workers": 0 if on_cpu else 8, "project": str(out), "name": "ultralytics", "exist_ok": True, "plots": False,
        "verbose": False, "hsv_v": 0.5,  # the public set comes badly exposed: go beyond 0.4
        "close_mosaic": min(10, recipe.epochs // 3),
    }  # fmt: skip


def _watched(model: Any, watch: _Watch) -> Any:
    for event, act in {
        "on_train_start": watch.started, "on_train_epoch_start": watch.epoch_started,
        "on_train_batch_end": watch.batch_done, "on_fit_epoch_end": watch.epoch_done, "on_model_save": watch.saved,
    }.items():  # fmt: skip
        model.add_callback(event, act)
    return model


def _forget_paths(weights: Path) -> None:
    """Weights are published: of the paths on this machine only the last part stays, here and in exports."""
    told = torch.load(weights, map_location="cpu", weights_only=False)
    for table in (told["train_args"], told["model"].args):
        for name, value in table.items():
            if isinstance(value, (str, Path)) and "/" in str(value):
                table[name] = Path(value).name
    torch.save(told, weights)


def _epochs_done(checkpoint: Path) -> int:
    """How many epochs a checkpoint of ours has behind it; 0 without one."""
    if not checkpoint.exists():
        return 0
    return int(torch.load(checkpoint, map_location="cpu", weights_only=False)["epoch"]) + 1
