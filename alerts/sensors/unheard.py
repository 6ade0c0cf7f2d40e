"""Bins that say nothing: who is silent is a pure question, asked once a minute.

One dead box silences all its bins: that is one ticket, not thirty. When nobody in the county is heard, it is our side
that is deaf, and no ticket at all. And while this program itself did not run, nobody could be heard.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from alerts.devices import equipment_book
from alerts.devices.equipment import Outcome
from alerts.sensors import bin_book, bins, readings
from alerts.sensors.readings import Cause
from alerts.store.book import Book
from alerts.tickets.moves import identity, local_day
from alerts.values import Decision
from alerts.world import World
from county.policy import BinThresholds
from county.snapshot import County
from county.values import Device, DeviceKind

log = logging.getLogger(__name__)

LEAST_GROUPS = 3  # fewer speakers that are all silent may well be dead
WATCHED = "bins"
ALL_HEARD = Outcome()


@dataclass(frozen=True, slots=True)
class Quiet:
    """A bin, who speaks for it, since when it is quiet, whether that was told, and the limits that hold there."""

    place: str
    speaker: str
    since: datetime
    told: bool = False
    limits: BinThresholds = field(default_factory=BinThresholds)


@dataclass(frozen=True, slots=True)
class Installed:
    """The bins of a revision on one day, by their speakers, and the shortest silence that counts anywhere."""

    county: County
    day: date
    bins: Mapping[str, Device]
    behind: Mapping[str, tuple[str, ...]]
    shortest: timedelta


def silent_now(quiet: Sequence[Quiet], now: datetime, speakers: int | None = None) -> dict[str, str] | None:
    """The bins whose silence must be told now, with the words; None when everybody is silent, so it is our side.

    ``speakers`` is how many there are in all, where ``quiet`` leaves out those behind whom every bin is heard.
    """
    groups: dict[str, list[Quiet]] = defaultdict(list)
    for one in sorted(quiet, key=lambda each: each.place):
        groups[one.speaker].append(one)
    lost = {name: [one for one in group if now - one.since > one.limits.silent_after] for name, group in groups.items()}
    whole = {name for name, group in groups.items() if len(lost[name]) == len(group)}
    if len(whole) >= LEAST_GROUPS and len(whole) == (len(groups) if speakers is None else speakers):
        return None
    found: dict[str, str] = {}
    for name, group in lost.items():
        if name in whole and len(group) > 1:
            found |= _all_of(name, group, now)
            continue
        found |= {one.place: f"没有数据{_how_long(one, now)}" for one in group if not one.told}
    return found


def _all_of(box: str, group: Sequence[Quiet], now: datetime) -> dict[str, str]:
    """One bin stands for all that one box silences; those that fell silent long before it do not count as told."""
    last = max(group, key=lambda one: one.since)
    untold = [one for one in group if not one.told]
    if not untold or any(one.told and last.since - one.since <= one.limits.silent_after for one in group):
        return {}
    how_long = _how_long(last, now)
    return {untold[0].place: f"盒子 {box} 下的 {len(group)} 个传感器都没有数据{how_long},可能是盒子、供电或网络故障"}


def _how_long(one: Quiet, now: datetime) -> str:
    hours = (now - one.since) / timedelta(hours=1)
    return f"已 {hours:.1f} 小时(每 {one.limits.report_s / 60:.0f} 分钟应上报一次)"


class Unheard:
    """Finds silent bins and opens their tickets."""

    def __init__(self, book: Book, world: World) -> None:
        """One round works on the table of bins; a bin in the registry that never spoke is waited for from now on."""
        self._book = book
        self._world = world
        self._installed: Installed | None = None
        self._noted: frozenset[str] = frozenset()  # bins that the table is known to have

    def step(self, equipment: Outcome = ALL_HEARD) -> list[Decision]:
        """Look at every bin once; returns what was decided.

        Bins behind a box whose own ticket stands for them are left out; they are waited for anew once that is over.
        Nearly always everybody is heard: then one question to the book is all that it costs.
        """
        now, county = self._world.now(), self._world.county()
        installed = self._installed = _installed(county, now, self._installed)
        since = self._awake_since(installed.bins, now, equipment.deaf)
        if equipment.deaf or now - since <= installed.shortest:
            return []
        late = bin_book.unheard_since(self._book, now - installed.shortest)
        names = {installed.bins[place].speaker for place in late if place in installed.bins} if late else set()
        found = silent_now(*self._quiet(installed, names, since, equipment)) if names else {}
        if found is None:
            log.warning("no bin of the county is heard: is the door shut, or the broker away? No tickets are opened")
            return []
        return [decision for place, words in found.items() for decision in self._tell(place, words, now, county)]

    def _quiet(
        self, installed: Installed, names: Collection[str], since: datetime, equipment: Outcome
    ) -> tuple[list[Quiet], datetime, int]:
        """The bins behind these speakers, now, and how many speakers there are."""
        bins, limits, covered = installed.bins, installed.county.bins_at, equipment.covered
        asked = [place for name in names for place in installed.behind[name] if place not in covered]
        freed = dict(equipment.freed)
        quiet = [
            Quiet(place, bins[place].speaker, max(heard, since, freed.get(place, since)), told, limits(place))
            for place, (heard, told) in bin_book.heard_moments(self._book, asked).items()
        ]
        speakers = sum(any(place not in covered for place in places) for places in installed.behind.values())
        return quiet, self._world.now(), speakers

    def _awake_since(self, installed: Mapping[str, Device], now: datetime, deaf: bool) -> datetime:
        """Note that we look, and from when on silence counts: since then we were never away or deaf for long."""
        with self._book.writing() as pen:
            since = equipment_book.awake_since(pen, WATCHED, now)
            if deaf:
                equipment_book.heard_anew(pen, WATCHED, now)
            bin_book.note_unheard(pen, [place for place in installed if place not in self._noted], now)
        self._noted = frozenset(installed)
        return since

    def _tell(self, place: str, words: str, now: datetime, county: County) -> list[Decision]:
        spot = next((one for one in county.spots if one.device == place), None)
        if spot is None:
            return []
        with self._book.writing() as pen:
            page = bin_book.Page(pen)
            absorbed = bins.silenced(page.state(place), words, now)
            cause = Cause(now, identity("silence", place, now.isoformat()), "silence", now)
            made = readings.look_at(page, absorbed, spot, cause, county)
            page.write()
            self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        return made


def _installed(county: County, now: datetime, before: Installed | None) -> Installed:
    """The bins of today; gathered anew only on a new day or under a new revision."""
    day = local_day(county, now)
    if before is not None and before.county is county and before.day == day:
        return before
    bins = {one.id: one for one in county.devices.values() if one.kind is DeviceKind.BIN and one.holds(day)}
    behind: dict[str, list[str]] = defaultdict(list)
    for one in bins.values():
        behind[one.speaker].append(one.id)
    shortest = min((county.bins_at(place).silent_after for place in bins), default=county.policy.bins.silent_after)
    return Installed(county, day, bins, {name: tuple(places) for name, places in behind.items()}, shortest)
