"""Camera against bin sensor, on the book: what each message at a shared site changes about how they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts.alarms import crossing
from alerts.alarms.cross_tables import CROSSINGS
from alerts.alarms.crossing import Compared, Fill, Memory, Says
from alerts.devices import equipment
from alerts.devices.cover import Finding
from alerts.sensors.bin_book import Page
from alerts.store import statements
from alerts.store.tables import LOOKS, TICKETS, look_of
from alerts.values import Decision, Look
from broker.messages import Kind, State
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import DeviceKind, Spot, sensor_of
from ingest.store import micros

AT_ONCE = 500  # sites of one question
_LATELY = sa.select(LOOKS).where(
    (LOOKS.c.county == sa.bindparam("county")) & (LOOKS.c.kind == Kind.OVERFLOW.value)
    & (LOOKS.c.at_us >= sa.bindparam("since_us"))
)  # fmt: skip
_OF_SITES = sa.select(CROSSINGS).where(
    (CROSSINGS.c.county == sa.bindparam("county")) & CROSSINGS.c.site.in_(sa.bindparam("sites", expanding=True))
)
_OPEN = sa.select(TICKETS.c.site).where(
    (TICKETS.c.county == sa.bindparam("county")) & TICKETS.c.is_open
    & TICKETS.c.site.in_(sa.bindparam("sites", expanding=True))
)  # fmt: skip


class Crossings:
    """How camera and sensor stand to each other at the sites that a transaction works on; ``write`` stores it."""

    def __init__(self, page: Page, county: County, now: datetime, sites: Collection[str] = ()) -> None:
        """Read together what is known of these sites; of others the book is asked one by one."""
        self._page, self._county, self._now = page, county, now
        self._looks: dict[str, tuple[Look, ...]] = {}
        self._memory: dict[str, Memory] = {}
        self._idle: set[str] = set()  # known to have no open ticket
        self._changed: dict[str, Memory] = {}
        if sites:
            self._load(sites)

    def after(self, spot: Spot, decided: Sequence[Decision], by: str, *, seen: bool) -> list[Decision]:
        """Compare after a message about a spot was decided; ``seen``: a camera said it, so its looks are new."""
        if not spot.site or (not seen and self._looks.get(spot.ground) == ()):
            return []
        bins, cameras = bins_on(spot, self._county), _of_kind(spot, self._county, DeviceKind.CAMERA)
        if not bins or not cameras:
            return []
        self._idle -= {one.ticket.scene.site for one in decided if one.ticket is not None}
        looks = self._looks_at(spot.ground, cameras, anew=seen)
        if not looks:
            return []
        compared = crossing.compare(looks, fills(self._page, spot, self._county, self._now), self._now)
        return [] if compared.says is Says.NOTHING else self._remember(spot, compared, by)

    def write(self) -> None:
        """Store what was changed."""
        if self._changed:
            pen = self._page.pen
            rows = [_columns(pen.county, one) for one in self._changed.values()]
            pen.conn.execute(statements.newest(CROSSINGS, pen.postgres), rows)
        self._changed = {}

    def _remember(self, spot: Spot, compared: Compared, by: str) -> list[Decision]:
        pen, site, made = self._page.pen, spot.ground, list[Decision]()
        before = self._memory_of(site)
        memory = crossing.remember(before, compared)
        ticket = None if site in self._idle else pen.open_at(site)
        if ticket is not None:
            told = crossing.note(memory, before, compared, ticket, self._now)
            if told is not None:
                pen.apply([told], by, self._now)
                made.append(told)
            memory = replace(memory, noted_in=ticket.id)
        if memory != before:
            self._memory[site] = self._changed[site] = memory
        if memory.times != before.times or memory.says is not before.says:
            made += _found(self._page, memory, compared, bins_on(spot, self._county), (self._county, self._now))
        return made

    def _looks_at(self, site: str, cameras: Sequence[Spot], *, anew: bool) -> tuple[Look, ...]:
        """What the cameras of a site saw last of overflow."""
        if anew or site not in self._looks:
            read = (look for one in cameras for look in self._page.pen.looks_at(one))
            self._looks[site] = tuple(look for look in read if look.kind == Kind.OVERFLOW)
        return self._looks[site]

    def _memory_of(self, site: str) -> Memory:
        if site not in self._memory:
            self._recall([site])
        return self._memory[site]

    def _load(self, sites: Collection[str]) -> None:
        """Nearly no site has a camera that told of overflow lately; at the others there is nothing to compare."""
        pen, looks = self._page.pen, defaultdict[str, list[Look]](list)
        asked = {"county": pen.county, "since_us": micros(self._now - crossing.LOOK_LASTS)}
        for row in pen.conn.execute(_LATELY, asked):
            spot = self._county.spot(row.place, row.spot)
            if spot is not None and spot.ground in sites:
                looks[spot.ground].append(look_of(row))
        self._looks = {site: tuple(looks[site]) if site in looks else () for site in sites}
        witnessed = sorted(looks)
        for start in range(0, len(witnessed), AT_ONCE):
            self._recall(witnessed[start : start + AT_ONCE])

    def _recall(self, sites: Sequence[str]) -> None:
        pen = self._page.pen
        asked = {"county": pen.county, "sites": sites}
        self._memory |= {site: Memory(site) for site in sites}
        self._memory |= {row.site: _memory_of(row) for row in pen.conn.execute(_OF_SITES, asked)}
        self._idle |= set(sites) - set(pen.conn.execute(_OPEN, asked).scalars())


def bins_on(spot: Spot, county: County) -> list[Spot]:
    """The bins that stand on the ground of a spot."""
    return _of_kind(spot, county, DeviceKind.BIN)


def fills(page: Page, spot: Spot, county: County, now: datetime) -> list[Fill | None]:
    """What the sensors of a site say now, None for each that says nothing."""
    return [
        crossing.fill_of(page.state(one.device), one.name, county.bins_at(one.device), now)
        for one in bins_on(spot, county)
    ]


def _found(
    page: Page, memory: Memory, compared: Compared, bins: Sequence[Spot], where: tuple[County, datetime]
) -> list[Decision]:
    """Put it to a person when they have disagreed often enough in a row, and end that when they agree as often."""
    (county, now), fill = where, compared.fill
    policy = county.policy.equipment
    assert fill is not None
    again = memory.says.disagree and memory.times % policy.disagree_times == 0
    over = memory.says.agree and memory.times >= policy.heard_again and page.has_ticket(fill.place)
    if not again and not over:
        return []
    sensor = sensor_of(next(one for one in bins if one.device == fill.place))
    known = page.pen.known(sensor, Fault.BIN_DISAGREES)
    told = known.ticket is not None and f"{sensor.device}/{sensor.id}/{Fault.BIN_DISAGREES}" in known.ticket.dirty
    if again and not told:
        words = f"连续{memory.times}次不一致:{compared.words};请校准传感器,或检查镜头"
        page.opened(fill.place)
        return equipment.apply(page.pen, Finding(sensor, Fault.BIN_DISAGREES, State.DIRTY, words), county, now)
    if over and told:
        words = f"连续{memory.times}次一致:{compared.words}"
        return equipment.apply(page.pen, Finding(sensor, Fault.BIN_DISAGREES, State.CLEAN, words), county, now)
    return []


def _of_kind(spot: Spot, county: County, kind: DeviceKind) -> list[Spot]:
    if not spot.site:
        return []
    return [one for one in county.on_ground(spot.ground) if county.devices[one.device].kind is kind]


def _memory_of(row: sa.Row[Any]) -> Memory:
    return Memory(row.site, Says(row.says), row.times, row.evidence, row.noted_in)


def _columns(county: str, memory: Memory) -> dict[str, Any]:
    return {
        "county": county, "site": memory.site, "says": memory.says.value, "times": memory.times,
        "evidence": memory.evidence[:80], "noted_in": memory.noted_in,
    }  # fmt: skip
