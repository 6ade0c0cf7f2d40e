"""``jingcun notify preview`` and ``check``: what each channel would send, what would be cut or refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from alerts.terms import Purpose
from county.policy.base import Severity
from jingcun.commands.county import open_book
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, put_json
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from alerts.channels.catalog import ChannelSettings
    from alerts.channels.preview import Shown

_SIZES = {"typical": "平常", "longest": "最长"}


def preview(
    channel: Annotated[str, typer.Option(help="Only this one.")] = "",
    severity: Annotated[Severity | None, typer.Option(help="Only this one.")] = None,
    purpose: Annotated[Purpose | None, typer.Option(help="Only this one.")] = None,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Show what each channel would send, counted; nothing goes out. Exit 1 where something must be mended."""
    told = [
        one for one in _shown(config, channel)
        if severity in (None, one.case.severity) and purpose in (None, one.case.purpose)
    ]  # fmt: skip
    if not told:
        raise ValueError("没有这样的通知:写了[cap]才有汇总,开了绑定才有验证码,静默和验证码只算minor")
    for one in told:
        put_json(as_row(one)) if as_json else print("\n".join(lines(one)))
    if any(one.faults for one in told):
        raise typer.Exit(1)


def check(channel: Annotated[str, typer.Option(help="Only this one.")] = "", config: Config = SERVER_TOML) -> None:
    """Say only what must be mended before notices go out; exit 1 where there is anything."""
    told = list(_shown(config, channel))
    wrong = list(dict.fromkeys(line for one in told for line in faults_of(one)))
    wrong += [] if channel else _unknown_names(config)
    for line in wrong:
        print(line)
    if wrong:
        raise typer.Exit(1)
    print(f"{len({one.channel for one in told})}个通道,{len(told)}种通知:都放得下,单号、链接和短码不会截断")


def channels_of(server: ServerSettings, only: str = "") -> list[ChannelSettings]:
    """The channels of server.toml; ``ValueError`` names one that cannot be, or says that there is none of a name."""
    from alerts.channels import catalog

    told = [one for one in server.channels if only in ("", one.get("name"))]
    if only and not told:
        raise ValueError(f"server.toml里没有名为{only[:40]!r}的通道")
    return [catalog.settings_of(one) for one in told]


def lines(one: Shown) -> Iterator[str]:
    """One letter by one channel, for a person."""
    yield f"── {one.channel} {one.case.severity} {one.case.purpose.value} {_SIZES[one.case.size]}"
    if one.sketch is not None and one.sketch.declined:
        yield f"   不发:{one.sketch.declined}"
    elif one.sketch is not None:
        for measure in one.sketch.measures:
            cut = " 截短了" if measure.cut else ""
            yield f"   {measure.name}({measure.count}{cut}) {measure.text}"
    for fault in one.faults:
        yield f"   ✗ {fault}"


def faults_of(one: Shown) -> Iterator[str]:
    """What must be mended, with its channel and case; the same for letters of both lengths is one line."""
    for fault in one.faults:
        yield f"{one.channel} {one.case.severity} {one.case.purpose.value}:{fault}"


def as_row(one: Shown) -> dict[str, Any]:
    """One letter by one channel, for a program."""
    sketch = one.sketch
    return {
        "channel": one.channel, "kind": one.kind, "severity": one.case.severity, "purpose": one.case.purpose.value,
        "size": one.case.size, "template": sketch.template if sketch else "", "body": sketch.body if sketch else None,
        "declined": sketch.declined if sketch else "", "faults": list(one.faults),
        "fields": [
            {"name": it.name, "text": it.text, "used": it.used, "most": it.most, "unit": it.unit, "count": it.count,
             "cut": it.cut}
            for it in (sketch.measures if sketch else ())
        ],
    }  # fmt: skip


def _unknown_names(config: Path) -> list[str]:
    """The channels that policy.toml or people.csv names and server.toml has not, one line each."""
    from alerts.channels.named import unknown

    server = load(config)
    with open_book(config) as book:
        county = book.current(server.county)
    return unknown(county, {str(one.get("name")) for one in server.channels})


def _shown(config: Path, channel: str) -> Sequence[Shown]:
    from alerts.channels.preview import cases_of, shown

    server = load(config)
    with open_book(config) as book:
        county = book.current(server.county)
    everything, wanted = channels_of(server), channels_of(server, channel)
    now = datetime.now(UTC).astimezone(ZoneInfo(county.calendar.zone))
    return list(shown(wanted, cases_of(county, everything), county, now, server.notices.base_url))
