"""``jingcun ticket …``: the rectification notice (整改通知书) of a ticket as a file, and the acts of the office."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from jingcun import wiring
from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.commands.ticket_acts import COMMANDS, ticket_at
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from alerts.papers.forms import Form
    from alerts.papers.rectification import Standing
    from alerts.papers.shelf import Issued, Shelf
    from alerts.values import Ticket
    from county.snapshot import County

app = typer.Typer(no_args_is_help=True, help="A ticket: show it, act on it, ask and decide; its official papers.")
for command in COMMANDS:
    app.command()(command)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the command works on: the county, the shelf of its papers, the ticket."""

    county: County
    shelf: Shelf
    ticket: Ticket


@app.command()
@noted("paper_taken")
def notice(
    number: Annotated[str, typer.Argument(help="The ticket's number (GD-1121-0001, the newest such) or its id.")],
    out: Annotated[Path, typer.Option(help="The file to write: its ending .html, .pdf or .docx is the form.")],
    by: Annotated[
        str | None,
        typer.Option("--as", help="Who signs, by the id in people.csv. Without it: print the newest issued."),
    ] = None,
    due: Annotated[
        datetime | None, typer.Option(help="A deadline (2026-11-28T18:00, county time) in place of the ticket's own.")
    ] = None,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Issue the 整改通知书 of a ticket and write it; the same signature and deadline again give the same paper."""
    from alerts.papers.issuing import stands

    form, settings, now = _form(out), load(config), datetime.now(UTC)
    with _opened(settings, number) as desk:
        paper = _paper(desk, by, due, now)
        standing = stands(paper.due_at, desk.ticket, now)
        _write(settings, paper, (form, standing), out)
    if as_json:
        put_json({
            "number": paper.number, "ticket": str(paper.ticket), "person": paper.person, "issuer": paper.issuer,
            "issued_at": paper.issued_at.isoformat(), "due_at": paper.due_at.isoformat(), "standing": standing.value,
            "sha256": paper.sha256, "file": str(out),
        })  # fmt: skip
    else:
        print(f"{out}: {paper.number} {paper.person} {standing.value}")


def _form(out: Path) -> Form:
    from alerts.papers.forms import Form

    try:
        return Form(out.suffix.lstrip(".").lower())
    except ValueError:
        raise ValueError(f"{out}: a paper is written as .html, .pdf or .docx; name the file so") from None


def _paper(desk: Desk, by: str | None, due: datetime | None, now: datetime) -> Issued:
    from alerts.papers.issuing import Wish

    if by is None:
        found = desk.shelf.of(desk.ticket.id)
        if not found:
            raise ValueError(f"{desk.ticket.number}: no notice has been issued yet; name who signs with --as PERSON")
        return found[0]
    zone = ZoneInfo(desk.county.calendar.zone)
    until = due.replace(tzinfo=zone) if due is not None and due.tzinfo is None else due
    return desk.shelf.issue(desk.ticket.id, desk.county, Wish(by, now, until))


def _write(settings: ServerSettings, paper: Issued, shown: tuple[Form, Standing], out: Path) -> None:
    from alerts.papers.forms import photo_of, rendered
    from alerts.papers.pdf import press_of
    from ingest.evidence import EvidenceAway
    from ingest.evidence.ledger import Ledger
    from ingest.evidence.wiring import open_evidence

    with ExitStack() as stack, one_line_errors(EvidenceAway):
        ledger = Ledger(settings.store("inbox"), settings.county)
        stack.callback(ledger.close)
        evidence = open_evidence(settings.folder / "evidence", wiring.evidence(settings), ledger)
        stack.callback(evidence.close)
        form, standing = shown
        photo = photo_of(paper, evidence)
        out.write_bytes(rendered(paper, form, press_of(wiring.fonts(settings)), photo, standing))


@contextmanager
def _opened(settings: ServerSettings, number: str) -> Iterator[Desk]:
    from alerts.papers.shelf import Shelf
    from alerts.store.book import Book, Conflict
    from county.book import CountyBook
    from county.office import ERRORS
    from ingest.store import StoreAway

    with ExitStack() as stack, one_line_errors(StoreAway, Conflict, *ERRORS):
        registry = stack.enter_context(CountyBook(settings.store("county")))
        county = registry.current(settings.county)
        book = Book(settings.store("book"), settings.county, county.calendar.zone)
        stack.callback(book.close)
        yield Desk(county, Shelf(book), ticket_at(book, number))
