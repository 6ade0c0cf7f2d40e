"""``jingcun county …``: the folder of files that says who and where, checked, compared, loaded, written back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load as load_settings

if TYPE_CHECKING:
    from county.book import CountyBook

app = typer.Typer(no_args_is_help=True, help="Check, compare, load and export the county's files.")
Folder = Annotated[Path, typer.Argument(help="Folder with regions.csv, people.csv, duties.csv, policy.toml, …")]

_COUNTED = {
    "regions": "区划", "people": "人员", "duties": "职责", "devices": "设备", "spots": "点位", "ways": "巷路沟塘",
    "units": "单位", "leaves": "请假",
}  # fmt: skip


@contextmanager
def open_book(config: Path) -> Iterator[CountyBook]:
    """Open the county book that a settings file names; errors end in one line."""
    from county.book import CountyBook
    from county.office import ERRORS

    with one_line_errors(*ERRORS), CountyBook(load_settings(config).store("county")) as book:
        yield book


@app.command()
def check(folder: Folder, as_json: AsJson = False) -> None:
    """Name every problem of a folder with file, line and cure, and every place where somebody is missing."""
    from county.office import ERRORS
    from county.office import check as examine

    with one_line_errors(*ERRORS):
        report = examine(folder, datetime.now(ZoneInfo("Asia/Shanghai")).date())
    if as_json:
        put_json({"ok": report.ok, **asdict(report)})
    else:
        for line in (*report.problems, *(gap.text for gap in report.gaps)):
            print(line)
        counts = "、".join(f"{_COUNTED.get(name, name)} {count}" for name, count in report.counts.items())
        print(f"{report.name}：{counts}。{'没有错误，没有空缺' if report.ok else '问题和空缺见上'}")
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def diff(folder: Folder, config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Show what loading a folder would change; exit code 1 when there is a difference."""
    from county.office import diff as compare

    with open_book(config) as book:
        found = compare(book, folder)
    for one in found:
        put_json(asdict(one)) if as_json else print(one)
    raise typer.Exit(1 if found else 0)


@app.command()
@noted("county")
def load(
    folder: Folder,
    author: Annotated[str, typer.Option(help="Who answers for this revision.")],
    reason: Annotated[str, typer.Option(help="Why it is made.")],
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> str:
    """Save a folder as the next numbered revision and print what it changed."""
    from county.office import load_folder

    with open_book(config) as book:
        loaded = load_folder(book, folder, author, reason)
    if as_json:
        put_json({"revision": loaded.revision, "differences": [asdict(one) for one in loaded.differences]})
        return f"revision {loaded.revision}"
    for one in loaded.differences:
        print(one)
    print(f"revision {loaded.revision}")
    return f"revision {loaded.revision}"


@app.command()
@noted("exported")
def export(
    folder: Folder,
    config: Config = SERVER_TOML,
    revision: Annotated[int | None, typer.Option(help="A revision by its number; the newest by default.")] = None,
) -> None:
    """Write a revision's files into a folder, byte for byte."""
    from county.office import export as write

    with open_book(config) as book:
        for name in write(book, folder, None, revision):
            print(folder / name)


@app.command()
def history(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """List every revision: number, time, author, reason."""
    with open_book(config) as book:
        for one in book.history():
            if as_json:
                put_json(asdict(one))
            else:
                print(f"{one.number:>4}  {one.at:%Y-%m-%d %H:%M}  {one.author}  {one.reason}")
