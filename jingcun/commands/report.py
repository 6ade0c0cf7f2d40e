"""``jingcun report …``: orders from above and patrol entries by hand, verdicts on reports, reporters, rewards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import typer

from jingcun import wiring
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from alerts.alarms.grounds import Where
    from alerts.reports.report_office import ReportOffice
    from alerts.reports.reports import Reports
    from alerts.reports.reward_office import RewardOffice
    from alerts.reports.rewards import Entry
    from alerts.values import Who

app = typer.Typer(no_args_is_help=True, help="Reports: enter, list, verify, ask who reported, grant and pay rewards.")
By = Annotated[str, typer.Option(help="Who does it, for the county; stands in the records.")]
Report = Annotated[UUID, typer.Argument(help="The id of a report, as in `jingcun report list`.")]
Ticket = Annotated[UUID, typer.Argument(help="The id of a ticket, as in `jingcun report rewards`.")]
ZONE = ZoneInfo("Asia/Shanghai")
LEDGER = ("n", "at", "deed", "amount", "month", "ticket", "report", "by", "words")


@dataclass(frozen=True)
class _Room:
    settings: ServerSettings
    reports: Reports
    office: ReportOffice
    rewards: RewardOffice


@contextmanager
def _room(config: Path) -> Iterator[_Room]:
    from alerts.reports.report_office import NoReport, ReportOffice
    from alerts.reports.reports import Reports
    from alerts.reports.reward_office import RewardOffice
    from alerts.reports.seal import BadSeal, seal_in
    from alerts.store.book import Book
    from alerts.world import World
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.evidence import EvidenceAway
    from ingest.store import StoreAway

    settings = load(config)
    known = (StoreAway, BookAway, NoCounty, EvidenceAway, BadSeal, NoReport, ValueError)
    with one_line_errors(*known), ExitStack() as stack:
        county = stack.enter_context(CountyBook(settings.store("county"))).current(settings.county)
        book = Book(settings.store("book"), county.code, county.calendar.zone)
        stack.callback(book.close)
        inside = (book, World(lambda: county, lambda: datetime.now(UTC)), seal_in(settings.folder / "secrets"))
        yield _Room(settings, Reports(*inside), ReportOffice(*inside), RewardOffice(*inside))


@app.command()
def add(
    what: Annotated[str, typer.Option(help="A category's code, as in [[category]].")],
    source: Annotated[Literal["superior", "patrol", "report"], typer.Option(help="Who found it.")] = "superior",
    words: Annotated[str, typer.Option(help="What there is to see.")] = "",
    origin: Annotated[str, typer.Option(help="The office that handed it down, and its paper's number.")] = "",
    spot: Annotated[str, typer.Option(help="A spot's id, as in spots.geojson.")] = "",
    at: Annotated[str, typer.Option(help="LONGITUDE,LATITUDE in degrees.")] = "",
    crs: Annotated[str, typer.Option(help="WGS-84, CGCS2000 or GCJ-02 (what Chinese maps show).")] = "WGS-84",
    region: Annotated[str, typer.Option(help="The 12-digit code of the village, or a grid's.")] = "",
    place: Annotated[str, typer.Option(help="Where in the village, in words.")] = "",
    photo: Annotated[list[Path] | None, typer.Option(help="A photo; may be given again.")] = None,
    reporter: Annotated[str, typer.Option(help="Name and phone, like '张三 13900000000'; kept sealed.")] = "",
    key: Annotated[str, typer.Option(help="The same for every repetition of one report; a new one if absent.")] = "",
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Enter a report: it opens a ticket, or joins the open one at its place. Prints the ticket and a code to ask by."""
    from alerts.reports.reporters import Reporter
    from alerts.reports.reporting import Report as Told
    from alerts.tickets.doing import Taken
    from alerts.values import Source

    name, _, phone = reporter.strip().partition(" ")
    with _room(config) as room:
        taken = tuple(Taken(sha256) for sha256 in _kept(room.settings, photo or []))
        who = Reporter(name, phone.strip()) if name else None
        told = Told(Source(source), what, _where(spot, at, crs, region, place), words, taken, who, origin)
        receipt = room.reports.take(told, key or uuid4().hex)
    if as_json:
        put_json({"number": receipt.number, "ticket": receipt.ticket, "report": receipt.report, "code": receipt.code,
                  "new": receipt.new})  # fmt: skip
    else:
        print(f"{receipt.number}  {receipt.code}  {receipt.words}")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100, config: Config = SERVER_TOML, as_json: AsJson = False
) -> None:
    """List reports, the newest first: what, where, and what others say of them. Who made them is not shown."""
    with _room(config) as room:
        found = room.office.listed(limit)
    for told, judged in found:
        verdict = judged.verdict if judged else None
        if as_json:
            put_json({
                "id": told.id, "at": told.at.isoformat(), "source": told.source.value, "what": told.what,
                "region": told.region, "words": told.words, "origin": told.origin, "ticket": told.ticket,
                "new": told.opened, "named": told.reporter is not None, "verdict": verdict.value if verdict else None,
            })  # fmt: skip
        else:
            when = told.at.astimezone(ZONE)
            print(f"{told.id}  {when:%Y-%m-%d %H:%M}  {told.source.words}  {told.what}  {told.region}  "
                  f"{verdict.words if verdict else '未核实'}  {told.words}")  # fmt: skip


