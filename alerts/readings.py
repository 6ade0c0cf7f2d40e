"""A bin's reading on its way through the rules: state, findings, and one look of the rules for each finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alerts import bins, rules
from alerts.bin_book import Page
from alerts.bins import Absorbed, Finding, Heard
from alerts.rules import Seen
from alerts.values import Decision, Look, Source
from broker.messages import OF_SENSORS, Reading, State
from county.snapshot import County
from county.values import DeviceKind, Spot, sensor_of


@dataclass(frozen=True, slots=True)
class Cause:
    """What made the findings: its time and id, how the history names it, and when it is decided about."""

    at: datetime
    id: UUID
    by: str
    now: datetime


def take(page: Page, reading: Reading, heard: Heard, county: County) -> list[Decision]:
    """Decide about a reading; never empty: whatever came in has a reason to show. The caller writes the page."""
    spot = county.spot(reading.device, reading.spot)
    if spot is None:
        return [rules.unregistered(reading)]
    device = county.device(spot.device)
    if device is None or device.kind is not DeviceKind.BIN:
        return [rules.ignored(f"{spot.name}不是垃圾桶,读数不用")]
    before = page.state(device.id)
    absorbed = bins.absorb(before, reading, heard, device, county.bins_at(device.id))
    cause = Cause(reading.at, reading.message_id, f"message {reading.message_id}", heard.now)
    made = look_at(page, absorbed, spot, cause, county)
    return made or [rules.ignored(absorbed.note)]


def look_at(page: Page, absorbed: Absorbed, spot: Spot, cause: Cause, county: County) -> list[Decision]:
    """Put each finding to the rules, write what they decide, and note on the page what the bin's state is now."""
    made: list[Decision] = []
    for finding in absorbed.findings:
        if finding.state is State.CLEAN and not page.has_ticket(spot.device):
            made.append(rules.ignored(f"{finding.reason},没有工单"))
            continue
        where = sensor_of(spot) if finding.kind in OF_SENSORS else spot
        seen = seen_by(finding, where, cause, absorbed.state.simulated)
        known = page.pen.known(where, finding.kind, may_open=finding.state is State.DIRTY)
        decisions = rules.looked(known, seen, where, county, cause.now)
        page.pen.apply(decisions, cause.by, cause.now)
        made += decisions
        page.opened(spot.device)
    page.keep(absorbed, cause.by)
    return made


def seen_by(finding: Finding, where: Spot, cause: Cause, simulated: bool) -> Seen:
    """A finding as a look at a spot: the bin, or the sensor in it."""
    look = Look(where.device, where.id, finding.kind, finding.at or cause.at, cause.id, 0, finding.state)
    return Seen(look, finding.reason, finding.score, 1, simulated, source=Source.SENSOR)
