"""``jingcun bins …``: how full each bin is, when it was emptied, and the same for another platform."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from alerts.sensors.rounds import PassedBy, Round
    from alerts.store.book import Book
    from county.snapshot import County

app = typer.Typer(no_args_is_help=True, help="Bins: their state, their emptyings, and the export as FIWARE entities.")
COLUMNS = (
    "id", "name", "place", "fill_percent", "tone", "heard_at", "full_at", "emptied_at", "battery_percent", "wrong",
)  # fmt: skip


@contextmanager
def _opened(config: Path) -> Iterator[tuple[Book, County]]:
    from alerts.store.book import Book
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.store import StoreAway

    server = load(config)
    with one_line_errors(BookAway, NoCounty, StoreAway, ValueError), ExitStack() as stack:
        county = stack.enter_context(CountyBook(server.store("county"))).current(server.county)
        book = Book(server.store("book"), county.code, county.calendar.zone)
        stack.callback(book.close)
        yield book, county


@app.command("list")
def list_(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """List every bin: fill, how the county's limits call it, last heard, when it will be full, what is wrong."""
    with _opened(config) as (book, county):
        rows = _rows(book, county)
    for row in rows:
        if as_json:
            put_json(row)
        else:
            fill = "-" if row["fill_percent"] is None else f"{row['fill_percent']:.0f}%"
            where = f"{row['place']} {row['name']}"
            print(f"{row['id']:<20} {fill:>4}  {row['tone']:<8} {row['heard_at'] or '-':<25} {where}  "
                  f"{' '.join(row['wrong'])}".rstrip())  # fmt: skip


@app.command()
def collections(
    from_: Annotated[str, typer.Option("--from", help="From this local day or time on, like 2026-11-01.")],
    to: Annotated[str, typer.Option(help="… and before this one.")],
    bin_: Annotated[str | None, typer.Option("--bin", help="Only this bin.")] = None,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """List the emptyings that the sensors showed, as proof of collection: when, and the fill before and after."""
    from alerts.sensors.bin_book import collections as kept

    with _opened(config) as (book, county):
        zone = ZoneInfo(county.calendar.zone)
        found = kept(book, _moment(from_, zone), _moment(to, zone), bin_)
    for one in found:
        told = one.emptying
        if as_json:
            put_json({"bin": one.place, "at": told.at, "before": told.before, "after": told.after})
        else:
            name = county.devices[one.place].name if one.place in county.devices else one.place
            print(f"{told.at.astimezone(zone):%Y-%m-%d %H:%M}  {one.place:<20} {told.before:.0f}% → {told.after:.0f}%  "
                  f"{name}")  # fmt: skip


@app.command()
def rounds(
    from_: Annotated[str, typer.Option("--from", help="From this local day or time on, like 2026-11-01.")],
    to: Annotated[str, typer.Option(help="… and before this one.")],
    gap: Annotated[float, typer.Option(min=1, max=1_440, help="Minutes without an emptying that end a round.")] = 90,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """List the rounds of collection: when, how many bins of the visited villages were emptied, who was passed by."""
    from alerts.sensors.bin_book import collections as kept
    from alerts.sensors.bin_book import states
    from alerts.sensors.ngsi import bins_of
    from alerts.sensors.rounds import rounds as gathered

    with _opened(config) as (book, county):
        zone = ZoneInfo(county.calendar.zone)
        bins = {one.id: one for one in bins_of(county)}
        emptyings = kept(book, _moment(from_, zone), _moment(to, zone))
        found = gathered(emptyings, bins, states(book), timedelta(minutes=gap))
    for one in found:
        if as_json:
            put_json(_round(one, county))
        else:
            print("\n".join(_round_words(one, county)))


@app.command()
def export(
    config: Config = SERVER_TOML,
    ngsi_ld: Annotated[bool, typer.Option("--ngsi-ld", help="FIWARE WasteContainer entities instead of CSV.")] = False,
) -> None:
    """Write every bin to the standard output: CSV, or one JSON array of NGSI-LD entities."""
    from alerts.sensors.bin_book import states
    from alerts.sensors.ngsi import bins_of, entities

    with _opened(config) as (book, county):
        if not ngsi_ld:
            _csv(_rows(book, county))
            return
        found = entities(county, states(book), datetime.now(UTC))
        nowhere = sum(one.longitude is None for one in bins_of(county))
    put_json(found)
    if nowhere:
        print(f"{nowhere} bins without coordinates are left out; add longitude and latitude in devices.csv",
              file=sys.stderr)  # fmt: skip


def _rows(book: Book, county: County) -> list[dict[str, Any]]:
    from alerts.sensors import bins
    from alerts.sensors.bin_book import states
    from alerts.sensors.fill import forecast
    from alerts.sensors.ngsi import bins_of

    now, known = datetime.now(UTC), states(book)
    rows: list[dict[str, Any]] = []
    for device in bins_of(county):
        state, limits = known.get(device.id), county.bins_at(device.id)
        told = forecast(state.level, limits.dirty, now) if state else None
        rows.append({
            "id": device.id, "name": device.name, "place": county.place_name(device.village),
            "fill_percent": state.level.percent if state else None, "tone": bins.tone(state, now, limits).value,
            "heard_at": _text(state.heard_at) if state else None, "full_at": _text(told.at) if told else None,
            "emptied_at": _text(state.level.emptied.at) if state and state.level.emptied else None,
            "battery_percent": state.battery if state else None,
            "wrong": sorted(kind.value for kind in state.wrong) if state else [],
        })  # fmt: skip
    return rows


def _round(one: Round, county: County) -> dict[str, Any]:
    return {
        "township": one.township, "began": one.began, "ended": one.ended,
        "emptied": [
            {"bin": each.place, "at": each.emptying.at, "before": each.emptying.before, "after": each.emptying.after}
            for each in one.emptied
        ],
        "passed_by": [{"bin": each.place, "percent": each.percent} for each in one.passed_by],
        "missed": [each.place for each in _missed(one, county)],
    }  # fmt: skip


def _missed(one: Round, county: County) -> tuple[PassedBy, ...]:
    """Those left standing though they held what their own limits call nearly full."""
    return one.missed(lambda place: county.bins_at(place).warns_at)


def _round_words(one: Round, county: County) -> list[str]:
    """A line for the round, and one for each bin that was left standing though it was full, or nobody knows."""
    zone = ZoneInfo(county.calendar.zone)
    emptied = len({each.place for each in one.emptied})
    lines = [f"{one.began.astimezone(zone):%Y-%m-%d %H:%M} – {one.ended.astimezone(zone):%H:%M}  "
             f"{county.place_name(one.township)}  {emptied}/{emptied + len(one.passed_by)} emptied"]  # fmt: skip
    for each in _missed(one, county):
        device = county.devices[each.place]
        fill = "unknown" if each.percent is None else f"{each.percent:.0f}%"
        lines.append(f"    passed by: {each.place:<20} {fill:>7}  {county.place_name(device.village)} {device.name}")
    return lines


def _csv(rows: list[dict[str, Any]]) -> None:
    from county.rows import escape

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = [" ".join(row[name]) if name == "wrong" else row[name] for name in COLUMNS]
        writer.writerow("" if cell is None else escape(str(cell)) for cell in cells)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{error}; write times like 2026-11-01 or 2026-11-01T08:00") from error
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if abs(at - datetime.now(UTC)) > timedelta(days=36_500):
        raise ValueError(f"{text} is no time of ours; write times like 2026-11-01")
    return at
