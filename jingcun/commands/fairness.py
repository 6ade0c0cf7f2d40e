"""``jingcun fairness …``: who let something pass, where and why; read, never changed."""

from __future__ import annotations

import codecs
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from county.values import Level
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

app = typer.Typer(no_args_is_help=True, help="The fairness log: every silence, hold, forced close … with its reason.")
EVERYTHING = 1_000_000


@app.callback()
def _group() -> None:
    """Keep ``list`` a word of its own."""


@app.command("list")
def listed(
    area: Annotated[list[str] | None, typer.Option(help="A region code: what lies in it. May be given again.")] = None,
    level: Annotated[list[Level] | None, typer.Option(help="Only what was decided on this level.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=EVERYTHING, help="How many lines, the newest first.")] = 100,
    csv: Annotated[Path | None, typer.Option(help="Write a table for a spreadsheet into this file.")] = None,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Print the log, newest first; ``--csv FILE`` writes it for a spreadsheet."""
    from alerts.asks import fairness, fairness_book
    from alerts.store.book import Book
    from county.book import BookAway, CountyBook, NoCounty
    from county.rows import write
    from ingest.store import StoreAway

    settings = load(config)
    with one_line_errors(BookAway, NoCounty, StoreAway), ExitStack() as stack:
        county = stack.enter_context(CountyBook(settings.store("county"))).current(settings.county)
        zone = ZoneInfo(county.calendar.zone)
        book = stack.enter_context(closing(Book(settings.store("book"), county.code, county.calendar.zone)))
        which = fairness_book.Which(tuple(area or ()), tuple(level or ()), limit=limit)
        lines = fairness_book.lines(book, which)
    if csv is not None:
        with one_line_errors(OSError):
            rows = [fairness.cells(line, county.policy.levels, zone) for line in lines]
            csv.write_bytes(codecs.BOM_UTF8 + write(fairness.COLUMNS, rows))
        print(f"{csv}: {len(lines)} lines", file=sys.stderr)
        return
    for one in (line.entry for line in lines):
        facts = {
            "at": one.at.astimezone(zone).isoformat(timespec="seconds"), "deed": one.deed.value, "name": one.deed.words,
            "author": one.author.name, "level": one.author.level.value, "area": one.area, "place": one.place,
            "ticket": one.number, "reason": one.reason, "words": one.words,
        }  # fmt: skip
        if as_json:
            put_json(facts)
        else:
            said = f"({one.words})" if one.words else ""
            print(f"{facts['at'][:16]}  {one.deed.words}  {one.author.name}  {one.place} {one.number}  "
                  f"{one.reason}{said}")  # fmt: skip
