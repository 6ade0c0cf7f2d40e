"""One county on several processors: its townships are shared out, and what each part came to is put together.

Nothing that happens in one township reaches another: each has its own villages, devices, sites and truck, and what
chance does hangs on the device or the letter, never on the order in which others are asked. So the parts come to the
same tickets as the whole, but for their running numbers.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from multiprocessing.connection import Connection, wait
from typing import Any

from county.snapshot import Content, County
from county.values import Device, DeviceKind
from jingcun.simulate.ledger import Ledger
from jingcun.simulate.month import Counted, Month, Plan
from jingcun.simulate.rates import Rates
from jingcun.simulate.run import Progress, live
from jingcun.simulate.tally import Tally

MOST = 64


@dataclass(frozen=True, slots=True)
class Part:
    """What a process is given; a county itself does not travel."""

    content: Content
    revision: int
    rates: Rates
    plan: Plan


def simulate(
    county: County, rates: Rates, plan: Plan, progress: Progress = lambda _days, _tickets: None, processes: int = 1
) -> Month:
    """Live through the plan in so many processes. Raises NothingToSimulate, ValueError, or RuntimeError for a part that
    ended without an answer.
    """
    if not 1 <= processes <= MOST:
        raise ValueError(f"{processes} processes: give 1 to {MOST}")
    parts = shared_out(county, processes)
    if len(parts) < 2:
        return live(county, rates, plan, progress)
    began = time.monotonic()
    made = _all(
        [Part(one.content, one.revision, rates, plan) for one in parts], _Days(len(parts), progress)
    )  # fmt: skip
    return replace(together(county, plan, made), seconds=time.monotonic() - began)


def shared_out(county: County, parts: int) -> list[County]:
    """The county in at most so many parts, each with some of its townships' devices; townships that share a site stay
    together. Only parts with a camera or bin.
    """
    groups = _groups(county)
    weights = Counter(groups[one.village[:9]] for one in county.devices.values() if one.village)
    loads = [0] * parts
    part_of: dict[str, int] = {}
    for group, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
        lightest = loads.index(min(loads))
        part_of[group] = lightest
        loads[lightest] += weight
    found = []
    for number in range(parts):
        here = {town for town, group in groups.items() if part_of.get(group) == number}
        devices = tuple(one for one in county.content.devices if one.village[:9] in here)
        if any(one.kind in (DeviceKind.CAMERA, DeviceKind.BIN) for one in devices):
            found.append(_of(county, devices))
    return found


def together(county: County, plan: Plan, months: Sequence[Month]) -> Month:
    """The parts of a county as one month."""
    tally = Tally()
    for one in months:
        tally.add(one.tally)
    happenings = sorted((each for one in months for each in one.happenings), key=lambda each: each.began)
    return Month(
        county, plan, Counted(*(sum(getattr(one.town, field.name) for one in months) for field in fields(Counted))),
        tuple(happenings), tally, _bound([one.ledger for one in months]),
        _added(one.acts for one in months), _added(one.letters for one in months),
        _added(one.refused for one in months), tuple(wrong for one in months for wrong in one.wrong),
        max(one.seconds for one in months),
    )  # fmt: skip


def _of(county: County, devices: tuple[Device, ...]) -> County:
    ids = {one.id for one in devices}
    spots = tuple(one for one in county.content.spots if one.device in ids)
    return County(replace(county.content, devices=devices, spots=spots), county.revision)


def _groups(county: County) -> dict[str, str]:
    """For every township (9 digits) the name of its group: townships that share a site have one."""
    group = {one.village[:9]: one.village[:9] for one in county.devices.values() if one.village}
    sites: defaultdict[str, set[str]] = defaultdict(set)
    for spot in county.spots:
        sites[spot.ground].add(county.devices[spot.device].village[:9])
    for towns in sites.values():
        names = {group[town] for town in towns}
        group = {town: min(names) if name in names else name for town, name in group.items()}
    return group


def _bound(ledgers: Sequence[Ledger]) -> Ledger:
    tickets = sorted((one for each in ledgers for one in each.tickets), key=lambda one: (one.opened_at, one.id))
    return Ledger(
        tuple(tickets), sum(one.alarms for one in ledgers), sum(one.merged for one in ledgers),
        tuple(sent for one in ledgers for sent in one.notices), sum(one.stuck for one in ledgers),
        tuple(words for one in ledgers for words in one.broken),
        tuple(words for one in ledgers for words in one.findings), sum(one.cursor for one in ledgers),
    )  # fmt: skip


def _added(counts: Iterable[Counter[str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counts:
        found += one
    return found


class _Days:
    """Tells a day when every part has lived through it."""

    def __init__(self, parts: int, progress: Progress) -> None:
        self._tickets: defaultdict[int, list[int]] = defaultdict(list)
        self._parts = parts
        self._progress = progress

    def tell(self, day: int, tickets: int) -> None:
        self._tickets[day].append(tickets)
        if len(self._tickets[day]) == self._parts:
            self._progress(day, sum(self._tickets.pop(day)))


def _all(parts: Sequence[Part], days: _Days) -> list[Month]:
    """Let each part live in a process of its own; the first fault ends all."""
    context = multiprocessing.get_context("spawn")
    ends: dict[Any, int] = {}
    processes = []
    made: dict[int, Month] = {}
    try:
        for number, part in enumerate(parts):
            mine, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_part, args=(part, theirs), name=f"simulate-{number + 1}", daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
            ends[mine] = number
        while ends:
            for end in wait(list(ends)):
                _heard(end, ends, made, days)
    finally:
        for process in processes:
            process.terminate()
            process.join()
    return [made[number] for number in range(len(parts))]


def _heard(end: Any, ends: dict[Any, int], made: dict[int, Month], days: _Days) -> None:
    try:
        word, *said = end.recv()
    except EOFError:
        raise RuntimeError(f"part {ends[end] + 1} of the simulation ended without an answer") from None
    if word == "day":
        days.tell(*said)
    elif word == "fault":
        raise RuntimeError(f"part {ends[end] + 1} of the simulation: {said[0]}")
    else:
        number = ends.pop(end)
        made[number] = said[0]
        end.close()


def _part(part: Part, out: Connection) -> None:
    """The work of one process; its county stays behind, for it cannot travel."""
    county = County(part.content, part.revision)
    try:
        month = live(county, part.rates, part.plan, lambda day, tickets: out.send(("day", day, tickets)))
    except BrokenPipeError:  # whoever asked is gone
        return
    except (ValueError, RuntimeError, OSError) as fault:
        out.send(("fault", f"{type(fault).__name__}: {fault}"))
        return
    out.send(("month", _without_county(month)))


def _without_county(month: Month) -> Month:
    empty: Any = None
    return replace(month, county=empty)
