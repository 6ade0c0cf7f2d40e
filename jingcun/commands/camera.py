"""``jingcun device switch | relearn | confirm``: orders to a camera of a box, sent until the box answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from broker.downward import Command, Switch
from broker.identity import new_id
from broker.messages import Kind
from jingcun.commands.county import open_book
from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, Config, one_line_errors
from jingcun.settings import load

if TYPE_CHECKING:
    from ingest.commands import CommandState

log = logging.getLogger(__name__)

LIVES = timedelta(minutes=10)
LOOK_S = 0.5
Order = Literal["switch", "relearn", "confirm"]
Spot = Annotated[str, typer.Argument(help="A spot of the camera, as in spots.geojson; the order is for its camera.")]
Author = Annotated[str, typer.Option(help="Who orders it.")]
Wait = Annotated[float, typer.Option(min=0, max=600, help="Seconds to wait for the box's answer.")]


@noted("device")
def switch(
    spot: Spot,
    author: Author,
    detection: Annotated[bool | None, typer.Option("--detection/--no-detection", help="Look for anything.")] = None,
    pictures: Annotated[bool | None, typer.Option("--pictures/--no-pictures", help="Send pictures.")] = None,
    off: Annotated[list[Kind] | None, typer.Option(help="A kind that is not looked for; give all of them.")] = None,
    all_kinds: Annotated[bool, typer.Option("--all-kinds", help="Look for every kind of the spot again.")] = False,
    min_score: Annotated[float | None, typer.Option(min=0, max=1, help="Least score of a box of dirt.")] = None,
    config: Config = SERVER_TOML,
    wait: Wait = 30.0,
) -> None:
    """Switch a camera while its box runs. What is off reads unknown, never clean. Exit code 1: not (yet) done."""
    kinds = tuple(off) if off else () if all_kinds else None
    order = Switch(detection=detection, pictures=pictures, kinds_off=kinds, min_score=min_score)
    _send("switch", spot, order, (author, config, wait))


@noted("device")
def relearn(spot: Spot, author: Author, config: Config = SERVER_TOML, wait: Wait = 30.0) -> None:
    """Take a camera's view of now as its usual one; its spots are unknown until they are confirmed."""
    _send("relearn", spot, None, (author, config, wait))


@noted("device")
def confirm(spot: Spot, author: Author, config: Config = SERVER_TOML, wait: Wait = 30.0) -> None:
    """Say that the spots of a camera lie right in its new view."""
    _send("confirm", spot, None, (author, config, wait))


def _send(name: Order, spot: str, order: Switch | None, given: tuple[str, Config, float]) -> None:
    from ingest.commands import CommandBook
    from ingest.store import StoreAway

    author, config, wait = given
    command = _command(name, spot, order, config)
    with one_line_errors(StoreAway), closing(CommandBook(load(config).store("inbox"))) as book:
        book.put(command)
        log.warning("%s orders %s at %s (%s)", author, name, spot, command.command_id)
        state = _answered(lambda: book.state(command.command_id), wait)
    print(f"{command.device} {spot}: {state.fate if state else 'lost'} {state.reason if state else ''}".rstrip())
    raise typer.Exit(0 if state is not None and state.fate == "done" else 1)


def _command(name: Order, spot: str, order: Switch | None, config: Config) -> Command:
    with open_book(config) as book:
        county = book.current()
    known = [one for one in county.content.spots if one.id == spot]
    if len(known) != 1:
        raise typer.BadParameter(f"{len(known)} spots are called {spot!r}; see spots.geojson")
    camera = county.device(known[0].device)
    now = datetime.now(UTC)
    return Command(
        command_id=new_id(), device=camera.speaker if camera else known[0].device, name=name, spot=spot, switch=order,
        issued_at=now, expires_at=now + LIVES,
    )  # fmt: skip


def _answered(state: Callable[[], CommandState | None], wait: float) -> CommandState | None:
    """How the order stands once the box has answered, or when the patience is over."""
    deadline = time.monotonic() + wait
    while (told := state()) is not None and told.fate == "waiting" and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return told
