"""``jingcun audit …``: the register of who did and looked at what: read, exported, verified, its head noted."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.registering import noted, open_register
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json

if TYPE_CHECKING:
    from alerts.register.register import Row, Which

app = typer.Typer(no_args_is_help=True, help="The register (审计登记): who did or looked at what, and why.")
ZONE = ZoneInfo("Asia/Shanghai")
EVERYTHING = 1_000_000
Account = Annotated[str, typer.Option(help="Only what this account did (os:USER for commands).")]
Which_ = Annotated[str, typer.Option("--deed", help="Only this deed, like evidence_granted.")]
About = Annotated[str, typer.Option(help="Only what was done to this: the id of a ticket, account, device ….")]
Day = Annotated[str, typer.Option(help="Only this local day, like 2026-11-22.")]
Limit = Annotated[int, typer.Option(min=1, max=EVERYTHING, help="How many rows, the newest first.")]


@app.command()
def verify(
    head: Annotated[
        list[str] | None, typer.Option(help="A head N:HASH that was noted elsewhere; may be given again.")
    ] = None,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain and name the first row that is not as it was written; exit code 1 where one is."""
    from ingest.evidence.chain import head_of

    with one_line_errors(ValueError):
        heads = [head_of(text) for text in head or []]
    with open_register(config) as register:
        verdict = register.verify(heads)
    broken = verdict.broken
    if as_json:
        found = {"n": broken.n, "reason": broken.reason} if broken else None
        put_json({"rows": verdict.rows, "head": str(verdict.head), "broken": found})
    elif broken is not None:
        print(f"row {broken.n} is the first that does not stand: {broken.reason}")
    else:
        print(f"{verdict.rows} rows, none altered or removed; head {verdict.head}")
    raise typer.Exit(1 if broken else 0)


@app.command("head")
def head_(config: Config = SERVER_TOML) -> None:
    """Print the head N:HASH: write it down where nobody of here can change it, for ``verify --head``."""
    with open_register(config) as register:
        print(register.head())


@app.command("list")
def listed(
    account: Account = "",
    deed: Which_ = "",
    subject: About = "",
    day: Day = "",
    limit: Limit = 100,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Print rows, newest first."""
    from alerts.register.tabling import words_of

    with open_register(config) as register:
        rows = register.rows(_which(account, deed, subject, day, limit))
    for row in rows:
        if as_json:
            put_json(_facts(row))
        else:
            who = f"{row.said('name')}({row.said('account')})"
            print(f"{row.n:>7}  {row.at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}  {words_of(row)}  {who}  "
                  f"{row.said('source')}  {row.said('kind')} {row.said('subject')}  {row.said('reason')}")  # fmt: skip


@app.command()
@noted("exported")
def export(
    file: Annotated[Path, typer.Argument(help="Where: a .csv for a spreadsheet, or .json (one object a line).")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the register.")],
    account: Account = "",
    deed: Which_ = "",
    subject: About = "",
    day: Day = "",
    limit: Limit = EVERYTHING,
    config: Config = SERVER_TOML,
) -> None:
    """Write rows into a file; the export is itself a row of the register."""
    from alerts.register.tabling import as_csv

    if file.suffix not in {".csv", ".json"} or not reason.strip():
        raise ValueError(f"{file}: name it .csv or .json, and say why in --reason")
    with open_register(config) as register:
        rows = register.rows(_which(account, deed, subject, day, limit))
    with one_line_errors(OSError):
        file.write_bytes(as_csv(rows, ZONE) if file.suffix == ".csv" else _lines(rows))
    print(f"{file}: {len(rows)} rows", file=sys.stderr)


def _which(account: str, deed: str, subject: str, day: str, limit: int) -> Which:
    from alerts.register.deeds import Deed
    from alerts.register.register import Which

    if deed and deed not in set(Deed):
        raise ValueError(f"{deed[:40]!r} is no deed; there are {', '.join(Deed)}")
    begin = datetime.combine(date.fromisoformat(day), time(), ZONE) if day else None
    end = begin + timedelta(days=1) if begin else None
    return Which(account, Deed(deed) if deed else None, subject, begin, end, limit=limit)


def _facts(row: Row) -> dict[str, Any]:
    return {"n": row.n, "at": row.at.astimezone(ZONE).isoformat(), **row.facts, "hash": row.hash}


def _lines(rows: list[Row]) -> bytes:
    return "".join(json.dumps(_facts(row), ensure_ascii=False) + "\n" for row in rows).encode()
