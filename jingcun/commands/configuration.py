"""``jingcun device configure | configuration``: what a box shall be like, and what it answered."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broker.messages import ConfigState
from jingcun.commands.county import open_book
from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from ingest.latest import Latest
    from ingest.wishes import WishBook

Box = Annotated[str, typer.Argument(help="A box, as in devices.csv.")]


@noted("device")
def configure(
    box: Box,
    author: Annotated[str, typer.Option(help="Who wishes it.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    file: Annotated[Path | None, typer.Argument(help="TOML: cameras.NAME.{spots,masks,filters,gate,…}, …")] = None,
    back: Annotated[bool, typer.Option("--back", help="Wish again what stood before the newest one.")] = False,
    config: Config = SERVER_TOML,
) -> None:
    """Wish a configuration of a box. It lies over the box's own file; the box tries it and answers."""
    if (file is None) != back:
        raise typer.BadParameter("give a file, or --back")
    with open_book(config) as book:
        if (known := book.current().device(box)) is None or known.speaker != box:
            raise typer.BadParameter(f"{box!r} is no box of this county; see devices.csv")
    said = (author, reason, datetime.now(UTC))
    with _books(config) as (wishes, latest):
        if file is None:
            wish = wishes.back(box, said)
        else:
            wish = wishes.put(box, _table(file), said, least=_runs(latest, box).get("version", 0))
    print(f"{box}: version {wish.version}")


def configuration(box: Box, config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Show what was wished of a box, newest first, and what it answered. Exit code 1: it runs another version."""
    with _books(config) as (wishes, latest):
        past, runs = wishes.history(box), _runs(latest, box)
    if as_json:
        put_json({"box": runs, "wishes": [asdict(one) for one in past]})
    else:
        state = "as it says" if runs.get("ok") else runs.get("reason") or "never heard"
        print(f"{box} runs version {runs.get('version', '?')}: {state}")
        for one in past:
            print(f"{one.version:>4}  {one.at:%Y-%m-%d %H:%M}  {one.author}  {one.reason}")
    raise typer.Exit(0 if past and runs.get("ok") and runs.get("version") == past[0].version else 1)


@contextmanager
def _books(config: Path) -> Iterator[tuple[WishBook, Latest]]:
    from ingest.latest import Latest
    from ingest.store import Store, StoreAway
    from ingest.wishes import BadWish, WishBook

    with one_line_errors(StoreAway, BadWish), ExitStack() as opened:
        store = Store(load(config).store("inbox"))
        opened.callback(store.close)
        yield WishBook(store), Latest(store)


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: not TOML in UTF-8: {error}") from error


def _runs(latest: Latest, box: str) -> dict[str, Any]:
    """What the box last said about its configuration; empty when it never did."""
    value = latest.get(box, "config-state")
    said = value.message() if value is not None else None
    if not isinstance(said, ConfigState):
        return {}
    return {"version": said.version, "ok": said.ok, "reason": said.reason, "at": said.at.isoformat()}
