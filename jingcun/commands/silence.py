"""``jingcun silence …``: mutes with author, reason and end; what is found meanwhile is kept, and told when they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from alerts.mutes.mute_office import MuteOffice, Shown
    from county.snapshot import County

app = typer.Typer(no_args_is_help=True, help="Mutes: what is found meanwhile is kept, and told when they end.")
Number = Annotated[int, typer.Argument(min=1, max=2**31, help="Number of the mute, as `list` shows it.")]
By = Annotated[str, typer.Option("--by", help="Who: an id of people.csv that answers for the place today.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the fairness log.")]
Moment = Annotated[str, typer.Option("--until", help="Until this local time, like 2026-11-22T18:00.")]


@app.command()
@noted("mute")
def add(
    by: By,
    reason: Reason,
    until: Moment,
    begin: Annotated[str | None, typer.Option("--from", help="From this local time on; now unless told.")] = None,
    camera: Annotated[str, typer.Option(help="A camera or bin (id of devices.csv).")] = "",
    spot: Annotated[str, typer.Option(help="One spot of a camera (id of spots.geojson).")] = "",
    area: Annotated[str, typer.Option(help="A region code: everything that lies in it.")] = "",
    category: Annotated[list[str] | None, typer.Option(help="Only this category; may be given again.")] = None,
    daily: Annotated[str, typer.Option(help="Only in these local hours of each day, like 08:00-18:00.")] = "",
    works: Annotated[bool, typer.Option("--works", help="A place under control (管控区域).")] = False,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Mute a camera, a spot or an area; a long or grave mute, and works, wait for a grant by the level above."""
    from alerts.mutes.mute_acts import scope_named
    from alerts.mutes.mutes import Wish

    with _office(config) as (office, county):
        zone, now = ZoneInfo(county.calendar.zone), datetime.now(UTC)
        begin_at = _moment(begin, zone) if begin else now
        wish = Wish(
            scope_named(county, camera, spot, area), reason, begin_at, _moment(until, zone), tuple(category or ()),
            _daily(daily), works,
        )  # fmt: skip
        number = office.add(wish, by).number
        _say(office, county, number, as_json)


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 50,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """List mutes: number, how it stands, what and where, until when, who and why, and how much it holds back."""
    with _office(config) as (office, county):
        for shown in office.listed(limit, only_open=not every):
            _print(shown, county, as_json)


@app.command()
@noted("mute")
def end(number: Number, by: By, reason: Reason, config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """End a mute early; what is still dirty under it gets its ticket at once."""
    with _office(config) as (office, county):
        office.end(number, by, reason)
        _say(office, county, number, as_json)


@app.command()
@noted("mute")
def grant(
    number: Number,
    by: By,
    refuse: Annotated[bool, typer.Option("--refuse", help="Do not grant it; then --reason says why.")] = False,
    reason: Reason = "",
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Grant a mute that waits, or refuse it; only somebody above its author may."""
    with _office(config) as (office, county):
        office.answer(number, "refuse" if refuse else "grant", by, reason)
        _say(office, county, number, as_json)


@contextmanager
def _office(config: Path) -> Iterator[tuple[MuteOffice, County]]:
    from alerts.mutes.mute_office import MuteOffice, NoMute
    from alerts.store.book import Book
    from alerts.tickets.doing import Refused
    from alerts.world import World
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.store import StoreAway

    server = load(config)
    with one_line_errors(BookAway, NoCounty, NoMute, Refused, StoreAway, ValueError), ExitStack() as stack:
        county = stack.enter_context(CountyBook(server.store("county"))).current(server.county)
        book = Book(server.store("book"), county.code, county.calendar.zone)
        stack.callback(book.close)
        yield MuteOffice(book, World(lambda: county)), county


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise ValueError(f"write times like 2026-11-22T18:00, not {text[:40]!r}") from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _daily(text: str) -> tuple[time, time] | None:
    if not text:
        return None
    begins, dash, ends = text.partition("-")
    try:
        daily = time.fromisoformat(begins), time.fromisoformat(ends)
    except ValueError as fault:
        raise ValueError(f"write hours like 08:00-18:00, not {text[:40]!r}") from fault
    if not dash or any(one.tzinfo for one in daily):
        raise ValueError(f"write hours like 08:00-18:00, not {text[:40]!r}")
    return daily


def _say(office: MuteOffice, county: County, number: int, as_json: bool) -> None:
    _print(office.one(number), county, as_json)


def _print(shown: Shown, county: County, as_json: bool) -> None:
    from alerts.mutes.grant_letters import described

    mute, zone = shown.mute, ZoneInfo(county.calendar.zone)
    if as_json:
        put_json(_facts(shown, zone))
        return
    granted = f",批准人 {mute.granted_by}" if mute.granted_by else ""
    held = f",已记录 {shown.count.finds} 处({shown.count.looks} 次观察)" if shown.count.looks else ""
    print(f"{mute.number:>4}  {mute.hold.words}  {mute.place}  {described(mute, county)}  "
          f"{mute.author.name}:{mute.reason}{granted}{held}")  # fmt: skip


def _facts(shown: Shown, zone: ZoneInfo) -> dict[str, Any]:
    mute = shown.mute
    return {
        "number": mute.number, "hold": mute.hold.value, "camera": mute.scope.device, "spot": mute.scope.spot,
        "area": mute.scope.area, "place": mute.place, "categories": list(mute.categories),
        "from": mute.begin_at.astimezone(zone).isoformat(timespec="minutes"),
        "until": mute.end_at.astimezone(zone).isoformat(timespec="minutes"),
        "daily": [f"{one:%H:%M}" for one in mute.daily or ()], "works": mute.works, "author": mute.author.name,
        "reason": mute.reason, "granted_by": mute.granted_by, "finds": shown.count.finds, "looks": shown.count.looks,
    }  # fmt: skip
