"""``jingcun claim``: on a box, once: the installer's code becomes the box's own secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jingcun.commands.shared import AsJson, one_line_errors, put_json

BoxConfig = Annotated[Path, typer.Option("--config", "-c", help="Settings file of the box (TOML).")]


def claim(
    server: Annotated[str, typer.Option(help="Address of the county's screen: https://…")],
    code: Annotated[
        str, typer.Option(prompt="安装码", help="The code of `jingcun device invite`; asked for if absent.")
    ],
    config: BoxConfig = Path("/etc/jingcun/box.toml"),
    ca: Annotated[Path | None, typer.Option(help="Authority of the screen's certificate, if the county's own.")] = None,
    as_json: AsJson = False,
) -> None:
    """Claim this box's own secret with a one-time code and keep it in the file that its settings name (mode 600)."""
    from edge.claim import ClaimFailed
    from edge.claim import claim as ask
    from edge.settings import load

    box = load(config)
    if box.broker.password_file is None:
        raise ValueError(f'{config}: [broker] names no password_file; add password_file = "secrets/box.password"')
    with one_line_errors(ClaimFailed):
        place = ask(server, box.device, code, box.broker.password_file, ca)
    if place.get("village") != box.village:
        raise ValueError(
            f'{config}: village = "{box.village}", but the county has {box.device} in {place.get("village")}'
        )
    if as_json:
        put_json(place)
    else:
        print(f"{box.device}: {box.broker.password_file}")
