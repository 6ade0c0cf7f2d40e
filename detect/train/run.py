"""A training run from folders to a model card, step by step; a step that is done is not done again after ``--resume``.

What lies in a run's folder: ``recipe.json``, ``data/`` (links and labels), ``checkpoint.pt`` and ``best.pt`` (whole at
any moment), then ``model.pt``, ``model.onnx``, ``model_int8.onnx``, ``figures.json``, ``model.md``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from detect.finder import Finder
from detect.train.agree import compare
from detect.train.card import Facts, Model, figures_json, render
from detect.train.dataset import BadData, Sample, read_folder, read_manifest
from detect.train.pasted import pasted_samples
from detect.train.places import apart, split
from detect.train.plates import plate_samples, seen_plates, with_seen
from detect.train.prepare import HELD, TRAIN, Prepared, laid_out, lay_out
from detect.train.recipe import Recipe, Tick, put_whole
from detect.train.teacher import completed, taught
from detect.train.verdicts import verdicts_of

Render = Callable[[Path, int, int, Sequence[str]], list[Sample]]
"""Makes rendered samples: (folder to write pictures to, how many, seed, class names)."""
Say = Callable[[str], None]

COMPARED = 40  # pictures on which the export is compared with the trained model
LABELLED = ("garbage", "garbage_bin", "overflow")  # what whoever drew the boxes was asked to draw
CALIBRATED = 64  # pictures that settle the scales of int8


class NoTraining(Exception):
    """The ``train`` extra is not installed."""


def run(recipe: Recipe, out: Path, render_scenes: Render, say: Say, tell: Callable[[Tick], None]) -> Path:
    """Do what is left of the run in ``out``; the path of the model card. ``say`` names each step.

    Raises BadData or BadPicture for the data, BadModel when teacher or export are wrong, NoTraining without the extra.
    """
    engine = engine_in(out)
    data = laid_out(out / "data")
    if data is None:
        say("reading the pictures and labels")
        data = _prepare(recipe, out, render_scenes, say)
    say("training")
    weights = engine.train(recipe, data.table(HELD), out, tell)
    say("exporting")
    full, small = out / "model.onnx", out / "model_int8.onnx"
    engine.export(weights, recipe.size, full)
    held = pictures(data, HELD)
    finder = Finder(full, threads=recipe.threads, floor=0.001)
    agreement = compare(engine.looker(weights, recipe.size), finder.find, held[:COMPARED])
    import_module("detect.train.int8").quantize(full, small, spread(pictures(data, TRAIN), CALIBRATED))
    figures = {}
    for model in (full, small):
        say(f"measuring {model.name}")
        figures[model.name] = {
            name: engine.measure(model, data.table(name), recipe.size, out / "measured")
            for name in data.sets
            if name != TRAIN
        }
    put_whole(out / "figures.json", figures_json(figures).encode())
    models = [Model(model.name, Finder(model, threads=1).model_id) for model in (full, small)]
    start = _digest(Path(recipe.weights))
    facts = Facts(recipe, models, data.sets, agreement, figures, engine.versions(), start, verdict_counts(recipe))
    put_whole(out / "model.md", render(facts).encode())
    return out / "model.md"


def gather(recipe: Recipe, rendered: list[Sample]) -> dict[str, list[Sample]]:
    """The sets of a run: ``train``, ``held``, and one or two for each folder to measure on. Raises BadData."""
    verdict_counts(recipe)
    samples = _read(recipe.folders + recipe.verdicts, recipe)
    if recipe.val:
        sets = {TRAIN: samples + rendered, HELD: _read(recipe.val, recipe)}
    else:
        training, held = split(samples + rendered, recipe.held, recipe.seed)
        sets = {TRAIN: training, HELD: held}
    for folder in map(Path, recipe.measure):
        if folder.name in sets:
            raise BadData(f"{folder}: there is a set of this name already; rename the folder")
        sets[folder.name] = _read([str(folder)], recipe)
        far = apart(sets[folder.name], sets[TRAIN]) if not recipe.val else []
        if 0 < len(far) < len(sets[folder.name]):
            sets[f"{folder.name}_apart"] = far
    return sets


def repeated(samples: Sequence[Sample], recipe: Recipe) -> list[Sample]:
    """The samples with those of verdict folders taken as often as the recipe says; the first time at their place."""
    judged = [one for one in samples if str(one.picture.parent.parent) in recipe.verdicts]
    return [*samples, *judged * (recipe.repeat - 1)]


def verdict_counts(recipe: Recipe) -> dict[str, int]:
    """How many of each verdict stand in the recipe's folders. Raises BadData for a folder that holds no verdicts."""
    manifests = {folder: read_manifest(Path(folder)) for folder in recipe.verdicts}
    bare = [folder for folder, lines in manifests.items() if not lines]
    if bare:
        raise BadData(f"{bare[0]}: holds no manifest.jsonl; give a folder that `jingcun verdicts export` wrote")
    return verdicts_of(line for lines in manifests.values() for line in lines)


