"""``jingcun demo``: the whole loop on this machine, with nothing installed but Python."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jingcun.commands.programs import until_told
from jingcun.commands.shared import AsJson, one_line_errors, put_json


def demo(
    camera: Annotated[list[str] | None, typer.Option(help="Your own video, rtsp:// or /dev/video0; repeat it.")] = None,
    once: Annotated[bool, typer.Option(help="Play the scripted day once, then end.")] = False,
    as_json: AsJson = False,
    folder: Annotated[Path | None, typer.Option(help="Keep everything here; a temporary folder by default.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the wall in a browser.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the wall; 0 takes a free one.")] = 0,
) -> None:
    """Play the fictional county 青峦县: rendered cameras, bins, tickets, escalation, wall and desk."""
    from broker.embedded import BrokerFailed
    from jingcun.demo.run import Wish, play

    wish = Wish(tuple(camera or ()), once, folder, browser, port)
    with one_line_errors(BrokerFailed):
        result = play(wish, lambda words: print(words, flush=True), until_told())
    facts = result.facts()
    loop = result.loop
    ok = not wish.once or bool(
        loop.closed_by_camera and loop.climbed and not result.lost and not loop.duplicate_tickets
    )
    if as_json:
        put_json({"ok": ok, **facts})
    else:
        print("  ".join(f"{name} {value}" for name, value in facts.items()))
    raise typer.Exit(0 if ok else 1)
