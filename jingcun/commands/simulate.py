"""``jingcun simulate --days 30 --county FOLDER``: how many tickets a county of this size would get."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.shared import AsJson, one_line_errors, put_json

if TYPE_CHECKING:
    from county.policy import Policy
    from county.snapshot import County
    from jingcun.simulate.rates import Rates

EARLIEST, LATEST = date(1970, 1, 1), date(2999, 12, 31)  # what every clock and calendar of the product can count


@dataclass(frozen=True, slots=True)
class Size:
    """How many cameras and bins; None for as many as the folder has."""

    cameras: int | None
    bins: int | None

    @property
    def asked(self) -> tuple[tuple[str, int | None], ...]:
        """The same by the kind of device."""
        return (("camera", self.cameras), ("bin", self.bins))


def simulate(
    days: Annotated[int, typer.Option(help="How many days.")] = 30,
    county: Annotated[
        Path | None, typer.Option(help="Folder with regions.csv, people.csv, …; the fictional 青峦县 by default.")
    ] = None,
    cameras: Annotated[int | None, typer.Option(help="So many cameras in its villages instead of its own.")] = None,
    bins: Annotated[int | None, typer.Option(help="So many bins in its villages instead of its own.")] = None,
    noise: Annotated[float, typer.Option(help="How much of the committed noise: 0.5, 1, 2, …")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same number gives the same month.")] = 1,
    policy: Annotated[Path | None, typer.Option(help="Another policy.toml to try.")] = None,
    rates: Annotated[Path | None, typer.Option(help="Your own rates.toml instead of the committed one.")] = None,
    processes: Annotated[int, typer.Option(help="How many processors to use; the result is the same.")] = 1,
    begin: Annotated[str, typer.Option(help="The first day, like 2026-11-02.")] = "2026-11-02",
    as_json: AsJson = False,
) -> None:
    """Let a county live through days in minutes and count what becomes of it; nothing is kept.

    Happenings, looks and people are invented after committed rates; engine, limits and book are the product's own. Exit
    code 1: the books do not balance.
    """
    from county.files import BadCounty
    from jingcun.simulate import report
    from jingcun.simulate.month import Plan
    from jingcun.simulate.rates import rates_of
    from jingcun.simulate.shards import simulate as live

    with one_line_errors(BadCounty, OSError, RuntimeError, ValueError):
        invented = rates_of(rates).with_noise(noise)
        place = _county(county, policy, Size(cameras, bins), invented, seed)
        month = live(place, invented, Plan(_morning(begin, place), days, seed), _progress, processes)
    if as_json:
        put_json(report.facts(month, noise))
    else:
        for line in report.words(month, noise):
            print(line)
    raise typer.Exit(1 if month.wrong else 0)


def _county(folder: Path | None, policy: Path | None, size: Size, rates: Rates, seed: int) -> County:
    from county.files import from_path, load
    from county.generate import HOME
    from jingcun.simulate.grow import grown, under, with_one_channel

    county = load(from_path(folder or HOME))
    if policy is not None:
        county = under(county, _policy(policy))
    if size != Size(None, None):
        cameras, bins = (_as_many(county, kind, asked) for kind, asked in size.asked)
        county = grown(county, cameras, bins, rates.bins.distance_share, seed)
    return with_one_channel(county)


def _as_many(county: County, kind: str, asked: int | None) -> int:
    """How many devices of a kind: as asked, else as the county has itself."""
    own = sum(device.kind.value == kind for device in county.content.devices)
    return own if asked is None else asked


def _policy(path: Path) -> Policy:
    from county.policy_file import read_policy

    found, problems = read_policy(path.read_bytes())
    if found is None:
        raise ValueError("; ".join(str(one) for one in problems))
    return found


def _morning(begin: str, county: County) -> datetime:
    zone = ZoneInfo(county.calendar.zone)
    try:
        day = date.fromisoformat(begin)
    except ValueError as error:
        raise ValueError(f"--begin {begin!r} is no day; write it like 2026-11-02") from error
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"--begin {begin!r}: give a day from {EARLIEST} to {LATEST}")
    return datetime.combine(day, time(), zone)


def _progress(days: int, tickets: int) -> None:
    print(f"第 {days} 天:工单 {tickets} 张", file=sys.stderr, flush=True)
