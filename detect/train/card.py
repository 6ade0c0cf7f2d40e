"""The model card: what a set of weights was made from, what it reaches, what nobody has checked. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detect.train.agree import LEAST_IOU, MOST_SCORE, Agreement
from detect.train.recipe import Figures, Recipe

GARBAGE3 = """*garbage3*: GitHub `ATANU0023/garbage_detection_dataset` @1e9fc550 (Roboflow "公开数据集111" v2,
CC BY 4.0 as its uploader declares), upstream Baidu AI Studio data set 228648. The declared licence cannot cover every
third-party photo in the web part, and faces and plates may be visible: the weights and figures may be published, the
pictures never."""
HEAD = "# Model card\n\nWritten by the training run itself; the pictures it was made from are not published.\n\n"


@dataclass(frozen=True, slots=True)
class Model:
    """An exported file: its name and the first 12 hex digits of its SHA-256."""

    file: str
    model_id: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a finished run knows of itself. ``figures`` by file, then by set."""

    recipe: Recipe
    models: Sequence[Model]
    sets: Mapping[str, Mapping[str, int]]
    agreement: Agreement
    figures: Mapping[str, Mapping[str, Figures]]
    versions: Mapping[str, str]
    start: str  # SHA-256 (12) of the weights it began from
    verdicts: Mapping[str, int] = field(default_factory=dict)


def render(facts: Facts) -> str:
    """The card as markdown."""
    parts = [_files(facts), _data(facts), _recipe(facts), _figures(facts), _unverified(facts)]
    return HEAD + "\n\n".join(parts) + "\n"


def _files(facts: Facts) -> str:
    side = facts.recipe.size
    rows = [f"| `{model.file}` | 1 × 3 × {side} × {side} | `{model.model_id}` |" for model in facts.models]
    agreed = facts.agreement
    return "\n".join([
        "| file | input | id (first 12 of SHA-256) |", "|---|---|---|", *rows, "",
        f"Classes: {', '.join(f'`{name}`' for name in facts.recipe.names)}.", "",
        f"The fp32 export was compared with the trained model through the finder: {agreed.same} of {agreed.boxes} "
        f"boxes from score {agreed.least:.3f} agree within IoU ≥ {LEAST_IOU} and score ± {MOST_SCORE}; the worst "
        f"of these has IoU {agreed.worst_iou:.4f}, score {agreed.worst_score:.4f} apart.",
        "In the int8 file the detection head is left in floats.",
        "Licence: AGPL-3.0, as a derivative of Ultralytics' work.",
    ])  # fmt: skip


def _data(facts: Facts) -> str:
    names = facts.recipe.names
    rows = [
        f"| {name} | {table['pictures']} | " + " | ".join(str(table[kind]) for kind in names) + " |"
        for name, table in facts.sets.items()
    ]
    words = ["## Data", "", f"| set | pictures | {' | '.join(names)} |", "|---|---|" + "---|" * len(names), *rows, ""]
    used = facts.recipe.folders + facts.recipe.verdicts + facts.recipe.val
    words.append(f"Folders: {', '.join(_last(path) for path in used)}.")
    if facts.recipe.val:
        words.append("`held` (selection of the best epoch) is a folder of its own.")
    else:
        words.append(
            "`held` (selection of the best epoch) are whole places: cameras, or blocks of file numbers in a row."
        )
    if facts.recipe.teacher:
        words.append("Boxes of persons and vehicles were added by a model (the teacher), not drawn by people.")
    if facts.recipe.plates:
        words.append(f"{facts.recipe.plates} pictures of `train` carry drawn number plates; real plates are few.")
    if facts.recipe.complete:
        words.append("Boxes that whoever drew the labels had forgotten were added to the training pictures by a model.")
    if facts.recipe.verdicts:
        words += _judged(facts)
    if facts.recipe.rendered:
        words.append(f"{facts.recipe.rendered} pictures of `train` are rendered scenes, not photographs.")
    if any("garbage3" in path for path in facts.recipe.folders):
        words += ["", GARBAGE3]
    return "\n".join(words)


def _judged(facts: Facts) -> list[str]:
    told = ", ".join(f"{count} {name}" for name, count in facts.verdicts.items())
    words = [
        f"Verdicts of people on alarms: {told}. What was unclear is not trained with; each judged picture of `train` "
        f"is taken {facts.recipe.repeat} time(s).",
        "Judged pictures are as they left the box: persons, faces and plates in them are blurred.",
    ]
    if not facts.recipe.complete:
        words.append(
            'On them only what the alarm was about is labelled: whatever else is to be seen teaches "nothing".'
        )
    return words


def _recipe(facts: Facts) -> str:
    recipe = facts.recipe
    rows = {
        "start": f"`{_last(recipe.weights)}` (SHA-256 {facts.start}…)", "seed": recipe.seed, "epochs": recipe.epochs,
        "size": recipe.size, "batch": recipe.batch, **facts.versions,
    }  # fmt: skip
    return "## Recipe\n\n" + "\n".join(f"- {name}: {value}" for name, value in rows.items())


def _figures(facts: Facts) -> str:
    names = facts.recipe.names
    head = f"| file | set | mAP50 | mAP50-95 | {' | '.join(f'{name} AP50' for name in names)} |"
    rows = [
        f"| `{file}` | {name} | {one.map50:.3f} | {one.map50_95:.3f} | "
        + " | ".join(f"{one.classes[kind]:.3f}" if kind in one.classes else "–" for kind in names) + " |"
        for file, sets in facts.figures.items()
        for name, one in sets.items()
    ]  # fmt: skip
    note = (
        f"By ultralytics' validator on the CPU at {facts.recipe.size} px; means are over the classes of the set. "
        "A set whose name ends in `_apart` leaves out pictures whose file number is near one trained with."
    )
    return "\n".join(["## Figures", "", head, "|---|---|---|---|" + "---|" * len(names), *rows, "", note])


def _unverified(facts: Facts) -> str:
    words = [
        "- No picture of a village camera, no rain, snow or real night was measured by this run.",
        "- `held` chose the best epoch, so its figure is flattering; so is any set with places that were trained on.",
        "- Events (somebody dumped), false alarms per camera-day and the recall of the blur are measured elsewhere.",
        "- The int8 file was run on ONNX Runtime's CPU provider only.",
    ]
    unseen = [name for name in facts.recipe.names if not any(facts.sets[one].get(name) for one in facts.sets)]
    words += [f"- `{name}` has no example in any set: the model cannot know it." for name in unseen]
    if facts.recipe.teacher:
        words.append("- Figures of `person` and `vehicle` compare with the teacher's opinion, not with the truth.")
    if facts.recipe.rendered:
        words.append("- What only rendered pictures taught is not verified on real ones.")
    return "\n".join(["## Not verified", "", *words])


def _last(path: str) -> str:
    """The last two parts of a path: a card names no place on somebody's disk."""
    return "/".join(path.replace("\\", "/").rstrip("/").split("/")[-2:])


def figures_json(figures: Mapping[str, Mapping[str, Figures]]) -> str:
    """The same figures for a program: file, set, then ``map50``, ``map50_95`` and ``classes``."""
    table = {
        file: {
            name: {"map50": one.map50, "map50_95": one.map50_95, "classes": dict(one.classes)}
            for name, one in sets.items()
        }
        for file, sets in figures.items()
    }
    return json.dumps(table, ensure_ascii=False, indent=1)