def pictures(data: Prepared, name: str) -> list[Path]:
    """The pictures of a prepared set, in order."""
    return sorted((data.folder / "images" / name).iterdir())


def spread(paths: Sequence[Path], most: int) -> list[Path]:
    """At most ``most`` of them, evenly from the whole."""
    step = max(1, len(paths) // most)
    return list(paths[::step][:most])


def _prepare(recipe: Recipe, out: Path, render_scenes: Render, say: Say) -> Prepared:
    rendered = render_scenes(out / "rendered", recipe.rendered, recipe.seed, recipe.names) if recipe.rendered else []
    sets = gather(recipe, rendered)
    if recipe.teacher:
        say("the teacher labels persons and vehicles")
        teacher = Finder(recipe.teacher, threads=recipe.threads)
        sets = {name: [taught(one, teacher.find, recipe.names) for one in each] for name, each in sets.items()}
    if recipe.complete:
        say("forgotten boxes are added to the training pictures")
        find = Finder(recipe.complete, threads=recipe.threads).find
        sets[TRAIN] = [completed(one, find, recipe.names, LABELLED) for one in sets[TRAIN]]
    if recipe.plates:
        sets = _with_plates(sets, recipe, out / "plates")
    if recipe.pasted:
        say("garbage is put down in other pictures")
        sets = _with_pasted(sets, recipe, out / "pasted")
    sets[TRAIN] = repeated(sets[TRAIN], recipe)
    return lay_out(sets, recipe.names, out / "data")


def _with_plates(sets: dict[str, list[Sample]], recipe: Recipe, folder: Path) -> dict[str, list[Sample]]:
    """Real plates that were found get their boxes; drawn ones are put into copies of both sides' own pictures."""
    seen = seen_plates()
    sets = {name: [with_seen(one, seen, recipe.names) for one in each] for name, each in sets.items()}
    for name, many in ((TRAIN, recipe.plates), (HELD, recipe.plates // 10)):
        if many:
            real = [one for one in sets[name] if not one.scene]
            sets[name] = sets[name] + plate_samples(real, many, recipe.seed, folder / name, recipe.names)
    return sets


def _with_pasted(sets: dict[str, list[Sample]], recipe: Recipe, folder: Path) -> dict[str, list[Sample]]:
    """Copies of both sides' own pictures with garbage of the same side in them."""
    added = dict(sets)
    for name, many in ((TRAIN, recipe.pasted), (HELD, recipe.pasted // 10)):
        if many:
            added[name] = sets[name] + pasted_samples(sets[name], many, recipe.seed, folder / name, recipe.names)
    return added


def _read(folders: Iterable[str], recipe: Recipe) -> list[Sample]:
    return [sample for folder in folders for sample in read_folder(Path(folder), recipe.names)]


def engine_in(out: Path) -> ModuleType:
    """The engine, its settings kept in the folder ``out``; NoTraining without the extra."""
    os.environ["YOLO_CONFIG_DIR"] = str(out / "settings")  # ultralytics keeps its settings out of the home folder
    (out / "settings").mkdir(exist_ok=True)
    try:
        return import_module("detect.train.engine")
    except ModuleNotFoundError as error:
        raise NoTraining(
            f"{error.name} is not installed: training needs the extra 'train' (see docs/training-log.md); "
            "a machine that only watches needs none of it"
        ) from error


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
