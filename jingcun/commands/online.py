"""``jingcun device online``: online rates of boxes and cameras, who is silent and covered by what, who is dark."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.devices.alive import Told
    from alerts.devices.cover import Key, Memory
    from county.snapshot import County


def online(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Print the online rates, each silent camera with what stands for it, and each camera that was dark last night."""
    county, told, memory = _read(config)
    now = datetime.now(UTC)
    facts = _facts(county, told, memory, now)
    if as_json:
        put_json(facts)
        return
    if not facts["door_open"]:
        print("平台现在收不到任何设备的消息，以下是最后收到的情况")
    for kind, name in (("boxes", "盒子"), ("cameras", "摄像机")):
        rate = facts[kind]
        print(f"{name}：{rate['devices']} 台，在线 {rate['online']} 台，在线率 {_percent(rate['percent'])}")
    for one in facts["silent"]:
        print(f"离线  {one['id']:<20} {one['place']} {one['name']}{_stands(county, one['covered_by'])}")
    zone = ZoneInfo(county.calendar.zone)
    for one in facts["dark_at_night"]:
        since = datetime.fromisoformat(one["since"]).astimezone(zone)
        print(f"夜里太暗  {one['id']:<20} {one['place']} {one['name']}  {since:%Y-%m-%d %H:%M} 起")


def _read(config: Path) -> tuple[County, Told, dict[Key, Memory]]:
    from alerts.devices import equipment_book
    from alerts.devices.hearing import Hearing
    from alerts.store.book import Book
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.latest import Latest
    from ingest.store import StoreAway

    settings = load(config)
    with one_line_errors(BookAway, NoCounty, StoreAway), ExitStack() as stack:
        county = stack.enter_context(CountyBook(settings.store("county"))).current(settings.county)
        latest = Latest(settings.store("inbox"))
        stack.callback(latest.close)
        book = Book(settings.store("book"), county.code, county.calendar.zone)
        stack.callback(book.close)
        told = Hearing(latest, county.code).told(datetime.now(UTC))
        return county, told, equipment_book.remembered(book)


def _facts(county: County, told: Told, memory: dict[Key, Memory], now: datetime) -> dict[str, Any]:
    from alerts.devices import alive, cover
    from county.values import DeviceKind

    cameras, boxes = (alive.rate(told, county, kind, now) for kind in (DeviceKind.CAMERA, DeviceKind.BOX))
    by = {one.place: one.covered_by for one in memory.values() if one.covered_by}
    dark = cover.dark_at_night(memory.values(), county, now)
    return {
        "door_open": told.door_open,
        **{
            name: {"devices": rate.devices, "online": rate.online, "percent": rate.percent}
            for name, rate in (("boxes", boxes), ("cameras", cameras))
        },
        "silent": [{**_named(county, one), "covered_by": by.get(one, "")} for one in (*boxes.silent, *cameras.silent)],
        "dark_at_night": [{**_named(county, one.place), "since": one.since.isoformat()} for one in dark],
    }


def _named(county: County, device: str) -> dict[str, str]:
    known = county.devices.get(device)
    return {
        "id": device, "name": known.name if known else "", "place": county.place_name(known.village) if known else "",
    }  # fmt: skip


def _stands(county: County, covered_by: str) -> str:
    """What stands for a silent device, in words: ``box-1/box_silent`` is the box's own ticket."""
    from alerts.tickets.moves import category

    place, _, fault = covered_by.partition("/")
    return f"（由 {place} {category(county, fault)[0]} 代表）" if covered_by else ""


def _percent(percent: float | None) -> str:
    return "-" if percent is None else f"{percent:.1f} %"
