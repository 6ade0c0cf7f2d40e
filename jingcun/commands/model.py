"""``jingcun model …``: which detector a box looks with. A new one is checked and tried before the box is given it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jingcun.commands.shared import AsJson, one_line_errors, put_json

if TYPE_CHECKING:
    from edge.shelf import Standing

app = typer.Typer(no_args_is_help=True, help="The detector of a box: put a new one in, go back, see what stands.")
BOX_TOML = Path("/etc/jingcun/box.toml")
BoxConfig = Annotated[Path, typer.Option("--config", "-c", help="Settings file of the box (TOML).")]
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
    as_json: AsJson = False,
) -> None:
    """Check a model, try it, and let the box look with it from the next second on. Nothing changes when it is bad."""
    from detect.errors import BadModel
    from edge.eyes import opened
    from edge.settings import load
    from edge.shelf import Shelf

    settings = load(config)
    with one_line_errors(BadModel):
        opened(settings, path, asked=True)
        standing = Shelf(settings.folder).use(path)
    put_json(_plain(standing)) if as_json else print(f"{settings.device}: looks with {_words(standing)}")


@app.command()
def back(config: BoxConfig = BOX_TOML, as_json: AsJson = False) -> None:
    """Go back to the model before; said twice, it is the newer one again."""
    from edge.settings import load
    from edge.shelf import Shelf

    settings = load(config)
    standing = Shelf(settings.folder).back()
    if as_json:
        put_json(_plain(standing))
    else:
        print(f"{settings.device}: looks with {_words(standing) if standing else _SETTINGS_DECIDE}")


def _plain(one: Standing | None) -> dict[str, Any] | None:
    return {"model": one.model_id, "path": str(one.path), "whole": one.whole} if one else None


def _words(one: Standing) -> str:
    return f"{one.model_id} ({one.path.name}){'' if one.whole else ', DAMAGED: put it in again'}"
