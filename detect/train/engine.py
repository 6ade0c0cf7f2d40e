"""The only file that knows torch and ultralytics: train, go on after an interruption, export, measure.

Set ``YOLO_CONFIG_DIR`` before importing it: ultralytics keeps its settings there. The checkpoints that ultralytics
writes in place may be torn by a kill, so whole copies of them are kept after every epoch, and a run goes on from those.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from detect.boxes import Found
from detect.train.dataset import BadData
from detect.train.recipe import Figures, Recipe, Tick, put_whole
from detect.train.stand_in import be_quiet, mend

be_quiet()
import torch  # noqa: E402

MENDED = mend(torch)
import ultralytics  # noqa: E402
import ultralytics.engine.trainer as ultralytics_trainer  # noqa: E402
from ultralytics.models.yolo.detect import DetectionTrainer  # noqa: E402
from ultralytics.utils import SETTINGS  # noqa: E402
from ultralytics.utils.torch_utils import autocast, strip_optimizer  # noqa: E402

SETTINGS.update({name: False for name, value in SETTINGS.items() if isinstance(value, bool)})  # telemetry, trackers

LAST, BEST = "checkpoint.pt", "best.pt"
SILENT = -7.0  # logit of a class that has learnt nothing yet: a score of 0.001


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
    if recipe.bf16:
        ultralytics_trainer.autocast = _bf16_on_cpu
    if done == 0:
        shutil.rmtree(out / "ultralytics", ignore_errors=True)
        start = _start(recipe, out)
        _watched(ultralytics.YOLO(start), watch).train(trainer=_AsItIs, **_settings(recipe, table, out))
    elif done < recipe.epochs:
        inner = out / "ultralytics" / "weights"
        inner.mkdir(parents=True, exist_ok=True)
        for kept, own in ((LAST, "last.pt"), (BEST, "best.pt")):
            shutil.copyfile(out / kept, inner / own)
        _watched(ultralytics.YOLO(inner / "last.pt"), watch).train(trainer=_AsItIs, resume=True, device=recipe.device)
    weights = out / "model.pt"
    strip_optimizer(str(out / BEST), str(weights))
    _forget_paths(weights)
    return weights


def widened(weights: Path, names: Sequence[str], target: Path) -> Path:
    """Weights that know exactly ``names``: what ``weights`` knows by the same name is kept, a new class starts silent.

    ultralytics alone would begin every class anew as soon as their number differs. The path of weights to start from.
    """
    model = ultralytics.YOLO(weights).model.float()
    known = {name: number for number, name in model.names.items()}
    if list(known) == list(names) or not set(known) & set(names):
        return weights
    head = model.model[-1]
    for branch in head.cv3:
        branch[-1] = _wider(branch[-1], [known.get(name) for name in names])
    head.nc, head.no = len(names), len(names) + 4 * head.reg_max
    model.nc, model.names, model.yaml["nc"] = len(names), dict(enumerate(names)), len(names)
    torch.save({"model": model, "train_args": {}}, target)
    return target


def _start(recipe: Recipe, out: Path) -> Path:
    start = widened(Path(recipe.weights), recipe.names, out / "start.pt")
    if recipe.mean_with is None:
        return start
    other = widened(Path(recipe.mean_with), recipe.names, out / "other.pt")
    return mean_of(start, other, out / "mean.pt")


def mean_of(weights: Path, others: Path, target: Path) -> Path:
    """The mean of two checkpoints of one network, written to ``target``. Raises BadData when they are not."""
    one, other = (ultralytics.YOLO(path).model.float() for path in (weights, others))
    mine, theirs = one.state_dict(), other.state_dict()
    if one.names != other.names or {name: value.shape for name, value in mine.items()} != {
        name: value.shape for name, value in theirs.items()
    }:
        raise BadData(f"{weights} and {others}: not one network with the same classes; no mean can be taken")
    mixed = {name: (value + theirs[name]) / 2 if value.is_floating_point() else value for name, value in mine.items()}
    one.load_state_dict(mixed)
    torch.save({"model": one, "train_args": {}}, target)
    return target


def _wider(last: Any, places: Sequence[int | None]) -> Any:
    """The last layer of a class branch with its rows put in a new order; None is a class that starts silent."""
    wide = torch.nn.Conv2d(last.in_channels, len(places), 1)
    with torch.no_grad():
        wide.weight.zero_()
        wide.bias.fill_(SILENT)
        for row, place in enumerate(places):
            if place is not None:
                wide.weight[row], wide.bias[row] = last.weight[place], last.bias[place]
    return wide


class _AsItIs(DetectionTrainer):  # type: ignore[misc]  # ultralytics carries no types
    """Trains a model that has the right classes as it is; ultralytics would build one anew and lose odd layers."""

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:
        """The given weights when their classes fit, else what ultralytics makes of them."""
        if weights is not None and len(weights.names) == self.data["nc"]:
            return weights
        return super().get_model(cfg=cfg, weights=weights, verbose=verbose)


def export(weights: Path, size: int, target: Path) -> None:
    """Write ``target``: ONNX fp32 of the fixed shape 1 x 3 x size x size, names, imgsz and stride in its metadata."""
    made = ultralytics.YOLO(weights).export(
        format="onnx", imgsz=size, dynamic=False, simplify=True, opset=18, batch=1, device="cpu"
    )
    Path(made).replace(target)


def export_for(runtime: str, weights: Path, size: int, target: Path) -> Path:
    """Export for ``openvino``, ``ncnn`` or ``tensorrt`` (on the machine that will run it); the file or folder made.

    Names and size stand beside or in it, as ``detect.runtimes`` reads them. TensorRT was not run here.
    """
    form = {"openvino": "openvino", "ncnn": "ncnn", "tensorrt": "engine"}[runtime]
    with TemporaryDirectory() as folder:
        copy = shutil.copy(weights, Path(folder) / "model.pt")  # ultralytics writes beside the weights
        made = Path(ultralytics.YOLO(copy).export(format=form, imgsz=size, dynamic=False, batch=1))
        return Path(shutil.copytree(made, target) if made.is_dir() else shutil.copy(made, target))


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
        "workers": 1 if on_cpu else 8, "project": str(out), "name": "ultralytics", "exist_ok": True, "plots": False,
        "verbose": False, "warmup_epochs": min(3.0, recipe.epochs / 4),
        "hsv_v": 0.5,  # the public set comes badly exposed: go beyond 0.4
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
    told.pop("git", None)  # where somebody's checkout lies
    told["model"].pt_path = Path(str(getattr(told["model"], "pt_path", ""))).name
    for table in (told["train_args"], told["model"].args):
        for name, value in table.items():
            if isinstance(value, (str, Path)) and "/" in str(value):
                table[name] = Path(value).name
    torch.save(told, weights)


def _bf16_on_cpu(enabled: Any, device: str = "cuda") -> Any:
    """Stands for ultralytics' autocast, which knows bfloat16 on graphics cards only."""
    return torch.autocast("cpu", torch.bfloat16) if device == "cpu" else autocast(enabled, device=device)


def _epochs_done(checkpoint: Path) -> int:
    """How many epochs a checkpoint of ours has behind it; 0 without one."""
    if not checkpoint.exists():
        return 0
    return int(torch.load(checkpoint, map_location="cpu", weights_only=False)["epoch"]) + 1