@app.command()
def verify(
    report: Report,
    verdict: Annotated[Literal["true", "false", "unclear"], typer.Argument(help="属实, 不属实, 看不清.")],
    by: By,
    words: Annotated[str, typer.Option(help="Why; needed for false.")] = "",
    config: Config = SERVER_TOML,
) -> None:
    """Say whether a report is true; it decides about the reward and changes nothing about the ticket."""
    from alerts.tickets.verdicts import Verdict

    with _room(config) as room:
        judged = room.office.verify(report, Verdict(verdict), _who(by), words)
    print(judged.verdict.words if judged else "未核实")


@app.command()
def reporter(
    report: Report,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it must be known; stands in the fairness log.")],
    forget: Annotated[bool, typer.Option("--forget", help="Delete it, in every report of the same phone.")] = False,
    config: Config = SERVER_TOML,
) -> None:
    """Show who made a report, or delete that for good; both are written down. Exit code 1: nobody is known."""
    with _room(config) as room:
        if forget:
            print(f"{room.office.erase(report, _who(by), reason)} 条反映的反映人信息已删除")
            return
        who = room.office.reveal(report, _who(by), reason)
    print(f"{who.name} {who.phone}".strip() if who else "没有反映人信息")
    raise typer.Exit(0 if who else 1)


@app.command()
def rewards(
    month: Annotated[str, typer.Option(help="Only this month's ledger, like 2026-11.")] = "",
    table: Annotated[
        Path | None, typer.Option("--csv", help="Write the ledger for a spreadsheet into this file.")
    ] = None,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """List what stands to be granted, and the ledger. Payees are numbers: `jingcun report reporter` names one."""
    from county.rows import write

    with _room(config) as room:
        awards, ledger = room.rewards.awards(), room.rewards.ledger(month)
    if table is not None:
        table.write_bytes(b"\xef\xbb\xbf" + write(LEDGER, [tuple(_row(one).values()) for one in ledger]))
        print(f"{table}: {len(ledger)} lines", file=sys.stderr)
        return
    for ticket, award in awards:
        facts = {"ticket": str(ticket), "report": str(award.report), "amount": str(award.amount), "month": award.month}
        put_json({"deed": "due", **facts}) if as_json else print(f"待批准  {award.amount}元  {ticket}  {award.month}")
    for one in ledger:
        put_json(_row(one)) if as_json else print(
            f"{one.deed.words}  {one.amount}元  {one.ticket}  {one.by}  {one.words}"
        )


@app.command()
def reward(
    deed: Annotated[Literal["approve", "pay", "withdraw"], typer.Argument()],
    ticket: Ticket,
    by: By,
    words: Annotated[str, typer.Option(help="How it was paid, or why it is withdrawn.")] = "",
    config: Config = SERVER_TOML,
) -> None:
    """Grant the reward of a problem (once), note its payment, or take it back before."""
    with _room(config) as room:
        acts = {"approve": room.rewards.approve, "pay": room.rewards.pay, "withdraw": room.rewards.withdraw}
        entry = acts[deed](ticket, _who(by), words)
    print(f"{entry.deed.words}  {entry.amount}元")


def _where(spot: str, at: str, crs: str, region: str, place: str) -> Where:
    from alerts.alarms.grounds import Where
    from county.coordinates import located

    if not at:
        return Where(spot, None, region, place)
    try:
        longitude, latitude = (float(part) for part in at.split(","))
    except ValueError:
        raise ValueError(f"--at {at!r}: write LONGITUDE,LATITUDE in degrees, like 106.25,36.15") from None
    return Where(spot, located(longitude, latitude, crs), region, place)


def _kept(settings: ServerSettings, paths: list[Path]) -> Iterator[str]:
    """Keep the photos as evidence, persons made unreadable; ``BadEvidence`` (a ValueError) for what is no photo."""
    from ingest.evidence.ledger import Ledger
    from ingest.evidence.wiring import open_evidence

    if not paths:
        return
    with ExitStack() as stack:
        ledger = Ledger(settings.store("inbox"), settings.county)
        stack.callback(ledger.close)
        evidence = open_evidence(settings.folder / "evidence", wiring.evidence(settings), ledger)
        stack.callback(evidence.close)
        for path in paths:
            yield evidence.put(path.read_bytes())


def _who(name: str) -> Who:
    """Whoever works at the server acts for the county."""
    from alerts.values import Who
    from county.values import Level

    return Who(name, name, "", Level.COUNTY)


def _row(entry: Entry) -> dict[str, str]:
    values = (entry.number, entry.at.astimezone(ZONE).isoformat(timespec="seconds"), entry.deed.value, entry.amount,
              entry.month, entry.ticket, entry.report, entry.by, entry.words)  # fmt: skip
    return {name: str(value) for name, value in zip(LEDGER, values, strict=True)}
