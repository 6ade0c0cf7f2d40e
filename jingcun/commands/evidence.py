"""``jingcun evidence …``: is it still what it was, what is known about one file, and how much there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jingcun import wiring
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from ingest.evidence.files import Files
    from ingest.evidence.keeper import Heads
    from ingest.evidence.ledger import Ledger
    from ingest.evidence.verify import Verdict

app = typer.Typer(no_args_is_help=True, help="Pictures and clips: verify that none was altered, show one, count them.")
Sha = Annotated[str, typer.Argument(help="SHA-256 of the file.", metavar="SHA256")]
SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Room:
    settings: ServerSettings
    ledger: Ledger
    files: Files
    heads: Heads


@contextmanager
def _room(config: Path) -> Iterator[_Room]:
    from ingest.evidence.files import EvidenceAway
    from ingest.evidence.ledger import Ledger
    from ingest.evidence.wiring import heads_of, open_files
    from ingest.store import StoreAway

    settings = load(config)
    root = settings.folder / "evidence"
    with one_line_errors(StoreAway, EvidenceAway), ExitStack() as stack:
        ledger = Ledger(settings.store("inbox"), settings.county)
        stack.callback(ledger.close)
        yield _Room(settings, ledger, open_files(root, wiring.evidence(settings)), heads_of(root))


@app.command()
def verify(
    config: Config = SERVER_TOML,
    quick: Annotated[bool, typer.Option("--quick", help="Only look whether the files are there.")] = False,
    expect: Annotated[
        list[str] | None,
        typer.Option(help="A head N:HASH that was written down elsewhere; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk chain, rows and files and name the first broken link; exit code 1 when something is not as it was."""
    from ingest.evidence.chain import head_of
    from ingest.evidence.verify import verify as examine

    with _room(config) as room, one_line_errors(ValueError):
        noted, damaged = room.heads.read()
        noted += [head_of(text) for text in expect or []]
        verdict = examine(room.ledger, room.files, noted, read_all=not quick)
    if as_json:
        put_json(_facts(verdict) | {"damaged_heads": damaged})
    else:
        _say(verdict, damaged)
    raise typer.Exit(0 if verdict.sound and not damaged else 1)


@app.command()
def show(sha256: Sha, config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Show every link about one file: kept, told by which event, deleted and why."""
    with _room(config) as room:
        links = list(room.ledger.links(sha256))
    for link in links:
        if as_json:
            put_json({"n": link.n, "hash": link.hash, **link.facts})
        else:
            print(f"{link.n:>8}  " + "  ".join(f"{name}={value}" for name, value in link.facts.items()))
    if not links:
        print(f"no link speaks of {sha256}")
        raise typer.Exit(1)


@app.command()
def status(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Count files and bytes by class, and print the chain's head: write it down where nobody of here can change it."""
    from ingest.evidence.holds import HoldBook

    with _room(config) as room:
        totals, head = room.ledger.totals(), room.ledger.head()
        book = HoldBook(room.settings.store("inbox"), room.settings.county)
        holds = book.open_count()
        book.close()
    quota = room.settings.evidence.quota_gb
    if as_json:
        counted = {total.kind: {"files": total.files, "bytes": total.size} for total in totals}
        put_json({"classes": counted, "holds": holds, "quota_gb": quota, "head": str(head)})
        return
    for total in totals:
        print(f"{total.kind:<8} {total.files:>9} files  {total.size / 1e9:>10.3f} GB")
    print(f"holds of open tickets: {holds}; quota: {f'{quota:g} GB' if quota else 'none'}")
    print(f"head of the chain: {head}")


def _say(verdict: Verdict, damaged: int) -> None:
    print(f"{verdict.links} links, {verdict.files} files, {verdict.deleted} deleted by the rules")
    if verdict.broken is not None:
        print(f"link {verdict.broken.n} is the first that does not stand: {verdict.broken.reason}")
    if damaged:
        print(f"{damaged} lines of the noted heads cannot be read")
    for finding in verdict.findings[:SHOWN]:
        print(f"{finding.sha256}: {finding.words}")
    if len(verdict.findings) > SHOWN:
        print(f"… and {len(verdict.findings) - SHOWN} more (--json lists all)")
    if verdict.sound and not damaged:
        print("nothing was altered or removed")


def _facts(verdict: Verdict) -> dict[str, Any]:
    broken = verdict.broken
    return {
        "links": verdict.links, "files": verdict.files, "deleted": verdict.deleted,
        "broken": {"n": broken.n, "reason": broken.reason} if broken else None,
        "findings": [{"sha256": one.sha256, "words": one.words} for one in verdict.findings],
    }  # fmt: skip
