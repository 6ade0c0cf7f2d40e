"""What every command does alike: where the settings stand, how a result is printed, how an error ends."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broker.journal import speaks_json

if TYPE_CHECKING:
    from county.snapshot import County
    from county.values import Person

log = logging.getLogger("jingcun")
Config = Annotated[Path, typer.Option("--config", "-c", help="Settings file of the server (TOML).")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable: JSON on standard output.")]
SERVER_TOML = Path("/etc/jingcun/server.toml")


def put_json(value: Any) -> None:
    """Print one JSON object on one line."""
    print(json.dumps(value, ensure_ascii=False, default=str))


def say_fault(error: BaseException) -> None:
    """Tell why the program ends: one line, in the form of the log."""
    if speaks_json():
        log.critical("%s", error)
    else:
        print(f"jingcun: {error}", file=sys.stderr)


@contextmanager
def one_line_errors(*kinds: type[BaseException]) -> Iterator[None]:
    """Turn the errors that an operator can cure into one line and exit code 2."""
    try:
        yield
    except kinds as error:
        say_fault(error)
        raise typer.Exit(2) from error


def person_named(county: County, person: str) -> Person:
    """Somebody of the county by the id in people.csv; ``ValueError`` for anybody else."""
    known = county.people.get(person)
    if known is None:
        raise ValueError(f"{person[:40]!r} is nobody in people.csv")
    return known
