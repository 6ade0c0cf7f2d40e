"""``jingcun report …``: orders from above and patrol entries by hand, verdicts on reports, reporters, rewards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import uuid4

import typer

from jingcun import wiring
from jingcun.commands.lost_key import give_up_names
from jingcun.commands.registering import noted
from jingcun.commands.report_room import By, Room, opened
from jingcun.commands.rewards import reward, rewards
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, person_named, put_json
from jingcun.settings import ServerSettings

if TYPE_CHECKING:
    from alerts.alarms.grounds import Where
    from alerts.reports.reporters import Reporter
    from alerts.values import Source

app = typer.Typer(no_args_is_help=True, help="Reports: enter, list, verify, ask who reported, grant and pay rewards.")
Report = Annotated[
    str, typer.Argument(help="The id of a report (`jingcun report list`), or its ticket's number, GD-1121-0001.")
]


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
    by: Annotated[
        str, typer.Option("--by", help="Who enters it: an id of people.csv; needed but for a citizen's.")
    ] = "",
    reporter: Annotated[str, typer.Option(help="Name and phone, like '张三 13900000000'; kept sealed.")] = "",
    key: Annotated[str, typer.Option(help="The same for every repetition of one report; a new one if absent.")] = "",
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Enter a report: it opens a ticket, or joins the open one at its place. Prints the ticket and a code to ask by."""
    from alerts.reports.reporting import Report as Told
    from alerts.tickets.doing import Taken
    from alerts.values import Source

    with opened(config) as room:
        where, who = _where(spot, at, crs, region, place), _reporter(room, Source(source), by, reporter)
        taken = tuple(Taken(sha256) for sha256 in _kept(room.settings, photo or []))
        told = Told(Source(source), what, where, words, taken, who, origin)
        receipt = room.reports.take(told, f":{key}" if key else uuid4().hex)  # no phone can name its report like that
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
    with opened(config) as room:
        found, zone = room.office.listed(limit), room.zone
        numbers = room.office.numbers([told.ticket for told, _ in found])
    for told, judged in found:
        verdict = judged.verdict if judged else None
        if as_json:
            put_json({
                "id": told.id, "at": told.at.isoformat(), "source": told.source.value, "what": told.what,
                "region": told.region, "words": told.words, "origin": told.origin, "ticket": told.ticket,
                "number": numbers[told.ticket], "new": told.opened, "named": told.reporter is not None,
                "verdict": verdict.value if verdict else None,
            })  # fmt: skip
        else:
            when = told.at.astimezone(zone)
            print(f"{told.id}  {numbers[told.ticket]}  {when:%Y-%m-%d %H:%M}  {told.source.words}  {told.what}  "
                  f"{told.region}  {verdict.words if verdict else '未核实'}  {told.words}")  # fmt: skip


@app.command()
@noted("report")
def verify(
    report: Report,
    verdict: Annotated[Literal["true", "false", "unclear"], typer.Argument(help="属实, 不属实, 看不清.")],
    by: By,
    words: Annotated[str, typer.Option(help="Why; needed for false.")] = "",
    config: Config = SERVER_TOML,
) -> None:
    """Say whether a report is true; it decides about the reward and changes nothing about the ticket."""
    from alerts.tickets.verdicts import Verdict

    with opened(config) as room:
        told = room.report(report)
        who = room.acting(by, room.ticket(told.ticket))
        judged = room.office.verify(told.id, Verdict(verdict), who, words)
    print(judged.verdict.words if judged else "未核实")


@app.command()
@noted("reporter_seen")
def reporter(
    report: Report,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it must be known; stands in the fairness log.")],
    forget: Annotated[bool, typer.Option("--forget", help="Delete it, in every report of the same phone.")] = False,
    config: Config = SERVER_TOML,
) -> None:
    """Show who made a report, or delete that for good; both are written down. Exit code 1: nobody is known."""
    with opened(config) as room:
        told = room.report(report)
        acting = room.acting(by, room.ticket(told.ticket))
        if forget:
            print(f"{room.office.erase(told.id, acting, reason)} 条反映的反映人信息已删除")
            return
        who = room.office.reveal(told.id, acting, reason)
    print(f"{who.name} {who.phone}".strip() if who else "没有反映人信息")
    raise typer.Exit(0 if who else 1)


for command in (rewards, reward, give_up_names):
    app.command()(command)


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


def _reporter(room: Room, source: Source, by: str, named: str) -> Reporter | None:
    """Who is said to report; what an office has found has somebody of people.csv who enters it."""
    from alerts.reports.reporters import Reporter, staffed
    from alerts.reports.reporting import must_enter
    from alerts.tickets.moves import plain
    from alerts.values import Source

    name, _, phone = plain(named).partition(" ")
    who = Reporter(name, phone) if name else None
    if not by:
        if source is not Source.REPORT:
            raise ValueError(f"{source.words}要写明由谁录入:--by 和 people.csv 里的编号")
        return who
    person = person_named(room.county, by)
    must_enter(room.county, person, source, datetime.now(UTC))
    return staffed(person, who)
