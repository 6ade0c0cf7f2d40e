"""``jingcun detect PATH…``: what is seen in pictures and videos."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from jingcun.commands.shared import AsJson, one_line_errors, put_json


def detect(
    paths: Annotated[list[str], typer.Argument(help="Picture, folder of pictures, video, rtsp://…, /dev/video0.")],
    as_json: AsJson = False,
    model: Annotated[Path | None, typer.Option(help="An .onnx detector; the one that ships by default.")] = None,
    spots: Annotated[Path | None, typer.Option(help="Spots (TOML or JSON); the whole picture by default.")] = None,
    fps: Annotated[float, typer.Option(min=0.1, max=30, help="Looks a second in videos.")] = 2.0,
) -> None:
    """Say what is seen: for a picture its boxes, for a video its events. Exit code 1 if something was unreadable."""
    from rich.console import Console
    from rich.progress import Progress

    from detect.errors import BadModel, BadSpots
    from detect.finder import Finder, default_model
    from detect.report import report
    from detect.spots import WHOLE, load_spots

    with one_line_errors(BadModel, BadSpots):
        watched = load_spots(spots) if spots else (WHOLE,)
        finder = Finder(model or default_model())
    failed = False
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("looking", total=None)
        for line in report(paths, finder, watched, fps):
            progress.advance(task)
            failed = failed or "error" in line
            put_json(line) if as_json else print(_words(line))
            sys.stdout.flush()
    raise typer.Exit(1 if failed else 0)


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
