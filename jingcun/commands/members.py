"""``jingcun notify bind-members``: the members of the county's WeCom become reachable by it."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jingcun.commands.county import open_book
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, put_json
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from alerts.bindings.members import Line, LookUp
    from alerts.bindings.wecom_account import Application


def bind_members(
    members: Annotated[
        Path | None, typer.Option("--list", help="A list with phone and userid (CSV), instead of asking WeCom.")
    ] = None,
    channel: Annotated[str, typer.Option(help="Which channel of kind wecom; unless told, the first.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would be bound.")] = False,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Bind people to their WeCom by the phone in people.csv. Exit 1 where WeCom answers no more."""
    from alerts.bindings.members import Came, imported
    from alerts.store.book import Book

    settings = load(config)
    with open_book(config) as registry, ExitStack() as stack:
        county = registry.current(settings.county)
        look_up = _look_up(settings, members, channel, stack)
        book = Book(settings.store("book"), settings.county, county.calendar.zone)
        stack.callback(book.close)
        lines = []
        for line in imported(book, county, look_up, datetime.now(UTC), dry_run=dry_run):
            lines.append(line)
            put_json(asdict(line)) if as_json else print(f"{line.person} {line.name}:{line.words}")
    if not as_json:
        print(summary(lines, len(county.people)))
    if any(line.came is Came.STOPPED for line in lines):
        raise typer.Exit(1)


def summary(lines: list[Line], people: int) -> str:
    """How many came out how, for a person."""
    from alerts.bindings.members import Came

    came = Counter(line.came for line in lines)
    words = f"绑定{came[Came.BOUND]}人,原来就有{came[Came.HAD]}人,没有找到{came[Came.MISSING]}人"
    return f"{words},还有{people - len(lines) + 1}人没有查" if came[Came.STOPPED] else words


def _look_up(settings: ServerSettings, members: Path | None, channel: str, stack: ExitStack) -> LookUp:
    from alerts.bindings.members import in_list, listed

    if members is not None:
        return in_list(listed(members.read_bytes()))
    application = _application(settings, channel)
    stack.callback(application.close)
    return application.member_of


def _application(settings: ServerSettings, channel: str) -> Application:
    from alerts.bindings.wecom_account import Application
    from alerts.channels import wecom
    from alerts.channels.catalog import settings_of

    for told in settings.channels:
        if told.get("kind") == wecom.KIND and channel in ("", told.get("name")):
            chosen = settings_of(told)
            assert isinstance(chosen, wecom.Settings)
            return Application.of(chosen, settings.notices.base_url, partial(datetime.now, UTC))
    raise ValueError('server.toml里没有企业微信应用的通道(kind = "wecom");可以用 --list 导入名单')
