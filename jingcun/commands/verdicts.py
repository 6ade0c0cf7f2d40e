"""``jingcun verdicts …``: what people said of the alarms, counted, and exported as a data set for training."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from jingcun import wiring
from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from alerts.tickets.verdicts import JudgedEvent
    from detect.train.verdicts import Told

app = typer.Typer(no_args_is_help=True, help="What people said of the alarms: count it, export it for training.")
ZONE = ZoneInfo("Asia/Shanghai")
Since = Annotated[
    datetime | None, typer.Option(help="Only verdicts given since this day (2026-11-01) or time, China time.")
]
NAMES = {"true": "属实", "false": "不属实", "unclear": "看不清", "": "未判"}


@app.command()
@noted("exported")
def export(
    out: Annotated[Path, typer.Option(help="A new folder: images/, labels/, manifest.jsonl.")],
    since: Since = None,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Write the judged pictures as a YOLO data set; exit code 1 if a picture was missing or damaged."""
    from detect.train.dataset import BadData
    from detect.train.recipe import CLASSES
    from detect.train.verdicts import export as write
    from ingest.evidence import EvidenceAway
    from ingest.evidence.ledger import Ledger
    from ingest.evidence.wiring import open_evidence
    from ingest.store import StoreAway

    settings, problems = load(config), list[str]()
    with ExitStack() as open_things, one_line_errors(BadData, EvidenceAway, StoreAway):
        ledger = Ledger(settings.store("inbox"), settings.county)
        open_things.callback(ledger.close)
        evidence = open_evidence(settings.folder / "evidence", wiring.evidence(settings), ledger)
        open_things.callback(evidence.close)
        judged = open_things.enter_context(_judged(settings))
        made = write(_told(judged, since), evidence.path, out, CLASSES, problems.append)
    for line in problems:
        print(f"skipped: {line}", file=sys.stderr)
    if as_json:
        put_json({
            "pictures": made.pictures, "boxes": made.boxes, "empty": made.empty, **made.verdicts,
            "left_out": made.left_out, "skipped": len(problems),
        })  # fmt: skip
    else:
        counted = ", ".join(f"{NAMES[name]} {count}" for name, count in made.verdicts.items())
        print(f"{out}: {made.pictures} pictures ({made.empty} of them show nothing), {made.boxes} boxes; verdicts: "
              f"{counted}; {made.left_out} pictures left out, {len(problems)} of them missing or damaged")  # fmt: skip
    raise typer.Exit(1 if problems else 0)


@app.command()
def count(since: Since = None, config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Count verdicts by camera, kind and model: how far its alarms can be believed there."""
    with _judged(load(config)) as judged:
        told = [one for one in judged if since is None or (one.judged and one.judged.at >= _local(since))]
        table: dict[tuple[str, str, str], Counter[str]] = {}
        for one in told:
            key = (one.place, one.event.what.value, one.event.model)
            table.setdefault(key, Counter())[one.judged.verdict.value if one.judged else ""] += 1
    for (camera, kind, model), counted in sorted(table.items()):
        if as_json:
            facts = {name or "undecided": counted[name] for name in NAMES}
            put_json({"camera": camera, "kind": kind, "model": model, **facts})
        else:
            print(f"{camera}  {kind}  {model or '-'}  " + "  ".join(f"{NAMES[name]} {counted[name]}" for name in NAMES))


@contextmanager
def _judged(settings: ServerSettings) -> Iterator[Iterator[JudgedEvent]]:
    from alerts.store.book import Book
    from alerts.tickets.verdicts import judged_events
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.inbox import Inbox
    from ingest.store import StoreAway

    with one_line_errors(StoreAway, BookAway), ExitStack() as opened:
        book = Book(settings.store("book"), settings.county)
        opened.callback(book.close)
        inbox = Inbox(settings.store("inbox"), settings.county)
        opened.callback(inbox.close)
        registry = opened.enter_context(CountyBook(settings.store("county")))
        try:
            county = registry.current(settings.county)
        except NoCounty:  # its verdicts are told all the same; cameras that share a site are not told apart
            county = None
        yield judged_events(book, inbox, county)


def _told(judged: Iterator[JudgedEvent], since: datetime | None) -> Iterator[Told]:
    """In the words of the detector's room; what was judged before ``since`` is left out whole."""
    from detect.boxes import Found
    from detect.train.verdicts import Told

    for one in judged:
        event, said = one.event, one.judged
        if since is not None and said is not None and said.at < _local(since):
            continue
        yield Told(
            str(event.event_id), str(one.ticket), event.device, one.place, event.spot, event.what.value, event.model,
            event.config, event.at, event.picture or "",
            tuple(Found(box.label, box.score, box.x1, box.y1, box.x2, box.y2) for box in event.boxes), event.rendered,
            said.verdict.value if said else "", said.role if said else "", said.at if said else None,
        )  # fmt: skip


def _local(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)
