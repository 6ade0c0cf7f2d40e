"""A command that changes or hands out something is a row of the register before it runs; refused where none can be."""

from __future__ import annotations

import functools
import getpass
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from jingcun.commands.shared import one_line_errors
from jingcun.settings import load

if TYPE_CHECKING:
    from alerts.register.deeds import Author, Entry
    from alerts.register.register import Register

P = ParamSpec("P")
T = TypeVar("T")
SOURCE = "命令行"
_ABOUT = ("person", "device", "ticket", "ask", "report", "number", "spot", "box", "folder", "out", "file")
# The only arguments that are told; what is not here may be somebody's name or phone.
_TOLD = (
    "act", "deed", "verdict", "author", "by", "who", "until", "begin", "to", "finding", "camera", "spot", "area",
    "category", "daily", "works", "refuse", "forget", "detection", "pictures", "off", "all_kinds", "back", "revision",
    "account", "subject", "day", "authority", "due",
)  # fmt: skip


def noted(deed: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator: the row is written first, so nothing happens that nobody is told of; what fails gets a second row.

    What the command returns, a revision's number for instance, is told by a second row too.
    """

    def noting(command: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            with open_register(Path(str(kwargs["config"]))) as register:
                number = register.add(_entry(deed, command.__name__, kwargs))
                try:
                    result = command(*args, **kwargs)
                except (click.exceptions.Exit, Exception) as fault:
                    if getattr(fault, "exit_code", 2) not in {0, 1}:
                        register.add(_outcome("refused", number, type(fault).__name__))
                    raise
                if result is not None:
                    register.add(_outcome(deed, number, str(result)))
                return result

        return run

    return noting


@contextmanager
def open_register(config: Path) -> Iterator[Register]:
    """The register of the county of a settings file; a database that is away ends in one line."""
    from alerts.register.register import Register
    from ingest.store import StoreAway

    settings = load(config)
    with one_line_errors(StoreAway), closing(Register(settings.store("book"), settings.county)) as register:
        yield register


def operator() -> Author:
    """Who runs a command: the user of the operating system, and who became it where sudo says so."""
    from alerts.register.deeds import Author

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    before = os.environ.get("SUDO_USER", "")
    return Author(f"os:{user}", f"{before} → {user}" if before else user, "", "服务器操作员", SOURCE)


def _entry(deed: str, command: str, given: Mapping[str, Any]) -> Entry:
    from alerts.register.deeds import NOTHING, Deed, Entry, Subject

    named = next((name for name in _ABOUT if name in given), None)
    subject = NOTHING if named is None else Subject(named, str(given[named]))
    told = {name: given.get(name) for name in _TOLD if name != named}
    details = {name: _said(value) for name, value in told.items() if value not in (None, "", False)}
    reason = str(given.get("reason") or given.get("words") or "")
    return Entry(datetime.now(UTC), operator(), Deed(deed), subject, reason, {"command": command} | details)


def _outcome(deed: str, number: int | None, result: str) -> Entry:
    from alerts.register.deeds import Deed, Entry, Subject

    of = Subject("row", str(number))
    return Entry(datetime.now(UTC), operator(), Deed(deed), of, details={"result": result})


def _said(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
