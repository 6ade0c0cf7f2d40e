"""``jingcun train FOLDER… --weights START.pt --out RUN``: from labelled pictures to a detector with its model card."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jingcun.commands.shared import one_line_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress

    from detect.train.recipe import Recipe, Tick


def train(
    out: Annotated[Path, typer.Option(help="Folder of the run; everything it makes lies there.")],
    folders: Annotated[list[Path] | None, typer.Argument(help="Labelled pictures: images/ and labels/ (YOLO).")] = None,
    weights: Annotated[Path | None, typer.Option(help="Start from this ultralytics checkpoint (.pt).")] = None,
    mean_with: Annotated[Path | None, typer.Option(help="Start from the mean of --weights and this one.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out; give nothing else.")] = False,
    val: Annotated[list[Path] | None, typer.Option(help="Select on this folder instead of held-back places.")] = None,
    measure: Annotated[list[Path] | None, typer.Option(help="Report figures on this folder too.")] = None,
    held: Annotated[float, typer.Option(min=0.01, max=0.5, help="Share of the places held back for selection.")] = 0.1,
    rendered: Annotated[int, typer.Option(min=0, help="Add this many rendered pictures.")] = 0,
    plates: Annotated[int, typer.Option(min=0, help="Add this many pictures with drawn number plates.")] = 0,
    pasted: Annotated[
        int, typer.Option(min=0, help="Add this many pictures with garbage of other pictures (copy-paste).")
    ] = 0,
    teacher: Annotated[Path | None, typer.Option(help="An .onnx that labels persons and vehicles.")] = None,
    complete: Annotated[Path | None, typer.Option(help="An .onnx that adds forgotten boxes (label clean-up).")] = None,
    from_verdicts: Annotated[
        list[Path] | None, typer.Option(help="A folder of `jingcun verdicts export`; may be given several times.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="Take each judged picture so many times.")] = 3,
    epochs: Annotated[int, typer.Option(min=1)] = 40,
    size: Annotated[int, typer.Option(min=32, help="Side of the model's input in pixels.")] = 640,
    batch: Annotated[int, typer.Option(min=1)] = 16,
    seed: Annotated[int, typer.Option(help="The same seed splits and trains the same way.")] = 1,
    device: Annotated[str, typer.Option(help="cpu, or the number of a GPU.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="On the CPU.")] = 1,
    bf16: Annotated[bool, typer.Option("--bf16", help="Reckon in bfloat16 on the CPU: twice as quick.")] = False,
) -> None:
    """Train a detector, export it (ONNX fp32 and int8) and write its model card. Needs the extra ``train``."""
    from detect.errors import DetectError
    from detect.train.recipe import Recipe, begin, begun
    from detect.train.run import NoTraining

    with one_line_errors(DetectError, NoTraining):
        if resume:
            recipe = begun(out)
        else:
            recipe = Recipe(
                weights=_start(weights), mean_with=str(_start(mean_with)) if mean_with else None,
                folders=_full(folders), val=_full(val), measure=_full(measure), held=held,
                teacher=str(teacher.resolve()) if teacher else None,
                complete=str(complete.resolve()) if complete else None, rendered=rendered, plates=plates, pasted=pasted,
                epochs=epochs, size=size, batch=batch, seed=seed, device=device, threads=threads, bf16=bf16,
                verdicts=_full(from_verdicts), repeat=repeat,
            )  # fmt: skip
            if not recipe.folders + recipe.verdicts:
                raise typer.BadParameter("give at least one folder of labelled pictures, or --resume")
            begin(recipe, out)
        _run(recipe, out)


def _run(recipe: Recipe, out: Path) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from detect.train.run import run
    from jingcun.rendered_samples import render_samples

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        card = run(recipe, out.resolve(), render_samples, lambda step: print(step, file=sys.stderr), _bar(progress))
    print(card)


def _bar(progress: Progress) -> Callable[[Tick], None]:
    """Show how far the training is: a bar on a terminal, a line at each quarter of an epoch elsewhere."""
    task = progress.add_task("epoch", total=None)

    def tell(tick: Tick) -> None:
        done = (tick.epoch - 1) * tick.batches + tick.batch
        progress.update(task, total=tick.epochs * tick.batches, completed=done, description=f"epoch {tick.epoch}")
        if tick.figures is not None:
            found = tick.figures.get("metrics/mAP50(B)", 0.0)
            print(f"epoch {tick.epoch} of {tick.epochs}: mAP50 {found:.3f} on the held-back places", file=sys.stderr)
        elif progress.disable and tick.batch % max(1, tick.batches // 4) == 0:
            print(f"epoch {tick.epoch}: batch {tick.batch} of {tick.batches}", file=sys.stderr)

    return tell


def _start(weights: Path | None) -> str:
    if weights is None or not weights.is_file():
        raise typer.BadParameter(f"{weights}: no such file; give the checkpoint to start from (--weights START.pt)")
    return str(weights.resolve())


def _full(paths: list[Path] | None) -> tuple[str, ...]:
    return tuple(str(path.resolve()) for path in paths or ())
