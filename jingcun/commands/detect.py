"""``jingcun detect PATH…``: what is seen in pictures and videos; ``detect compare``: what two models see."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from jingcun.commands.shared import AsJson, one_line_errors, put_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from detect.spots import Spot
    from detect.train.compare import Pair, Trouble

LOOK = "look"


class LooksUnlessTold(TyperGroup):
    """``jingcun detect photo.jpg`` is ``jingcun detect look photo.jpg``; a file called ``compare`` is ``./compare``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the usual command in front of what is none."""
        named = not args or args[0] in self.commands or args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if named else [LOOK, *args])


app = typer.Typer(cls=LooksUnlessTold, no_args_is_help=True, help="What is seen in pictures and videos.")
Paths = Annotated[list[str], typer.Argument(help="Picture, folder of pictures, video, rtsp://…, /dev/video0.")]
Spots = Annotated[Path | None, typer.Option(help="Spots (TOML or JSON); the whole picture by default.")]
Fps = Annotated[float, typer.Option(min=0.1, max=30, help="Looks a second in videos.")]


@app.command(LOOK)
def look(
    paths: Paths,
    as_json: AsJson = False,
    model: Annotated[Path | None, typer.Option(help="An .onnx detector; the one that ships by default.")] = None,
    spots: Spots = None,
    fps: Fps = 2.0,
) -> None:
    """Say what is seen: for a picture its boxes, for a video its events. Exit code 1 if something was unreadable."""
    from detect.errors import BadModel
    from detect.finder import Finder, default_model
    from detect.report import report

    watched, config = _watched(spots, fps)
    with one_line_errors(BadModel), _progress() as step:
        finder, failed = Finder(model or default_model()), False
        for line in report(paths, finder, watched, fps):
            step()
            failed = failed or "error" in line
            told = line | {"model": finder.model_id, "config": config} if "kind" in line else line
            put_json(told) if as_json else print(_words(told))
            sys.stdout.flush()
    raise typer.Exit(1 if failed else 0)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="The model that is in use.")],
    new: Annotated[Path, typer.Argument(help="The one that may take its place.")],
    paths: Annotated[list[str], typer.Argument(help="Pictures, videos, folders; data sets and verdict folders too.")],
    as_json: AsJson = False,
    spots: Spots = None,
    fps: Fps = 2.0,
    score: Annotated[float, typer.Option(min=0.01, max=0.99, help="From where a box in a picture counts.")] = 0.3,
) -> None:
    """Say what only one of two models sees, and how both fare by labels and verdicts. An unreadable file costs a line.

    Exit code 0 when the comparison was done, 2 when a model or the call cannot be used. `--json` writes one object,
    which `jingcun model use NEW --because FILE` asks for.
    """
    from detect.errors import BadModel
    from detect.finder import Finder
    from detect.train.compare import Comparison

    watched, _ = _watched(spots, fps)
    with one_line_errors(BadModel), _progress() as step:
        side = Comparison(Finder(old), Finder(new), watched, fps, score)
        for one in side.look(paths):
            step()
            if not as_json:
                print(_difference(one))
                sys.stdout.flush()
    report = side.report()
    if as_json:
        differences = [pair.line() for pair in side.pairs]
        troubles = [{"path": one.path, "error": one.error} for one in side.troubles]
        put_json(report | {"differences": differences, "troubles": troubles})
    else:
        for line in _sums(report):
            print(line)


def _watched(spots: Path | None, fps: float) -> tuple[tuple[Spot, ...], str]:
    """The spots to watch, and the id of this configuration."""
    from detect.errors import BadSpots
    from detect.fingerprint import fingerprint
    from detect.spots import WHOLE, load_spots

    with one_line_errors(BadSpots):
        watched = load_spots(spots) if spots else (WHOLE,)
    return watched, fingerprint({"spots": [spot.model_dump(mode="json") for spot in watched], "fps": fps})


@contextmanager
def _progress() -> Iterator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("looking", total=None)
        yield lambda: progress.advance(task)


def _words(line: dict[str, Any]) -> str:
    """One line for a person."""
    if "error" in line:
        return f"{line['path']}: {line['error']}"
    if "found" in line:
        seen = ", ".join(f"{one['label']} {one['score']:.2f}" for one in line["found"] if one["score"] >= 0.25)
        return f"{line['path']}: {seen or 'nothing'}"
    if "kind" in line:
        return f"{line['path']}: {line['t']:.1f} s {line['kind']} at {line['spot']} ({line['score']:.2f})"
    return f"{line['path']}: {line['frames']} frames, {line['seconds']:.1f} s, {line['events']} events"


def _difference(one: Pair | Trouble) -> str:
    """One line for a person: ``=`` both, ``-`` the old one alone, ``+`` the new one alone, ``!`` unreadable."""
    from detect.train.compare import Trouble

    if isinstance(one, Trouble):
        return f"! {one.error}" if one.error.startswith(one.path) else f"! {one.path}: {one.error}"
    line = one.line()
    sign = {"both": "=", "old": "- only OLD", "new": "+ only NEW"}[line["where"]]
    where = f"at {line['spot']}" if line["spot"] else "at " + ",".join(f"{side:.0f}" for side in line["box"])
    when = f"{line['t']:.1f} s " if line["t"] is not None else ""
    scores = " → ".join("–" if line[name] is None else f"{line[name]:.2f}" for name in ("old_score", "new_score"))
    return f"{sign} {line['path']}: {when}{line['kind']} {where} ({scores})"


def _sums(report: dict[str, Any]) -> Iterator[str]:
    events, old, new = report["events"], report["old"], report["new"]
    yield f"OLD {old['model']}, NEW {new['model']}: {report['pictures']} pictures, {report['videos']} videos, " + (
        f"{report['errors']} unreadable"
    )
    yield f"both {events['both']}, only OLD {events['old']}, only NEW {events['new']}"
    if report["figures"]:
        before, after = report["figures"]["old"], report["figures"]["new"]
        for name in ("map50", "precision", "recall"):
            yield f"{name} {_share(before[name])} → {_share(after[name])} ({before['pictures']} labelled pictures)"
    if report["verdicts"]:
        before, after = report["verdicts"]["old"], report["verdicts"]["new"]
        yield f"true alarms still seen {before['true_kept']} → {after['true_kept']} of {before['true']}"
        yield f"false alarms gone {before['false_removed']} → {after['false_removed']} of {before['false']}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
