"""``jingcun model …``: which detector a box looks with. A new one is checked and tried before the box is given it.

A change asks for the numbers: a comparison of exactly these two models that shows no loss, or somebody who insists with
a reason. Who, when and why stand in ``models/changes.jsonl``.
"""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jingcun.commands.shared import AsJson, one_line_errors, put_json

if TYPE_CHECKING:
    from edge.settings import BoxSettings
    from edge.shelf import Standing

app = typer.Typer(no_args_is_help=True, help="The detector of a box: put a new one in, go back, see what stands.")
BOX_TOML = Path("/etc/jingcun/box.toml")
BoxConfig = Annotated[Path, typer.Option("--config", "-c", help="Settings file of the box (TOML).")]
By = Annotated[str, typer.Option(help="Who answers for it; the name of this account by default.")]


class Export(StrEnum):
    """What a model can be exported for."""

    OPENVINO = "openvino"
    NCNN = "ncnn"
    TENSORRT = "tensorrt"


_SETTINGS_DECIDE = "what the box's settings say"


@app.command()
def status(config: BoxConfig = BOX_TOML, as_json: AsJson = False) -> None:
    """Say which models stand ready. Exit code 1 when one of them is damaged."""
    from detect.finder import default_model
    from edge.settings import load
    from edge.shelf import Shelf, Slot

    settings = load(config)
    shelf = Shelf(settings.folder)
    slots: tuple[Slot, ...] = ("current", "previous", "last_good")
    standing = {slot: shelf.standing(slot) for slot in slots}
    if as_json:
        told: dict[str, Any] = {slot: _plain(one) for slot, one in standing.items()}
        put_json({**told, "settings": str(settings.model or default_model())})
    else:
        for slot, one in standing.items():
            empty = "none yet" if slot == "last_good" else _SETTINGS_DECIDE
            print(f"{slot:<10} {_words(one) if one else empty}")
        print(f"{'settings':<10} {settings.model or default_model()}")
    raise typer.Exit(1 if any(one and not one.whole for one in standing.values()) else 0)


@app.command()
def use(
    path: Annotated[Path, typer.Argument(help="An .onnx, .xml, .param, .engine or .pt, or a folder as exported.")],
    config: BoxConfig = BOX_TOML,
    because: Annotated[
        Path | None, typer.Option(help="What `jingcun detect compare NOW NEW … --json` wrote; it must show no loss.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Without the numbers or against them; needs --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; kept in the log.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Check a model, try it, ask for the numbers, and let the box look with it from the next second on.

    Nothing changes when the model is bad, or when the numbers are missing or show a loss.
    """
    from detect.errors import BadModel
    from detect.promotion import note
    from edge.eyes import opened
    from edge.settings import load
    from edge.shelf import Shelf

    settings = load(config)
    with one_line_errors(BadModel):
        opened(settings, path, asked=True)
        now = _now(settings)
        before, after = _id(now), _id(path)
        numbers = [] if before == after else _numbers((now, path), because, anyway, reason)
        standing = Shelf(settings.folder).use(path)
    facts = {"model": after, "before": before, "anyway": anyway, "reason": reason, "numbers": numbers}
    note(settings.folder / "models", datetime.now(UTC), _who(by), "use", **facts)
    put_json(_plain(standing)) if as_json else print(f"{settings.device}: looks with {_words(standing)}")


@app.command()
def back(
    config: BoxConfig = BOX_TOML,
    reason: Annotated[str, typer.Option(help="Why; kept in the log.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Go back to the model before; said twice, it is the newer one again. No numbers are asked for."""
    from detect.promotion import note
    from edge.settings import load
    from edge.shelf import Shelf

    settings = load(config)
    shelf = Shelf(settings.folder)
    before = shelf.standing("current")
    standing = shelf.back()
    ids = {"model": standing.model_id if standing else "", "before": before.model_id if before else ""}
    note(settings.folder / "models", datetime.now(UTC), _who(by), "back", **ids, reason=reason)
    if as_json:
        put_json(_plain(standing))
    else:
        print(f"{settings.device}: looks with {_words(standing) if standing else _SETTINGS_DECIDE}")


@app.command()
def history(config: BoxConfig = BOX_TOML, as_json: AsJson = False) -> None:
    """List who changed the model of this box, when, why and on what numbers; oldest first."""
    from detect.promotion import notes
    from edge.settings import load

    for line in notes(load(config).folder / "models"):
        if as_json:
            put_json(line)
            continue
        changed = f"{line.get('before') or _SETTINGS_DECIDE} → {line.get('model') or _SETTINGS_DECIDE}"
        why = "; ".join([*filter(None, [line.get("reason")]), *map(str, line.get("numbers") or [])])
        print(f"{line.get('at')}  {line.get('who')}  {line.get('act')}  {changed}  {why}")


def _numbers(models: tuple[Path, Path], because: Path | None, anyway: bool, reason: str) -> list[str]:
    """What a comparison says of the change from one model to the other.

    ValueError when it is missing or does not carry the change, and nobody insists with a reason.
    """
    from detect.promotion import judge, read_report

    now, new = models
    if anyway and not reason.strip():
        raise ValueError("--anyway needs a reason that others can read later; add --reason")
    if because is None and not anyway:
        raise ValueError(
            f"the numbers are missing: run `jingcun detect compare {now} {new} FOLDER… --json > FILE` and give "
            "--because FILE, or insist with --anyway --reason"
        )
    if because is None:
        return []
    ruling = judge(read_report(because), _id(now), _id(new))
    if not (ruling.allowed or anyway):
        raise ValueError(f"{because}: {'; '.join(ruling.losses)}; train on, or insist with --anyway --reason")
    return [*ruling.losses, *ruling.gains]


def _now(settings: BoxSettings) -> Path:
    """The model that the box is to look with now."""
    from detect.finder import default_model
    from edge.shelf import Shelf

    standing = Shelf(settings.folder).standing("current")
    return standing.path if standing else settings.model or default_model()


def _id(path: Path) -> str:
    from detect.runtimes.files import main_file, model_id, parts

    return model_id(parts(main_file(path)))


def _who(by: str) -> str:
    """Who answers for a change: as given, else the name of the account (a number where it has none)."""
    return by or getpass.getuser()


@app.command()
def export(
    weights: Annotated[Path, typer.Argument(help="Trained weights (.pt).")],
    target: Annotated[Path, typer.Argument(help="The folder to make; for TensorRT the .engine file.")],
    runtime: Annotated[Export, typer.Option("--for", help="What is to run it.")],
    size: Annotated[int, typer.Option(min=64, max=1280, help="Side of the input in pixels.")] = 640,
) -> None:
    """Export weights for another runtime than ONNX Runtime (extra train), and try what was made."""
    from detect.errors import BadModel
    from detect.runtimes.opening import open_runtime
    from detect.train.run import NoTraining, engine_in

    with one_line_errors(BadModel, NoTraining, ImportError, ValueError), TemporaryDirectory() as folder:
        if target.exists() or not weights.is_file():
            raise ValueError(f"{target}: is there already" if target.exists() else f"{weights}: no such file")
        made = engine_in(Path(folder)).export_for(runtime.value, weights, size, target)
        print(f"{made}: {open_runtime(made).model_id}")


def _plain(one: Standing | None) -> dict[str, Any] | None:
    return {"model": one.model_id, "path": str(one.path), "whole": one.whole} if one else None


def _words(one: Standing) -> str:
    return f"{one.model_id} ({one.path.name}){'' if one.whole else ', DAMAGED: put it in again'}"
