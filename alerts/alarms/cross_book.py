"""Camera against bin sensor, on the book: what each message at a shared site changes about how they stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from alerts.alarms import crossing
from alerts.alarms.cross_tables import CROSSINGS
from alerts.alarms.crossing import Compared, Fill, Memory, Says
from alerts.devices import equipment
from alerts.devices.cover import Finding
from alerts.sensors.bin_book import Page
from alerts.store import statements
from alerts.store.book import Pen
from alerts.store.tables import LOOKS
from alerts.values import Decision
from broker.messages import Kind, State
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import DeviceKind, Spot, sensor_of
from ingest.store import micros

_LATELY = sa.select(LOOKS.c.place, LOOKS.c.spot).where(
    (LOOKS.c.county == sa.bindparam("county")) & (LOOKS.c.kind == Kind.OVERFLOW.value)
    & (LOOKS.c.at_us >= sa.bindparam("since_us"))
)  # fmt: skip


def after(page: Page, spot: Spot, county: County, now: datetime, by: str) -> list[Decision]:
    """Compare camera and sensor of the site of a spot, after a message about it was decided; nothing elsewhere."""
    bins = bins_on(spot, county)
    cameras = _of_kind(spot, county, DeviceKind.CAMERA)
    if not spot.site or not bins or not cameras:
        return []
    pen = page.pen
    looks = [look for one in cameras for look in pen.looks_at(one)]
    compared = crossing.compare(looks, fills(page, spot, county, now), now)
    if compared.says is Says.NOTHING:
        return []
    before = _remembered(pen, spot.ground)
    memory, made = crossing.remember(before, compared), list[Decision]()
    ticket = pen.open_at(spot.ground)
    told = crossing.note(memory, before, compared, ticket, now) if ticket is not None else None
    if told is not None and ticket is not None:
        pen.apply([told], by, now)
        made.append(told)
    if ticket is not None:
        memory = replace(memory, noted_in=ticket.id)
    if memory != before:
        _keep(pen, memory)
    if memory.times != before.times or memory.says is not before.says:
        made += _found(page, memory, compared, county, now)
    return made


def witnessed(pen: Pen, county: County, now: datetime) -> set[str]:
    """The sites of which a camera has told of overflow lately; at any other there is nothing to compare."""
    asked = {"county": pen.county, "since_us": micros(now - crossing.LOOK_LASTS)}
    spots = (county.spot(row.place, row.spot) for row in pen.conn.execute(_LATELY, asked))
    return {spot.ground for spot in spots if spot is not None}


def bins_on(spot: Spot, county: County) -> list[Spot]:
    """The bins that stand on the ground of a spot."""
    return _of_kind(spot, county, DeviceKind.BIN)


def fills(page: Page, spot: Spot, county: County, now: datetime) -> list[Fill | None]:
    """What the sensors of a site say now, None for each that says nothing."""
    return [
        crossing.fill_of(page.state(one.device), one.name, county.bins_at(one.device), now)
        for one in bins_on(spot, county)
    ]


def _found(page: Page, memory: Memory, compared: Compared, county: County, now: datetime) -> list[Decision]:
    """Put it to a person when they have disagreed often enough in a row, and end that when they agree as often."""
    policy, fill = county.policy.equipment, compared.fill
    assert fill is not None
    bin_spot = next(one for one in county.spots if one.device == fill.place)
    where = sensor_of(bin_spot)
    known = page.pen.known(where, Fault.BIN_DISAGREES)
    told = known.ticket is not None and f"{where.device}/{where.id}/{Fault.BIN_DISAGREES}" in known.ticket.dirty
    if memory.says.disagree and not told and memory.times % policy.disagree_times == 0:
        words = f"连续{memory.times}次不一致:{compared.words};请校准传感器,或检查镜头"
        page.opened(fill.place)
        return equipment.apply(page.pen, Finding(where, Fault.BIN_DISAGREES, State.DIRTY, words), county, now)
    if memory.says.agree and told and memory.times >= policy.heard_again:
        words = f"连续{memory.times}次一致:{compared.words}"
        return equipment.apply(page.pen, Finding(where, Fault.BIN_DISAGREES, State.CLEAN, words), county, now)
    return []


def _of_kind(spot: Spot, county: County, kind: DeviceKind) -> list[Spot]:
    if not spot.site:
        return []
    return [one for one in county.on_ground(spot.ground) if county.devices[one.device].kind is kind]


def _remembered(pen: Pen, site: str) -> Memory:
    asked = {"county": pen.county, "site": site}
    row = pen.conn.execute(statements.one(CROSSINGS, tuple(asked), tuple(asked)), asked).one_or_none()
    return Memory(site, Says(row.says), row.times, row.evidence, row.noted_in) if row else Memory(site)


def _keep(pen: Pen, memory: Memory) -> None:
    values = {
        "county": pen.county, "site": memory.site, "says": memory.says.value, "times": memory.times,
        "evidence": memory.evidence[:80], "noted_in": memory.noted_in,
    }  # fmt: skip
    pen.conn.execute(statements.newest(CROSSINGS, pen.postgres), values)
