"""``jingcun device discover``: what speaks to this county, or is spoken of, but stands in no registry yet."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

from broker.messages import Health
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from county.snapshot import County
    from ingest.discovery import Find

MOST = 2_000  # letters, the newest


def discover(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """List unregistered boxes, cameras, bins and spots, each with the line to add to devices.csv."""
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.dead_letters import DeadLetters
    from ingest.discovery import discover as found_in
    from ingest.latest import Latest
    from ingest.store import Store, StoreAway

    server = load(config)
    with one_line_errors(BookAway, NoCounty, StoreAway), ExitStack() as stack:
        county = stack.enter_context(CountyBook(server.store("county"))).current(server.county)
        store = Store(server.store("inbox"))
        stack.callback(store.close)
        said = [value.message() for value in Latest(store).all("health")]
        letters = DeadLetters(store).list(MOST)
    for one in found_in(county, letters, [each for each in said if isinstance(each, Health)]):
        if as_json:
            put_json(asdict(one) | {"add": line_of(one)})
        else:
            print(words(one, county))


def line_of(one: Find) -> str:
    """The line for devices.csv, its name still the id; "" for a spot, which is drawn in spots.geojson."""
    if one.kind == "spot":
        return ""
    box = "" if one.by == one.id else one.by
    return f"{one.id},{one.kind},{one.id},{one.village},{box},,,,,,"


def words(one: Find, county: County) -> str:
    """One line for a person."""
    where = county.place_name(one.village) if one.village else "-"
    refused = f"{one.times} refused, newest letter {one.letter}" if one.times else "named in its health"
    cure = f"devices.csv: {line_of(one)}" if line_of(one) else "spots.geojson: draw it"
    return f"{one.kind:<7} {one.id:<24} by {one.by:<16} {where}  {refused}  → {cure}"
